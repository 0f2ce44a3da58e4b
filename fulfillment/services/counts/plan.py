"""What ought to be counted: bins by how much goes out of them, and articles where the books look wrong.

ABC by the picks of 90 days: the articles of the first 80 % of all units are A, of the next 15 % B, the rest C. An A
position is counted each month, a B each quarter, a C each year. Planned in a few statements, whatever the size.
"""

from collections.abc import Container
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Subquery, Sum
from django.utils import timezone

from fulfillment.models import Bin, BinStock, Count, CountLine, StockItem, StockMovement, Warehouse
from orders.models import Actor

SYSTEM = Actor.system("count")
PERIOD = timedelta(days=90)
A_SHARE, B_SHARE = 0.80, 0.95
EVERY = {"A": timedelta(days=30), "B": timedelta(days=91), "C": timedelta(days=365)}
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
A_DAY = 200
"""So many positions are planned at once in a warehouse: more than that nobody counts in a day."""


class Due(NamedTuple):
    """An article that is to be counted in a bin, or wherever it lies. Where it is its turn: its class, and the last."""

    product: int
    bin: int | None
    cause: Count.Cause
    rank: str = ""
    counted_at: datetime = LONG_AGO

    @property
    def is_new(self) -> bool:
        """Say whether nobody ever counted it there."""
        return self.counted_at == LONG_AGO


def plan_counts(warehouse: Warehouse, *, by: Actor = SYSTEM, limit: int = A_DAY) -> int:
    """Ask for the counts that are due; return how many were added."""
    waiting = Count.objects.to_count().filter(warehouse=warehouse)
    before = waiting.count()
    due = _due(warehouse, before, limit)
    common = {"warehouse": warehouse, "created_by": str(by)}
    Count.objects.bulk_create(
        [Count(bin_id=each.bin, product_id=each.product, cause=each.cause, **common) for each in due],
        ignore_conflicts=True,
    )
    return waiting.count() - before


def due_counts(warehouse: Warehouse, *, limit: int = A_DAY) -> list[Due]:
    """Say what would be planned now, in the order in which it is: suspicions first. Nothing is asked for."""
    return _due(warehouse, Count.objects.to_count().filter(warehouse=warehouse).count(), limit)


def _due(warehouse: Warehouse, waiting: int, limit: int) -> list[Due]:
    found = [Due(product, None, Count.Cause.SURPRISE) for product in _suspects(warehouse)[:limit]]
    room = limit - waiting - len(found)
    return found + _turns(warehouse, room, {each.product for each in found}) if room > 0 else found


def classes(warehouse: Warehouse) -> dict[int, str]:
    """Return product → A or B by the units that were picked of it; whatever is missing here is C."""
    since = timezone.now() - PERIOD
    picks = StockMovement.objects.filter(kind="PICK", at__gte=since, stock_item__warehouse=warehouse).order_by()
    units = picks.values_list("stock_item__product").annotate(units=Sum("quantity"))
    ranked = sorted(units, key=lambda row: (-row[1], row[0]))
    total = sum(count for _, count in ranked)
    before = accumulate((count for _, count in ranked), initial=0)
    shares = [(product, above / total) for (product, _), above in zip(ranked, before, strict=False)]
    return {product: "A" if share < A_SHARE else "B" for product, share in shares if share < B_SHARE}


def _suspects(warehouse: Warehouse) -> list[int]:
    """Return the articles of which something is missing, and which nobody is to count yet."""
    lying = BinStock.objects.filter(bin__warehouse=warehouse, quantity__gt=0)
    missing = lying.filter(bin__kind=Bin.Kind.MISSING).values("product")
    standing = Count.objects.standing().filter(warehouse=warehouse, product=OuterRef("product"))
    items = StockItem.objects.filter(warehouse=warehouse, product__in=missing).exclude(Exists(standing))
    return list(items.order_by("pk").values_list("product", flat=True))


def _turns(warehouse: Warehouse, room: int, suspects: Container[int]) -> list[Due]:
    """Return the positions whose turn it is, A before B before C, those that were counted longest ago first."""
    rank, now = classes(warehouse), timezone.now()
    counted = CountLine.objects.filter(
        bin=OuterRef("bin"), product=OuterRef("product"), count_of__status=Count.Status.APPLIED
    )
    last = counted.order_by("-count_of__applied_at").values("count_of__applied_at")[:1]
    standing = Count.objects.standing().filter(warehouse=warehouse)
    rows = BinStock.objects.filter(bin__warehouse=warehouse, bin__kind=Bin.Kind.PICK, quantity__gt=0)
    rows = rows.exclude(Exists(standing.filter(bin=OuterRef("bin"), product=None)))
    rows = rows.exclude(Exists(standing.filter(product=OuterRef("product"))))
    found = [
        (name, at or LONG_AGO, bin_, product)
        for bin_, product, at in rows.values_list("bin", "product", Subquery(last))
        for name in [rank.get(product, "C")]
        if product not in suspects and (at is None or at < now - EVERY[name])
    ]
    return [Due(product, bin_, Count.Cause.ABC, name, at) for name, at, bin_, product in sorted(found)[:room]]
