"""Our own format, for whoever speaks for a carrier: one event or up to 500, each a partial picture of one scan.

    {"carrier", "tracking_number", "code", "occurred_at", "message", "location"}

The API takes it strictly. A hook does not: genuine is not refused for what we can do without.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from orders.intake.payload import Unreadable, read_json
from tracking.carriers.base import Invalid, Item, Wrong, instant, needed, place, refuse_unknown, shown, text
from tracking.carriers.meaning import OURS
from tracking.status import Scan, Snapshot

MAX_ITEMS = 500
FIELDS = ("carrier", "tracking_number", "code", "occurred_at", "message", "location")


def read(raw: bytes, headers: Mapping[str, str]) -> Sequence[Item]:
    """Read the body of a delivery."""
    del headers  # all is in the body
    body = read_json(raw)
    items = [body] if isinstance(body, dict) else body
    if not isinstance(items, list):
        raise Unreadable("shape_unknown", "The body is neither an event nor a list of events.")
    if len(items) > MAX_ITEMS:
        raise Unreadable("too_many", f"The body holds {len(items)} events; {MAX_ITEMS} are the most.")
    return [read_item(item, is_strict=False) for item in items]


def read_item(item: Any, *, is_strict: bool) -> Snapshot | Invalid:
    """Read one event, or say what is wrong with it."""
    if not isinstance(item, dict):
        return Invalid("", shown(item, 200), "An event is an object.")
    try:
        return _snapshot(item, is_strict=is_strict)
    except Wrong as wrong:
        return Invalid(wrong.path, wrong.value, wrong.reason)


def _snapshot(item: Mapping[str, Any], *, is_strict: bool) -> Snapshot:
    refuse_unknown(item, FIELDS, "", is_strict=is_strict)
    carrier = needed(text(item.get("carrier"), "carrier", limit=64, is_strict=is_strict), "carrier")
    number = needed(text(item.get("tracking_number"), "tracking_number", limit=255), "tracking_number")
    needed(number.strip("- "), "tracking_number")
    code = needed(text(item.get("code"), "code", limit=64, is_strict=is_strict, may_be_cut=True), "code")
    moment = instant(item.get("occurred_at"), "occurred_at")
    scan = Scan(
        at=moment.astimezone(UTC),
        wall=moment.replace(tzinfo=None).isoformat(),
        raw_status=code,
        code=code,
        message=text(item.get("message"), "message", limit=500, is_strict=is_strict, may_be_cut=True),
        place=place(item.get("location"), "location", is_strict=is_strict),
    )
    return Snapshot(
        scans=(scan,), provider=OURS, carrier=carrier.lower()[:64], tracking_number=number, is_test=_is_test(item)
    )


def _is_test(item: Mapping[str, Any]) -> bool:
    return item.get("test") is True or item.get("test_mode") is True or str(item.get("mode")).lower() == "test"
