"""How many days parcels take by a shipping method, whichever carrier has them and wherever they start.

That is all that is known when an order is placed.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from tracking.lanes.lane import Lane
from tracking.lanes.learn import ENOUGH, P50, P90, Trip, newest, rank


class Days(NamedTuple):
    """Of so many parcels half took no longer than `usual` days, Sundays left out, nine of ten than `latest`."""

    parcels: int
    usual: int
    latest: int


def learn_transits(trips: Iterable[Trip], now: datetime) -> dict[Lane, Days]:
    """Return what is known by any carrier from anywhere, of each region and each country with enough parcels."""
    by_lane: dict[Lane, list[Trip]] = defaultdict(list)
    for trip in trips:
        region = trip.lane._replace(carrier="", origin="")
        for lane in {region, region._replace(region="")}:
            by_lane[lane].append(trip)
    found = {lane: newest(known, now) for lane, known in by_lane.items() if len(known) >= ENOUGH}
    days = {lane: sorted(each.days for each in known) for lane, known in found.items() if len(known) >= ENOUGH}
    return {lane: Days(len(known), rank(known, P50), rank(known, P90)) for lane, known in days.items()}
