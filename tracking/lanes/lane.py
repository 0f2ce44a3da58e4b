"""A lane, what is known of it, and where to look when too little is known: in wider lanes."""

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import NamedTuple

from orders.promise import region_of
from tracking.lanes.clock import moment, worked


class Window(NamedTuple):
    """Half of the parcels have arrived by `usual`, nine of ten by `latest`."""

    usual: datetime
    latest: datetime


class Quiet(NamedTuple):
    """Hours of silence that 19 of 20 parcels never exceed on their whole way, and hours that hardly any does."""

    p95: float
    limit: float


class Stats(NamedTuple):
    """What the newest parcels of a lane tell, in hours of the carrier's clock."""

    parcels: int
    p50: float
    p90: float
    late: float
    quiet: Quiet

    def window(self, shipped_at: datetime, zone: tzinfo) -> Window:
        start = worked(shipped_at, zone)
        return Window(moment(start + self.p50, zone), moment(start + self.p90, zone))


class Lane(NamedTuple):
    """Carrier × service × origin × destination region. What is "" stands for all of it."""

    carrier: str
    service: str
    origin: str
    country: str
    region: str

    @classmethod
    def to(cls, carrier: str, service: str, origin: str, country: str, postal_code: str) -> "Lane":
        """Return the lane of an address."""
        return cls(carrier, service, origin, country, region_of(postal_code))

    def wider(self) -> Iterator["Lane"]:
        """Yield the lane and ever wider ones: its country, from anywhere, by any service of the carrier."""
        yield self
        yield self._replace(region="")
        yield self._replace(region="", origin="")
        yield self._replace(region="", origin="", service="")


class Lanes:
    """What is known of all lanes."""

    def __init__(self, known: Mapping[Lane, Stats]) -> None:
        self.known = known

    def nearest(self, lane: Lane) -> tuple[Lane, Stats] | None:
        """Return the narrowest lane that enough is known of; None where there is not enough history."""
        return next(((each, self.known[each]) for each in lane.wider() if each in self.known), None)
