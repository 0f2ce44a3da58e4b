"""Where the open orders stand, and how long ago they were placed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from orders.models import Order
from tracking.reports.links import orders_where
from tracking.reports.words import number

OLD_FROM = 3
MANY = 999
"""Orders that left long ago and were never reported as delivered are counted so far and no further."""


@dataclass(frozen=True, slots=True)
class Age:
    """Orders placed from `start` on (or ever) and before `end` (or until now)."""

    title: str
    start: datetime | None
    end: datetime | None
    is_old: bool

    def lookups(self) -> dict[str, datetime]:
        ends = {"placed_at__gte": self.start, "placed_at__lt": self.end}
        return {name: end for name, end in ends.items() if end}


@dataclass(frozen=True, slots=True)
class Tally:
    """A count and where it leads. `is_more`: counting stopped there."""

    count: int
    url: str
    is_more: bool = False

    @property
    def text(self) -> str:
        return f"{number(self.count - 1)}+" if self.is_more else number(self.count)


@dataclass(frozen=True, slots=True)
class Row:
    """A status; its cells follow the ages."""

    status: str
    word: str
    cells: Sequence[Tally]
    total: Tally


@dataclass(frozen=True, slots=True)
class Backlog:
    """`sums` stand under the ages; `old` counts what is older than a week."""

    ages: Sequence[Age]
    rows: Sequence[Row]
    sums: Sequence[Tally]
    total: Tally
    old: Tally

    @property
    def most(self) -> int:
        """Return the length of the longest bar."""
        return max((row.total.count for row in self.rows), default=0)


def backlog(today: date) -> Backlog:
    """Count the open orders by status and age."""
    ages = _ages(today)
    counts = _counts(ages)
    rows = [_row(status, counts[status], ages) for status in map(Order.Status, Order.OPEN) if status in counts]
    columns = [[row.cells[place] for row in rows] for place in range(len(ages))]
    everything = [cell for row in rows for cell in row.cells]
    aged = [cell for column, age in zip(columns, ages, strict=True) if age.is_old for cell in column]
    return Backlog(
        ages=ages,
        rows=rows,
        sums=[_sum(column, _url(Order.OPEN, age)) for column, age in zip(columns, ages, strict=True)],
        total=_sum(everything, orders_where(status__in=Order.OPEN)),
        old=_sum(aged, orders_where(status__in=Order.OPEN, placed_at__lt=ages[OLD_FROM].end or "")),
    )


def _row(status: Order.Status, counts: Sequence[int], ages: Sequence[Age]) -> Row:
    cells = [
        Tally(count, _url([status], age), is_more=status == Order.Status.SHIPPED and not age.start and count > MANY)
        for count, age in zip(counts, ages, strict=True)
    ]
    return Row(status, str(status.label), cells, _sum(cells, orders_where(status=status)))


def _sum(cells: Sequence[Tally], url: str) -> Tally:
    return Tally(sum(cell.count for cell in cells), url, any(cell.is_more for cell in cells))


def _ages(today: date) -> list[Age]:
    def midnight(days: int) -> datetime:
        return timezone.make_aware(datetime.combine(today - timedelta(days=days), time()))

    return [
        Age("Today", midnight(0), None, is_old=False),
        Age("1–2 days", midnight(2), midnight(0), is_old=False),
        Age("3–6 days", midnight(6), midnight(2), is_old=False),
        Age("1–4 weeks", midnight(27), midnight(6), is_old=True),  # OLD_FROM
        Age("Older", None, midnight(27), is_old=True),
    ]


def _counts(ages: Sequence[Age]) -> dict[str, list[int]]:
    """Return status → how many of each age. What is to ship is open work; what has left is counted for four weeks."""
    each = {f"age_{place}": Count("pk", filter=Q(**age.lookups())) for place, age in enumerate(ages)}
    left = Order.objects.filter(status=Order.Status.SHIPPED)
    recent = left.filter(placed_at__gte=ages[-2].start)
    found = {
        status: list(counts)
        for orders in (Order.objects.to_ship(), recent)
        for status, *counts in orders.order_by().values_list("status").annotate(**each)
    }
    if old := left.filter(**ages[-1].lookups()).order_by()[: MANY + 1].count():
        found.setdefault(Order.Status.SHIPPED, [0] * len(ages))[-1] = old
    return found


def _url(statuses: Sequence[str], age: Age) -> str:
    return orders_where(status__in=statuses, **age.lookups())
