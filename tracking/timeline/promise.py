"""When it arrives, as far as anybody knows: the carrier's word before what was learnt of its lane, and that before the
promise of the order; and no false precision.
"""

from datetime import date, datetime
from typing import NamedTuple

from orders.models import ShownPromise
from tracking.models.tracker import Status
from tracking.timeline.dates import between, day, day_range, wall_clock
from tracking.timeline.journey import Box, Journey
from tracking.timeline.words import COMING

Where = ShownPromise.Where
SURE = frozenset({Status.DELIVERED, Status.IN_TRANSIT, Status.PRE_TRANSIT, Status.UNKNOWN, Status.OUT_FOR_DELIVERY})
NO_DATE = "There is no date for the rest yet."


class Days(NamedTuple):
    """The first and the last day that are named, and by whose word."""

    first: date
    last: date
    where: str


def promise_of(journey: Journey) -> str:
    """Return one or two sentences, or "" where nothing is to be promised any more."""
    coming = _coming(journey)
    if _is_over(journey, coming):
        return ""
    if journey.is_late:
        return _late(journey, coming)
    return _arriving(journey, coming) if journey.boxes else _planned(journey)


def days_of(journey: Journey) -> Days | None:
    """Return the days that the sentence names, None where it names none that are still to come."""
    coming = _coming(journey)
    if _is_over(journey, coming):
        return None
    if journey.is_late:
        return _range(coming) if _is_news(journey, coming) else None
    if journey.boxes and not coming:
        return None
    return _range(coming) or Days(journey.order.deliver_from, journey.order.deliver_by, Where.ORDER)


def days_of_parcel(box: Box) -> Days | None:
    """Return the days that a parcel is expected on, by its carrier, else by its lane; None if neither says.

    What a carrier said of a parcel before it fell silent about it is no day to wait for.
    """
    if box.is_silent:
        return _by_lane(box)
    if box.state == Status.OUT_FOR_DELIVERY and box.last_scan.get("status") == Status.OUT_FOR_DELIVERY:
        out = wall_clock(box.last_scan.get("wall") or "")
        today = out.date() if isinstance(out, datetime) else out
        return Days(today, today, Where.CARRIER) if today else None
    eta_from, eta_to = (box.tracker.eta_from, box.tracker.eta_to) if box.tracker else (None, None)
    first, last = eta_from or eta_to, eta_to or eta_from
    return Days(first, last, Where.CARRIER) if first and last else _by_lane(box)


def _by_lane(box: Box) -> Days | None:
    """Of what comes today anyway, no usual days are told."""
    usual = box.usual if box.status != Status.OUT_FOR_DELIVERY else None
    return Days(*usual, Where.LANE) if usual else None


def _coming(journey: Journey) -> list[Box]:
    return [box for box in journey.boxes if box.status in COMING]


def _is_over(journey: Journey, coming: list[Box]) -> bool:
    """Say whether nothing is to be told: what is to be collected, lost or on its way back, the headline says."""
    return journey.is_finished or bool(journey.boxes and not coming and not journey.rest)


def _is_news(journey: Journey, coming: list[Box]) -> bool:
    """Say whether all that is late has left, and is expected on another day than was promised."""
    known = [days for box in coming if (days := days_of_parcel(box))]
    return not journey.rest and any(days.last > journey.order.deliver_by for days in known)


def _late(journey: Journey, coming: list[Box]) -> str:
    missed = f"It was to arrive by {day(journey.order.deliver_by)}."
    expected = _expected(coming) if _is_news(journey, coming) else ""
    return f"{missed} {expected.removesuffix('.') or 'There is no new date yet'}."


def _planned(journey: Journey) -> str:
    is_sure = journey.has_address and not journey.leaves_late and not _is_stopped(journey)
    return f"Arriving {_promised(journey)}" if is_sure else f"Planned to arrive {_promised(journey)}. That may move."


def _arriving(journey: Journey, coming: list[Box]) -> str:
    """Speak of what is on its way, and of the rest only that it has no date."""
    if not coming:
        return NO_DATE
    is_part = bool(journey.rest) or len(coming) < sum(box.status != Status.DELIVERED for box in journey.boxes)
    arriving = _expected(coming) or _by_promise(journey, is_part=is_part)
    return f"{arriving.removesuffix('.')}. {NO_DATE}" if _is_stopped(journey) else arriving


def _by_promise(journey: Journey, *, is_part: bool) -> str:
    days = _promised(journey)
    if not all(_is_sure(box) for box in journey.boxes):
        return f"Planned to arrive {days}. That may move."
    return f"What is on its way arrives {days}" if is_part else f"Arriving {days}"


def _is_sure(box: Box) -> bool:
    return box.status in SURE and not box.is_silent


def _expected(coming: list[Box]) -> str:
    """Return what carriers expect, or what is usual, where something is known of every parcel still to come."""
    days = _range(coming)
    if days is None:
        return ""
    if days.where == Where.LANE:
        is_sure = all(_is_sure(box) for box in coming)
        usual = between(days.first, days.last)
        return f"Expected {usual}" if is_sure else f"Planned to arrive {usual}. That may move."
    names = {box.carrier for box in coming}
    is_out = all(box.state == Status.OUT_FOR_DELIVERY for box in coming)
    who = f"{names.pop()} expects to deliver" if len(names) == 1 and names != {""} else "Expected"
    return f"{'Arriving' if is_out else who} {day_range(days.first, days.last)}"


def _range(coming: list[Box]) -> Days | None:
    """Return the days of all of them together; where one of them is our own word, so is the whole."""
    known = [days for box in coming if (days := days_of_parcel(box))]
    if not known or len(known) < len(coming):
        return None
    where = Where.LANE if any(days.where == Where.LANE for days in known) else Where.CARRIER
    return Days(min(days.first for days in known), max(days.last for days in known), where)


def _promised(journey: Journey) -> str:
    return day_range(journey.order.deliver_from, journey.order.deliver_by)


def _is_stopped(journey: Journey) -> bool:
    """Something that has not left waits for stock, or for a person."""
    return any(each.shipment.status == "PLANNED" or journey.holds_on(each) for each in journey.rest)
