"""Days and times as people read them, with the year where it is not this one. No "today": what is made of them is kept
for a minute.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TypeVar

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format

When = TypeVar("When", date, datetime)
NBSP = "\u00a0"


def this_year() -> int:
    return timezone.localdate().year


def with_year(on: date | datetime, form: str, after: str = "") -> str:
    """Write it in a form that ends with the month, the year after it where it is another one, and then the rest."""
    local = _local(on)
    return date_format(local, f"{form}{'' if local.year == this_year() else f'{NBSP}Y'}{after}")


def day(on: date | datetime) -> str:
    """Return "Tuesday 24 November", in one piece."""
    return with_year(on, f"l{NBSP}j{NBSP}F")


def short_day(on: date | datetime) -> str:
    """Return "24 Nov"."""
    return with_year(on, f"j{NBSP}M")


def day_range(first: date, last: date) -> str:
    """Return "Tuesday 24 – Thursday 26 November", or the one day."""
    if first == last:
        return day(first)
    return f"{_start(first, last)}{NBSP}– {day(last)}"


def between(first: date, last: date) -> str:
    """Return "between Tuesday 24 and Thursday 26 November", or "on" the one day."""
    if first == last:
        return f"on {day(first)}"
    return f"between {_start(first, last)} and {day(last)}"


def moment(at: datetime | date) -> str:
    """Return "24 November, 14:10", or the day alone where no hour is known."""
    if not isinstance(at, datetime):
        return with_year(at, f"j{NBSP}F")
    return with_year(at, f"j{NBSP}F", ", H:i")


def wall_clock(text: str) -> datetime | date | None:
    """Read a carrier's wall clock as it wrote it: never converted, a day stays a day."""
    try:
        on = parse_date(text)
        return on or _naive(parse_datetime(text))
    except ValueError:  # well formed, and no such day
        return None


def latest(moments: Iterable[When | None]) -> When | None:
    return max((each for each in moments if each), default=None)


def _start(first: date, last: date) -> str:
    """Write the first day of two; month and year are said with the last where they are the same."""
    if first.year != last.year:
        return day(first)
    return date_format(first, f"l{NBSP}j" if first.month == last.month else f"l{NBSP}j{NBSP}F")


def _naive(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=None) if at else None


def _local(on: date | datetime) -> date | datetime:
    return timezone.localtime(on) if isinstance(on, datetime) and timezone.is_aware(on) else on
