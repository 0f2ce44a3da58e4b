"""How long orders take, and whether they keep what was promised: from the stamps on the order, for two periods at once.

Clock: from `placed_at`. Counted is what reached the stamp in the period (an order leaves when all of it has left);
cancelled orders reach none. On time: on or before the promised day, by the shop's clock where it leaves, by the clock
at the door where it arrives; early is on time. Due is what reached the stamp in the period, or was promised for a day
of it that has passed and has not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from django.db.models import Case, Count, IntegerField, Q, Sum, When, Window
from django.db.models.functions import Coalesce, RowNumber, TruncDate

from orders.models import Order
from tracking.reports.links import orders_where
from tracking.reports.period import Period
from tracking.reports.ranks import Milliseconds, median_and_p90, wanted
from tracking.reports.words import share, span

LISTED = 100
Stamp = Literal["shipped_at", "delivered_at"]
PROMISE: dict[Stamp, str] = {"shipped_at": "ship_by", "delivered_at": "deliver_by"}
DAY: dict[Stamp, Any] = {
    "shipped_at": TruncDate("shipped_at"),
    "delivered_at": Coalesce("delivered_on", TruncDate("delivered_at")),
}
OWING: dict[Stamp, Sequence[str]] = {"shipped_at": Order.TO_SHIP, "delivered_at": Order.OPEN}


@dataclass(frozen=True, slots=True)
class Pace:
    """The orders of one period: how many reached the stamp, how many of them on time, and how many still owe it."""

    done: int = 0
    kept: int = 0
    owing: int = 0
    median: timedelta | None = None
    p90: timedelta | None = None

    @property
    def due(self) -> int:
        return self.done + self.owing

    @property
    def late(self) -> int:
        return self.done - self.kept

    @property
    def share(self) -> float | None:
        """Return the part that was on time, from 0 to 1; None of nothing."""
        return self.kept / self.due if self.due else None

    @property
    def texts(self) -> dict[str, str]:
        return {"median": span(self.median), "p90": span(self.p90), "share": share(self.share)}


@dataclass(frozen=True, slots=True)
class Paces:
    """A period, the one before, and where their orders are listed."""

    now: Pace
    before: Pace
    done_url: str
    done_before_url: str
    owing_url: str
    owing_before_url: str
    late_url: str


def paces(stamp: Stamp, period: Period, today: date) -> Paces:
    """Compute both periods; `late_url` lists the latest of those that came late."""
    found = _measured(stamp, period)
    owing = _owing(stamp, period, today)
    return Paces(
        now=Pace(**found.get(1, {}), owing=owing["now"]),
        before=Pace(**found.get(0, {}), owing=owing["before"]),
        done_url=_done_url(stamp, period),
        done_before_url=_done_url(stamp, period.before),
        owing_url=_owing_url(stamp, period.first_day, today),
        owing_before_url=_owing_url(stamp, period.before.first_day, period.first_day),
        late_url=orders_where(id__in=_late(stamp, period)),
    )


def _kept(stamp: Stamp) -> Q:
    return Q(**{f"{PROMISE[stamp]}__gte": DAY[stamp]})


def _measured(stamp: Stamp, period: Period) -> dict[int, dict[str, Any]]:
    """Return 1 for the period, 0 for the one before → its figures, in one pass over both."""
    is_now = Case(When(**{f"{stamp}__gte": period.start}, then=1), default=0, output_field=IntegerField())
    kept = Case(When(_kept(stamp), then=1), default=0, output_field=IntegerField())
    orders = Order.objects.filter(**{f"{stamp}__gte": period.before.start, f"{stamp}__lt": period.end})
    ranked = orders.annotate(is_now=is_now, took=Milliseconds(stamp, "placed_at"), is_kept=kept).annotate(
        place=Window(RowNumber(), partition_by="is_now", order_by="took"),
        done=Window(Count("pk"), partition_by="is_now"),
        kept=Window(Sum("is_kept"), partition_by="is_now"),
    )
    rows = ranked.filter(wanted()).order_by("place").values_list("is_now", "done", "kept", "place", "took")
    return {key: _figures([row[1:] for row in rows if row[0] == key]) for key in {row[0] for row in rows}}


def _figures(rows: Sequence[tuple[int, int, int, int]]) -> dict[str, Any]:
    done, kept = rows[0][:2]
    return {"done": done, "kept": kept, **median_and_p90(done, {place: took for *_, place, took in rows})}


def _owing(stamp: Stamp, period: Period, today: date) -> dict[str, int]:
    """Count what was promised for a passed day of either period, and is still owed."""
    promise, first = PROMISE[stamp], period.first_day
    owing = Order.objects.filter(
        status__in=OWING[stamp], **{f"{promise}__gte": period.before.first_day, f"{promise}__lt": today}
    )
    return owing.order_by().aggregate(
        now=Count("pk", filter=Q(**{f"{promise}__gte": first})),
        before=Count("pk", filter=Q(**{f"{promise}__lt": first})),
    )


def _late(stamp: Stamp, period: Period) -> list[int]:
    orders = Order.objects.filter(**{f"{stamp}__gte": period.start, f"{stamp}__lt": period.end})
    return list(orders.exclude(_kept(stamp)).order_by(f"-{stamp}").values_list("pk", flat=True)[:LISTED])


def _done_url(stamp: Stamp, period: Period) -> str:
    return orders_where(**{f"{stamp}__gte": period.start, f"{stamp}__lt": period.end})


def _owing_url(stamp: Stamp, first: date, end: date) -> str:
    return orders_where(status__in=OWING[stamp], **{f"{PROMISE[stamp]}__gte": first, f"{PROMISE[stamp]}__lt": end})
