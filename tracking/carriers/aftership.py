"""AfterShip: the tracking of an event, with its checkpoints. An offset in their times is true."""

from typing import Any

from tracking.carriers.base import Ignored, Item
from tracking.carriers.payload import (
    Fields,
    clocks,
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
    unix,
    where,
    word,
)
from tracking.status import Headline, Scan

WANTED = {"tracking_update", "edd_revise", "tracking_pending_time"}


def _event(body: Fields) -> Item:
    name = loose(body.get("event"), 64)
    if name not in WANTED:
        return Ignored(f"Not about a tracking: {name or 'an event without a name'}.")
    it = fields(body.get("msg"), "msg")
    points = lines(it.get("checkpoints"), "msg.checkpoints")
    scans = [_scan(each, f"msg.checkpoints[{n}]") for n, each in enumerate(points)]
    return picture(
        "aftership",
        it.get("slug"),
        number(it.get("tracking_number"), "msg.tracking_number"),
        oldest_first(scans, is_newest_first=False),
        source_tracker_id=loose(it.get("id"), 128) or loose(it.get("legacy_id"), 128),
        reference=loose(it.get("order_id"), 255) or loose(it.get("order_number"), 255),
        stated_at=unix(body.get("ts")),
        headline=Headline(raw=word(it.get("tag"), "msg.tag"), detail=word(it.get("subtag"), "msg.subtag")),
        eta=_eta(it),
        delivered_at=moment(it.get("shipment_delivery_date")),
    )


def _scan(line: Fields, path: str) -> Scan:
    country = line.get("country_iso3") or line.get("country_region")
    return Scan(
        **clocks(line.get("checkpoint_time")),
        raw_status=word(line.get("tag"), f"{path}.tag"),
        raw_detail=word(line.get("subtag"), f"{path}.subtag"),
        code=_code(line.get("events")),
        message=loose(line.get("message"), 500),
        place=where(line.get("city"), line.get("state"), line.get("zip"), country, whole=line.get("location")),
    )


def _code(events: Any) -> str:
    codes = [loose(part(each).get("code"), 64) for each in events] if isinstance(events, list) else []
    return next(filter(None, codes), "")


def _eta(it: Fields) -> Any:
    """Return the carrier's date, else AfterShip's own forecast."""
    carrier, forecast = part(it.get("courier_estimated_delivery_date")), part(it.get("latest_estimated_delivery"))
    return expected(
        (carrier.get("estimated_delivery_date_min"), carrier.get("estimated_delivery_date_max")),
        carrier.get("estimated_delivery_date"),
        it.get("expected_delivery"),
        (forecast.get("datetime_min"), forecast.get("datetime_max")),
        forecast.get("datetime"),
        part(it.get("aftership_estimated_delivery_date")).get("estimated_delivery_date"),
    )


read = one_picture(_event)
