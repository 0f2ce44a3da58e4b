"""EasyPost: events about trackers. Its times are wall clocks, whatever their `Z` says."""

from tracking.carriers.base import Ignored, Item
from tracking.carriers.payload import (
    Fields,
    expected,
    fields,
    lines,
    local_clocks,
    loose,
    moment,
    number,
    oldest_first,
    one_picture,
    part,
    picture,
    where,
    word,
)
from tracking.status import Headline, Scan

WANTED = {"tracker.created", "tracker.updated"}
COMPLAINT = "error"
"""The status of a line that is the source's own complaint, and no scan."""


def _event(body: Fields) -> Item:
    name, result = loose(body.get("description"), 64), fields(body.get("result"), "result")
    if name not in WANTED or not result or loose(result.get("object"), 32) != "Tracker":
        return Ignored(f"Not about a tracker: {name or 'an event without a name'}.")
    detail = part(result.get("carrier_detail"))
    scans = [_scan(each, f"result.tracking_details[{n}]") for n, each in enumerate(_details(result))]
    made_at = (moment(result.get("created_at")), moment(result.get("updated_at")))
    return picture(
        "easypost",
        result.get("carrier"),
        number(result.get("tracking_code"), "result.tracking_code"),
        oldest_first((scan for scan in scans if scan.raw_status != COMPLAINT), is_newest_first=False),
        source_tracker_id=loose(result.get("id"), 128),
        stated_at=moment(body.get("created_at")),
        headline=Headline(
            raw=word(result.get("status"), "result.status"),
            detail=word(result.get("status_detail"), "result.status_detail"),
        ),
        eta=expected(
            detail.get("est_delivery_date_local"),
            result.get("est_delivery_date"),
            detail.get("guaranteed_delivery_date"),
            made_at=made_at,
        ),
        is_return=result.get("is_return") is True,
        is_test=loose(body.get("mode"), 16).lower() == "test" or loose(result.get("mode"), 16).lower() == "test",
    )


def _details(result: Fields) -> list[Fields]:
    return lines(result.get("tracking_details"), "result.tracking_details")


def _scan(line: Fields, path: str) -> Scan:
    place = part(line.get("tracking_location"))
    return Scan(
        **local_clocks(line.get("datetime")),
        raw_status=word(line.get("status"), f"{path}.status"),
        raw_detail=word(line.get("status_detail"), f"{path}.status_detail"),
        code=loose(line.get("carrier_code"), 64),
        message=loose(line.get("message"), 500) or loose(line.get("description"), 500),
        place=where(place.get("city"), place.get("state"), place.get("zip"), place.get("country")),
    )


read = one_picture(_event)
