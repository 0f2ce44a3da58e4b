"""What there is to say of an order that is late: which promise passed, where it is now, and what is still to come."""

from collections import Counter
from datetime import date
from typing import NamedTuple

from fulfillment.models import Shipment
from orders.models import Order
from tracking.models.tracker import Status
from tracking.timeline.dates import day
from tracking.timeline.headline import whereabouts
from tracking.timeline.journey import Box, way_in
from tracking.timeline.words import COMES_NO_MORE

ALL_THERE = "It has arrived since."
CANCELLED = "It was cancelled since."
NEXT = "We send {what} as soon as we can, and write to you when it leaves."


class Rest(NamedTuple):
    """Units still to come, by order line. `is_sure`: somebody counted what is in each parcel."""

    units: Counter[int]
    is_sure: bool


def passed(order: Order, missed: str, on: date) -> str:
    """Say which day passed, and what that means."""
    if missed == "deliver_by":
        return f"It should have been with you by {day(on)}."
    if order.status not in Order.TO_SHIP:
        return f"It should have left by {day(on)}."
    some = any(each.status in Shipment.LEFT for each in order.shipments.all())
    so_far = "is not all on its way yet" if some else "has not left yet"
    return f"It should have left by {day(on)} and {so_far}: it may arrive later than {day(order.deliver_by)}."


def standing(order: Order) -> list[str]:
    """Say where it is now, as the customer's page does, and what comes next."""
    if order.status == Order.Status.CANCELLED:
        return [CANCELLED]
    journey = way_in(order, order.shipments.all())
    if journey.boxes and not journey.rest and all(box.status == Status.DELIVERED for box in journey.boxes):
        return [ALL_THERE]
    what = "the rest" if journey.boxes else "it"
    return [*whereabouts(journey), *([NEXT.format(what=what)] if journey.rest else [])]


def rest_of(order: Order) -> Rest:
    """Return what is not at the door and can still come there: of what nobody counted, all that left together."""
    here = Counter({line.pk: line.waiting + line.reserved + line.picked + line.packed for line in order.lines.all()})
    journey, is_sure = way_in(order, order.shipments.all()), True
    for part in journey.parts:
        boxes = [box for box in journey.boxes if box.shipment == part.shipment]
        coming = [box for box in boxes if box.status not in COMES_NO_MORE]
        is_counted = all(box.parcel.lines.all() for box in boxes)
        here.update(_counted(coming) if is_counted else _all_of(part.shipment) if coming else Counter())
        is_sure &= is_counted or len(coming) in {0, len(boxes)}
    return Rest(here, is_sure)


def _counted(boxes: list[Box]) -> Counter[int]:
    units: Counter[int] = Counter()
    for line in (line for box in boxes for line in box.parcel.lines.all()):
        units[line.shipment_line.order_line_id] += line.quantity
    return units


def _all_of(shipment: Shipment) -> Counter[int]:
    return Counter({each.order_line_id: each.quantity for each in shipment.lines.all()})
