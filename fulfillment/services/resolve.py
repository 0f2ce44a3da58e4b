"""The one resolver: where an order stands follows from its shipments. Called by every service that changes one."""

from datetime import datetime

from django.utils import timezone

from fulfillment.status import order_status
from orders.lifecycle import change
from orders.models import Actor, Order

Status = Order.Status


def resolve_order(order: Order, *, by: Actor) -> None:
    """Bring the status of an order, open in change(), in line with its shipments."""
    target = order_status(order.shipments.standing().values_list("status", flat=True))
    if target is None or target == order.status:
        return
    with change(order, by=by) as fresh:
        match target:
            case Status.IN_FULFILLMENT if fresh.status == Status.CONFIRMED:
                fresh.start_fulfillment()
            case Status.PARTLY_SHIPPED:
                fresh.ship_part()
            case Status.SHIPPED if fresh.status != Status.DELIVERED:
                fresh.ship(at=timezone.now())
            case Status.DELIVERED:
                fresh.deliver(at=_last_delivery(fresh))
            case Status.RETURNED:
                fresh.return_to_sender()


def _last_delivery(order: Order) -> datetime:
    moments = order.shipments.exclude(delivered_at=None).values_list("delivered_at", flat=True)
    return max((moment for moment in moments if moment), default=timezone.now())
