"""The one resolver: where an order stands follows from its shipments. Called by every service that changes one."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Max
from django.utils import timezone

from fulfillment.status import order_status
from orders.lifecycle import change
from orders.models import Actor, Order

Status = Order.Status


def resolve_order(order: Order, *, by: Actor, standing: Collection[str] = (), left_at: datetime | None = None) -> None:
    """Bring the status of an order, open in change(), in line with its shipments.

    `standing` are their statuses, the cancelled ones left out, and `left_at` is when the last of them left, where that
    was read behind the order's lock.
    """
    target = order_status(standing or order.shipments.standing().values_list("status", flat=True))
    if target is None or target == order.status:
        return
    with change(order, by=by) as fresh:
        match target:
            case Status.IN_FULFILLMENT if fresh.status == Status.CONFIRMED:
                fresh.start_fulfillment()
            case Status.PARTLY_SHIPPED:
                fresh.ship_part()
            case Status.SHIPPED if fresh.status != Status.DELIVERED:
                fresh.ship(at=left_at or _last(fresh, "shipped_at"))
            case Status.DELIVERED:
                fresh.deliver(at=_last(fresh, "delivered_at"))
            case Status.RETURNED:
                fresh.return_to_sender()


def begin_order(order: Order, *, by: Actor) -> None:
    """Let an order, open in change(), be in fulfilment with the first of its shipments that is begun.

    What had left would have moved it on before: so nothing need be read.
    """
    if order.status == Status.CONFIRMED:
        with change(order, by=by) as fresh:
            fresh.start_fulfillment()


def _last(order: Order, stamp: str) -> datetime:
    """Return when the last of its shipments got this stamp, which may have been told late."""
    found: datetime | None = order.shipments.aggregate(last=Max(stamp))["last"]
    return found or timezone.now()
