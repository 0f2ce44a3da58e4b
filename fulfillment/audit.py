"""Checks of the warehouse: stock follows from its movements, orders from shipments, shipments from parcels."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from operator import itemgetter

from django.db.models import Exists, F, OuterRef, Sum
from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import ParcelLine, Shipment, ShipmentLine, StockItem, StockMovement
from fulfillment.status import possible
from orders.audit import CHUNK, Check, Problem, order_ranges
from orders.models import Order, OrderLine

ALLOCATED_WITHIN = timedelta(minutes=15)


def ledger_differences() -> Iterator[Problem]:
    """Name every number that does not follow from the movements."""
    for what, subject, found, expected in ledger.verify():
        yield Problem(f"{what} {subject}", f"It is {found}; by the rows it follows from it is {expected}.")


def untrue_order_statuses() -> Iterator[Problem]:
    """Name the orders that stand elsewhere than their shipments say."""
    for piece in order_ranges():
        orders = Order.objects.filter(pk__range=piece).order_by("pk")
        rows = orders.values_list("pk", "number", "status", "shipments__status").iterator(CHUNK)
        for (_, number, status), shipments in groupby(rows, key=itemgetter(0, 1, 2)):
            standing = {each[3] for each in shipments} - {None, Shipment.Status.CANCELLED}
            if status not in possible(standing):
                expected = " or ".join(sorted(possible(standing)))
                yield Problem(number, f"The order is {status}; by its shipments it is {expected}.")


def unequal_parcels() -> Iterator[Problem]:
    """Name the lines of shipments whose parcels hold more or fewer, where anybody said what is in the parcels."""
    said = ParcelLine.objects.filter(parcel__shipment=OuterRef("shipment"))
    lines = ShipmentLine.objects.filter(Exists(said), shipment__status__in=Shipment.LEFT)
    wrong = lines.annotate(boxed=Sum("parcel_lines__quantity", default=0)).exclude(boxed=F("quantity")).order_by("pk")
    rows = wrong.values_list("shipment__number", "order_line__number", "quantity", "boxed")
    for shipment, line, quantity, boxed in rows.iterator(CHUNK):
        yield Problem(f"{shipment} line {line}", f"{quantity} are in the shipment, and {boxed} in its parcels.")


def shipments_without_parcel() -> Iterator[Problem]:
    """Name the shipments that left in nothing."""
    left = Shipment.objects.filter(status__in=Shipment.LEFT, parcels=None)
    for number in left.values_list("number", flat=True).iterator(CHUNK):
        yield Problem(number, "The shipment has left, and has no parcel.")


def forgotten_orders() -> Iterator[Problem]:
    """Name the orders that wait although what they wait for has been free for a while: nobody allocates."""
    since = timezone.now() - ALLOCATED_WITHIN
    free = StockItem.objects.filter(product=OuterRef("product"), on_hand__gt=F("reserved") + F("blocked"))
    at_rest = free.exclude(Exists(StockMovement.objects.filter(stock_item=OuterRef("pk"), at__gt=since)))
    waiting = OrderLine.objects.filter(Exists(at_rest), waiting__gt=0, order__is_ship_complete=False)
    rows = waiting.filter(order__received_at__lt=since).order_by("order", "number")
    for number, line, units in rows.values_list("order__number", "number", "waiting").iterator(CHUNK):
        yield Problem(f"{number} line {line}", f"{units} wait, and there is free stock.")


CHECKS = [
    Check("ledger_differences", "ERROR", ledger_differences),
    Check("untrue_order_statuses", "ERROR", untrue_order_statuses),
    Check("unequal_parcels", "ERROR", unequal_parcels),
    Check("shipments_without_parcel", "ERROR", shipments_without_parcel),
    Check("forgotten_orders", "WARNING", forgotten_orders),
]
