"""Giving stock to the orders that wait for it, by promise, then age; and settling what can go together."""

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Reservation, Shipment, ShipmentLine, StockItem, Warehouse
from fulfillment.services.units import lines_of
from orders.lifecycle import adopt, change, record
from orders.models import Actor, Order, OrderLine, Product

BATCH = 200
LOOKED_AT = 50
"""Orders that go as a whole, of those that a newcomer might overtake: each is compared with all the stock it wants."""

logger = logging.getLogger(__name__)


def allocate_order(order: Order, *, by: Actor) -> Order:
    """Reserve what there is now of what the order waits for."""
    with change(order, by=by) as fresh:
        waiting = {planned: lines_of(planned) for planned in fresh.shipments.filter(status=Shipment.Status.PLANNED)}
        for planned in _reserve(fresh, waiting, by):
            settle(fresh, planned, waiting[planned], by=by)
    return fresh


def allocate_waiting(*, by: Actor, limit: int = BATCH) -> int:
    """Give free stock to the waiting orders, one transaction each; return how many orders got some."""
    return sum(_allocate_alone(order, by) for order in _waiting_for_free_stock(limit))


def _allocate_alone(order: Order, by: Actor) -> bool:
    """Say whether it got some. One that fails is left as it was, and does not hold up who stands behind it."""
    try:
        return allocate_order(order, by=by).version > order.version
    except Exception:  # see above; logged with all that is known
        logger.exception("no stock could be given to order %s", order.pk)
        return False


def awaited(products: Collection[int], *, before: Order) -> set[int]:
    """Return those of these products, of which some is free, for which older orders wait that can get some.

    One that goes all at once, and for which all is not there, gets none and stops nobody; where more than a few of them
    wait they are not looked at, and the newcomer goes through the queue.
    """
    older = OrderLine.objects.filter(waiting__gt=0, order__lt=before.pk, product__in=products)
    if not (products and older.exists()):
        return set()
    found = _articles(products, older.filter(order__is_ship_complete=False))
    whole = older.filter(order__is_ship_complete=True)
    orders = list(whole.order_by("order").values_list("order", flat=True).distinct()[: LOOKED_AT + 1])
    if len(orders) <= LOOKED_AT:
        whole = whole.filter(order__in=orders).exclude(Exists(_lacking("order_id")))
    return found | _articles(products, whole)


def _articles(products: Collection[int], lines: QuerySet[OrderLine]) -> set[int]:
    """Return those of the products that the lines are of, by one line each."""
    line = Subquery(lines.filter(product=OuterRef("pk")).order_by("product", "order").values("pk")[:1])  # by its index
    found = Product.objects.alias(line=line).filter(line__isnull=False, pk__in=products)
    return set(found.order_by().values_list("pk", flat=True))


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


def _reserve(order: Order, waiting: Mapping[Shipment, Sequence[ShipmentLine]], by: Actor) -> list[Shipment]:
    """Reserve for all that is planned of an order at once, however it was split; return which of it got some.

    Each part by itself would take from its own warehouses.
    """
    lines = [line for each in waiting.values() for line in each]
    takes = ledger.reserve(lines, by=by, cause=order.number, all_or_nothing=order.is_ship_complete)
    units = Counter[int]()
    for take in takes:
        units[take.line.shipment_id] += take.quantity
    served = [each for each in waiting if units[each.pk]]
    for each in served:
        record(order, "stock.reserved", by=by, facts={"shipment": each.number, "units": units[each.pk]})
    return served


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
    free = _items().filter(on_hand__gt=F("reserved") + F("blocked"))
    waiting = OrderLine.objects.filter(Exists(free), waiting__gt=0).values("order")
    orders = Order.objects.filter(pk__in=waiting).exclude(Exists(_lacking("pk")))
    return list(orders.order_by("deliver_by", "placed_at", "pk")[:limit])


def _lacking(order: str) -> QuerySet[Any]:
    """Return what lacks of an order, which the query around names so, if it goes all at once or not at all."""
    free = _items().values("product").annotate(units=Sum(F("on_hand") - F("reserved") - F("blocked"))).values("units")
    whole = OrderLine.objects.filter(order=OuterRef(order), order__is_ship_complete=True)
    wanted = whole.values("product").annotate(units=Sum("waiting"))
    return wanted.filter(units__gt=Coalesce(Subquery(free), 0)).order_by()


def _items() -> QuerySet[StockItem]:
    return StockItem.objects.filter(product=OuterRef("product"))
