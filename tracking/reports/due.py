"""What has to leave today, and what of it cannot."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q

from orders.models import Hold, Order, OrderLine
from tracking.reports.links import orders_where


@dataclass(frozen=True, slots=True)
class Due:
    """Orders that have to leave today at the latest. At risk is what waits for stock or is blocked."""

    today: date
    due: int
    late: int
    at_risk: int
    waiting: int
    blocked: int

    @property
    def url(self) -> str:
        return orders_where(status__in=Order.TO_SHIP, ship_by__lte=self.today)

    @property
    def late_url(self) -> str:
        return orders_where(status__in=Order.TO_SHIP, ship_by__lt=self.today)

    @property
    def waiting_url(self) -> str:
        return orders_where(view="waiting", ship_by__lte=self.today)

    @property
    def blocked_url(self) -> str:
        return orders_where(view="blocked", ship_by__lte=self.today)


def due_today(today: date) -> Due:
    """Count what is due, bounded by the orders that are still to ship."""
    held = Hold.objects.standing().filter(order=OuterRef("pk"))
    waits = OrderLine.objects.filter(order=OuterRef("pk"), waiting__gt=0)
    orders = Order.objects.to_ship_by(today).annotate(
        is_waiting=Exists(waits), is_blocked=Q(Exists(held)) | Q(ship_line1="") | Q(ship_country="")
    )
    counts = orders.order_by().aggregate(
        due=Count("pk"),
        late=Count("pk", filter=Q(ship_by__lt=today)),
        at_risk=Count("pk", filter=Q(is_waiting=True) | Q(is_blocked=True)),
        waiting=Count("pk", filter=Q(is_waiting=True)),
        blocked=Count("pk", filter=Q(is_blocked=True)),
    )
    return Due(today, **counts)
