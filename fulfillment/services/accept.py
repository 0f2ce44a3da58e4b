"""Accepting an order: it is placed, confirmed, planned, and gets what stock there is, all in one transaction."""

from django.utils import timezone

from fulfillment.models import Shipment, ShipmentLine
from fulfillment.services.allocate import allocate_new
from orders.intake.draft import OrderDraft
from orders.lifecycle import adopt, change, record, writing
from orders.models import Actor, Channel, Order, OrderLine
from orders.services import write_order


def accept_order(draft: OrderDraft, *, channel: Channel, by: Actor, is_silent: bool = False) -> Order:
    """Place the order and reserve what is there; the rest waits. Raises AlreadyPlaced, InvalidOrder."""
    with writing():
        order, lines = write_order(draft, channel=channel, by=by, is_silent=is_silent)
        with change(order, by=by):
            order.confirm(at=timezone.now())
        allocate_new(order, *_plan(order, lines, by), by=by)
    return order


def _plan(order: Order, lines: list[OrderLine], by: Actor) -> tuple[Shipment, list[ShipmentLine]]:
    """Plan one shipment for everything; allocation splits off what can go at once."""
    shipment = Shipment.objects.create(order=order, number=f"{order.number}-1")
    adopt(shipment)
    parts = ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=shipment, order_line=line, quantity=line.quantity) for line in lines
    )
    record(order, "shipment.planned", by=by, facts={"shipment": shipment.number})
    return shipment, parts
