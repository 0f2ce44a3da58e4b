"""Cancelling an order, or units of some of its lines. Exactly what was kept for them is free again.

The reason is a person's words, so it stands as a note; the trail holds the note's id.
"""

from collections import defaultdict
from typing import Any

from django.db.models import F
from django.utils import timezone

from fulfillment import ledger
from fulfillment.blockers import order_reasons
from fulfillment.models import Shipment, ShipmentLine
from fulfillment.services.allocate import settle
from fulfillment.services.boxes import drop_parcels
from fulfillment.services.resolve import resolve_order
from fulfillment.services.tasks import lock_walks, trim_tasks
from fulfillment.services.units import NotThatMany, Wanted, lines_of
from orders import outbox
from orders.blockers import Reason
from orders.lifecycle import NotAllowed, change, operation_facts, record, refuse_repeated, why_not, writing
from orders.models import Actor, Order

CANCEL_FROM = (  # what is least done goes first; a closed box is not opened for a line
    Shipment.Status.PLANNED,
    Shipment.Status.READY,
    Shipment.Status.PICKING,
    Shipment.Status.PICKED,
)


def cancel_order(
    order: Order, *, by: Actor, reason: str = "", lines: Wanted | None = None, operation: str | None = None
) -> Order:
    """Cancel all of an order of which nothing has left, or these units of these lines.

    Raises NotAllowed (also where a shipment has left: then only the rest can be cancelled, line by line), NotThatMany;
    AlreadyApplied where the operation was applied before.
    """
    with writing(), change(order, by=by) as fresh:
        if lines is None:
            if blockers := order_reasons(fresh, "cancel"):
                raise NotAllowed(blockers)
            _cancel_all(fresh, by, _note(fresh, reason, by))
        else:
            refuse_repeated(fresh, operation)
            _cancel_lines(fresh, lines, by, _note(fresh, reason, by), operation)
        outbox.ring("allocate")
    return fresh


def _note(order: Order, reason: str, by: Actor) -> dict[str, Any]:
    return {"note": order.notes.create(text=reason, by=str(by)).pk} if reason else {}


def _cancel_all(order: Order, by: Actor, why: dict[str, Any]) -> None:
    shipments = list(order.shipments.not_left())
    if len(shipments) > 1:
        lock_walks(shipments)
    for shipment in shipments:
        units = {line: line.quantity for line in shipment.lines.select_related("order_line") if line.quantity}
        _cancel_units(shipment, units, by)
    with change(order, by=by, facts=why) as fresh:
        fresh.cancel(at=timezone.now())


def _cancel_lines(order: Order, wanted: Wanted, by: Actor, why: dict[str, Any], operation: str | None) -> None:
    touched = _choose(order, wanted)
    left = sum(line.quantity - line.cancelled for line in order.lines.all()) - sum(wanted.values())
    lines = [{"line": number, "units": count} for number, count in sorted(wanted.items())]
    facts: dict[str, Any] = {"lines": lines, "left": left}
    record(order, "order.lines_cancelled", by=by, facts=facts | why | operation_facts(operation))
    if len(touched) > 1:
        lock_walks(list(touched))
    for shipment, units in touched.items():
        _cancel_units(shipment, units, by)
    if not order.shipments.standing().exists():
        with change(order, by=by, facts=why) as fresh:
            fresh.cancel(at=timezone.now())
    else:
        resolve_order(order, by=by)


def _choose(order: Order, wanted: Wanted) -> dict[Shipment, dict[ShipmentLine, int]]:
    """Say which shipments give up the units, those least done first. Raises NotThatMany."""
    chosen: dict[Shipment, dict[ShipmentLine, int]] = defaultdict(dict)
    left = dict(wanted)
    shipments = order.shipments.filter(status__in=CANCEL_FROM).prefetch_related("lines__order_line")
    for shipment in sorted(shipments, key=lambda each: CANCEL_FROM.index(each.status)):
        for line in shipment.lines.all():
            count = min(left.get(line.order_line.number, 0), line.quantity)
            if count:
                chosen[shipment][line] = count
                left[line.order_line.number] -= count
    for number, count in left.items():
        if count:
            _refuse(order, number, wanted[number], wanted[number] - count)
    return chosen


def _refuse(order: Order, number: int, wanted: int, there: int) -> None:
    packed = order.shipments.filter(status=Shipment.Status.PACKED, lines__order_line__number=number).first()
    if packed:
        sentence = f"Line {number} is packed in {packed.number}: a closed box is cancelled as a whole, with its order."
        raise NotAllowed([Reason("already_packed", sentence, "warehouse", packed.packed_at)])
    raise NotThatMany(f"Line {number} has {there} left to cancel, not {wanted}.", line=number, left=there)


def _cancel_units(shipment: Shipment, units: dict[ShipmentLine, int], by: Actor) -> None:
    """Take units out of a shipment, and let it be what it then is: cancelled, ready, picked or as before."""
    with change(shipment, by=by) as fresh:
        ledger.cancel(fresh, units, by=by, cause=f"cancelled: {fresh.order.number}")
        trim_tasks(units)
        if not fresh.lines.filter(quantity__gt=0).exists():
            drop_parcels(fresh)
            fresh.cancel()
    if fresh.status == Shipment.Status.PLANNED:
        settle(fresh.order, fresh, lines_of(fresh), by=by)
        return
    for verb, column in (("pick", "picked"), ("pack", "packed")):
        if not why_not(fresh, verb) and not fresh.lines.exclude(quantity=F(column)).exists():
            with change(fresh, by=by):
                getattr(fresh, verb)(at=timezone.now())
