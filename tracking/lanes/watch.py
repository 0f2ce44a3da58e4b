"""What makes a parcel on its way need a person, and why, in words. Pure: what is known of it in, alarms out."""

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from tracking.lanes.lane import Lane, Lanes, Quiet, Stats
from tracking.lanes.silence import is_late_at, too_quiet_at

GONE = frozenset({"LOST", "CANCELLED"})
CLEARS_ITSELF = frozenset({"delayed", "weather_delay", "missorted"})
DAMAGES = frozenset({"damaged", "destroyed"})
MANY = 2
Found = tuple[Lane, Stats] | None
DAY = 24
COLLECT_WITHIN = timedelta(days=5)
"""Most carriers keep a parcel for seven days, some for fifteen: two of them are left to remind its customer."""
BACK_WITHIN = timedelta(days=14)
"""What comes back is in no hurry, and seldom scanned."""


class Watched(NamedTuple):
    """A parcel that has left and has not arrived, by what is known now."""

    lane: Lane
    carrier: str
    shipped_at: datetime
    last_scan_at: datetime | None
    status: str
    reason: str
    attempts: int
    is_action_required: bool
    is_unmapped: bool
    is_settled: bool = False
    """Somebody decided whether it goes again: that it is lost, or damaged, is no news any more."""
    counts_as: str = ""
    """Where its shipment came to its end: what that counts as, whatever became of the parcel."""


class Rest(NamedTuple):
    """How long a parcel may lie without a scan, and the alarm that it is after that."""

    within: timedelta
    kind: str
    reason: str


RESTS = {
    "AVAILABLE_FOR_PICKUP": Rest(
        COLLECT_WITHIN, "UNCOLLECTED", "{carrier} has kept it for more than {days} days, and nobody has collected it."
    ),
    "RETURNING_TO_SENDER": Rest(
        BACK_WITHIN, "RETURN_SILENT", "It is on its way back, and {carrier} has not scanned it for {days} days."
    ),
}


class Cry(NamedTuple):
    """An alarm: its kind, why, and since when."""

    kind: str
    reason: str
    since: datetime


def watch(parcel: Watched, lanes: Lanes, now: datetime, zone: tzinfo) -> list[Cry]:
    """Return what is wrong with a parcel, each kind once. That it is overdue is said where nothing else is."""
    told = list(_told(parcel))
    if parcel.status in RESTS:
        return [*told, *_rests(parcel, RESTS[parcel.status], now)]
    if parcel.status in GONE or parcel.counts_as:
        return told
    found = lanes.nearest(parcel.lane)
    quiet = _quiet(parcel, found[1].quiet if found else None, _usual_silence(found), now, zone)
    return [*told, *quiet] or _late(parcel, found, now, zone)


def _told(parcel: Watched) -> Iterator[Cry]:
    """Yield what the carrier itself says."""
    who, since = parcel.carrier, parcel.last_scan_at or parcel.shipped_at
    if parcel.status == "LOST" and not parcel.is_settled:
        yield Cry("LOST", f"{who} lost it.", since)
    if _is_reopened(parcel):
        yield Cry("REOPENED", f"It counts as {parcel.counts_as}; by what {who} says now it is not.", since)
    if parcel.status == "CANCELLED":
        yield Cry("CANCELLED", f"It has left, and {who} says that its label was cancelled.", since)
    if parcel.attempts >= MANY and parcel.status == "DELIVERY_ATTEMPT_FAILED":
        yield Cry("ATTEMPTS", f"{who} has tried to deliver it {parcel.attempts} times.", since)
    if _is_held_up(parcel):
        yield Cry("EXCEPTION", f"{who} says: {parcel.reason.replace('_', ' ') or 'something is wrong'}.", since)
    if parcel.is_unmapped:
        yield Cry("UNKNOWN_WORD", f"{who} used a word that nobody has explained yet.", since)


def _is_reopened(parcel: Watched) -> bool:
    """Say whether nothing else tells of it: what is lost may go again, and what comes back is expected."""
    return bool(parcel.counts_as) and not parcel.is_settled and parcel.status not in {"LOST", "RETURNING_TO_SENDER"}


def _is_held_up(parcel: Watched) -> bool:
    if parcel.is_settled and parcel.reason in DAMAGES:
        return False
    return parcel.is_action_required or (parcel.status == "EXCEPTION" and parcel.reason not in CLEARS_ITSELF)


def _rests(parcel: Watched, rest: Rest, now: datetime) -> list[Cry]:
    """Say that it lies somewhere for too long: nobody scans what waits at a counter, and hardly what comes back."""
    since = parcel.last_scan_at or parcel.shipped_at
    if now < since + rest.within:
        return []
    return [Cry(rest.kind, rest.reason.format(carrier=parcel.carrier, days=rest.within.days), since)]


def _quiet(parcel: Watched, quiet: Quiet | None, usual: str, now: datetime, zone: tzinfo) -> list[Cry]:
    since = parcel.last_scan_at or parcel.shipped_at
    if now < too_quiet_at(quiet, since, zone):
        return []
    if parcel.last_scan_at:
        return [Cry("NO_SCAN_SINCE", f"Nobody has scanned it since. {usual}", since)]
    return [Cry("NO_FIRST_SCAN", f"It left, and {parcel.carrier} has never scanned it. {usual}", since)]


def _late(parcel: Watched, found: Found, now: datetime, zone: tzinfo) -> list[Cry]:
    if found is None or now < is_late_at(found[1], parcel.shipped_at, zone):
        return []
    usual = f"Nine of ten parcels {_of(found[0])} arrive within {_span(found[1].p90)}"
    return [Cry("PAST_WINDOW", f"{usual}, hardly any take this long.", parcel.shipped_at)]


def _usual_silence(found: Found) -> str:
    if found is None:
        return "There is not enough history of its lane: five days are long anywhere."
    lane, stats = found
    return f"19 of 20 parcels {_of(lane)} are never quiet for more than {_span(stats.quiet.p95)}."


def _of(lane: Lane) -> str:
    where = f"{lane.country}-{lane.region}" if lane.region else lane.country
    return f"from {lane.origin} to {where}" if lane.origin else f"to {where}"


def _span(hours: float) -> str:
    """Return the hours, or the days that a carrier works."""
    return f"{hours:.0f} hours" if hours < 2 * DAY else f"{hours / DAY:.1f} working days"
