"""One parcel's way, measured on the carrier's clock."""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import NamedTuple

from tracking.lanes.clock import days_between, worked


class Measured(NamedTuple):
    """Hours of a way, and of the longest silence on it: up to the first scan, or between two of them; and its days."""

    took: float
    quiet: float
    days: int


def measure(shipped_at: datetime, scans: Iterable[datetime], delivered_at: datetime, zone: tzinfo) -> Measured | None:
    """Return the hours and days of a parcel that arrived; None where its times cannot be right."""
    start, end = worked(shipped_at, zone), worked(delivered_at, zone)
    if delivered_at <= shipped_at:
        return None
    seen = sorted(min(max(worked(scan, zone), start), end) for scan in scans)
    quiet = max(later - earlier for earlier, later in pairwise([start, *seen, end]))
    return Measured(end - start, quiet, days_between(shipped_at, delivered_at, zone))
