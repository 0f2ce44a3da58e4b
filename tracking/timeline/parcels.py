"""The parcels with their scans, what is still to come and why, and what was cancelled."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from fulfillment.models import Shipment
from orders.models import Hold
from tracking.models.tracker import Status
from tracking.timeline.dates import day, moment, wall_clock
from tracking.timeline.journey import FINAL, Box, Journey, Part
from tracking.timeline.words import HOLDS, REASONS, SCANS, SILENT, say

SHOWN, SHOWN_OF_ARRIVED = 3, 1


@dataclass(frozen=True, slots=True)
class ScanLine:
    """`key` names the line among its parcel's, however often the page is made again; `at` is the instant, if known."""

    key: str
    text: str
    place: str
    when: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ParcelCard:
    """A parcel that has left; newest scans first, the older ones folded away."""

    title: str
    status: str
    word: str
    carrier: str
    tracking_number: str
    contents: list[str]
    note: str
    scans: list[ScanLine]
    older: list[ScanLine]


@dataclass(frozen=True, slots=True)
class WaitingCard:
    """What has not left: why, and what comes next."""

    title: str
    status: str
    word: str
    contents: list[str]
    why: list[str]


def parcels_of(journey: Journey) -> list[ParcelCard]:
    total = len(journey.boxes)
    return [
        _parcel(journey, box, f"Parcel {place} of {total}" if total > 1 else "Your parcel")
        for place, box in enumerate(journey.boxes, start=1)
    ]


def waiting_of(journey: Journey) -> list[WaitingCard]:
    total = len(journey.rest)
    return [_waiting(journey, part, f"Part {place} of {total}") for place, part in enumerate(journey.rest, start=1)]


def cancelled_of(journey: Journey) -> list[str]:
    return journey.goods({line.pk: line.cancelled for line in journey.lines})


def ordered_of(journey: Journey) -> list[str]:
    return journey.goods({line.pk: line.quantity for line in journey.lines})


def _parcel(journey: Journey, box: Box, title: str) -> ParcelCard:
    scans = _scans(box)
    shown = SHOWN_OF_ARRIVED if box.status in FINAL else SHOWN
    return ParcelCard(
        title=title,
        status="LATE" if box.state == SILENT else box.status,
        word=NO_NEWS if box.state == SILENT else str(Status(box.status).label),
        carrier=box.carrier,
        tracking_number=box.parcel.tracking_number,
        contents=journey.goods(journey.contents.get(box.parcel.pk, {})),
        note=_note(journey, box),
        scans=scans[:shown],
        older=scans[shown:],
    )


def _note(journey: Journey, box: Box) -> str:
    """Say what a reader of this parcel alone has to know; the headline tells it of an only one."""
    if len(journey.boxes) == 1 or (box.state == Status.IN_TRANSIT and not (box.needs_you or box.again)):
        return ""
    reason = say(REASONS.get(box.reason, ""), carrier=box.carrier)
    is_silent = box.status == Status.UNKNOWN and not box.parcel.tracking_number
    return " ".join(filter(None, [reason, "" if is_silent else box.next_step(journey.shop, journey.write)]))


def _scans(box: Box) -> list[ScanLine]:
    scans = box.tracker.timeline if box.tracker else []
    return [_scan(box, place, scan) for place, scan in enumerate(scans)][::-1]


def _scan(box: Box, place: int, scan: dict[str, Any]) -> ScanLine:
    at = parse_datetime(scan.get("at") or "")
    wall = wall_clock(scan.get("wall") or "") or at
    return ScanLine(
        key=f"{box.parcel.number}-{place}",
        text=scan.get("message") or SCANS[scan.get("status") or ""],
        place=scan.get("place") or "",
        when=moment(wall) if wall else "",
        at=at,
    )


def _waiting(journey: Journey, part: Part, title: str) -> WaitingCard:
    holds = journey.holds_on(part)
    status, word, why = (
        ("HELD", "On hold", _why_held(holds)) if holds else STAGES[Shipment.Status(part.shipment.status)]
    )
    if not holds and _comes_in(part):
        why = ["It leaves as soon as everything is there."]
    is_only = len(journey.rest) == 1 and not journey.boxes
    return WaitingCard(
        title=ALONE if is_only else "Still to come" if journey.boxes else title,
        status=status,
        word=word,
        contents=journey.goods(part.units),
        why=[*_missing(journey, part), *_comes_in(part), *([] if is_only else why), *_until(holds)],
    )


def _why_held(holds: list[Hold]) -> list[str]:
    return list(dict.fromkeys(HOLDS[hold.reason] for hold in holds))


def _until(holds: list[Hold]) -> list[str]:
    return [f"Until {day(hold.until)} at the latest." for hold in holds if hold.until]


def _missing(journey: Journey, part: Part) -> list[str]:
    """Name what is out of stock, where it is not all of it."""
    is_some = part.missing and part.missing != part.units
    return [f"Out of stock: {', '.join(journey.goods(part.missing))}."] if is_some else []


def _comes_in(part: Part) -> list[str]:
    """Say when the last of what is missing is expected, where that is known of all of it."""
    is_known = part.missing and len(part.expected) == len(part.missing)
    return [f"Expected to come in on {day(max(part.expected.values()))}."] if is_known else []


ALONE = "Your order"
NO_NEWS = "No news"
STAGES = {
    Shipment.Status.PLANNED: (
        "WAITING",
        "Waiting for stock",
        ["We do not know yet when it comes in. It leaves as soon as everything is there."],
    ),
    Shipment.Status.READY: ("READY", "Next in line", ["It is all there, and goes next."]),
    Shipment.Status.PICKING: ("PREPARING", "Being prepared", ["We are putting it together."]),
    Shipment.Status.PICKED: ("PREPARING", "Being prepared", ["It is about to be packed."]),
    Shipment.Status.PACKED: ("PACKED", "Packed", ["It waits for the carrier."]),
}
