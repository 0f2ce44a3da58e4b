"""What of deliveries stands at the dock: counted as it is put away, never more than lies there.

Lock order: Receipt (by primary key), its lines, then StockItem.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db.models import F, Sum
from django.utils import timezone

from fulfillment.models import Bin, BinStock, Receipt, ReceiptLine, Warehouse
from fulfillment.services.receipts import settle_away
from orders.models import Product


def count_away(warehouse: Warehouse, product: Product, quantity: int) -> list[tuple[int, int]]:
    """Count units that leave the dock, of the delivery that came first; what no delivery brought is not counted.

    Return the lines, by their primary key, and how many of each were counted.
    """
    return _count_off(_lock(warehouse.pk, [product.pk]), quantity)


def count_back(counted: Sequence[tuple[int, int]]) -> None:
    """Take back what `count_away` counted: so many units of each line stand at the dock again."""
    found = Receipt.objects.filter(lines__in=[line for line, _ in counted]).order_by("pk")
    locked = list(Receipt.objects.filter(pk__in=found.values("pk")).select_for_update(no_key=True).order_by("pk"))
    for line, units in counted:
        ReceiptLine.objects.filter(pk=line).update(put_away=F("put_away") - units)
    settle_away([receipt.pk for receipt in locked])


@contextmanager
def as_it_lies(warehouse_id: int, products: Collection[int]) -> Iterator[None]:
    """Let no delivery wait for units that are taken off the books of the dock in here: they have left it.

    `products` are those of which some may be. Open it in a transaction, before their stock is locked.
    """
    lines = _lock(warehouse_id, products) if products else []
    yield
    for product in sorted({line.product_id for line in lines}):
        mine = [line for line in lines if line.product_id == product]
        _count_off(mine, _waiting(warehouse_id, product) - _lying(warehouse_id, product))


def _lock(warehouse_id: int, products: Collection[int]) -> list[ReceiptLine]:
    """Lock the lines of which units stand at the dock, and their deliveries."""
    waiting = ReceiptLine.objects.at_dock().filter(receipt__warehouse=warehouse_id, product__in=products)
    ordered = waiting.select_related("receipt").order_by("receipt_id", "pk")
    return list(ordered.select_for_update(of=("receipt", "self"), no_key=True))


def _count_off(lines: Sequence[ReceiptLine], quantity: int) -> list[tuple[int, int]]:
    counted = []
    for line in sorted(lines, key=_came):
        if (away := min(quantity, line.at_dock)) > 0:
            quantity -= away
            line.put_away += away
            counted.append((line.pk, away))
    if counted:
        ReceiptLine.objects.bulk_update(lines, ["put_away"])
        settle_away([line.receipt_id for line in lines])
    return counted


def _came(line: ReceiptLine) -> tuple[datetime, int]:
    """Return the place of a line in the order in which deliveries came."""
    return line.receipt.arrived_at or timezone.now(), line.receipt_id


def _waiting(warehouse_id: int, product: int) -> int:
    lines = ReceiptLine.objects.at_dock().filter(receipt__warehouse=warehouse_id, product=product)
    return int(lines.aggregate(units=Sum(F("received") - F("put_away"), default=0))["units"])


def _lying(warehouse_id: int, product: int) -> int:
    lying = BinStock.objects.filter(product=product, bin__warehouse=warehouse_id, bin__kind=Bin.Kind.DOCK)
    return int(lying.aggregate(units=Sum("quantity", default=0))["units"])
