"""The doorbell of stock that orders wait for, and the clock of counts."""

import time

from celery import shared_task

from fulfillment.models import Count, Warehouse
from fulfillment.services import allocate_waiting
from fulfillment.services.counts import judge_count, plan_counts
from orders.models import Actor

SECONDS = 45


@shared_task
def allocate() -> None:
    """Give free stock to waiting orders until none gets any, or the time is up: then the next bell goes on."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and allocate_waiting(by=Actor.system("allocate")):
        pass


@shared_task
def plan() -> None:
    """Ask in each warehouse for the counts that are due."""
    for warehouse in Warehouse.objects.all():
        plan_counts(warehouse)


@shared_task
def settle_counts() -> None:
    """Go on with counts whose booking was interrupted, or that waited for stock to be let go."""
    for count in Count.objects.filter(status__in=[Count.Status.COUNTED, Count.Status.APPROVED]):
        judge_count(count)
