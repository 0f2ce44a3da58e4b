"""Doorbells of the outbox and of the queue of messages."""

from celery import shared_task

from notifications.services import tell_everybody

SECONDS = 45


@shared_task
def relay() -> None:
    """Relay and send whatever there is now."""
    tell_everybody(SECONDS)
