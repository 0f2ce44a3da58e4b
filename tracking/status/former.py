"""Numbers are used again: what was said of a former parcel is not of this one (F13)."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo

from tracking.status.picture import Snapshot

GRACE = timedelta(days=7)
"""A parcel may be announced, or handed over, so long before it is booked here as shipped."""


def of_this_parcel(snapshot: Snapshot, shipped_on: date | None, zone: tzinfo) -> Snapshot | None:
    """Return the picture without what was before the parcel; None where nothing of it is of this one."""
    if shipped_on is None:
        return snapshot
    first = datetime.combine(shipped_on, time.min, zone) - GRACE
    if not snapshot.scans:
        return None if snapshot.stated_at and snapshot.stated_at < first else snapshot
    scans = tuple(scan for scan in snapshot.scans if (scan.clock(zone) or first) >= first)
    return replace(snapshot, scans=scans) if scans else None
