"""What is to be counted, and how true the books were where somebody counted: position by position.

A position is a product in a bin. It is right where as many were counted as the books said; +5 here and -5 there are
two wrong positions. (Inventory record accuracy: positions without error ÷ positions counted.)
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Sum, When
from django.db.models import Count as Number
from django.utils import timezone

from fulfillment.models import Bin, Count, CountLine, Warehouse
from orders.models import Actor, Product

COUNTS_LISTED = 50
PERIOD = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Positions that were counted and those that were right; units the books said, found too many, and lost."""

    positions: int
    right: int
    units: int
    found: int
    lost: int

    @property
    def share(self) -> float | None:
        return self.right / self.positions if self.positions else None

    @property
    def percent(self) -> str:
        return f"{100 * (self.share or 0):.1f}"

    @property
    def shrinkage_percent(self) -> str:
        return f"{100 * (self.shrinkage or 0):.2f}"

    @property
    def shrinkage(self) -> float | None:
        """Which part of the units that ought to lie there is gone, what was found too many set off against it."""
        return (self.lost - self.found) / self.units if self.units else None


def counts_to_do(warehouse: Warehouse, by: Actor) -> QuerySet[Count]:
    """Return what is to be counted: what this person began, then where a picker found too little, then the rest."""
    return _to_count(warehouse, by)[:COUNTS_LISTED]


def _to_count(warehouse: Warehouse, by: Actor) -> QuerySet[Count]:
    mine = Exists(CountLine.objects.filter(count_of=OuterRef("pk"), by=str(by)))
    urgent = Case(When(cause__in=[Count.Cause.SHORT, Count.Cause.SURPRISE], then=0), default=1)
    found = Count.objects.to_count().filter(warehouse=warehouse).annotate(is_mine=mine, urgent=urgent)
    way = ("bin__aisle", "bin__bay", "bin__level", "bin__code")
    return found.select_related("bin", "product").order_by("-is_mine", "urgent", *way, "pk")


def counts_within(warehouse: Warehouse, by: Actor, place: Bin | None, product: Product | None) -> list[Count]:
    """Return the counts of single positions that wait in a bin, or of a product; none where all of it is counted.

    One who scans the bin is to take these, before another count asks for the same positions.
    """
    of_all = Count.objects.standing().filter(warehouse=warehouse, bin=place, product=product)
    if of_all.exists():
        return []
    waiting = _to_count(warehouse, by).filter(bin__isnull=False, product__isnull=False)
    return list(waiting.filter(bin=place) if place else waiting.filter(product=product))


def accuracy(warehouses: QuerySet[Warehouse], *, days: timedelta = PERIOD) -> Accuracy:
    """Say how true the books were in the counts that were booked in these days."""
    return Accuracy(**_counted(warehouses, timezone.now() - days).aggregate(**_figures()))


def accuracies(warehouses: QuerySet[Warehouse], start: datetime, end: datetime) -> dict[int, Accuracy]:
    """Return warehouse → how true its books were in the counts that were booked then; without one none is said."""
    figures = _figures()
    rows = _counted(warehouses, start).filter(count_of__applied_at__lt=end).order_by().values("count_of__warehouse")
    sums = rows.annotate(**figures).values_list("count_of__warehouse", *figures)
    return {warehouse: Accuracy(*found) for warehouse, *found in sums}


def _counted(warehouses: QuerySet[Warehouse], start: datetime) -> QuerySet[CountLine]:
    return CountLine.objects.filter(
        count_of__applied_at__gte=start, count_of__warehouse__in=warehouses, counted__isnull=False
    )


def _figures() -> dict[str, Any]:
    """Return what `Accuracy` wants, each as an aggregate.

    What is missing lies nowhere, and what neither the books nor anybody saw is nothing: neither is a position.
    """
    place = ~Q(bin__kind=Bin.Kind.MISSING) & ~Q(book=0, counted=0)
    return {
        "positions": Number("pk", filter=place),
        "right": Number("pk", filter=place & Q(counted=F("book"))),
        "units": Sum("book", default=0),
        "found": Sum(F("counted") - F("book"), filter=Q(counted__gt=F("book")), default=0),
        "lost": Sum(F("book") - F("counted"), filter=Q(counted__lt=F("book")), default=0),
    }
