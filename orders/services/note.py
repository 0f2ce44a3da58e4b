"""Writing a note on an order. Its text stays out of the trail: it may be personal."""

from orders.lifecycle import change, operation_facts, record, refuse_repeated
from orders.models import Actor, Note, Order


def note_order(order: Order, *, by: Actor, text: str, operation: str | None = None) -> Note:
    """Write a note. Raises AlreadyApplied where the operation was applied before."""
    with change(order, by=by) as fresh:
        refuse_repeated(fresh, operation)
        note: Note = fresh.notes.create(text=text, by=str(by))
        record(fresh, "order.noted", by=by, facts={"note": note.pk} | operation_facts(operation))
    return note
