"""Giving stock to the orders that wait for it, by promise, then age; and settling what can go together."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Reservation, Shipment, ShipmentLine, StockItem, Warehouse
from fulfillment.services.units import lines_of
from orders.lifecycle import adopt, change, record
from orders.models import Actor, Order, OrderLine

BATCH = 200


def allocate_order(order: Order, *, by: Actor) -> Order:
    """Reserve what there is now of what the order waits for."""
    with change(order, by=by) as fresh:
        for planned in fresh.shipments.filter(status=Shipment.Status.PLANNED):
            lines = lines_of(planned)
            if _reserve(fresh, planned, lines, by):
                settle(fresh, planned, lines, by=by)
    return fresh


def allocate_waiting(*, by: Actor, limit: int = BATCH) -> int:
    """Give free stock to the waiting orders, one transaction each; return how many orders got some."""
    return sum(allocate_order(order, by=by).version > order.version for order in _waiting_for_free_stock(limit))


def settle(order: Order, planned: Shipment, lines: Sequence[ShipmentLine], *, by: Actor) -> None:
    """Make a planned shipment ready if nothing of it waits any more: one shipment a warehouse.

    It joins a sibling that is not picked yet and on no cart, unless one of them was split off by hand.
    """
    if any(line.waiting for line in lines):
        return
    homes = _homes(lines)
    for place, warehouse in enumerate(homes, start=1):
        sibling = None if planned.is_apart else _sibling(order, warehouse)
        if sibling is not None:
            ledger.regroup(lines, sibling, warehouse_id=warehouse.pk)
            record(order, "shipment.joined", by=by, facts={"shipment": planned.number, "into": sibling.number})
        elif place < len(homes):
            _split(planned, lines, warehouse, by)
        else:
            make_ready(planned, warehouse, by)
    if not planned.lines.filter(quantity__gt=0).exists():
        with change(planned, by=by, reason="joined") as fresh:
            fresh.cancel()


def make_ready(shipment: Shipment, warehouse: Warehouse, by: Actor) -> None:
    """Let a shipment, all of which is reserved in a warehouse, be picked."""
    with change(shipment, by=by, facts={"warehouse": warehouse.code}) as fresh:
        fresh.make_ready(warehouse=warehouse, at=timezone.now())


def new_shipment(order: Order, **more: Any) -> Shipment:
    """Insert one more shipment of an order that is open in change()."""
    shipment = Shipment.objects.create(order=order, number=f"{order.number}-{order.shipments.count() + 1}", **more)
    adopt(shipment)
    return shipment


def _reserve(order: Order, planned: Shipment, lines: Sequence[ShipmentLine], by: Actor) -> bool:
    takes = ledger.reserve(lines, by=by, cause=order.number, all_or_nothing=order.is_ship_complete)
    if takes:
        units = sum(take.quantity for take in takes)
        record(order, "stock.reserved", by=by, facts={"shipment": planned.number, "units": units})
    return bool(takes)


def _sibling(order: Order, warehouse: Warehouse) -> Shipment | None:
    """Lock what can be joined, and look again behind the lock.

    What a wave is just taking is left alone: whoever holds stock waits for no wave.
    """
    ready = order.shipments.filter(status=Shipment.Status.READY, warehouse=warehouse, slot=None, is_apart=False)
    is_skipping = connection.features.has_select_for_update_skip_locked
    locked = ready.select_for_update(of=("self",), no_key=True, skip_locked=is_skipping)
    return ready.filter(pk__in=list(locked.values_list("pk", flat=True))).first()


def _split(planned: Shipment, lines: Sequence[ShipmentLine], warehouse: Warehouse, by: Actor) -> None:
    """Let what the lines have reserved in a warehouse go in a shipment of its own."""
    shipment = new_shipment(planned.order, is_apart=planned.is_apart)
    ledger.regroup(lines, shipment, warehouse_id=warehouse.pk)
    make_ready(shipment, warehouse, by)


def _homes(lines: Iterable[ShipmentLine]) -> list[Warehouse]:
    """Return the warehouses that have something reserved for the lines, nearest first."""
    held = Reservation.objects.filter(shipment_line__in=list(lines), status=Reservation.Status.OPEN)
    return list(Warehouse.objects.filter(pk__in=held.values("stock_item__warehouse")))


def _waiting_for_free_stock(limit: int) -> list[Order]:
    """Return who can get something, by promise, then age. Who goes all at once or not at all waits until all is there.

    Else those who cannot be served would stand before all who can.
    """
    items = StockItem.objects.filter(product=OuterRef("product"))
    waiting = OrderLine.objects.filter(
        Exists(items.filter(on_hand__gt=F("reserved") + F("blocked"))), waiting__gt=0
    ).values("order")
    free = items.values("product").annotate(units=Sum(F("on_hand") - F("reserved") - F("blocked"))).values("units")
    wanted = OrderLine.objects.filter(order=OuterRef("pk")).values("product").annotate(units=Sum("waiting"))
    lacking = wanted.filter(units__gt=Coalesce(Subquery(free), 0)).order_by()
    orders = Order.objects.filter(pk__in=waiting).exclude(Exists(lacking), is_ship_complete=True)
    return list(orders.order_by("deliver_by", "placed_at", "pk")[:limit])
