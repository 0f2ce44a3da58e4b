"""What staff knows of a parcel (by telephone, by a carrier's letter), told as a carrier would tell it."""

import json
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from fulfillment.models import Parcel
from orders.lifecycle import AlreadyApplied, Refused
from orders.models import Actor, Inbox
from tracking.carriers import manual
from tracking.models import Snapshot
from tracking.services.fold import fold_found
from tracking.services.pictures import scans_of, snapshot_of
from tracking.status import words

SOURCE = "staff"
SLOW_CLOCK = timedelta(minutes=5)
AHEAD_OF_US = timedelta(days=1)
"""A carrier may have had it so long before it was booked here as shipped."""


class NotYet(Refused):
    """It has not happened yet."""

    code = "not_yet"


class NotLeft(Refused):
    """The parcel is still here, so that no carrier can have it."""

    code = "not_left"


class TooEarly(Refused):
    """It is said to have happened before the parcel left."""

    code = "too_early"


class NoReasonForThat(Refused):
    """What happened and why do not go together."""

    code = "no_reason_for_that"


def enter_scan(
    parcel: Parcel,
    *,
    status: str,
    at: datetime,
    by: Actor,
    reason: str = "",
    message: str = "",
    city: str = "",
    country: str = "",
    operation: str,
    now: datetime | None = None,
) -> None:
    """Enter one scan; what was entered before stays, and a later one corrects it.

    Raises NotYet, NotLeft, TooEarly, NoReasonForThat; AlreadyApplied where the operation was applied before, or the
    same was entered.
    """
    now = now or timezone.now()
    _refuse_impossible(parcel, status, reason, at, now)
    said = {"status": status, "reason": reason, "at": at.isoformat(), "message": message, "city": city}
    body = json.dumps(said | {"country": country, "parcel": parcel.number}, ensure_ascii=False).encode()
    try:
        with transaction.atomic():
            row = _keep(parcel, body, by, operation, now)
    except IntegrityError:
        raise AlreadyApplied("This was entered already, and was not entered twice.", operation=operation) from None
    fold_found([(row, parcel)], now=now)


def _refuse_impossible(parcel: Parcel, status: str, reason: str, at: datetime, now: datetime) -> None:
    if at > now + SLOW_CLOCK:
        raise NotYet("That is still to come: enter what has happened.")
    if parcel.shipped_at is None:
        raise NotLeft("The parcel has not left yet: no carrier has it.")
    if at < parcel.shipped_at - AHEAD_OF_US:
        raise TooEarly(f"The parcel left on {timezone.localdate(parcel.shipped_at):%-d %B %Y}: that was before.")
    if not words.fits(status, reason):
        raise NoReasonForThat("What happened and why do not go together: leave the reason out, or choose another.")


def _keep(parcel: Parcel, body: bytes, by: Actor, operation: str, now: datetime) -> Snapshot:
    """Keep it raw, as what comes through a hook, and as a picture of this very parcel."""
    inbox = Inbox.objects.create(
        source=SOURCE,
        channel_id=parcel.order.channel_id,
        dedupe_key=operation,
        raw=body,
        status=Inbox.Status.PROCESSED,
        received_at=now,
        processed_at=now,
    )
    picture = manual.read(body, parcel.carrier, parcel.tracking_number)
    row = snapshot_of(
        picture,
        source=str(by),
        endpoint=None,
        channel_id=parcel.order.channel_id,
        inbox_id=inbox.pk,
        received_at=now,
    )
    row.save()
    row.scans.bulk_create(scans_of(row, picture))
    return row
