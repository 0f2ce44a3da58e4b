"""Why a shipment cannot go on, and the whole answer for an order."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format

from fulfillment.blockers.expected import note_lines
from orders import blockers as orders
from orders.blockers import Reason, wrong_status

if TYPE_CHECKING:
    from fulfillment.models.shipment import Shipment
    from orders.models.order import Order

SHIPMENT_STATE = {
    "PLANNED": "waiting for stock",
    "READY": "ready but not picked",
    "PICKING": "still being picked",
    "PICKED": "picked",
    "PACKED": "packed",
    "SHIPPED": "on its way",
    "DELIVERED": "delivered",
    "CANCELLED": "cancelled",
    "LOST": "lost",
    "RETURNED_TO_SENDER": "back at the shop",
}
SHIPMENT_VERB = {
    "make_ready": "become ready",
    "start_picking": "be taken for picking",
    "pick": "be picked",
    "unpick": "be picked again",
    "pack": "be packed",
    "ship": "be shipped",
    "deliver": "be delivered",
    "cancel": "be cancelled",
    "lose": "be lost",
    "find": "be found",
    "return_to_sender": "come back",
}
NEEDS_FREE_WAY = {"start_picking", "pick", "pack", "ship"}
WAITS_FOR_THE_REST = NEEDS_FREE_WAY - {"pick"}
"""What an order that goes all at once does not do while some of it waits; a walk that was begun is ended."""


def is_allowed(verb: str) -> Callable[[Any], bool]:
    """Return the FSM condition that asks here."""
    return lambda shipment: not reasons(shipment, verb)


def reasons(shipment: "Shipment", verb: str) -> list[Reason]:
    """Say why `verb` is not possible on this shipment now."""
    sentence = f"The shipment is {SHIPMENT_STATE[shipment.status]}, so it cannot {SHIPMENT_VERB[verb]}."
    found = wrong_status(shipment, verb, sentence)
    if not found and verb in NEEDS_FREE_WAY:
        is_held = any(hold.released_at is None for hold in shipment.order.holds.all())
        found = orders.obstacles(shipment.order, _line_numbers(shipment) if is_held else set())
        found += _rest_waits(shipment) if verb in WAITS_FOR_THE_REST else []
    if not found and verb == "make_ready":
        found = _waiting_stock(shipment)
    if not found and verb == "unpick":
        found = _being_packed(shipment)
    return found


def order_reasons(order: "Order", verb: str) -> list[Reason]:
    """Say why `verb` is not possible on the order, as far as its shipments forbid it."""
    found = orders.reasons(order, verb)
    if verb != "cancel":
        return found
    left = [shipment for shipment in order.shipments.all() if shipment.status in _LEFT]
    if not left:
        return found
    numbers = " and ".join(shipment.number for shipment in left)
    verb_form = "has" if len(left) == 1 else "have"
    sentence = f"{numbers} {verb_form} left the warehouse already."
    if not cancel_lines_reasons(order):
        sentence += " What is not shipped can still be cancelled line by line."
    return [Reason("already_shipped", sentence, "carrier", left[0].shipped_at)]


def cancel_lines_reasons(order: "Order") -> list[Reason]:
    """Say why no unit of the order can be cancelled by itself: all has left, or lies in a closed box."""
    for shipment in order.shipments.all():
        if shipment.status in _OPEN_BOX and any(line.quantity for line in shipment.lines.all()):
            return []
    return [Reason("nothing_to_cancel", "Nothing of this order is left to be cancelled line by line.", "nobody")]


def why_not_shipped(order: "Order") -> list[Reason]:
    """Say all that keeps the order from leaving: what is held, what is missing, and who can do something about it."""
    if order.status not in _TO_SHIP:
        return []
    found = orders.obstacles(order, {line.number for line in order.lines.all()})
    for shipment in order.shipments.all():
        waits_for_rest = _rest_waits(shipment) if shipment.status in _HELD_BY_THE_REST else []
        found += waits_for_rest or why_waiting(shipment)
    return found


_OPEN_BOX = {"PLANNED", "READY", "PICKING", "PICKED"}
_HELD_BY_THE_REST = {"READY", "PICKED", "PACKED"}
_LEFT = {"SHIPPED", "DELIVERED", "LOST", "RETURNED_TO_SENDER"}
_TO_SHIP = {"PLACED", "CONFIRMED", "IN_FULFILLMENT", "PARTLY_SHIPPED"}


def why_waiting(shipment: "Shipment") -> list[Reason]:
    """Say what a shipment that is still here waits for next."""
    match shipment.status:
        case "PLANNED":
            return _waiting_stock(shipment)
        case "READY":
            return [_step("to_pick", f"{shipment.number} waits to be picked.", shipment.ready_at)]
        case "PICKING":
            return [_step("picking", f"{shipment.number} is being picked.", shipment.ready_at)]
        case "PICKED":
            return [_step("to_pack", f"{shipment.number} waits to be packed.", shipment.picked_at)]
        case "PACKED":
            return [_step("to_ship", f"{shipment.number} is packed and waits for the carrier.", shipment.packed_at)]
    return []


def _waiting_stock(shipment: "Shipment") -> list[Reason]:
    """Name what of the shipment is not reserved yet."""
    if missing := _missing([shipment]):
        return [Reason("waits_for_stock", f"Waits for stock: {missing}.", "shop", shipment.planned_at)]
    return []


def _rest_waits(shipment: "Shipment") -> list[Reason]:
    """Name what an order that goes all at once still waits for, in its other shipments."""
    if not shipment.order.is_ship_complete:
        return []
    planned = [each for each in shipment.order.shipments.all() if each.status == "PLANNED"]
    if not (missing := _missing(planned)):
        return []
    sentence = f"{shipment.number} waits for the rest of its order, which goes all at once: {missing}."
    return [Reason("waits_for_rest", sentence, "shop", planned[0].planned_at)]


def _missing(shipments: "Iterable[Shipment]") -> str:
    """Name the units of these shipments that are not reserved, and when they are expected; "" if there are none."""
    lines = [line for shipment in shipments for line in shipment.lines.all() if line.waiting]
    note_lines(lines)
    return ", ".join(
        f"{line.waiting} × {line.order_line.name}{_when(getattr(line, 'expected_on', None))}" for line in lines
    )


def _being_packed(shipment: "Shipment") -> list[Reason]:
    """Say whether something of the shipment is in a box, or was checked on its way in."""
    is_packed = any(line.packed for line in shipment.lines.all())
    if is_packed or shipment.scans.filter(step="PACK", quantity__gt=0).exists():
        sentence = f"Somebody packs {shipment.number} already: tell them what is wrong with it."
        return [Reason("being_packed", sentence, "warehouse", shipment.picked_at)]
    return []


def _when(expected_on: date | None) -> str:
    return f" (expected {date_format(expected_on, 'j F')})" if expected_on else ""


def _step(code: str, sentence: str, since: datetime | None) -> Reason:
    return Reason(code, sentence, "warehouse", since)


def _line_numbers(shipment: "Shipment") -> set[int]:
    """Return the numbers of its lines, in one query at most: none where they were prefetched."""
    if "lines" in getattr(shipment, "_prefetched_objects_cache", {}):
        return {line.order_line.number for line in shipment.lines.all()}
    return set(shipment.lines.values_list("order_line__number", flat=True))
