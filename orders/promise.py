"""The first promise of an order, in working days (Monday to Friday)."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from orders.models import ShippingMethod

SATURDAY = 5


class Promise(NamedTuple):
    """When it leaves at the latest, and between which days it arrives."""

    ship_by: date
    deliver_from: date
    deliver_by: date


def first_promise(method: ShippingMethod, placed_at: datetime) -> Promise:
    placed = timezone.localdate(placed_at)
    ship_by = add_working_days(placed, method.handling_days)
    return Promise(
        ship_by,
        add_working_days(ship_by, method.transit_days_from),
        add_working_days(ship_by, method.transit_days_to),
    )


def add_working_days(day: date, count: int) -> date:
    """Return the day `count` working days later; of a weekend day, counted from its Monday."""
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    weeks, rest = divmod(count, 5)
    day += timedelta(weeks=weeks)
    over_weekend = day.weekday() + rest >= SATURDAY
    return day + timedelta(days=rest + 2 * over_weekend)
