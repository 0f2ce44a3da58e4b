"""The days of arrival that a customer was shown, in a few lines: those that were told again and again in one."""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from orders.models import ShownPromise


class ShownDays(NamedTuple):
    """Days, of which parcel where it was of one alone, and where and when they were read."""

    first: date
    last: date
    parcel: str
    told: list[tuple[str, datetime]]


def shown_days(rows: Iterable[ShownPromise]) -> list[ShownDays]:
    """Return what was shown, oldest first; a line for each time that the days became others."""
    runs = groupby(rows, key=lambda row: (row.first, row.last, row.parcel))
    return [ShownDays(*days, [(row.get_where_display(), row.shown_at) for row in run]) for days, run in runs]
