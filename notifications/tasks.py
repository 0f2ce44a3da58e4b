"""Doorbells of the outbox and of the queue of messages."""

from celery import shared_task

from notifications.services import tell_everybody
from orders.models import Outbox
from tracking.services import JUST_NOW, estimate_departed

SECONDS = 45


@shared_task
def relay() -> None:
    """Relay and send whatever there is now: who is told that it left, is told when it comes."""
    if Outbox.objects.filter(event__kind="parcel.shipped").exists():
        estimate_departed(JUST_NOW)
    tell_everybody(SECONDS)
