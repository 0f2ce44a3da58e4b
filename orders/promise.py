"""The first promise of an order: in days on which the house sends, then in those that were learnt, or working days."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from orders.models import ShippingMethod

SATURDAY, SUNDAY = 5, 6
YEAR = 366
Opens = Callable[[date], bool]
"""Day → whether anything leaves the house on it."""


class Transit(NamedTuple):
    """Days from the van to the door, Sundays left out: half of the parcels take no longer, and nine of ten."""

    usual: int
    latest: int


class Promise(NamedTuple):
    """When it leaves at the latest, and between which days it arrives."""

    ship_by: date
    deliver_from: date
    deliver_by: date


def on_weekdays(day: date) -> bool:
    return day.weekday() < SATURDAY


def on_most_days(day: date) -> bool:
    """Say whether carriers deliver."""
    return day.weekday() != SUNDAY


def region_of(postal_code: str) -> str:
    """Return the region that a postal code names by its first two characters."""
    return "".join(postal_code.upper().split())[:2]


def first_promise(
    method: ShippingMethod, placed_at: datetime, opens: Opens = on_weekdays, learnt: Transit | None = None
) -> Promise:
    """Count from the first day on which somebody is there, the next one after the cut-off.

    The way takes what was learnt of it, else what the method says.
    """
    placed = timezone.localtime(placed_at)
    is_too_late = method.cut_off is not None and placed.time() >= method.cut_off and opens(placed.date())
    ship_by = _open_day(placed.date(), method.handling_days + is_too_late, opens)
    if learnt:
        return Promise(ship_by, *(_open_day(ship_by, days, on_most_days) for days in learnt))
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
