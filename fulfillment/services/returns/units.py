"""How many units of an order can still come back: those that left, less those that did."""

from collections import defaultdict

from django.db.models import Q, Sum

from fulfillment.models import Return, ReturnLine, Shipment
from orders.models import Order, OrderLine

Status = Return.Status
ARRIVED = (Status.RECEIVED, Status.INSPECTED, Status.CLOSED)


def can_come_back(order: Order, *, announced: bool) -> dict[OrderLine, int]:
    """Return the units of each line that left and are not back; with `announced`, less what is on its way back."""
    back: dict[int, int] = defaultdict(int)
    lines = ReturnLine.objects.filter(return_of__order=order).order_by()
    is_back = Q(return_of__status__in=ARRIVED)
    is_coming = Q(return_of__status__in=Return.COMING)
    sums = lines.values_list("order_line").annotate(
        back=Sum("received", filter=is_back, default=0), coming=Sum("quantity", filter=is_coming, default=0)
    )
    for line, arrived, coming in sums:
        back[line] = arrived + (coming if announced else 0)
    left = order.lines.select_related("product").order_by("number")
    return {line: max(0, line.shipped + line.delivered - back[line.pk]) for line in left}


def is_out(shipment: Shipment) -> bool:
    """Say whether units of a shipment are not back yet."""
    sent = shipment.lines.aggregate(units=Sum("quantity", default=0))["units"]
    back = ReturnLine.objects.filter(return_of__shipment=shipment).aggregate(units=Sum("received", default=0))["units"]
    return bool(sent > back)
