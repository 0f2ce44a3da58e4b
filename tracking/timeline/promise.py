"""When it arrives, as far as anybody knows: the carrier's word before ours, and no false precision."""

from datetime import date, datetime

from tracking.models.tracker import Status
from tracking.timeline.dates import day, day_range, wall_clock
from tracking.timeline.journey import Box, Journey
from tracking.timeline.words import COMING

SURE = frozenset({Status.DELIVERED, Status.IN_TRANSIT, Status.PRE_TRANSIT, Status.UNKNOWN, Status.OUT_FOR_DELIVERY})
NO_DATE = "There is no date for the rest yet."


def promise_of(journey: Journey) -> str:
    """Return one or two sentences, or "" where nothing is to be promised any more."""
    if journey.is_finished:
        return ""
    coming = [box for box in journey.boxes if box.status in COMING]
    if journey.boxes and not coming and not journey.rest:
        return ""  # to be collected, lost, on its way back: the headline says it
    if journey.is_late:
        return _late(journey, coming)
    return _arriving(journey, coming) if journey.boxes else _planned(journey)


def carriers_days(journey: Journey) -> tuple[date, date] | None:
    """Return the first and the last day that the sentence names by what carriers say; None where it names none."""
    coming = [] if journey.is_finished else [box for box in journey.boxes if box.status in COMING]
    if journey.is_late and not _is_news(journey, coming):
        return None
    return _range(coming)


def _is_news(journey: Journey, coming: list[Box]) -> bool:
    """Say whether all that is late has left, and is expected on another day than was promised."""
    promised = journey.order.deliver_by
    return not journey.rest and any(known > promised for box in coming for known in _days(box))


def _late(journey: Journey, coming: list[Box]) -> str:
    missed = f"It was to arrive by {day(journey.order.deliver_by)}."
    expected = _expected(coming) if _is_news(journey, coming) else ""
    return f"{missed} {expected or 'There is no new date yet'}."


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
    if any(box.status not in SURE for box in journey.boxes):
        return f"Planned to arrive {days}. That may move."
    return f"What is on its way arrives {days}" if is_part else f"Arriving {days}"


def _expected(coming: list[Box]) -> str:
    """Return what the carriers expect, where they do for every parcel that is still to come."""
    days = _range(coming)
    if days is None:
        return ""
    names = {box.carrier for box in coming}
    is_out = all(box.status == Status.OUT_FOR_DELIVERY for box in coming)
    who = f"{names.pop()} expects to deliver" if len(names) == 1 and names != {""} else "Expected"
    return f"{'Arriving' if is_out else who} {day_range(*days)}"


def _range(coming: list[Box]) -> tuple[date, date] | None:
    days = [known for box in coming for known in _days(box)]
    return (min(days), max(days)) if coming and len(days) == 2 * len(coming) else None


def _days(box: Box) -> list[date]:
    """Return the first and the last day on which the carrier expects to hand it over; nothing if it does not say."""
    if box.status == Status.OUT_FOR_DELIVERY and box.last_scan.get("status") == Status.OUT_FOR_DELIVERY:
        out = wall_clock(box.last_scan.get("wall") or "")
        return [out.date() if isinstance(out, datetime) else out] * 2 if out else []
    eta_from, eta_to = (box.tracker.eta_from, box.tracker.eta_to) if box.tracker else (None, None)
    first, last = eta_from or eta_to, eta_to or eta_from
    return [first, last] if first and last else []


def _promised(journey: Journey) -> str:
    return day_range(journey.order.deliver_from, journey.order.deliver_by)


def _is_stopped(journey: Journey) -> bool:
    """Something that has not left waits for stock, or for a person."""
    return any(each.shipment.status == "PLANNED" or journey.holds_on(each) for each in journey.rest)
