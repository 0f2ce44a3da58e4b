"""The geometry of the bars: a hundred units wide, from zero. The words stand beside them, as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from tracking.reports.backlog import Backlog, Row

WIDTH = 100.0


class Measured(Protocol):
    """What has a median and a P90."""

    @property
    def median(self) -> timedelta | None: ...

    @property
    def p90(self) -> timedelta | None: ...


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar: where it begins, how long it is; `shade` 0 is the palest, -1 the one that is meant."""

    x: float
    width: float
    shade: int


@dataclass(frozen=True, slots=True)
class Reach:
    """How far nine tenths, and half, of the orders reach; `before` in the period before."""

    p90: float
    median: float
    p90_before: float
    median_before: float


def stacked(row: Row, backlog: Backlog) -> list[Part]:
    """Return a status as a bar: the young orders pale, the old ones marked."""
    parts, x = [], 0.0
    for place, (cell, age) in enumerate(zip(row.cells, backlog.ages, strict=True)):
        width = _scaled(cell.count, backlog.most)
        if cell.count:
            parts.append(Part(round(x, 2), round(width, 2), -1 if age.is_old else place))
        x += width
    return parts


def longest(paces: Sequence[Measured]) -> timedelta:
    return max((pace.p90 for pace in paces if pace.p90), default=timedelta())


def reach(now: Measured, before: Measured, scale: timedelta) -> Reach:
    return Reach(*(_part(took, scale) for took in (now.p90, now.median, before.p90, before.median)))


def _part(took: timedelta | None, scale: timedelta) -> float:
    return round(_scaled(max(took, timedelta()).total_seconds(), scale.total_seconds()), 2) if took else 0.0


def _scaled(value: float, most: float) -> float:
    return WIDTH * value / most if most else 0.0
