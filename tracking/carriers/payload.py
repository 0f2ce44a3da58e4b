"""How an aggregator's payload is taken apart: one way for each type, whatever stands where it was promised. Pure.

What a picture cannot do without (its number, its statuses, its lists) is refused by its path; what only adorns a scan
is left out where it is of a wrong type.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Any

from babel.core import get_global

from orders.intake.payload import Unreadable, read_json
from tracking.carriers.base import EARLIEST, LATEST, Adapter, Invalid, Item, Wrong, needed, text
from tracking.status import Eta, Headline, Place, Scan, Snapshot, read_eta

MAX_SCANS = 2000
"""In one picture. No parcel has so many, and to leave some out would tell another story: a person looks at the body."""
WALL = 32
COUNTRY = re.compile(r"[A-Z]{2}")
CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*([AaPp])?\.?(?:[Mm]\.?)?")
NOON = 12
NOWHERE = {"XX", "ZZ"}

Fields = Mapping[str, Any]


def one_picture(read: Callable[[Fields], Item]) -> Adapter:
    """Return the adapter of a provider that sends an object with one picture in it."""

    def adapter(raw: bytes, headers: Mapping[str, str]) -> Sequence[Item]:
        del headers  # all is in the body
        body = read_json(raw)
        if not isinstance(body, dict):
            raise Unreadable("shape_unknown", "The body is no object.")
        try:
            return [read(body)]
        except Wrong as wrong:
            return [Invalid(wrong.path, wrong.value, wrong.reason)]

    return adapter


# --- what may not be wrong ----------------------------------------------------------------------------------------


def fields(value: Any, path: str) -> Fields:
    """Return an object, empty for null. Raises Wrong."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Wrong(path, value, "This is no object.")
    return value


def lines(value: Any, path: str) -> list[Fields]:
    """Return a list of objects, empty for null; what is null in it says nothing. Raises Wrong."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Wrong(path, value, "This is no list.")
    refuse_too_many(len(value), path)
    return [fields(each, f"{path}[{place}]") for place, each in enumerate(value) if each is not None]


def refuse_too_many(count: int, path: str) -> None:
    if count > MAX_SCANS:
        raise Wrong(path, count, f"There are {count} lines; {MAX_SCANS} are the most of a history.")


def word(value: Any, path: str) -> str:
    """Return a status or a code, as it came. Raises Wrong."""
    return text(value, path, limit=128)


def number(value: Any, path: str) -> str:
    """Return a tracking number. Raises Wrong."""
    found = needed(text(value, path, limit=255), path)
    needed(found.strip("- "), path)
    return found


# --- what may -----------------------------------------------------------------------------------------------------


def loose(value: Any, limit: int) -> str:
    """Return a text, cut to its limit; "" for what is none."""
    try:
        return text(value, "", limit=limit, may_be_cut=True)
    except Wrong:
        return ""


def part(value: Any) -> Fields:
    return value if isinstance(value, dict) else {}


def where(
    city: Any = None, region: Any = None, postal_code: Any = None, country: Any = None, whole: Any = None
) -> Place:
    """Return a place of its parts, else of one text that names the whole."""
    found = Place(loose(city, 255), loose(region, 255), loose(postal_code, 32), _country(loose(country, 64)))
    return found if found.city or found.postal_code or not loose(whole, 255) else replace(found, city=loose(whole, 255))


def moment(value: Any) -> datetime | None:
    """Return the instant of an ISO text with an offset; None for all else."""
    found = _read(value)
    return found if found and found.tzinfo and EARLIEST <= found <= LATEST else None


def wall(value: Any) -> str:
    """Return what the carrier's clock showed, without the offset that a text claims; as it came, if it is no time."""
    found = _read(value)
    if found is None:
        return loose(value, WALL)
    if not EARLIEST.year <= found.year < LATEST.year:
        return ""
    is_day = len(loose(value, WALL)) <= len("2026-11-24")
    return found.date().isoformat() if is_day else found.replace(tzinfo=None, microsecond=0).isoformat()


def clocks(value: Any) -> dict[str, Any]:
    """Return the times of a scan whose offset, if there is one, is true."""
    found = moment(value)
    return {"at": found.astimezone(UTC) if found else None, "wall": wall(value), "is_zone_true": found is not None}


def local_clocks(value: Any) -> dict[str, Any]:
    """Return the times of a scan whose offset means nothing: its wall clock alone."""
    return {"wall": wall(value), "is_zone_true": False}


def day_and_time(day: Any, time: Any) -> str:
    """Return the wall clock of a date and a time: of 24 hours, or of 12 with a suffix that may make no sense."""
    date_text, found = wall(day), CLOCK.fullmatch(loose(time, WALL))
    if not found or not _read(date_text):
        return date_text
    hour, suffix = int(found[1]), (found[4] or "").lower()
    if suffix == "p" and hour < NOON:
        hour += NOON
    elif suffix == "a" and hour == NOON:
        hour = 0
    return wall(f"{date_text[:10]}T{hour:02}:{found[2]}:{found[3] or '00'}")


def unix(value: Any) -> datetime | None:
    """Return the instant of seconds since 1970; None for all else."""
    is_number = isinstance(value, (int, Decimal)) and not isinstance(value, bool)
    if not is_number or not EARLIEST.timestamp() <= value <= LATEST.timestamp():
        return None
    return datetime.fromtimestamp(float(value), UTC)


def expected(*values: Any, made_at: Iterable[datetime | None] = ()) -> Eta | None:
    """Return the first of these that names a day, or a pair of days (F10)."""
    known = [each for each in made_at if each]
    for value in values:
        pair = value if isinstance(value, tuple) else (value, value)
        days = [day for each in pair if (day := _day(each, known))]
        if days:
            return Eta(min(days), max(days))
    return None


# --- the picture --------------------------------------------------------------------------------------------------


def oldest_first(scans: Iterable[Scan], *, is_newest_first: bool) -> tuple[Scan, ...]:
    """Bring scans into their order: more neighbours that fall than rise are newest first, else as usual.

    Lines that say nothing are no scans.
    """
    found = [scan for scan in scans if scan.says_something]
    pairs = [(one.wall, other.wall) for one, other in pairwise(found) if one.wall and other.wall]
    falling, rising = sum(one > other for one, other in pairs), sum(one < other for one, other in pairs)
    if falling > rising or (falling == rising and is_newest_first):
        found.reverse()
    return tuple(replace(scan, seq=seq) for seq, scan in enumerate(found))


def picture(provider: str, carrier: Any, tracking_number: str, scans: tuple[Scan, ...], **more: Any) -> Snapshot:
    """Return the whole history of a parcel, as a provider tells it."""
    return Snapshot(
        scans=scans,
        provider=provider,
        carrier=loose(carrier, 64).lower()[:64],
        tracking_number=tracking_number,
        is_complete=True,
        **{"headline": Headline()} | more,
    )


def _read(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value.strip().upper())
    except ValueError:
        return None


def _day(value: Any, made_at: Sequence[datetime]) -> date | None:
    day = read_eta(value.strip(), made_at=made_at) if isinstance(value, str) else None
    return day if day and EARLIEST.date() <= day <= LATEST.date() else None


def _country(code: str) -> str:
    code = code.upper()
    if COUNTRY.fullmatch(code):
        return code
    return _alpha_2().get(code, "")


@lru_cache(maxsize=1)
def _alpha_2() -> Mapping[str, str]:
    aliases = get_global("territory_aliases")
    return {
        code: found[0]
        for code, found in aliases.items()
        if len(code) == len("USA") and len(found) == 1 and found[0] not in NOWHERE
    }
