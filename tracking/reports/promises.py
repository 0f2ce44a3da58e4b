"""Whether orders came by the first date that their customers were shown, and by the last one before they came.

Counted is what was delivered in the period, in the shop's zone: on the day or before, by the clock at the door, it is
on time; and what was to come on one of its days by that date, and has not come yet: it is missed.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from orders.models import Order, ShownPromise
from tracking.reports.period import Period
from tracking.reports.words import share

MOVED_BY = timedelta(days=28)
"""A date that was shown lies no further than this from the promise of its order, or is not looked at."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Orders that had to come by a date, and how many of them did."""

    due: int
    kept: int

    @property
    def text(self) -> str:
        return share(self.kept / self.due if self.due else None)


@dataclass(frozen=True, slots=True)
class Shown:
    """By the first, and by the last, date shown."""

    by_first: Kept
    by_last: Kept


def shown(period: Period) -> tuple[Shown, Shown]:
    """Return the period, and the one before."""
    found = _arrived(period) | _overdue(period)
    return _shown(found, "now"), _shown(found, "before")


def _arrived(period: Period) -> dict[str, int]:
    came = Order.objects.filter(delivered_at__gte=period.before.start, delivered_at__lt=period.end)
    orders = _dated(came, ShownPromise.objects.filter(shown_at__lte=OuterRef("delivered_at")))
    kept = {f"{name}_kept": Q(came__lte=F(f"{name}_shown")) for name in ("first", "last")}
    is_now = Q(delivered_at__gte=period.start)
    counts = {
        f"{when}_{name}": is_then & each
        for when, is_then in (("now", is_now), ("before", ~is_now))
        for name, each in ({"came": Q(pk__isnull=False)} | kept).items()
    }
    return _count(orders.annotate(came=Coalesce("delivered_on", TruncDate("delivered_at"))), counts)


def _overdue(period: Period) -> dict[str, int]:
    """Count what is still to come, and by that date was to come on a day of the period that has passed."""
    promised = (period.before.first_day - MOVED_BY, timezone.localdate(period.end) + MOVED_BY)
    open_ = Order.objects.open().filter(deliver_by__range=promised)
    orders = _dated(open_, ShownPromise.objects.filter(shown_at__lte=period.end))
    return _count(orders, _missed("now", period) | _missed("before", period.before))


def _missed(when: str, period: Period) -> dict[str, Q]:
    first, end = period.first_day, timezone.localdate(period.end)
    return {
        f"{when}_{name}_missed": Q(**{f"{name}_shown__gte": first, f"{name}_shown__lt": end})
        for name in ("first", "last")
    }


def _dated(orders: QuerySet[Order], seen: QuerySet[ShownPromise]) -> QuerySet[Order]:
    """Say of each which date its customer saw first, and which of those that are `seen` last."""
    every = ShownPromise.objects.filter(order=OuterRef("pk"))
    first = every.order_by("shown_at", "pk").values("last")[:1]
    last = seen.filter(order=OuterRef("pk")).order_by("-shown_at", "-pk").values("last")[:1]
    return orders.order_by().annotate(
        first_shown=Coalesce(Subquery(first), "deliver_by"), last_shown=Coalesce(Subquery(last), "deliver_by")
    )


def _count(orders: QuerySet[Order], counts: dict[str, Q]) -> dict[str, int]:
    found: dict[str, int] = orders.aggregate(**{name: Count("pk", filter=each) for name, each in counts.items()})
    return found


def _shown(found: dict[str, int], when: str) -> Shown:
    came = found[f"{when}_came"]
    kept = [Kept(came + found[f"{when}_{name}_missed"], found[f"{when}_{name}_kept"]) for name in ("first", "last")]
    return Shown(*kept)
