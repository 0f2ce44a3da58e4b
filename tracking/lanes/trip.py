"""One parcel's way, measured on the carrier's clock."""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import NamedTuple

from tracking.lanes.clock import worked


class Measured(NamedTuple):
    """Hours of a way, and of the longest silence on it: up to the first scan, or between two of them."""

    took: float
    quiet: float


def measure(shipped_at: datetime, scans: Iterable[datetime], delivered_at: datetime, zone: tzinfo) -> Measured | None:
    """Return the hours of a parcel that arrived; None where its times cannot be right."""
    start, end = worked(shipped_at, zone), worked(delivered_at, zone)
    if delivered_at <= shipped_at:
        return None
    seen = sorted(min(max(worked(scan, zone), start), end) for scan in scans)
    return Measured(end - start, max(later - earlier for earlier, later in pairwise([start, *seen, end])))
