"""What ought to be counted: bins by how much goes out of them, and articles where the books look wrong.

ABC by the picks of 90 days: the articles of the first 80 % of all units are A, of the next 15 % B, the rest C. An A
position is counted each month, a B each quarter, a C each year. Planned in a few statements, whatever the size.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import accumulate

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


def plan_counts(warehouse: Warehouse, *, by: Actor = SYSTEM, limit: int = A_DAY) -> int:
    """Ask for the counts that are due, suspicions first; return how many were added."""
    waiting = Count.objects.to_count().filter(warehouse=warehouse)
    before = waiting.count()
    suspects = _suspects(warehouse)[:limit]
    _ask(Count(product_id=item, cause=Count.Cause.SURPRISE, **_common(warehouse, by)) for item in suspects)
    room = limit - waiting.count()
    due = _due(warehouse, room) if room > 0 else []
    _ask(Count(bin_id=bin_, product_id=item, cause=Count.Cause.ABC, **_common(warehouse, by)) for bin_, item in due)
    return waiting.count() - before


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


def _common(warehouse: Warehouse, by: Actor) -> dict[str, object]:
    return {"warehouse": warehouse, "created_by": str(by)}


def _ask(counts: Iterable[Count]) -> None:
    Count.objects.bulk_create(list(counts), ignore_conflicts=True)


def _suspects(warehouse: Warehouse) -> list[int]:
    """Return the articles of which something is missing, and which nobody is to count yet."""
    lying = BinStock.objects.filter(bin__warehouse=warehouse, quantity__gt=0)
    missing = lying.filter(bin__kind=Bin.Kind.MISSING).values("product")
    standing = Count.objects.standing().filter(warehouse=warehouse, product=OuterRef("product"))
    items = StockItem.objects.filter(warehouse=warehouse, product__in=missing).exclude(Exists(standing))
    return list(items.order_by("pk").values_list("product", flat=True))


def _due(warehouse: Warehouse, room: int) -> list[tuple[int, int]]:
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
        if at is None or at < now - EVERY[name]
    ]
    return [(bin_, product) for _, _, bin_, product in sorted(found)[:room]]
