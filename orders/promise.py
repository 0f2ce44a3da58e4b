"""The first promise of an order: in days on which the house sends, then in working days (Monday to Friday)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from orders.models import ShippingMethod

SATURDAY = 5
YEAR = 366
Opens = Callable[[date], bool]
"""Day → whether anything leaves the house on it."""


class Promise(NamedTuple):
    """When it leaves at the latest, and between which days it arrives."""

    ship_by: date
    deliver_from: date
    deliver_by: date


def on_weekdays(day: date) -> bool:
    return day.weekday() < SATURDAY


def first_promise(method: ShippingMethod, placed_at: datetime, opens: Opens = on_weekdays) -> Promise:
    """Count from the first day on which somebody is there, the next one after the cut-off."""
    placed = timezone.localtime(placed_at)
    is_too_late = method.cut_off is not None and placed.time() >= method.cut_off and opens(placed.date())
    ship_by = _open_day(placed.date(), method.handling_days + is_too_late, opens)
    return Promise(
        ship_by,
        add_working_days(ship_by, method.transit_days_from),
        add_working_days(ship_by, method.transit_days_to),
    )


def add_working_days(day: date, count: int) -> date:
    """Return the day `count` working days later; of a weekend day, counted from its Monday."""
    return _open_day(day, count, on_weekdays)


def _open_day(day: date, count: int, opens: Opens) -> date:
    """Return the day `count` open days after this one, or after the next that is open.

    A house that never opens is taken for open.
    """
    last = day + timedelta(days=YEAR + count)
    while not opens(day) or count:
        count -= opens(day)
        day += timedelta(days=1)
        if day > last:
            return add_working_days(last, 0)
    return day
