"""Karrio: trackers. An offset is true only where it is not zero: its `Z` is local time."""

from datetime import UTC, timedelta
from typing import Any

from tracking.carriers.base import Ignored, Item
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
    wall,
    where,
    word,
)
from tracking.status import Headline, Scan

WANTED = {"tracker_created", "tracker_updated"}
DELIVERED = "delivered"


def _event(body: Fields) -> Item:
    name = loose(body.get("event"), 64) or loose(body.get("type"), 64)
    if name.replace(".", "_") not in WANTED:
        return Ignored(f"Not about a tracker: {name or 'an event without a name'}.")
    data = fields(body.get("data"), "data")
    events = lines(data.get("events"), "data.events")
    scans = [_scan(each, f"data.events[{n}]") for n, each in enumerate(events)]
    status = word(data.get("status"), "data.status")
    return picture(
        "karrio",
        data.get("carrier_name"),
        number(data.get("tracking_number"), "data.tracking_number"),
        oldest_first(scans, is_newest_first=True),
        source_tracker_id=loose(data.get("id"), 128),
        reference=loose(part(data.get("info")).get("order_id"), 255)
        or loose(part(data.get("metadata")).get("order_id"), 255),
        headline=Headline(raw=DELIVERED if data.get("delivered") is True else status),
        eta=expected(data.get("estimated_delivery"), part(data.get("info")).get("expected_delivery")),
        is_test=data.get("test_mode") is True or body.get("test_mode") is True,
    )


def _scan(line: Fields, path: str) -> Scan:
    return Scan(
        **_clocks(line),
        raw_status=word(line.get("status"), f"{path}.status"),
        raw_detail=word(line.get("reason"), f"{path}.reason"),
        code=loose(line.get("code"), 64),
        message=loose(line.get("description"), 500),
        place=where(whole=line.get("location")),
    )


def _clocks(line: Fields) -> dict[str, Any]:
    stamp = line.get("timestamp")
    found = moment(stamp)
    if found and found.utcoffset() != timedelta(0):
        return {"at": found.astimezone(UTC), "wall": wall(stamp), "is_zone_true": True}
    return {"wall": day_and_time(line.get("date"), line.get("time")) or wall(stamp), "is_zone_true": False}


read = one_picture(_event)
