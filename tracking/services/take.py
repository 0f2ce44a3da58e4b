"""Taking carrier events from a caller who waits for the answer."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from orders.models import Actor, Channel
from tracking.carriers.generic import read_item
from tracking.services.fold import fold_found
from tracking.services.keep import Reading, Taken, keep


def take_carrier_events(
    items: Sequence[object], *, by: Actor, channel: Channel | None = None, now: datetime | None = None
) -> list[Taken]:
    """Take events in our own format, strictly, of parcels of the channel (of all without one).

    One that is wrong does not refuse the others.
    """
    now = now or timezone.now()
    channel_id = channel.pk if channel else None
    readings = [Reading(read_item(item, is_strict=True), str(by), channel_id=channel_id) for item in items]
    with transaction.atomic():
        taken, found = keep(readings, now=now)
    fold_found(found, now=now)
    return taken
