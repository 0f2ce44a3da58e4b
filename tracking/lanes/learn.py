"""From parcels that arrived to what is known of their lanes: the newest count, so that it follows whatever drifts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple, TypeVar

from tracking.lanes.lane import Lane, Quiet, Stats
from tracking.lanes.trip import Measured

LOOK_BACK = timedelta(days=180)
RECENT = timedelta(days=14)
NEWEST = 300
"""Of a lane the parcels of the last two weeks count (each weekday alike), and the newest 300 if that is more."""
ENOUGH = 100
"""Fewer parcels than this tell nothing of one in a hundred."""

Number = TypeVar("Number", int, float)
P50, P90, P95 = 0.5, 0.9, 0.95
QUIET, LATE = 0.994, 0.999
"""So many are never that late, or that quiet: together they leave less than two of a hundred sound parcels."""


class Trip(NamedTuple):
    """A parcel that arrived."""

    lane: Lane
    arrived_at: datetime
    hours: Measured


def learn(trips: Iterable[Trip], now: datetime) -> dict[Lane, Stats]:
    """Return what is known of each lane with enough parcels."""
    by_lane: dict[Lane, list[Trip]] = defaultdict(list)
    wider: dict[Lane, set[Lane]] = {}
    for trip in trips:
        lanes = wider.get(trip.lane) or wider.setdefault(trip.lane, set(trip.lane.wider()))
        for lane in lanes:
            by_lane[lane].append(trip)
    known = {lane: newest(found, now) for lane, found in by_lane.items() if len(found) >= ENOUGH}
    return {lane: _stats(found) for lane, found in known.items() if len(found) >= ENOUGH}


def newest(trips: Sequence[Trip], now: datetime) -> list[Measured]:
    """Return those that count, as of `now`."""
    first, recent = now - LOOK_BACK, now - RECENT
    ordered = sorted((trip for trip in trips if first < trip.arrived_at <= now), key=lambda trip: trip.arrived_at)
    count = max(NEWEST, sum(trip.arrived_at >= recent for trip in ordered))
    return [trip.hours for trip in ordered[-count:]]


def _stats(found: Sequence[Measured]) -> Stats:
    took, quiet, _ = (sorted(hours) for hours in zip(*found, strict=True))
    return Stats(
        parcels=len(found),
        p50=rank(took, P50),
        p90=rank(took, P90),
        late=rank(took, LATE),
        quiet=Quiet(rank(quiet, P95), rank(quiet, QUIET)),
    )


def rank(ordered: Sequence[Number], part: float) -> Number:
    """Return the value that the next parcel stays within with this probability, the highest where that is not known."""
    return ordered[min(ceil(part * (len(ordered) + 1)), len(ordered)) - 1]
