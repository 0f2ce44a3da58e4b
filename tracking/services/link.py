"""The customer's link to an order: made where it is needed, mailed where it is asked for."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from orders import outbox
from orders.lifecycle import change, record
from orders.models import Actor, Order
from tracking.models import LinkRequest, TrackingLink

BUCKET_SECONDS = 600


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


def look_up(number: str, email: str) -> None:
    """Keep what was typed for the worker, who sees whether we know it: so the time, too, tells nobody."""
    with transaction.atomic():
        LinkRequest.objects.bulk_create([LinkRequest(number=number, email=email)], ignore_conflicts=True)
        outbox.ring("look_up")


def answer_look_ups(limit: int = 100) -> int:
    """Let the link be mailed of each order that we know by number and e-mail address; return how many were asked."""
    return sum(_answer(asked) for asked in LinkRequest.objects.order_by("pk")[:limit])


def _answer(asked: LinkRequest) -> bool:
    with transaction.atomic():
        if not LinkRequest.objects.filter(pk=asked.pk).delete()[0]:
            return False  # another worker was quicker
        order = Order.objects.filter(number=asked.number, customer__email__iexact=asked.email).first()
        if order is not None:
            request_link(order)
    return True


def request_link(order: Order, *, now: datetime | None = None) -> bool:
    """Record that the customer asked for the link, once in ten minutes; the mail follows from it. Say if it was."""
    bucket = int((now or timezone.now()).timestamp()) // BUCKET_SECONDS
    if _was_requested(order, bucket):
        return False
    by = Actor.system("look-up")
    with change(order, by=by) as fresh:
        if _was_requested(fresh, bucket):
            return False  # somebody was quicker
        record(fresh, "link.requested", by=by, facts={"bucket": bucket})
    return True


def _was_requested(order: Order, bucket: int) -> bool:
    return order.events.filter(kind="link.requested", facts__bucket=bucket).exists()
