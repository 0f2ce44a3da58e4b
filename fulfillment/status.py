"""Where an order stands, by the statuses of its shipments: pure, for the resolver and for the audit."""

from collections.abc import Iterable

from fulfillment.models import Shipment
from orders.models import Order

Status = Order.Status
NOT_LEFT = frozenset(Shipment.NOT_LEFT)
BEGUN = frozenset({Shipment.Status.PICKING, Shipment.Status.PICKED, Shipment.Status.PACKED})


def order_status(standing: Iterable[str]) -> str | None:
    """Say where an order with these shipments, the cancelled ones left out, stands; None where they do not tell."""
    kinds = set(standing)
    if not kinds:
        return None
    if kinds <= NOT_LEFT:
        return Status.IN_FULFILLMENT if kinds & BEGUN else None
    if kinds & NOT_LEFT:
        return Status.PARTLY_SHIPPED
    if kinds == {Shipment.Status.RETURNED_TO_SENDER}:
        return Status.RETURNED
    if kinds <= {Shipment.Status.DELIVERED, Shipment.Status.RETURNED_TO_SENDER}:
        return Status.DELIVERED
    return Status.SHIPPED


def possible(standing: Iterable[str]) -> set[str]:
    """Return the statuses that an order with these shipments can have: it never goes back to CONFIRMED."""
    kinds = set(standing)
    if not kinds:
        return {Status.CANCELLED}
    told = order_status(kinds)
    return {Status.CONFIRMED, Status.IN_FULFILLMENT} if told is None else {told}
