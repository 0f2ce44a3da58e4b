"""Waiting for what others do, workers that understand scans and send mails; but not for ever."""

import time
from collections.abc import Collection
from typing import Any

from django.db.models import Sum

from config.demo.loop import Stop
from notifications.models import Message
from orders.models import Order, Outbox

STALL_SECONDS = 120


class Stalled(Stop):
    """Nothing has happened for a long time, and something should have."""


class Patience:
    """Looks at the orders of one run, and ends when nothing moves any more."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._seen: Any = None
        self._since = time.monotonic()

    def look(self) -> None:
        """Raise Stalled where nothing has changed for too long."""
        versions = Order.objects.filter(external_id__startswith=self._prefix).aggregate(Sum("version"))
        seen = (versions, unsent(self._prefix))
        if seen != self._seen:
            self._seen, self._since = seen, time.monotonic()
        elif time.monotonic() - self._since > STALL_SECONDS:
            raise Stalled(f"Nothing has moved for {STALL_SECONDS} s. Does the worker run?")


def unsent(prefix: str) -> int:
    return Message.objects.unsent().filter(order__external_id__startswith=prefix).count()


def is_under_way(prefix: str, stuck: Collection[str] = ()) -> bool:
    """Say whether an order of the run is not at its end, or somebody is still to be told of it.

    What has a parcel that is stuck has come as far as it can.
    """
    orders = Order.objects.open().filter(external_id__startswith=prefix)
    return (
        orders.exclude(shipments__parcels__tracking_number__in=stuck).exists()
        or Outbox.objects.filter(event__order__external_id__startswith=prefix).exists()
        or unsent(prefix) > 0
    )
