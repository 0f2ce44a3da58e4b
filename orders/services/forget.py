"""Forgetting what need not be kept."""

from datetime import datetime

from django.utils import timezone

from orders.models import IdempotencyKey
from orders.models.inbox import KEEP_KEYS

BATCH = 1000


def forget_old_keys(*, now: datetime | None = None) -> int:
    """Delete the idempotency keys whose time is up, in batches that hold no lock for long; return how many."""
    old = IdempotencyKey.objects.filter(created_at__lt=(now or timezone.now()) - KEEP_KEYS).order_by("created_at")
    count = 0
    while keys := list(old.values_list("pk", flat=True)[:BATCH]):
        count += IdempotencyKey.objects.filter(pk__in=keys).delete()[0]
    return count
