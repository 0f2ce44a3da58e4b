"""Giving stock to the orders that wait for it, by promise, then age; and settling what can go together."""

from collections.abc import Iterable, Sequence

from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Reservation, Shipment, ShipmentLine, StockItem, Warehouse
from fulfillment.services.units import lines_of
from orders.lifecycle import change, record
from orders.models import Actor, Order, OrderLine

BATCH = 200


def allocate_order(order: Order, *, by: Actor) -> Order:
    """Reserve what there is now of what the order waits for."""
    with change(order, by=by) as fresh:
        for shipment in fresh.shipments.filter(status=Shipment.Status.PLANNED):
            allocate_open(fresh, shipment, lines_of(shipment), by=by)
    return fresh


def allocate_waiting(*, by: Actor, limit: int = BATCH) -> int:
    """Give free stock to the waiting orders, one transaction each; return how many orders got some."""
    return sum(_got_some(order, by) for order in _waiting_for_free_stock(limit))


def allocate_open(
    order: Order,
    planned: Shipment,
    lines: Sequence[ShipmentLine],
    *,
    by: Actor,
    is_new: bool = False,
) -> None:
    """Reserve for a planned shipment of an order that is open in change().

    A new order's stock leaves at once in a shipment of its own; later arrivals wait until the shipment is complete.
    """
    takes = ledger.reserve(lines, by=by, cause=order.number, all_or_nothing=order.is_ship_complete)
    if takes:
        units = sum(take.quantity for take in takes)
        record(order, "stock.reserved", by=by, facts={"shipment": planned.number, "units": units})
        settle(order, planned, by=by, is_split=is_new)


def settle(order: Order, planned: Shipment, *, by: Actor, is_split: bool = False) -> None:
    """Make ready what is complete: one shipment a warehouse, joined to a sibling that is not picked yet."""
    lines = lines_of(planned)
    waits = any(line.waiting for line in lines)
    homes = _homes(lines)
    if not homes or (waits and not (is_split and not order.is_ship_complete)):
        return
    for place, warehouse in enumerate(homes):
        sibling = order.shipments.filter(status=Shipment.Status.READY, warehouse=warehouse).first()
        is_last = not waits and place == len(homes) - 1
        if sibling is None and is_last:
            _make_ready(planned, warehouse, by)
        else:
            _move(order, planned, lines, sibling, warehouse, by)
    if not planned.lines.filter(quantity__gt=0).exists():
        with change(planned, by=by, reason="joined") as fresh:
            fresh.cancel()


def next_number(order: Order) -> str:
    return f"{order.number}-{order.shipments.count() + 1}"


def _make_ready(shipment: Shipment, warehouse: Warehouse, by: Actor) -> None:
    with change(shipment, by=by, facts={"warehouse": warehouse.code}) as fresh:
        fresh.make_ready(warehouse=warehouse, at=timezone.now())


def _move(
    order: Order,
    planned: Shipment,
    lines: Sequence[ShipmentLine],
    sibling: Shipment | None,
    warehouse: Warehouse,
    by: Actor,
) -> None:
    target = sibling or Shipment.objects.create(order=order, number=next_number(order))
    ledger.regroup(lines, target, warehouse_id=warehouse.pk)
    if sibling is None:
        _make_ready(target, warehouse, by)
    else:
        record(order, "shipment.joined", by=by, facts={"shipment": planned.number, "into": sibling.number})


def _homes(lines: Iterable[ShipmentLine]) -> list[Warehouse]:
    """Return the warehouses that have something reserved for the lines, nearest first."""
    held = Reservation.objects.filter(shipment_line__in=list(lines), status=Reservation.Status.OPEN)
    return list(Warehouse.objects.filter(pk__in=held.values("stock_item__warehouse")))


def _got_some(order: Order, by: Actor) -> bool:
    before = order.version
    return allocate_order(order, by=by).version > before


def _waiting_for_free_stock(limit: int) -> list[Order]:
    free = StockItem.objects.filter(product=OuterRef("product"), on_hand__gt=F("reserved") + F("blocked"))
    waiting = OrderLine.objects.filter(Exists(free), waiting__gt=0).values("order")
    return list(Order.objects.filter(pk__in=waiting).order_by("deliver_by", "placed_at", "pk")[:limit])
