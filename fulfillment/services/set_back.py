"""Units that were promised and cannot be found: they wait again, in the order's planned shipment."""

from collections.abc import Mapping

from django.db.models import F
from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Shipment, ShipmentLine, StockItem
from fulfillment.services.allocate import new_shipment
from fulfillment.services.resolve import resolve_order
from fulfillment.services.tasks import lock_together, take_off_cart, trim_tasks
from orders.lifecycle import change, record, why_not, writing
from orders.models import Actor, Order


def set_back(
    shipment: Shipment,
    units: Mapping[ShipmentLine, int],
    *,
    by: Actor,
    cause: str,
    item: StockItem | None = None,
) -> Shipment:
    """Let reserved units that are not picked wait again; what is left of the shipment goes on without them.

    Units of `item`, if it is given: for what waits, units of several warehouses may be kept.
    """
    with writing():
        with change(shipment, by=by) as fresh:
            ledger.unreserve(units, by=by, cause=cause, item=item)
            if fresh.status != Shipment.Status.PLANNED:
                ledger.set_aside(units, _planned(fresh.order, by))
            lock_together(fresh.order)
            trim_tasks(units)
            facts = {"shipment": fresh.number, "units": sum(units.values()), "cause": cause}
            record(fresh.order, "stock.set_back", by=by, facts=facts)
        _go_on(fresh, by)
        _wait_together(fresh.order, by)
        resolve_order(fresh.order, by=by)
    return fresh


def _planned(order: Order, by: Actor) -> Shipment:
    """Return the shipment in which the order waits."""
    standing = order.shipments.filter(status=Shipment.Status.PLANNED, is_apart=False).first()
    if standing is not None:
        return standing
    planned = new_shipment(order)
    record(order, "shipment.planned", by=by, facts={"shipment": planned.number})
    return planned


def _wait_together(order: Order, by: Actor) -> None:
    """Take off their carts what must not leave without the rest, where nothing of it is picked yet."""
    if order.is_ship_complete:
        for each in order.shipments.filter(status=Shipment.Status.READY, slot__isnull=False):
            with change(each, by=by) as fresh:
                take_off_cart(fresh)


def _go_on(shipment: Shipment, by: Actor) -> None:
    """Let the shipment be what it then is: cancelled with nothing in it, picked, or as before."""
    lines = shipment.lines.filter(quantity__gt=0)
    with change(shipment, by=by) as fresh:
        if not lines.exists():
            fresh.cancel()
        elif not why_not(fresh, "pick") and not lines.exclude(quantity=F("picked")).exists():
            fresh.pick(at=timezone.now())
