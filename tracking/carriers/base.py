"""What every provider's adapter returns, and how values of any type become ours. Pure: no query, no clock."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

from tracking.status import Place, Snapshot

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
EMPTY = {"", "null", "none"}
COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Invalid:
    """An item that cannot be used: where, what stands there, and why not."""

    path: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """An item that we do not want, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The source does not watch this number any more: a fact about the source, and none about the parcel (F9)."""

    tracking_number: str


Item = Snapshot | Invalid | Ignored | Stopped


class Adapter(Protocol):
    """Reads the body of one delivery; raises `orders.intake.payload.Unreadable` where it is something else."""

    def __call__(self, raw: bytes, headers: Mapping[str, str]) -> Sequence[Item]: ...


class Wrong(Exception):
    """A field of an item holds what it cannot hold."""

    def __init__(self, path: str, value: Any, reason: str) -> None:
        super().__init__(reason)
        self.path, self.value, self.reason = shown(path, 255), shown(value, 200), reason


def shown(value: Any, limit: int) -> str:
    """Write down what came as a database and a page can hold it: what cannot be printed as its code."""
    text = str(value)[:limit]
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)[:limit]


def text(value: Any, path: str, *, limit: int, is_strict: bool = False, may_be_cut: bool = False) -> str:
    """Return a text of any JSON scalar, without what a database or a page cannot hold; "" for null. Raises Wrong."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise Wrong(path, value, "This is no text.")
    if is_strict and not isinstance(value, str):
        raise Wrong(path, value, "This is no text.")
    clean = _clean(str(value), path, is_strict=is_strict)
    if len(clean) > limit and (is_strict or not may_be_cut):
        raise Wrong(path, clean, f"The text is longer than {limit} characters.")
    return "" if not is_strict and clean.casefold() in EMPTY else clean[:limit]


def needed(value: str, path: str) -> str:
    if not value:
        raise Wrong(path, value, "This is missing.")
    return value


def instant(value: Any, path: str) -> datetime:
    """Return a moment from an ISO text with an offset. Raises Wrong."""
    if not isinstance(value, str):
        raise Wrong(path, value, "A time is an ISO 8601 text, as 2026-11-22T10:00:00+01:00.")
    try:
        moment = datetime.fromisoformat(value.strip().upper())
    except ValueError:
        raise Wrong(path, value, "A time is an ISO 8601 text, as 2026-11-22T10:00:00+01:00.") from None
    if moment.tzinfo is None:
        raise Wrong(path, value, "The time has no offset from UTC.")
    if not EARLIEST <= moment <= LATEST:
        raise Wrong(path, value, "The time is not of this century.")
    return moment


def place(value: Any, path: str, *, is_strict: bool = False) -> Place:
    """Return a place from one text, or from an object of city, region, postal_code and country. Raises Wrong."""
    if not isinstance(value, dict):
        return Place(city=text(value, path, limit=255, is_strict=is_strict, may_be_cut=True))
    limits = {"city": 255, "region": 255, "postal_code": 32, "country": 64}
    refuse_unknown(value, limits, path, is_strict=is_strict)
    parts = {
        name: text(value.get(name), f"{path}.{name}", limit=limit, is_strict=is_strict, may_be_cut=True)
        for name, limit in limits.items()
    }
    return Place(**parts | {"country": _country(parts["country"], f"{path}.country", is_strict=is_strict)})


def refuse_unknown(
    value: Mapping[str, Any], known: Mapping[str, Any] | Sequence[str], path: str, *, is_strict: bool
) -> None:
    unknown = sorted(set(value) - set(known)) if is_strict else []
    if unknown:
        raise Wrong(".".join(filter(None, (path, unknown[0]))), value[unknown[0]], "There is no such field.")


def _clean(value: str, path: str, *, is_strict: bool) -> str:
    normal = unicodedata.normalize("NFC", value).strip()
    if not any(unicodedata.category(char) in {"Cc", "Cs"} for char in normal):
        return normal
    if is_strict:
        raise Wrong(path, normal, "The text holds control characters.")
    kept = "".join("\ufffd" if unicodedata.category(char) == "Cs" else char for char in normal if char != "\0")
    return " ".join("".join(" " if unicodedata.category(char) == "Cc" else char for char in kept).split())


def _country(value: str, path: str, *, is_strict: bool) -> str:
    if not value or COUNTRY.fullmatch(value.upper()):
        return value.upper()
    if is_strict:
        raise Wrong(path, value, "A country is its ISO 3166 code of two letters.")
    return ""
