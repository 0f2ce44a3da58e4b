"""Whether orders came by the first date that their customers were shown, and by the last one before they came.

Counted is what was delivered in the period, in the shop's zone; on the day or before it is on time.
"""

from dataclasses import dataclass

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, TruncDate

from orders.models import Order, ShownPromise
from tracking.reports.period import Period
from tracking.reports.words import share


@dataclass(frozen=True, slots=True)
class Shown:
    """Orders that arrived, and how many of them by the first, and by the last, date shown."""

    done: int
    by_first: int
    by_last: int

    @property
    def texts(self) -> dict[str, str]:
        return {name: share(getattr(self, name) / self.done if self.done else None) for name in ("by_first", "by_last")}


def shown(period: Period) -> tuple[Shown, Shown]:
    """Return the period, and the one before."""
    of_order = ShownPromise.objects.filter(order=OuterRef("pk"))
    seen = of_order.filter(shown_at__lte=OuterRef("delivered_at"))
    first = of_order.order_by("shown_at", "pk").values("last")[:1]
    last = seen.order_by("-shown_at", "-pk").values("last")[:1]
    orders = Order.objects.filter(delivered_at__gte=period.before.start, delivered_at__lt=period.end).annotate(
        came=TruncDate("delivered_at"),
        first_shown=Coalesce(Subquery(first), "deliver_by"),
        last_shown=Coalesce(Subquery(last), "deliver_by"),
    )
    is_now, by_first, by_last = (
        Q(delivered_at__gte=period.start),
        Q(came__lte=F("first_shown")),
        Q(came__lte=F("last_shown")),
    )
    found = orders.order_by().aggregate(
        **{f"now_{name}": Count("pk", filter=is_now & kept) for name, kept in _kept(by_first, by_last).items()},
        **{f"before_{name}": Count("pk", filter=~is_now & kept) for name, kept in _kept(by_first, by_last).items()},
    )
    return _shown(found, "now"), _shown(found, "before")


def _kept(by_first: Q, by_last: Q) -> dict[str, Q]:
    return {"done": Q(pk__isnull=False), "by_first": by_first, "by_last": by_last}


def _shown(found: dict[str, int], when: str) -> Shown:
    return Shown(*(found[f"{when}_{name}"] for name in ("done", "by_first", "by_last")))
