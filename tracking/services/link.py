"""The customer's link to an order."""

from django.utils import timezone

from orders.models import Order
from tracking.models import TrackingLink


def link_for(order: Order) -> TrackingLink:
    """Return the order's usable link, made if there is none whose token we can still show."""
    for link in order.links.usable(timezone.now()).order_by("-created_at"):
        if link.digest == TrackingLink.digest_of(link.token):
            return link
    link = TrackingLink(order=order)
    link.digest = TrackingLink.digest_of(link.token)
    link.save(force_insert=True)
    return link
