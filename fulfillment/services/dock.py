"""What of deliveries stands at the dock: counted as it is put away, never more than lies there.

Lock order: Receipt (by primary key), its lines, then StockItem. So who takes units away may miss a delivery of which
the first are being booked: behind the stock's lock it is seen, and all is done again (`past_arrivals`).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TypeVar

from django.db.models import Exists, F, Sum
from django.utils import timezone

from fulfillment.models import Bin, BinStock, Receipt, ReceiptLine, Warehouse
from fulfillment.models.receipt import ReceiptLineQuerySet
from fulfillment.services.receipts import settle_away
from orders.lifecycle import Refused
from orders.models import Product

TRIES = 5
Done = TypeVar("Done")


class DeliveryArrived(Refused):
    """Of what was to leave the dock, a delivery was booked there meanwhile."""

    code = "delivery_arrived"

    def __init__(self) -> None:
        super().__init__("A delivery of it is being booked at the dock. Do it once more.")


def past_arrivals(do: Callable[[], Done]) -> Done:
    """Do what takes units from the dock, a transaction of its own; again where a delivery of them arrived meanwhile.

    Raises DeliveryArrived where one follows the other.
    """
    for _ in range(TRIES - 1):
        with suppress(DeliveryArrived):
            return do()
    return do()


@contextmanager
def counted_away(warehouse: Warehouse, product: Product, quantity: int) -> Iterator[list[tuple[int, int]]]:
    """Count units that leave the dock in here, of the delivery that came first; what none brought is not counted.

    Yield the lines, by their primary key, and how many of each were counted. Open it in a transaction, before the
    stock is locked, which has to be in here. Raises DeliveryArrived.
    """
    lines = _lock(warehouse.pk, [product.pk])
    counted = _count_off(lines, quantity)
    yield counted
    _write(counted, lines, _at_dock(warehouse.pk, [product.pk]))


def count_back(counted: Sequence[tuple[int, int]]) -> None:
    """Take back what `counted_away` counted: so many units of each line stand at the dock again."""
    found = Receipt.objects.filter(lines__in=[line for line, _ in counted]).order_by("pk")
    locked = list(Receipt.objects.filter(pk__in=found.values("pk")).select_for_update(no_key=True).order_by("pk"))
    for line, units in counted:
        ReceiptLine.objects.filter(pk=line).update(put_away=F("put_away") - units)
    settle_away([receipt.pk for receipt in locked])


@contextmanager
def as_it_lies(warehouse_id: int, products: Collection[int]) -> Iterator[None]:
    """Let no delivery wait for units that are taken off the books of the dock in here: they have left it.

    `products` are those of which some may be. Open it in a transaction, before their stock is locked, which has to be
    in here. Raises DeliveryArrived.
    """
    if not products:
        yield
        return
    lines = _lock(warehouse_id, products)
    yield
    counted = []
    for product in sorted({line.product_id for line in lines}):
        mine = [line for line in lines if line.product_id == product]
        counted += _count_off(mine, sum(line.at_dock for line in mine) - _lying(warehouse_id, product))
    _write(counted, lines, _at_dock(warehouse_id, products))


def _at_dock(warehouse_id: int, products: Collection[int]) -> ReceiptLineQuerySet:
    return ReceiptLine.objects.at_dock().filter(receipt__warehouse=warehouse_id, product__in=products)


def _lock(warehouse_id: int, products: Collection[int]) -> list[ReceiptLine]:
    """Lock the lines of which units stand at the dock, and their deliveries."""
    ordered = _at_dock(warehouse_id, products).select_related("receipt").order_by("receipt_id", "pk")
    return list(ordered.select_for_update(of=("receipt", "self"), no_key=True))


def _count_off(lines: Sequence[ReceiptLine], quantity: int) -> list[tuple[int, int]]:
    """Count so many units as put away, on the lines alone: `_write` keeps it."""
    counted = []
    for line in sorted(lines, key=_came):
        if (away := min(quantity, line.at_dock)) > 0:
            quantity -= away
            line.put_away += away
            counted.append((line.pk, away))
    return counted


def _write(counted: Sequence[tuple[int, int]], lines: Sequence[ReceiptLine], there: ReceiptLineQuerySet) -> None:
    """Keep what was counted of these lines, unless units of others are `there` by now. Their stock is locked."""
    others = there.exclude(pk__in=[line.pk for line in lines])
    if not counted:
        is_alone = not others.exists()
    else:
        is_alone = bool(ReceiptLine.objects.filter(~Exists(others)).bulk_update(lines, ["put_away"]))
    if not is_alone:
        raise DeliveryArrived
    if counted:
        settle_away([line.receipt_id for line in lines])


def _came(line: ReceiptLine) -> tuple[datetime, int]:
    """Return the place of a line in the order in which deliveries came."""
    return line.receipt.arrived_at or timezone.now(), line.receipt_id


def _lying(warehouse_id: int, product: int) -> int:
    lying = BinStock.objects.filter(product=product, bin__warehouse=warehouse_id, bin__kind=Bin.Kind.DOCK)
    return int(lying.aggregate(units=Sum("quantity", default=0))["units"])
