"""When it arrives, as far as anybody knows: the carrier's word before ours, and no false precision."""

from tracking.timeline.dates import day, day_range
from tracking.timeline.journey import Box, Journey
from tracking.timeline.words import COMING


def promise_of(journey: Journey) -> str:
    """Return one sentence, or "" where nothing is to be promised any more."""
    if journey.is_finished:
        return ""
    coming = [box for box in journey.boxes if box.status in COMING]
    if journey.boxes and not coming and not journey.rest:
        return ""  # to be collected, lost, on its way back: the headline says it
    if journey.is_late:
        return _late(journey, coming)
    if not journey.boxes:
        return _planned(journey)
    return _arriving(journey, coming)


def _late(journey: Journey, coming: list[Box]) -> str:
    missed = f"It was to arrive by {day(journey.order.deliver_by)}."
    expected = _expected(coming) if not journey.rest else ""
    return f"{missed} {expected or 'There is no new date yet.'}"


def _planned(journey: Journey) -> str:
    days = day_range(journey.order.deliver_from, journey.order.deliver_by)
    is_sure = not (journey.leaves_late or _is_stopped(journey))
    return f"Arriving {days}" if is_sure else f"Planned to arrive {days}. That may move."


def _arriving(journey: Journey, coming: list[Box]) -> str:
    if not coming:
        return "There is no date for the rest yet."
    days = day_range(journey.order.deliver_from, journey.order.deliver_by)
    arriving = _expected(coming) or f"Arriving {days}"
    if not journey.rest:
        return arriving
    return f"{arriving}. There is no date for the rest yet." if _is_stopped(journey) else arriving


def _expected(coming: list[Box]) -> str:
    """Return what the carriers expect, where they do for every parcel that is still to come."""
    starts = [box.tracker.eta_from or box.tracker.eta_to for box in coming if box.tracker]
    ends = [box.tracker.eta_to or box.tracker.eta_from for box in coming if box.tracker]
    known_starts, known_ends = [each for each in starts if each], [each for each in ends if each]
    if not coming or len(known_ends) < len(coming):
        return ""
    names = {box.carrier for box in coming}
    who = f"{names.pop()} expects to deliver" if len(names) == 1 and names != {""} else "Expected"
    return f"{who} {day_range(min(known_starts), max(known_ends))}"


def _is_stopped(journey: Journey) -> bool:
    """Something that has not left waits for stock, or for a person."""
    return any(each.status == "PLANNED" or journey.holds_on(each) for each in journey.rest)
