"""17TRACK: the whole way of a number, leg by leg. Its UTC and ISO times are true, where a carrier gave a zone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from orders.intake.payload import Unreadable
from tracking.carriers.base import Ignored, Item, Stopped
from tracking.carriers.payload import (
    Fields,
    day_and_time,
    expected,
    fields,
    lines,
    loose,
    moment,
    number,
    oldest_first,
    one_picture,
    part,
    picture,
    refuse_too_many,
    wall,
    where,
    word,
)
from tracking.status import Headline, Scan, Snapshot

STOPPED = "TRACKING_STOPPED"


def _event(body: Fields) -> Item:
    name, given = loose(body.get("event"), 64), body.get("data")
    if isinstance(given, list) or (isinstance(given, dict) and "track" in given):
        raise Unreadable("version_unsupported", "This is version 1 of 17TRACK's webhooks: choose 2.2 or later there.")
    if name == STOPPED:
        return Stopped(number(fields(given, "data").get("number"), "data.number"))
    if name != "TRACKING_UPDATED":
        return Ignored(f"Not about a number's way: {name or 'an event without a name'}.")
    return _picture(fields(given, "data"))


def _picture(data: Fields) -> Snapshot:
    info = fields(data.get("track_info"), "data.track_info")
    status = fields(info.get("latest_status"), "data.track_info.latest_status")
    path = "data.track_info.tracking"
    providers = lines(fields(info.get("tracking"), path).get("providers"), f"{path}.providers")
    eta = part(part(info.get("time_metrics")).get("estimated_delivery_date"))
    synced = [moment(each.get("latest_sync_time")) for each in providers]
    return picture(
        "17track",
        data.get("carrier"),
        number(data.get("number"), "data.number"),
        _merged(providers, f"{path}.providers"),
        reference=loose(data.get("tag"), 255),
        stated_at=max((each for each in synced if each), default=None),
        headline=Headline(
            raw=word(status.get("status"), "data.track_info.latest_status.status"),
            detail=word(status.get("sub_status"), "data.track_info.latest_status.sub_status"),
        ),
        eta=expected((eta.get("from"), eta.get("to"))),
    )


def _merged(providers: list[Fields], path: str) -> tuple[Scan, ...]:
    """Bring the legs into one line: each in its own order, the carrier that came last at the end."""
    events = [each.get("events") for each in providers]
    refuse_too_many(sum(len(each) for each in events if isinstance(each, list)), path)
    legs = [oldest_first(_scans(each, f"{path}[{n}].events"), is_newest_first=True) for n, each in enumerate(events)]
    scans = [scan for leg in reversed(legs) for scan in leg]
    if all(scan.at for scan in scans):
        scans.sort(key=_instant)
    return oldest_first(scans, is_newest_first=False)


def _instant(scan: Scan) -> datetime:
    return scan.at or datetime.min.replace(tzinfo=UTC)


def _scans(events: Any, path: str) -> Iterator[Scan]:
    for n, line in enumerate(lines(events, path)):
        place = part(line.get("address"))
        yield Scan(
            **_clocks(line),
            raw_status=word(line.get("stage"), f"{path}[{n}].stage"),
            raw_detail=word(line.get("sub_status"), f"{path}[{n}].sub_status"),
            message=loose(line.get("description"), 500),
            place=where(
                place.get("city"),
                place.get("state"),
                place.get("postal_code"),
                place.get("country"),
                whole=line.get("location"),
            ),
        )


def _clocks(line: Fields) -> dict[str, Any]:
    raw = part(line.get("time_raw"))
    shown = day_and_time(raw.get("date"), raw.get("time"))
    found = moment(line.get("time_utc")) or moment(line.get("time_iso"))
    found = found or moment(f"{shown}{loose(raw.get('timezone'), 8)}")
    local = wall(line.get("time_iso")) or shown or wall(line.get("time_utc"))
    return {"at": found.astimezone(UTC) if found else None, "wall": local, "is_zone_true": found is not None}


read = one_picture(_event)
