"""The promise of an order against today, in a few words for staff."""

from datetime import date
from typing import NamedTuple

from django.utils import timezone

from orders.admin.badges import ARRIVED, LOOK, PERSON, WAITING
from orders.models import Order
from tracking.timeline.dates import with_year


class Promise(NamedTuple):
    """What is owed next, by which day, and how long that is still."""

    owed: str
    day: date
    left: str
    hue: str
    icon: str


def promise_of(order: Order, today: date | None = None) -> Promise | None:
    """Return the next promise of an open order, or how the last one was kept; None where nothing is owed."""
    today = today or timezone.localdate()
    if order.status in Order.TO_SHIP:
        return Promise("Ship by", order.ship_by, *_left((order.ship_by - today).days))
    if order.status == Order.Status.SHIPPED:
        return Promise("Deliver by", order.deliver_by, *_left((order.deliver_by - today).days))
    if order.status == Order.Status.DELIVERED and order.delivered_at:
        on = order.delivered_on or timezone.localdate(order.delivered_at)
        return Promise("Deliver by", order.deliver_by, *_kept(on, order.deliver_by))
    return None


def short_date(day: date) -> str:
    return with_year(day, "D j M")


def _left(days: int) -> tuple[str, str, str]:
    if days < 0:
        return (f"{_days(-days)} late", PERSON, "alert")
    if days == 0:
        return ("today", LOOK, "clock")
    return ("tomorrow" if days == 1 else f"{_days(days)} left", WAITING, "calendar")


def _kept(delivered: date, promised: date) -> tuple[str, str, str]:
    late = (delivered - promised).days
    return (f"{_days(late)} late", PERSON, "alert") if late > 0 else ("on time", ARRIVED, "done")


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
