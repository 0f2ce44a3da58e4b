"""Writing a note on an order. Its text stays out of the trail: it may be personal."""

from orders.lifecycle import change, record
from orders.models import Actor, Note, Order


def note_order(order: Order, *, by: Actor, text: str) -> Note:
    with change(order, by=by) as fresh:
        note: Note = fresh.notes.create(text=text, by=str(by))
        record(fresh, "order.noted", by=by, facts={"note": note.pk})
    return note
