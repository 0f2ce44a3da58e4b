"""From when on a parcel is too quiet, or too late, for its lane."""

from datetime import datetime, timedelta, tzinfo

from tracking.lanes.clock import moment, worked
from tracking.lanes.lane import Quiet, Stats

PATIENCE = timedelta(hours=66)
"""Three days after the P95, less the hours that a sample may err."""
FIVE_DAYS = timedelta(days=5)
"""How long anybody waits on a lane that nothing is known of."""


def too_quiet_at(quiet: Quiet | None, since: datetime, zone: tzinfo) -> datetime:
    """Return when silence since then is an alarm: after the limit, and within three days of the P95."""
    if quiet is None:
        return since + FIVE_DAYS
    start = worked(since, zone)
    return min(moment(start + quiet.limit, zone), moment(start + quiet.p95, zone) + PATIENCE)


def is_late_at(stats: Stats, shipped_at: datetime, zone: tzinfo) -> datetime:
    """Return when a parcel is past its window: hardly any took longer."""
    return moment(worked(shipped_at, zone) + stats.late, zone)
