"""Checks of the warehouse: stock follows from its movements, orders from shipments, shipments from parcels."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from operator import itemgetter

from django.db.models import Exists, F, OuterRef, Q, Sum
from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import (
    Bin,
    BinStock,
    Count,
    ParcelLine,
    PickTask,
    Shipment,
    ShipmentLine,
    StockItem,
    StockMovement,
)
from fulfillment.status import possible
from orders.audit import CHUNK, Check, Problem, order_ranges
from orders.models import Order, OrderLine

ALLOCATED_WITHIN = timedelta(minutes=15)
MISSED_FOR = timedelta(days=7)


def ledger_differences() -> Iterator[Problem]:
    """Name every number that does not follow from the movements."""
    for what, subject, found, expected in ledger.verify():
        yield Problem(f"{subject}, {what}", f"It is {found}; by the rows it follows from it is {expected}.")


def untrue_order_statuses() -> Iterator[Problem]:
    """Name the orders that stand elsewhere than their shipments say."""
    for piece in order_ranges():
        orders = Order.objects.filter(pk__range=piece).order_by("pk")
        rows = orders.values_list("pk", "number", "status", "shipments__status").iterator(CHUNK)
        for (_, number, status), shipments in groupby(rows, key=itemgetter(0, 1, 2)):
            standing = {each[3] for each in shipments} - {None, Shipment.Status.CANCELLED}
            if status not in possible(standing):
                expected = " or ".join(sorted(map(_words, possible(standing))))
                yield Problem(number, f"The order is {_words(status)}; by its shipments it is {expected}.")


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


def tasks_beyond_what_is_reserved() -> Iterator[Problem]:
    """Name the lines of which more is to be fetched than is reserved and not picked."""
    to_do = Sum(F("tasks__quantity") - F("tasks__picked"), filter=Q(tasks__status__in=PickTask.TO_DO), default=0)
    lines = ShipmentLine.objects.filter(tasks__status__in=PickTask.TO_DO).annotate(to_do=to_do)
    wrong = lines.filter(to_do__gt=F("reserved") - F("picked")).order_by("pk")
    rows = wrong.values_list("shipment__number", "order_line__number", "to_do", "reserved", "picked")
    for shipment, line, units, reserved, picked in rows.iterator(CHUNK):
        yield Problem(f"{shipment} line {line}", f"{units} are to be fetched, and {reserved - picked} can be.")


def missing_stock_nobody_looks_for() -> Iterator[Problem]:
    """Name the articles that have been missing for a week, and that nobody was asked to count."""
    since = timezone.now() - MISSED_FOR
    rows = BinStock.objects.filter(bin__kind=Bin.Kind.MISSING, quantity__gt=0)
    came = StockMovement.objects.filter(
        to_bin=OuterRef("bin"),
        stock_item__product=OuterRef("product"),
        stock_item__warehouse=OuterRef("bin__warehouse"),
    )
    sought = Count.objects.standing().filter(warehouse=OuterRef("bin__warehouse"), product=OuterRef("product"))
    forgotten = rows.exclude(Exists(came.filter(at__gt=since))).exclude(Exists(sought)).order_by("pk")
    for sku, warehouse, units in forgotten.values_list("product__sku", "bin__warehouse__code", "quantity").iterator(
        CHUNK
    ):
        yield Problem(f"{sku} in {warehouse}", f"{units} have been missing for a week. Have the article counted.")


CHECKS = [
    Check("ledger_differences", "ERROR", ledger_differences),
    Check("untrue_order_statuses", "ERROR", untrue_order_statuses),
    Check("unequal_parcels", "ERROR", unequal_parcels),
    Check("shipments_without_parcel", "ERROR", shipments_without_parcel),
    Check("tasks_beyond_what_is_reserved", "ERROR", tasks_beyond_what_is_reserved),
    Check("forgotten_orders", "WARNING", forgotten_orders),
    Check("missing_stock_nobody_looks_for", "WARNING", missing_stock_nobody_looks_for),
]


def _words(status: str) -> str:
    return str(Order.Status(status).label).lower()
