"""The doorbell of stock that orders wait for."""

import time

from celery import shared_task

from fulfillment.services import allocate_waiting
from orders.models import Actor

SECONDS = 45


@shared_task
def allocate() -> None:
    """Give free stock to waiting orders until none gets any, or the time is up: then the next bell goes on."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and allocate_waiting(by=Actor.system("allocate")):
        pass
