"""Pictures to fold, said shortly: a scan is a time, a status, and what else matters in the test."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tracking.status import Headline, Place, Result, Scan, Snapshot, fold

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MADRID = Place(city="Madrid", postal_code="28013", country="ES")
LEIPZIG = Place(city="Leipzig", postal_code="04103", country="DE")


def at(text: str) -> datetime:
    """Return a time of November 2026: "24 10:00", in UTC unless an offset follows."""
    day, clock = text.split(" ", 1)
    offset = "" if "+" in clock else "+00:00"
    return datetime.fromisoformat(f"2026-11-{day}T{clock}{offset}")


def scan(time: str, status: str = "IN_TRANSIT", code: str | None = None, **more: Any) -> Scan:
    moment = at(time)
    given = {"at": moment, "wall": moment.replace(tzinfo=None).isoformat(), "status": status}
    return Scan(**given | {"code": status if code is None else code, "raw_status": status} | more)


def wall(time: str, status: str = "IN_TRANSIT", code: str | None = None, **more: Any) -> Scan:
    """A scan of which only the carrier's wall clock is known."""
    text = at(time).replace(tzinfo=None).isoformat() if time else ""
    given = {"wall": text, "is_zone_true": False, "status": status, "code": status if code is None else code}
    return Scan(**given | more)


def event(time: str, status: str = "IN_TRANSIT", **more: Any) -> Snapshot:
    """A partial picture of one scan, as our API takes it."""
    source = more.pop("source", "key:1")
    return Snapshot(scans=(scan(time, status, **more),), source=source)


def picture(*scans: Scan, headline: str = "", stated: str | None = None, **more: Any) -> Snapshot:
    """A complete picture."""
    numbered = tuple(replace(each, seq=n) for n, each in enumerate(scans))
    summary = more.pop("summary", Headline(status=headline, raw=headline.lower()))
    return Snapshot(
        scans=numbered,
        headline=summary,
        stated_at=at(stated) if stated else None,
        is_complete=True,
        **{"source": "endpoint:1"} | more,
    )


def folded(*snapshots: Snapshot, **more: Any) -> Result:
    return fold(snapshots, **{"now": NOW} | more)


def shown(result: Result) -> list[tuple[str, str]]:
    return [(line.wall[8:16].replace("T", " "), line.status) for line in result.timeline]


def passed(result: Result) -> list[str]:
    return [milestone.key for milestone in result.milestones]


HOUR = timedelta(hours=1)
