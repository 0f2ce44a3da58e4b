"""Where a word was said lately: a few parcels, and of each the newest scan that says it."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format

from tracking.carriers.meaning import DETAIL, EVENT, STATUS, Key
from tracking.models import CarrierEvent, Tracker
from tracking.services import heard
from tracking.status.picture import same_code
from tracking.timeline.dates import wall_clock

FEW = 3
COLUMNS: Mapping[str, str] = {STATUS: "raw_status", DETAIL: "raw_detail", EVENT: "code"}


def examples_of(key: Key) -> Iterator[dict[str, Any]]:
    """Yield the newest parcels of which the word was said."""
    trackers = heard(key).select_related("parcel").order_by("-pk")
    for tracker in trackers[:FEW]:
        scan = _saying(tracker, key)
        yield {
            "parcel": tracker.parcel.number,
            "url": reverse("admin:tracking_tracker_change", args=[tracker.pk]),
            "said": (scan and scan.message) or "—",
            "where": ", ".join(filter(None, (scan.city, scan.country))) if scan else "",
            "when": _when(scan),
        }


def _saying(tracker: Tracker, key: Key) -> CarrierEvent | None:
    """Return the newest scan that says the word; none where it was said of the parcel as a whole."""
    scans = CarrierEvent.objects.filter(snapshot__tracker=tracker).order_by("-snapshot", "-seq")
    return next((scan for scan in scans if same_code(getattr(scan, COLUMNS[key.field])) == key.code), None)


def _when(scan: CarrierEvent | None) -> str:
    at = wall_clock(scan.wall or (scan.at.isoformat() if scan.at else "")) if scan else None
    return date_format(at, "j M Y") if at else ""
