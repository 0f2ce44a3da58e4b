"""Shopify: events of a fulfilment, one scan each. They name the shop's order and fulfilment, and no tracking number."""

from collections.abc import Mapping, Sequence

from orders.intake.payload import Unreadable, read_json
from tracking.carriers.base import Ignored, Invalid, Item, Wrong, needed
from tracking.carriers.payload import Fields, clocks, expected, loose, where, word
from tracking.status import Scan, Snapshot

WANTED = {"fulfillment_events/create"}
NAMES = ("x-shopify-topic", "shopify-topic")
TESTS = ("x-shopify-test", "shopify-test")


def read(raw: bytes, headers: Mapping[str, str]) -> Sequence[Item]:
    """Read the body of a delivery; its topic stands in a header."""
    topic = next((headers[name] for name in NAMES if name in headers), "")
    if topic not in WANTED:
        return [Ignored(f"Not about a parcel's way: {topic or 'a delivery without a topic'}.")]
    body = read_json(raw)
    if not isinstance(body, dict):
        raise Unreadable("shape_unknown", "The body is no object.")
    is_test = any(headers.get(name, "").lower() == "true" for name in TESTS)
    try:
        return [_event(body, is_test=is_test)]
    except Wrong as wrong:
        return [Invalid(wrong.path, wrong.value, wrong.reason)]


def _event(body: Fields, *, is_test: bool) -> Snapshot:
    scan = Scan(
        **clocks(body.get("happened_at")),
        raw_status=needed(word(body.get("status"), "status"), "status"),
        message=loose(body.get("message"), 500),
        place=where(body.get("city"), body.get("province"), body.get("zip"), body.get("country")),
    )
    return Snapshot(
        scans=(scan,),
        provider="shopify",
        source_tracker_id=needed(loose(body.get("fulfillment_id"), 128), "fulfillment_id"),
        reference=needed(loose(body.get("order_id"), 255), "order_id"),
        eta=expected(body.get("estimated_delivery_at")),
        is_test=is_test,
    )
