"""How the warehouses fare: how long goods stand at the dock, and how true the books were where somebody counted.

Dock to stock, as APQC's benchmarks define it (dock-to-stock cycle time in hours, supplier deliveries): from the arrival
of a delivery until it is put away, and so can be sold. Here: from its first unit that is booked until nothing sound of
it stands at the dock. Counted is what was put away in the period.

Accuracy of the books: positions without error ÷ positions counted. A position is an article in a bin; +5 in one and -5
in another are two errors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Case, Count, F, IntegerField, QuerySet, When, Window
from django.db.models.functions import RowNumber

from fulfillment.models import Receipt, Warehouse
from fulfillment.reports import Accuracy, accuracies
from tracking.reports.links import counts_where, receipts_where
from tracking.reports.period import Period
from tracking.reports.ranks import Milliseconds, median_and_p90, wanted
from tracking.reports.words import number, share, span

NOT_COUNTED = Accuracy(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Stood:
    """How many deliveries were put away, and how long they stood at the dock."""

    done: int = 0
    median: timedelta | None = None
    p90: timedelta | None = None

    @property
    def texts(self) -> dict[str, str]:
        return {"median": span(self.median), "p90": span(self.p90)}


@dataclass(frozen=True, slots=True)
class Dock:
    """The dock of a warehouse, in the period and in the one before."""

    warehouse: Warehouse
    now: Stood
    before: Stood
    url: str


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted in a warehouse, in the period and in the one before."""

    warehouse: Warehouse
    now: Accuracy
    before: Accuracy
    url: str

    @property
    def percent(self) -> float:
        return round(100 * (self.now.share or 0), 2)

    @property
    def percent_before(self) -> float:
        return round(100 * (self.before.share or 0), 2)

    @property
    def texts(self) -> dict[str, str]:
        return {"now": share(self.now.share), "before": share(self.before.share)}


@dataclass(frozen=True, slots=True)
class Floor:
    """The warehouses in which something happened in either period."""

    docks: Sequence[Dock]
    counts: Sequence[Counted]

    @property
    def dock_sentence(self) -> str:
        done = [dock for dock in self.docks if dock.now.done]
        if not done:
            return "No delivery was put away in these four weeks."
        slow = max(done, key=lambda dock: dock.now.p90 or timedelta())
        where = f" in {slow.warehouse}" if len(done) > 1 else ""
        if slow.now.done == 1:
            return f"One delivery was put away{where}, after {span(slow.now.median)}."
        longest = "Goods stand longest" + where if where else f"{number(slow.now.done)} deliveries were put away"
        return f"{longest}: half within {span(slow.now.median)}, nine of ten within {span(slow.now.p90)}."

    @property
    def count_sentence(self) -> str:
        positions = sum(each.now.positions for each in self.counts)
        right = sum(each.now.right for each in self.counts)
        if not positions:
            return "Nothing was counted in these four weeks."
        return f"The books were right in {share(right / positions)} of the places that were counted."


def floor(period: Period, warehouses: "QuerySet[Warehouse]") -> Floor:
    """Measure these warehouses, in four queries however many there are, and however long they have been at work."""
    stood = _stood(period, warehouses)
    now = accuracies(warehouses, period.start, period.end)
    before = accuracies(warehouses, period.before.start, period.before.end)
    mine = list(warehouses)
    docks = [
        Dock(each, _of(stood, each, 1), _of(stood, each, 0), receipts_where(**_put_away(period, each)))
        for each in mine
        if (each.pk, 0) in stood or (each.pk, 1) in stood
    ]
    counts = [
        Counted(
            each,
            now.get(each.pk, NOT_COUNTED),
            before.get(each.pk, NOT_COUNTED),
            counts_where(**_applied(period, each)),
        )
        for each in mine
        if each.pk in now or each.pk in before
    ]
    return Floor(docks, counts)


def _of(stood: Mapping[tuple[int, int], Stood], warehouse: Warehouse, is_now: int) -> Stood:
    return stood.get((warehouse.pk, is_now), Stood())


def _put_away(period: Period, warehouse: Warehouse) -> dict[str, Any]:
    ends = {"put_away_at__gte": period.start, "put_away_at__lt": period.end}
    return ends | {"warehouse": warehouse.pk}


def _applied(period: Period, warehouse: Warehouse) -> dict[str, Any]:
    return {"applied_at__gte": period.start, "applied_at__lt": period.end, "warehouse": warehouse.pk}


def _stood(period: Period, warehouses: "QuerySet[Warehouse]") -> dict[tuple[int, int], Stood]:
    """Return (warehouse, 1 for the period or 0 for the one before) → how long its deliveries stood."""
    is_now = Case(When(put_away_at__gte=period.start, then=1), default=0, output_field=IntegerField())
    away = Receipt.objects.filter(
        put_away_at__gte=period.before.start,
        put_away_at__lt=period.end,
        arrived_at__isnull=False,
        warehouse__in=warehouses,
    )
    group = [F("warehouse"), F("is_now")]
    ranked = away.annotate(is_now=is_now, took=Milliseconds("put_away_at", "arrived_at")).annotate(
        place=Window(RowNumber(), partition_by=group, order_by="took"), done=Window(Count("pk"), partition_by=group)
    )
    rows = ranked.filter(wanted()).order_by("place").values_list("warehouse", "is_now", "done", "place", "took")
    found: dict[tuple[int, int], tuple[int, dict[int, int]]] = {}
    for warehouse, now, done, place, took in rows:
        found.setdefault((warehouse, now), (done, {}))[1][place] = took
    return {key: Stood(done, **median_and_p90(done, took)) for key, (done, took) in found.items()}
