"""A carrier's clock: hours in which parcels move. It stands still on Sundays, in the zone that it is read in."""

from datetime import datetime, timedelta, tzinfo

SUNDAY = 6
HOURS = 24


def worked(at: datetime, zone: tzinfo) -> float:
    """Return the hours that the clock has run up to this instant."""
    local = at.astimezone(zone)
    days = local.toordinal() - 1  # day 0 of the calendar is a Monday
    hours = 0.0 if days % 7 == SUNDAY else local.hour + local.minute / 60 + local.second / 3600
    return (days - days // 7) * HOURS + hours


def days_between(start: datetime, end: datetime, zone: tzinfo) -> int:
    """Return the days from one to the other, Sundays left out: what arrives on a Sunday, arrives on the Monday."""
    first, last = (at.astimezone(zone).toordinal() - 1 for at in (start, end))
    return (last - last // 7) - (first - first // 7)


def moment(hours: float, zone: tzinfo) -> datetime:
    """Return the instant at which the clock shows these hours: never on a Sunday."""
    days, rest = divmod(hours, HOURS)
    weeks, day = divmod(int(days), SUNDAY)
    return datetime.fromordinal(weeks * 7 + day + 1).replace(tzinfo=zone) + timedelta(hours=rest)
