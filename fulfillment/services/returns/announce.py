"""Returns that are announced, and what the shop says to it."""

from collections.abc import Mapping

from fulfillment.models import Return, ReturnLine
from fulfillment.services.returns.units import can_come_back
from orders.lifecycle import Refused, change, operation_facts, record, refuse_repeated
from orders.models import Actor, Order, OrderLine


class NotReturnable(Refused):
    """There are not so many units out there."""

    code = "not_returnable"


def request_return(
    order: Order,
    lines: Mapping[int, int] | None = None,
    *,
    reason: str = Return.Reason.OTHER,
    by: Actor,
    operation: str | None = None,
) -> Return:
    """Announce that units come back: number of the line → units; all that left, if none are named.

    Raises NotReturnable, AlreadyApplied.
    """
    with change(order, by=by) as fresh:
        refuse_repeated(fresh, operation)
        units = _chosen(can_come_back(fresh, announced=True), lines)
        number = f"{fresh.number}-R{fresh.returns.count() + 1}"
        announced = Return.objects.create(order=fresh, number=number, reason=reason)
        ReturnLine.objects.bulk_create(
            ReturnLine(return_of=announced, order_line=line, quantity=count) for line, count in units.items()
        )
        facts = {"return": announced.number, "units": sum(units.values())} | operation_facts(operation)
        record(fresh, "return.requested", by=by, facts=facts)
    return announced


def approve_return(announced: Return, *, by: Actor) -> Return:
    """Let it come. Raises NotAllowed."""
    with change(announced, by=by) as fresh:
        fresh.approve()
    return fresh


def decline_return(announced: Return, *, by: Actor, reason: str = "") -> Return:
    """Do not take it back. `reason` is a person's words: it stands as a note, whose id the trail holds.

    Raises NotAllowed.
    """
    with change(announced, by=by) as fresh:
        why = {"note": fresh.order.notes.create(text=reason, by=str(by)).pk} if reason else {}
        with change(announced, by=by, facts=why) as declined:
            declined.decline()
    return fresh


def send_return(announced: Return, *, by: Actor) -> Return:
    """Record that it is on its way. Raises NotAllowed."""
    with change(announced, by=by) as fresh:
        fresh.send()
    return fresh


def cancel_return(announced: Return, *, by: Actor) -> Return:
    """Record that it will not come after all. Raises NotAllowed."""
    with change(announced, by=by) as fresh:
        fresh.cancel()
    return fresh


def _chosen(there: dict[OrderLine, int], wanted: Mapping[int, int] | None) -> dict[OrderLine, int]:
    """Return the units that are meant. Raises NotReturnable, naming the line."""
    if wanted is None:
        units = {line: count for line, count in there.items() if count}
        if not units:
            raise NotReturnable("Nothing of this order is out there that could come back.")
        return units
    by_number = {line.number: line for line in there}
    for number, count in wanted.items():
        found = there[by_number[number]] if number in by_number else 0
        if count > found:
            raise NotReturnable(f"Of line {number}, {found} can come back, not {count}.", line=number, left=found)
    return {by_number[number]: count for number, count in wanted.items() if count}
