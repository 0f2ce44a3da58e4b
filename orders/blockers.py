"""Why an order cannot go on, in sentences for people. Imports no model: the models ask here.

`reasons(thing, verb)` is the guard: no reason means allowed. It reads what hangs on the instance, and may query.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orders.models.order import Hold, Order


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not. `owner` is who can do something about it: warehouse, support, customer, carrier or shop."""

    code: str
    message: str
    owner: str
    since: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


ORDER_STATE = {
    "PLACED": "only placed",
    "CONFIRMED": "confirmed",
    "IN_FULFILLMENT": "in fulfilment",
    "PARTLY_SHIPPED": "partly shipped",
    "SHIPPED": "shipped",
    "DELIVERED": "delivered",
    "CANCELLED": "cancelled",
    "RETURNED": "returned",
}
ORDER_VERB = {
    "confirm": "be confirmed",
    "start_fulfillment": "start fulfilment",
    "ship_part": "be partly shipped",
    "ship": "be shipped",
    "deliver": "be delivered",
    "cancel": "be cancelled",
    "return_to_sender": "be returned",
}


def reasons(order: "Order", verb: str) -> list[Reason]:
    """Say why `verb` is not possible on this order now, as far as orders know."""
    return wrong_status(order, verb, f"The order is {ORDER_STATE[order.status]}, so it cannot {ORDER_VERB[verb]}.")


def wrong_status(thing: Any, verb: str, sentence: str) -> list[Reason]:
    transitions = getattr(type(thing), verb)._django_fsm
    if transitions.has_transition(thing.status):
        return []
    return [Reason("wrong_status", sentence, "nobody")]


def obstacles(order: "Order", line_numbers: set[int]) -> list[Reason]:
    """Say what stands between these lines of the order and the door: holds, a missing address."""
    found = [held(hold) for hold in order.holds.all() if hold.released_at is None and hold.covers(line_numbers)]
    if not (order.ship_line1 and order.ship_country):
        found.append(Reason("address_missing", "There is no address to send it to.", "support", order.placed_at))
    return found


def hold_reasons(order: "Order") -> list[Reason]:
    if order.status in order.TO_SHIP:
        return []
    return [Reason("wrong_status", "Nothing of this order is left to hold.", "nobody")]


def release_reasons(order: "Order") -> list[Reason]:
    if any(hold.released_at is None for hold in order.holds.all()):
        return []
    return [Reason("no_such_hold", "The order is not on hold.", "nobody")]


HELD = {
    "ADDRESS": ("support", "On hold: the address has to be checked"),
    "PAYMENT": ("customer", "On hold: the payment has not arrived"),
    "FRAUD": ("support", "On hold: the order has to be checked"),
    "CUSTOMER": ("customer", "On hold: the customer asked to wait"),
    "STOCK": ("warehouse", "On hold: the stock has to be checked"),
    "OTHER": ("support", "On hold"),
}


def held(hold: "Hold") -> Reason:
    """Say what a hold says as a reason."""
    owner, sentence = HELD[hold.reason]
    if hold.until:
        sentence = sentence.replace("On hold", f"On hold until {hold.until:%-d %B %Y}")
    return Reason(f"held_{hold.reason.lower()}", f"{sentence}.", owner, hold.placed_at)
