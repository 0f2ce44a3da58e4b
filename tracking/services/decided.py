"""Which of the messages of a parcel made its status: told to staff, kept nowhere, worked out again when asked."""

from typing import NamedTuple

from django.utils import timezone

from tracking.models import Snapshot, Tracker
from tracking.services.codes import tables_for
from tracking.services.pictures import picture_of
from tracking.services.project import view
from tracking.status import Decision


class Decided(NamedTuple):
    """What made the status, and the first message in which it came to us."""

    decision: Decision
    message: Snapshot


def decided_by(tracker: Tracker) -> Decided | None:
    """Return what made the status that stands; none where nothing did, or history has still to follow a change."""
    rows = list(tracker.snapshots.order_by("received_at", "pk").prefetch_related("scans"))
    tables = tables_for({row.provider for row in rows})
    pictures = [picture_of(row, tables) for row in rows]
    result = view(tracker, tracker.parcel, tracker.parcel.order, pictures, timezone.now()).result
    if result.decision is None or result.status != tracker.status:
        return None
    told = (row for row, picture in zip(rows, pictures, strict=True) if result.decision.stands_in(picture))
    message = next(told, None)
    return Decided(result.decision, message) if message else None
