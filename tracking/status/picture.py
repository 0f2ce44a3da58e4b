"""What a source said of a parcel: pictures (snapshots) with their scans. Plain values that compare by content."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property, lru_cache

from orders.zones import zone_of
from tracking.status import words

MEANING = {"status", "reason", "is_action_required", "is_unmapped"}
"""Of a scan and of a headline: what we take it to say. It is looked up, never kept."""
WORDS = re.compile(r"\w+")
SEPARATORS = re.compile(r"[\s_-]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scan was; `country` is ISO alpha-2. A source that gives one text puts it into `city`."""

    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""

    def __bool__(self) -> bool:
        return any((self.city, self.region, self.postal_code, self.country))

    def __str__(self) -> str:
        return ", ".join(part for part in (self.city or self.region, self.country) if part)

    def key(self) -> tuple[str, ...]:
        return tuple(same_text(part) for part in (self.city, self.region, self.postal_code, self.country))

    def is_within(self, other: "Place") -> bool:
        """Say whether city and postal code are those of `other`, as far as F7 wants to know."""
        mine, theirs = self.key(), other.key()
        return bool(mine[0] and mine[2]) and (mine[0], mine[2]) == (theirs[0], theirs[2])

    def is_named_in(self, address: str) -> bool:
        """Say whether an address, which is text, names its city and its postal code."""
        parts = [_plain_words(part) for part in (self.city, self.postal_code)]
        return all(part.strip() and part in _plain_words(address) for part in parts)


@dataclass(frozen=True)
class Scan:
    """One line of a parcel's history. `status` is "" for a value that nobody has mapped yet (F11).

    `at` is an instant where `is_zone_true`; else the carrier's wall clock (`wall`, ISO without offset) is all we know.
    """

    at: datetime | None = None
    wall: str = ""
    is_zone_true: bool = True
    seq: int = 0
    status: str = ""
    reason: str = ""
    is_action_required: bool = False
    is_unmapped: bool = False
    raw_status: str = ""
    raw_detail: str = ""
    code: str = ""
    message: str = ""
    place: Place = field(default_factory=Place)

    @property
    def is_physical(self) -> bool:
        """Say whether somebody had the parcel in hand."""
        is_early = self.status == words.EXCEPTION and self.reason in words.NOT_IN_HAND
        return self.status not in words.NOT_PHYSICAL and not is_early

    @property
    def says_something(self) -> bool:
        """Say whether it is a scan at all: a line with neither code, message nor place is none."""
        return bool(self.code or self.raw_status or self.message or self.place)

    def instant(self) -> datetime | None:
        return self.at if self.is_zone_true else None

    def zone(self, other: tzinfo) -> tzinfo:
        """Return the zone of its place; `other` where that is not known."""
        return zone_of(self.place.country, self.place.region) or other

    def clock(self, zone: tzinfo) -> datetime | None:
        """Return the instant, or its estimate: the wall clock read in the place's zone, else in this one."""
        if self.is_zone_true and self.at:
            return self.at
        return read_wall(self.wall, self.zone(zone)) or self.at

    def time_key(self) -> tuple[str, object]:
        instant = self.instant()
        return ("at", int(instant.timestamp())) if instant else ("wall", self.wall)

    @cached_property
    def identity(self) -> tuple[object, ...]:
        """What makes two lines one scan (F1)."""
        return self.time_key(), same_code(self.code), same_text(self.message), self.place.key()

    def wording(self) -> tuple[object, ...] | None:
        """Return what a reworded scan keeps: its time, and its code or status (F3). None where it has no time."""
        time = self.time_key()
        return (time, same_code(self.code) or self.status) if time[1] else None

    def tie_break(self) -> tuple[int, tuple[str, ...]]:
        """Return what orders scans of one instant: rank, then all of the content."""
        place = (self.place.city, self.place.region, self.place.postal_code, self.place.country)
        raw = (self.raw_status, self.raw_detail)
        words_in_it = (self.code, self.message, *place, *raw, self.status, self.reason, self.wall)
        rest = (self.at and self.at.timestamp(), self.seq, self.is_zone_true, self.is_action_required, self.is_unmapped)
        return words.RANK.get(self.status, -1), (*words_in_it, repr(rest))


@dataclass(frozen=True, slots=True)
class Headline:
    """The source's own summary. `status` is "" where it has none, or one that nobody has mapped (`is_unmapped`)."""

    status: str = ""
    reason: str = ""
    raw: str = ""
    detail: str = ""
    is_action_required: bool = False
    is_unmapped: bool = False


@dataclass(frozen=True, slots=True)
class Eta:
    """When it is expected, as dates: from–to, the same day twice where the source names one."""

    earliest: date
    latest: date


@dataclass(frozen=True)
class Snapshot:
    """One picture of a parcel; scans oldest first. `source` is the endpoint or key it came through, `provider` whose
    words it uses; `reference` what it calls our order or parcel, where that comes back to us.

    A partial one (`is_complete` false) adds scans and does not compete with others (F2).
    """

    scans: tuple[Scan, ...] = ()
    source: str = ""
    provider: str = ""
    source_tracker_id: str = ""
    carrier: str = ""
    tracking_number: str = ""
    reference: str = ""
    stated_at: datetime | None = None
    headline: Headline = field(default_factory=Headline)
    eta: Eta | None = None
    is_complete: bool = False
    delivered_at: datetime | None = None
    is_return: bool = False
    is_test: bool = False

    @cached_property
    def identities(self) -> frozenset[tuple[object, ...]]:
        """Which scans it knows."""
        return frozenset(scan.identity for scan in self.scans)

    def digest(self) -> str:
        """Return the SHA-256 of all that it says, whoever says it, and whatever we take it to mean."""
        said = {name: value for name, value in asdict(self).items() if name not in {"source", "is_test"}}
        if not self.reference:  # as it was before there were any: the same picture has the same name for ever
            del said["reference"]
        said["scans"] = [_said(scan) for scan in said["scans"]]
        return fingerprint(said | {"headline": _said(said["headline"])})

    def content(self) -> str:
        """Return the SHA-256 of all of it, what we take it to mean among it."""
        return fingerprint(asdict(self))


@dataclass(frozen=True, slots=True)
class Journey:
    """What the house knows of the parcel itself. `zone`, the destination's, is where wall clocks of unknown places are
    read.
    """

    origin: Place = field(default_factory=Place)
    destination: Place = field(default_factory=Place)
    shipped_on: date | None = None
    zone: tzinfo = UTC


def same_text(text: str) -> str:
    return " ".join(text.casefold().split())


def _plain_words(text: str) -> str:
    return f" {' '.join(WORDS.findall(text.casefold()))} "


def same_code(code: str) -> str:
    return SEPARATORS.sub("_", code.strip()).lower()


def _said(part: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in part.items() if name not in MEANING}


def fingerprint(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=_plain).encode()).hexdigest()


def newest_clock(scans: Iterable[Scan], zone: tzinfo) -> datetime | None:
    return max((clock for scan in scans if (clock := scan.clock(zone))), default=None)


@lru_cache(maxsize=4096)
def read_wall(wall: str, zone: tzinfo) -> datetime | None:
    """Return the instant at which a clock of the zone shows that."""
    try:
        return datetime.fromisoformat(wall).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):  # no time, or none that we can read: the line keeps its place
        return None


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no plain form of {value!r}")
