"""Shippo: `track_updated`. Its times are wall clocks, and its object ids name nothing twice."""

from tracking.carriers.base import Ignored, Item, Wrong
from tracking.carriers.payload import (
    Fields,
    expected,
    fields,
    lines,
    local_clocks,
    loose,
    number,
    oldest_first,
    one_picture,
    part,
    picture,
    where,
    word,
)
from tracking.status import Headline, Scan

OWN = "shippo"
"""The carrier of its test numbers."""


def _event(body: Fields) -> Item:
    name, data = loose(body.get("event"), 64), body.get("data")
    if name != "track_updated":
        return Ignored(f"Not about a parcel's way: {name or 'an event without a name'}.")
    if not isinstance(data, dict):
        raise Wrong("data", data, "This is no object: an old version of Shippo's webhooks, perhaps.")
    carrier = loose(data.get("carrier"), 64)
    status = fields(data.get("tracking_status"), "data.tracking_status")
    history = lines(data.get("tracking_history"), "data.tracking_history")
    scans = [_scan(each, f"data.tracking_history[{n}]") for n, each in enumerate(history)]
    return picture(
        "shippo",
        carrier,
        number(data.get("tracking_number"), "data.tracking_number"),
        oldest_first(scans, is_newest_first=False),
        reference=loose(data.get("metadata"), 255),
        headline=Headline(
            raw=word(status.get("status"), "data.tracking_status.status"),
            detail=_detail(status, "data.tracking_status"),
        ),
        eta=expected(data.get("eta"), data.get("original_eta")),
        is_test=body.get("test") is True or carrier == OWN,
    )


def _scan(line: Fields, path: str) -> Scan:
    place = part(line.get("location"))
    return Scan(
        **local_clocks(line.get("status_date")),
        raw_status=word(line.get("status"), f"{path}.status"),
        raw_detail=_detail(line, path),
        message=loose(line.get("status_details"), 500),
        place=where(place.get("city"), place.get("state"), place.get("zip"), place.get("country")),
    )


def _detail(line: Fields, path: str) -> str:
    """Return the code of the sub-status, which some versions send as a text alone."""
    given = line.get("substatus")
    if not isinstance(given, dict):
        return word(given, f"{path}.substatus")
    return word(given.get("code"), f"{path}.substatus.code")


read = one_picture(_event)
