"""Five steps from placed to delivered, each done, done in part, or still to come, with its day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from fulfillment.models import Shipment
from orders.models import Order
from tracking.models.tracker import Status
from tracking.timeline.dates import latest, short_day
from tracking.timeline.journey import Box, Journey

NOT_YET = "todo"
IN_PART = "partly"
DONE = "done"
AT_THE_DOOR = frozenset({Status.OUT_FOR_DELIVERY, Status.DELIVERY_ATTEMPT_FAILED, Status.AVAILABLE_FOR_PICKUP})


@dataclass(frozen=True, slots=True)
class Step:
    """`is_here`: the furthest that anything has come."""

    word: str
    state: str
    on: str = ""
    is_here: bool = False


Stamp = tuple[bool, date | None]
"""Whether one shipment or parcel has passed a step, and on which day, where that is known."""


def steps_of(journey: Journey) -> list[Step]:
    order = journey.order
    placed = _step("Placed", [(True, order.placed_at)])
    match order.status:
        case Order.Status.CANCELLED:
            steps = [placed, _step("Cancelled", [(True, order.cancelled_at)])]
        case Order.Status.RETURNED:
            steps = [
                placed,
                *_in_the_warehouse(journey),
                _step("Back at the shop", [_came_back(box) for box in journey.boxes]),
            ]
        case _:
            steps = [placed, *_in_the_warehouse(journey), *_on_the_road(journey)]
    return _mark_here(steps)


def _in_the_warehouse(journey: Journey) -> list[Step]:
    shipments = [part.shipment for part in journey.parts]
    packed = [(each.packed_at is not None, each.packed_at) for each in shipments]
    shipped = [(each.status in Shipment.LEFT, each.shipped_at) for each in shipments]
    return [_step("Packed", packed), _step("Shipped", shipped)]


def _on_the_road(journey: Journey) -> list[Step]:
    still_here: list[Stamp] = [(False, None) for _ in journey.rest]
    out = [_went_out(box, journey.order.zone) for box in journey.boxes]
    arrived = [(box.status == Status.DELIVERED, box.arrived_on) for box in journey.boxes]
    is_collected = any(box.status == Status.AVAILABLE_FOR_PICKUP for box in journey.boxes)
    word = "Ready to collect" if is_collected else "Out for delivery"
    return [_step(word, [*out, *still_here]), _step("Delivered", [*arrived, *still_here])]


def _went_out(box: Box, zone: tzinfo) -> Stamp:
    at = box.tracker.out_for_delivery_at if box.tracker else None
    is_out = at is not None or box.status in AT_THE_DOOR or box.status == Status.DELIVERED
    return (is_out, at.astimezone(zone).date() if at else None)


def _came_back(box: Box) -> Stamp:
    return (True, box.tracker.returned_at if box.tracker else None)


def _step(word: str, stamps: Sequence[Stamp]) -> Step:
    moments = [at for is_done, at in stamps if is_done]
    if not moments:
        return Step(word, NOT_YET)
    is_whole = len(moments) == len(stamps)
    at = latest(moments)
    return Step(word, DONE, short_day(at) if at else "") if is_whole else Step(word, IN_PART)


def _mark_here(steps: list[Step]) -> list[Step]:
    here = max(place for place, step in enumerate(steps) if step.state != NOT_YET)
    return [Step(each.word, each.state, each.on, is_here=place == here) for place, each in enumerate(steps)]
