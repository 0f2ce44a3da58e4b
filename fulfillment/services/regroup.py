"""Splitting and merging shipments by hand, before anything of them is picked. No stock moves: only what it is kept for.

What was split off is kept apart: it joins no other by itself, and no other joins it. Whoever merges it joins it again.
"""

from fulfillment import ledger
from fulfillment.blockers import merge_reasons, split_reasons
from fulfillment.models import Shipment, ShipmentLine
from fulfillment.services.allocate import make_ready, new_shipment, settle
from fulfillment.services.tasks import take_off_cart
from fulfillment.services.units import NotThatMany, Wanted, choose, lines_of
from orders.blockers import Reason
from orders.lifecycle import NotAllowed, change, operation_facts, record, refuse_repeated, writing
from orders.models import Actor


def split_shipment(shipment: Shipment, lines: Wanted, *, by: Actor, operation: str | None = None) -> Shipment:
    """Let these units go in a shipment of their own, and return it. Of a line that waits in part, what is there goes.

    Raises NotAllowed, NotThatMany; AlreadyApplied where the operation was applied before.
    """
    with writing(), change(shipment, by=by) as fresh:
        refuse_repeated(fresh.order, operation)
        units = _choose(fresh, lines)
        take_off_cart(fresh)
        part = new_shipment(fresh.order, is_apart=True, planned_at=fresh.planned_at)
        said = [{"line": line.order_line.number, "units": count} for line, count in units.items()]
        facts = {"shipment": fresh.number, "into": part.number, "lines": said}
        record(fresh.order, "shipment.split", by=by, facts=facts | operation_facts(operation))
        _hand_on(units, part)
        if fresh.warehouse:
            make_ready(part, fresh.warehouse, by)
        for each in (part, fresh):
            if each.status == Shipment.Status.PLANNED:
                settle(fresh.order, each, lines_of(each), by=by)
    return part


def merge_shipments(target: Shipment, source: Shipment, *, by: Actor, operation: str | None = None) -> Shipment:
    """Let all of `source` go with `target`, another shipment of its order, and return that one.

    Raises NotAllowed; AlreadyApplied where the operation was applied before.
    """
    if target.order_id != source.order_id:
        raise NotAllowed(merge_reasons(target, source))
    with writing(), change(target, by=by) as into, change(source, by=by, reason="joined") as gone:
        refuse_repeated(into.order, operation)
        if blockers := merge_reasons(into, gone):
            raise NotAllowed(blockers)
        for each in (into, gone):
            take_off_cart(each)
        facts = {"shipment": gone.number, "into": into.number}
        record(into.order, "shipment.merged", by=by, facts=facts | operation_facts(operation))
        _hand_on({line: line.quantity for line in lines_of(gone)}, into)
        gone.cancel()
    return into


def _choose(shipment: Shipment, lines: Wanted) -> dict[ShipmentLine, int]:
    """Return the units that go. Raises NotAllowed, NotThatMany."""
    if blockers := split_reasons(shipment):
        raise NotAllowed(blockers)
    there = lines_of(shipment)
    units = choose(there, {line: count for line, count in lines.items() if count}, source="quantity", target="picked")
    if not units:
        raise NotThatMany("Say of which line, and how many.")
    if sum(units.values()) == sum(line.quantity for line in there):
        sentence = f"That is all of it: leave something in {shipment.number}."
        raise NotAllowed([Reason("all_of_it", sentence, "nobody")])
    return units


def _hand_on(units: ledger.Units, into: Shipment) -> None:
    """Move units to another shipment: what is reserved first, then what waits."""
    kept = {line: min(count, line.reserved) for line, count in units.items()}
    ledger.hand_on({line: count for line, count in kept.items() if count}, into)
    waits = {line: count - kept[line] for line, count in units.items() if count > kept[line]}
    ledger.set_aside(waits, into)
