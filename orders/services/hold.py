"""Holding an order, or some of its lines, and letting it go. A hold is no status: the order keeps its place."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from orders.blockers import hold_reasons
from orders.lifecycle import NotAllowed, Refused, change, operation_facts, record, refuse_repeated
from orders.models import Actor, Hold, Order


class NoSuchLine(Refused):
    """The order has no line of that number."""

    code = "no_such_line"


class NoSuchHold(Refused):
    """The order has no such hold, or it was released before."""

    code = "no_such_hold"


def hold_order(
    order: Order,
    *,
    by: Actor,
    reason: str,
    note: str = "",
    until: datetime | None = None,
    lines: Sequence[int] = (),
    operation: str | None = None,
) -> Hold:
    """Keep the order, or the lines of these numbers, from being picked and shipped.

    Raises NotAllowed, NoSuchLine; AlreadyApplied where the operation was applied before.
    """
    with change(order, by=by) as fresh:
        if blockers := hold_reasons(fresh):
            raise NotAllowed(blockers)
        refuse_repeated(fresh, operation)
        _refuse_unknown(fresh, lines)
        hold = Hold.objects.create(
            order=fresh,
            reason=reason,
            note=note,
            until=until,
            lines=sorted(set(lines)),
            placed_by=str(by),
        )
        facts = {"hold": hold.pk, "reason": reason, "lines": hold.lines} | operation_facts(operation)
        record(fresh, "order.held", by=by, facts=facts | ({"until": until.isoformat()} if until else {}))
    return hold


def release_order(order: Order, *, by: Actor, hold: int | None = None, note: str = "") -> Order:
    """Release one hold, or all that stand. Raises NoSuchHold."""
    with change(order, by=by) as fresh:
        standing = fresh.holds.standing() if hold is None else fresh.holds.standing().filter(pk=hold)
        released = list(standing.values_list("pk", flat=True))
        if not released:
            raise NoSuchHold("There is no hold to release: somebody may have released it already.")
        standing.update(released_at=timezone.now(), released_by=str(by))
        record(fresh, "order.released", by=by, facts={"holds": released} | ({"note": True} if note else {}))
        if note:
            fresh.notes.create(text=note, by=str(by))
    return fresh


def lift_due_holds(*, now: datetime | None = None) -> int:
    """Release every hold whose time is up; return how many."""
    return sum(_lift(hold) for hold in Hold.objects.due(now or timezone.now()).select_related("order"))


def _lift(hold: Hold) -> bool:
    try:
        release_order(hold.order, by=Actor.system("calendar"), hold=hold.pk)
    except NoSuchHold:  # somebody released it meanwhile
        return False
    return True


def _refuse_unknown(order: Order, lines: Sequence[int]) -> None:
    unknown = set(lines) - set(order.lines.values_list("number", flat=True)) if lines else set()
    if unknown:
        raise NoSuchLine(f"The order has no line {min(unknown)}.", lines=sorted(unknown))
