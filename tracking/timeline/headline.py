"""The first thing read: one sentence that is true, what stands behind it, and who takes the next step."""

from collections.abc import Callable
from dataclasses import dataclass

from fulfillment.models import Shipment
from orders.models import Order
from tracking.models.tracker import Status
from tracking.timeline.dates import day, latest
from tracking.timeline.journey import Box, Journey, most_pressing
from tracking.timeline.words import HOLDS, NO_NUMBER, PREDICATES, REASONS, ROUTINE, SILENT, count, next_step, say


@dataclass(frozen=True, slots=True)
class Headline:
    """`status` gives it its icon and hue."""

    sentence: str
    status: str
    details: list[str]


def headline_of(journey: Journey) -> Headline:
    is_all_there = not journey.rest and all(box.status == Status.DELIVERED for box in journey.boxes)
    otherwise = (_delivered if is_all_there else _under_way) if journey.boxes else _not_left
    return CHAPTERS.get(journey.order.status, otherwise)(journey)


def _cancelled(journey: Journey) -> Headline:
    at = journey.order.cancelled_at
    return _headline("Your order is cancelled", "CANCELLED", f"Cancelled on {day(at)}." if at else "", NOTHING_COMES)


def _returned(journey: Journey) -> Headline:
    status = Status.RETURNED_TO_SENDER
    return _headline("Your order came back to the shop", status, NOT_HANDED_OVER, _next_step(journey, status))


def _delivered(journey: Journey) -> Headline:
    back = [box for box in journey.boxes if box.status == Status.RETURNED_TO_SENDER]
    arrival = _arrival(journey, [box for box in journey.boxes if box not in back])
    if not back:
        return _headline("Your order was delivered", Status.DELIVERED, *arrival)
    returned = f"{_parcels(len(back))} came back to the shop."
    details = [*arrival, returned, _next_step(journey, Status.RETURNED_TO_SENDER)]
    return _headline("Part of your order was delivered", Status.DELIVERED, *details)


def _arrival(journey: Journey, boxes: list[Box]) -> list[str]:
    """Say when the last parcel arrived and, of a single one, to whom."""
    order = journey.order
    on = latest([box.arrived_on for box in boxes]) or order.delivered_on or order.delivered_at
    how = _reason(boxes[0]) if len(boxes) == 1 else ""
    return [f"Delivered on {day(on)}." if on else "", how]


def _under_way(journey: Journey) -> Headline:
    """Something has left: speak of the parcel that needs most to be known, then of the others, then of the rest."""
    pressing = most_pressing(journey.boxes)
    told = _told_first(journey.boxes, pressing)
    sentence = f"{_subject(journey, told)} {_predicate(journey, told)}"
    if journey.is_late and told[0].state in ROUTINE:
        sentence += ", later than promised"
    return _headline(sentence, _look(journey, pressing), *_more(journey, told), _rest(journey))


def whereabouts(journey: Journey) -> list[str]:
    """Say where what has left is, in the same words: for letters. Nothing of what has not left."""
    if not journey.boxes:
        return []
    told = _told_first(journey.boxes, most_pressing(journey.boxes))
    sentences = [f"{_subject(journey, told)} {_predicate(journey, told)}.", *_more(journey, told)]
    return [each for each in sentences if each]


def _more(journey: Journey, told: list[Box]) -> list[str]:
    """Say what stands behind the first sentence, then where the other parcels are."""
    about = _about(journey, told[0]) if len(told) == 1 else _about_many(told)
    return [*about, *_others([box for box in journey.boxes if box not in told])]


def _told_first(boxes: list[Box], pressing: str) -> list[Box]:
    """Where the others only travel, what has arrived is the news."""
    arrived = [box for box in boxes if box.status == Status.DELIVERED]
    return arrived if arrived and pressing in ROUTINE else [box for box in boxes if box.state == pressing]


def _subject(journey: Journey, told: list[Box]) -> str:
    total = len(journey.boxes)
    if len(told) < total:
        return f"{count(len(told)).capitalize()} of your {count(total)} parcels"
    return "Part of your order" if journey.rest else "Your order"


def _predicate(journey: Journey, told: list[Box]) -> str:
    is_plural = 1 < len(told) < len(journey.boxes)
    return PREDICATES[told[0].state][is_plural]


def _look(journey: Journey, pressing: str) -> str:
    if journey.is_late and pressing in ROUTINE:
        return "LATE"
    return LOOKS.get(pressing, pressing)


def _about(journey: Journey, box: Box) -> list[str]:
    """Say why, and who does what next, of one parcel."""
    if not box.parcel.tracking_number and box.status == Status.UNKNOWN:
        return [NO_NUMBER]
    return [_reason(box), box.next_step(journey.shop, journey.write)]


def _about_many(boxes: list[Box]) -> list[str]:
    """Say of several parcels what is true of all of them."""
    if any(box.needs_you for box in boxes):
        return ["Please look below: the carrier needs you to act."]
    return ["Look below for each parcel."] if boxes[0].state not in {*ROUTINE, Status.DELIVERED} else []


def _others(boxes: list[Box]) -> list[str]:
    """Say one sentence for each state that other parcels have."""
    states = dict.fromkeys(box.state for box in boxes)
    numbers = {state: sum(box.state == state for box in boxes) for state in states}
    if len(numbers) == 1:
        state, number = next(iter(numbers.items()))
        subject = "The other" if number == 1 else f"The other {count(number)}"
        return [f"{subject} {PREDICATES[state][number > 1]}."]
    return [f"{count(number).capitalize()} {PREDICATES[state][number > 1]}." for state, number in numbers.items()]


def _rest(journey: Journey) -> str:
    """Say what is with the part that has not left."""
    if not journey.rest:
        return ""
    if all(journey.holds_on(each) for each in journey.rest):
        return "The rest is on hold."
    waiting = [each for each in journey.rest if each.shipment.status == Shipment.Status.PLANNED]
    if len(waiting) == len(journey.rest):
        return "The rest waits for stock."
    return "Of the rest, some waits for stock and some is being prepared." if waiting else "The rest is being prepared."


def _not_left(journey: Journey) -> Headline:
    if blocked := _blocked(journey):
        return blocked
    stage = _stage(journey)
    if journey.is_late or journey.leaves_late:
        where = "" if stage.status == "PLACED" else f"{stage.sentence}."
        return _headline("Your order is late", "LATE", where, *stage.details)
    return stage


def _blocked(journey: Journey) -> Headline | None:
    """Something a person has to settle first keeps all of it here."""
    if all(journey.holds_on(each) for each in journey.rest) and journey.holds:
        reasons = dict.fromkeys(HOLDS[hold.reason] for hold in journey.holds)
        return _headline("Your order is on hold", "HELD", *reasons)
    if not journey.has_address:
        ask = f"Please write to {journey.shop} and name order {journey.order.number}." if journey.write else ""
        return _headline("We do not know where to send your order", "HELD", ask)
    return None


def _stage(journey: Journey) -> Headline:
    """Say how far the warehouse is with what is furthest."""
    statuses = {each.shipment.status for each in journey.rest}
    waits = "Part of it waits for stock." if Shipment.Status.PLANNED in statuses else ""
    if statuses == {Shipment.Status.PLANNED}:
        return _headline("Your order waits for stock", "WAITING", _out_of_stock(journey))
    if Shipment.Status.PACKED in statuses:
        return _headline("Your order is packed", "PACKED", "It waits for the carrier.", waits)
    if statuses & {Shipment.Status.PICKED, Shipment.Status.PICKING}:
        return _headline("Your order is being prepared", "PREPARING", "We are putting it together.", waits)
    return _headline(
        "We have your order", "PLACED", waits or ("It is all there, and next in line." if statuses else "")
    )


def _out_of_stock(journey: Journey) -> str:
    is_some_there = any(each.missing != each.units for each in journey.rest)
    if is_some_there or journey.order.is_ship_complete:
        return "Not all of it is in stock at the moment. It leaves once everything is in."
    return "It is out of stock at the moment. It leaves once everything is in."


def _next_step(journey: Journey, status: str) -> str:
    return say(next_step(status, can_write=bool(journey.write)), shop=journey.shop, write=journey.write)


def _reason(box: Box) -> str:
    return say(REASONS.get(box.reason, ""), carrier=box.carrier)


def _parcels(number: int) -> str:
    return f"{count(number).capitalize()} parcel{'' if number == 1 else 's'}"


def _headline(sentence: str, status: str, *details: str) -> Headline:
    return Headline(sentence, status, [each for each in details if each])


LOOKS: dict[str, str] = {Status.DELIVERED: Status.IN_TRANSIT, Status.CANCELLED: "STUCK", SILENT: "LATE"}
NOTHING_COMES = "Nothing of it will be sent."
NOT_HANDED_OVER = "It could not be handed over, and nothing more is on its way."
CHAPTERS: dict[str, Callable[[Journey], Headline]] = {
    Order.Status.CANCELLED: _cancelled,
    Order.Status.RETURNED: _returned,
    Order.Status.DELIVERED: _delivered,
}
