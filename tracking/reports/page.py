"""The page as a whole: each part with the sentence that it comes to."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from fulfillment.models import Warehouse
from tracking.reports.backlog import Backlog, Row, backlog
from tracking.reports.books import Books, books
from tracking.reports.charts import Part, Reach, longest, reach, stacked
from tracking.reports.due import Due, due_today
from tracking.reports.floor import Dock, Floor, floor
from tracking.reports.pace import Pace, Paces, paces
from tracking.reports.period import Period
from tracking.reports.promises import Shown, shown
from tracking.reports.words import several, share, span


class Measure(NamedTuple):
    """A way of an order, measured: its name, its two periods, its bar, and how far it kept what was promised."""

    key: str
    title: str
    paces: Paces
    reach: Reach
    kept: float
    kept_before: float


@dataclass(frozen=True, slots=True)
class Report:
    now: datetime
    period: Period
    due: Due
    backlog: Backlog
    shipped: Measure
    delivered: Measure
    shown: tuple[Shown, Shown]
    floor: Floor
    books: Books

    @property
    def measures(self) -> tuple[Measure, Measure]:
        return self.shipped, self.delivered

    @property
    def bars(self) -> list[tuple[Row, list[Part]]]:
        return [(row, stacked(row, self.backlog)) for row in self.backlog.rows]

    @property
    def docks(self) -> list[tuple[Dock, Reach]]:
        """Return each dock with its bar."""
        scale = longest([stood for dock in self.floor.docks for stood in (dock.now, dock.before)])
        return [(dock, reach(dock.now, dock.before, scale)) for dock in self.floor.docks]

    @property
    def is_empty(self) -> bool:
        return not (self.backlog.total.count or self.shipped.paces.now.done or self.shipped.paces.before.done)

    @property
    def sentence(self) -> str:
        due = self.due
        if not due.due:
            return "No orders yet." if self.is_empty else "Nothing is due today."
        if due.at_risk:
            return f"{due.at_risk} of {several(due.due, 'order')} due today {_are(due.at_risk)} at risk."
        return f"{several(due.due, 'order')} {_are(due.due)} due today, and nothing stands in the way."

    @property
    def backlog_sentence(self) -> str:
        every, old = self.backlog.total, self.backlog.old
        if not every.count:
            return "No order is open."
        tail = f"; {old.text} {_are(old.count)} older than a week" if old.count else ""
        return f"{several(every.count, 'order', text=every.text)} {_are(every.count)} open{tail}."

    @property
    def pace_sentence(self) -> str:
        pace = self.shipped.paces.now
        if not pace.done:
            return "No order left in these four weeks."
        if pace.done == 1:
            return f"One order left, after {span(pace.median)}."
        return f"Half of the orders left within {span(pace.median)}, nine of ten within {span(pace.p90)}."

    @property
    def promise_sentence(self) -> str:
        left, came = self.shipped.paces.now.share, self.delivered.paces.now.share
        said = [f"{share(left)} left by the day we promised"] if left is not None else []
        said += [f"{share(came)} arrived by it" if said else f"{share(came)} arrived in time"] * (came is not None)
        return f"{', '.join(said)}." if said else "No promise was due in these four weeks."

    @property
    def books_sentence(self) -> str:
        if self.books.run is None:
            return "Nobody has checked the books yet."
        found = [several(count, word) for count, word in self._standing() if count]
        return f"The audit found {' and '.join(found)}." if found else "The books agree."

    def _standing(self) -> list[tuple[int, str]]:
        return [(self.books.errors, "error"), (self.books.warnings, "warning")]


def make_report(now: datetime, warehouses: "QuerySet[Warehouse] | None" = None) -> Report:
    """Gather the page as of `now`: the floor of these warehouses alone, of all if none are named."""
    today, period = timezone.localdate(now), Period.up_to(now)
    shipped = paces("shipped_at", period, today)
    delivered = paces("delivered_at", period, today)
    scale = longest([shipped.now, shipped.before, delivered.now, delivered.before])

    def measure(key: str, title: str, found: Paces) -> Measure:
        bar = reach(found.now, found.before, scale)
        return Measure(key, title, found, bar, _percent(found.now), _percent(found.before))

    return Report(
        now=now,
        period=period,
        due=due_today(today),
        backlog=backlog(today),
        shipped=measure("shipped", "Placed to shipped", shipped),
        shown=shown(period),
        delivered=measure("delivered", "Placed to delivered", delivered),
        floor=floor(period, Warehouse.objects.all() if warehouses is None else warehouses),
        books=books(),
    )


def _percent(pace: Pace) -> float:
    return round(100 * (pace.share or 0), 2)


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
