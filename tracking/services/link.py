"""The customer's link to an order."""

from collections.abc import Sequence

from django.utils import timezone

from orders.models import Order
from tracking.models import TrackingLink


def link_for(order: Order) -> TrackingLink:
    """Return the order's usable link, made if there is none whose token we can still show."""
    return links_for([order])[order.pk]


def links_for(orders: Sequence[Order]) -> dict[int, TrackingLink]:
    """Return the usable link of each order, by its primary key; those missing are made. At most two queries."""
    usable = TrackingLink.objects.usable(timezone.now()).filter(order__in=orders).order_by("created_at")
    links = {link.order_id: link for link in usable if link.digest == TrackingLink.digest_of(link.token)}
    fresh = [_new_link(order) for order in orders if order.pk not in links]
    TrackingLink.objects.bulk_create(fresh)
    return links | {link.order_id: link for link in fresh}


def _new_link(order: Order) -> TrackingLink:
    link = TrackingLink(order=order)
    link.digest = TrackingLink.digest_of(link.token)
    return link
