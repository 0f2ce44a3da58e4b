"""Median and P90 by rank, so that the database returns three rows of a group however many it has.

The median of an even number lies between the middle two; nine of ten took no longer than P90 (nearest rank).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import BigIntegerField, F, Func, Q, Value


class Milliseconds(Func):
    """From the second time to the first. Django's own difference calls into Python for each row on SQLite."""

    output_field = BigIntegerField()
    arity, arg_joiner = 2, " - "
    template = "CAST(EXTRACT(EPOCH FROM %(expressions)s) * 1000 AS BIGINT)"

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> tuple[str, Any]:
        template = "CAST(ROUND((julianday(%(expressions)s)) * 86400000) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=") - julianday(", **more)


def wanted() -> Q:
    """Keep the middle one, or two, and the last of the first nine tenths, by `place` (from 1) of `done` rows."""
    done, two, ten = F("done"), Value(2), Value(10)
    return Q(place=(done + 1) / two) | Q(place=(done + two) / two) | Q(place=(done * 9 + 9) / ten)


def median_and_p90(done: int, took: Mapping[int, int]) -> dict[str, timedelta]:
    """Return both of `done` rows; `took` is place → milliseconds of those that were kept."""
    median = (took[(done + 1) // 2] + took[(done + 2) // 2]) / 2
    return {"median": timedelta(milliseconds=median), "p90": timedelta(milliseconds=took[(done * 9 + 9) // 10])}
