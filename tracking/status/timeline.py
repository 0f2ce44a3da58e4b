"""F1–F4: which pictures count, which of their scans stand, and in which order."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from heapq import merge
from itertools import pairwise
from typing import Any

from tracking.status import words
from tracking.status.former import of_this_parcel
from tracking.status.picture import Scan, Snapshot, newest_clock

NEVER = datetime.min.replace(tzinfo=UTC)
FUTURE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Entry:
    """A scan that stands, the best picture that holds it, its time as far as it can be told, and what a clock at its
    place showed then (`local`: as if that were UTC).
    """

    scan: Scan
    snapshot: Snapshot
    clock: datetime | None
    local: datetime | None

    @property
    def day(self) -> date | None:
        """The day that its line shows: the carrier's, else the place's."""
        try:
            return date.fromisoformat(self.scan.wall[:10])
        except ValueError:
            return self.local.date() if self.local else None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The scans that stand, oldest first, and the pictures they come from, worst first."""

    entries: tuple[Entry, ...]
    snapshots: tuple[Snapshot, ...]
    zone: tzinfo
    is_suspect: bool

    @property
    def best(self) -> Snapshot | None:
        """The picture whose headline speaks: the best complete one; a partial one only where there is no other."""
        complete = [each for each in self.snapshots if each.is_complete]
        speaking = complete or [each for each in self.snapshots if each.headline.status]
        return speaking[-1] if speaking else None

    def stated(self, snapshot: Snapshot) -> datetime:
        """Return when the picture was taken; where nobody says, its newest scan stands in."""
        return snapshot.stated_at or newest_clock(snapshot.scans, self.zone) or NEVER


def build(snapshots: Iterable[Snapshot], *, zone: tzinfo, now: datetime, shipped_on: date | None = None) -> Timeline:
    """Bring the scans of all pictures into one line: the same whatever the order, or how often they came."""
    told = set(snapshots)
    mine = {kept for each in told if (kept := of_this_parcel(each, shipped_on, zone))}
    ranked = _rank({_tidy(snapshot) for snapshot in mine}, zone)
    complete = [each for each in ranked if each.is_complete]
    base = _entries(complete[-1], zone) if complete else []
    older = [_entries(each, zone) for each in reversed(complete[:-1])]
    partial = [entry for each in ranked if not each.is_complete for entry in _entries(each, zone)]
    extra = _unknown_to(base, older, partial)
    entries = _order(base, extra)
    return Timeline(tuple(entries), tuple(ranked), zone, mine != told or _is_suspect(entries, now))


def _rank(snapshots: Collection[Snapshot], zone: tzinfo) -> list[Snapshot]:
    """Sort by F2; the digest is worked out for ties only."""
    keys: dict[Snapshot, tuple[Any, ...]] = {}
    for each in snapshots:
        newest = newest_clock(each.scans, zone) or NEVER
        keys[each] = (each.stated_at or newest, newest, len(each.scans))
    ties = Counter(keys.values())
    return sorted(keys, key=lambda each: (keys[each], (each.digest(), each.content()) if ties[keys[each]] > 1 else ()))


def _tidy(snapshot: Snapshot) -> Snapshot:
    """Drop lines that are no scans, and the same scan said twice; do not believe DELIVERED on every line (F6)."""
    kept: dict[object, Scan] = {}
    for scan in snapshot.scans:
        if scan.says_something:
            twin = kept.get(scan.identity)
            kept[scan.identity] = max(twin, scan, key=Scan.tie_break) if twin else scan
    scans = list(kept.values())
    if snapshot.is_complete and len(scans) > 1 and all(scan.status == words.DELIVERED for scan in scans):
        scans[:-1] = [replace(scan, status="") for scan in scans[:-1]]
    return replace(snapshot, scans=tuple(scans))


def _entries(snapshot: Snapshot, zone: tzinfo) -> list[Entry]:
    return [_entry(scan, snapshot, zone) for scan in snapshot.scans]


def _entry(scan: Scan, snapshot: Snapshot, zone: tzinfo) -> Entry:
    clock = scan.clock(zone)
    return Entry(scan, snapshot, clock, clock.astimezone(scan.zone(zone)).replace(tzinfo=UTC) if clock else None)


def _unknown_to(base: list[Entry], older: list[list[Entry]], partial: list[Entry]) -> list[Entry]:
    """Return what the best picture has forgotten of older ones (the better first), and what partial ones add."""
    extra: list[Entry] = []
    seen: set[object] = {entry.scan.identity for entry in base}
    worded = _wordings(base)
    for entries in [*older, partial]:
        fresh: dict[object, Entry] = {}
        for entry in entries:
            key = entry.scan.identity
            if key not in seen and entry.scan.wording() not in worded:
                twin = fresh.get(key)
                fresh[key] = max(twin, entry, key=_by_content) if twin else entry
        seen |= fresh.keys()
        worded |= _wordings(fresh.values())
        extra += fresh.values()
    return extra


def _wordings(entries: Iterable[Entry]) -> set[tuple[object, ...] | None]:
    return {entry.scan.wording() for entry in entries} - {None}


def _order(base: list[Entry], extra: list[Entry]) -> list[Entry]:
    """F4: by instant where all times are instants; else the best picture's own order stands, not the clock.

    Each extra one then goes before the first with a later wall clock (a later estimate, where some times are
    instants); one without a time before them all.
    """
    everything = [*base, *extra]
    if all(entry.scan.instant() for entry in everything):
        return sorted(everything, key=_by_clock if base else _by_clock_alone)
    if not base:
        return sorted(extra, key=_by_clock_alone)
    when = _clock if any(entry.scan.instant() for entry in everything) else _wall
    ranked = sorted(extra, key=lambda entry: (when(entry), entry.scan.seq, _by_content(entry)))
    timeless = [entry for entry in reversed(ranked) if not entry.clock]
    return [*timeless, *merge(base, (entry for entry in ranked if entry.clock), key=when)]


def _by_content(entry: Entry) -> tuple[Any, ...]:
    return entry.scan.tie_break(), entry.snapshot.source


def _wall(entry: Entry) -> datetime:
    return entry.local or NEVER


def _clock(entry: Entry) -> datetime:
    return entry.clock or NEVER


def _by_clock(entry: Entry) -> tuple[Any, ...]:
    return _clock(entry), entry.scan.seq, _by_content(entry)


def _by_clock_alone(entry: Entry) -> tuple[Any, ...]:
    return _clock(entry), _by_content(entry)


def is_possible(moment: datetime | None, now: datetime) -> bool:
    """Say whether a clock that is a little fast may have shown that."""
    return moment is None or moment <= now + FUTURE


def _is_suspect(entries: list[Entry], now: datetime) -> bool:
    clocks = [entry.clock for entry in entries if entry.clock]
    is_ahead = not all(is_possible(clock, now) for clock in clocks)
    statuses = [entry.scan.status for entry in entries if entry.scan.status]
    is_delivery_first = statuses[:1] == [words.DELIVERED] and set(statuses) != {words.DELIVERED}
    return is_ahead or is_delivery_first or _runs_backwards(entries)


def _runs_backwards(entries: list[Entry]) -> bool:
    """Say whether the time falls anywhere; where one is only a date, the dates are compared."""
    timed = [entry for entry in entries if entry.clock]
    return any(_is_before(after, before) for before, after in pairwise(timed))


def _is_before(one: Entry, other: Entry) -> bool:
    """Say whether its time is earlier: by the wall as well, where an instant is estimated from that."""
    mine, theirs = _wall(one), _wall(other)
    if _is_a_day(one) or _is_a_day(other):
        return mine.date() < theirs.date()
    is_sure = one.scan.instant() and other.scan.instant()
    return _clock(one) < _clock(other) and (bool(is_sure) or mine < theirs)


def _is_a_day(entry: Entry) -> bool:
    return not entry.scan.instant() and "T" not in entry.scan.wall and " " not in entry.scan.wall
