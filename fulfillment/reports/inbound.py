"""What stands at the dock, and how long goods stand there before somebody can buy them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.db.models import F, Min, Sum
from django.utils import timezone

from fulfillment.models import Bin, BinStock, Receipt, ReceiptLine, Warehouse
from orders.models import Product

LISTED = 50
PERIOD = timedelta(days=30)
A_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class AtDock:
    """Units of a product that wait to be put away, since their oldest delivery arrived."""

    product: Product
    units: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class DockToStock:
    """How long deliveries stood at the dock: half of them up to the median, nine of ten up to the P90.

    `within_a_day` is the share of them that was away within 24 hours, 0 to 1.
    """

    deliveries: int
    median: timedelta
    p90: timedelta
    within_a_day: float


def at_dock(warehouse: Warehouse) -> list[AtDock]:
    """List what stands at the dock, what came first on top; what no delivery brought comes last."""
    rows = BinStock.objects.filter(bin__warehouse=warehouse, bin__kind=Bin.Kind.DOCK, quantity__gt=0)
    units = dict(rows.values_list("product").annotate(units=Sum("quantity")).order_by())
    waiting = ReceiptLine.objects.filter(
        receipt__warehouse=warehouse, product__in=list(units), received__gt=F("put_away")
    )
    since = dict(waiting.values_list("product").annotate(since=Min("receipt__arrived_at")).order_by())
    products = Product.objects.in_bulk(list(units))
    found = [AtDock(products[pk], count, since.get(pk)) for pk, count in units.items()]
    return sorted(found, key=lambda each: (each.since is None, each.since or timezone.now(), each.product.sku))[:LISTED]


def dock_to_stock(warehouses: Sequence[Warehouse] | None = None, *, period: timedelta = PERIOD) -> DockToStock | None:
    """Say how long the deliveries stood that were put away in the last so many days; None where there were none."""
    away = Receipt.objects.filter(put_away_at__gte=timezone.now() - period, arrived_at__isnull=False)
    if warehouses is not None:
        away = away.filter(warehouse__in=list(warehouses))
    times = sorted(receipt.dock_to_stock or timedelta() for receipt in away.only("arrived_at", "put_away_at"))
    if not times:
        return None
    share = sum(time <= A_DAY for time in times) / len(times)
    return DockToStock(len(times), _quantile(times, 0.5), _quantile(times, 0.9), share)


def _quantile(times: Sequence[timedelta], share: float) -> timedelta:
    """Return the nearest-rank quantile: a time that a delivery really took."""
    return times[max(0, ceil(share * len(times)) - 1)]
