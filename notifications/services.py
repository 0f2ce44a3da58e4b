"""Sending what is queued: a drain claims a batch for a while, sends, and notes down what became of each message.

Whoever holds a message proves it by its lease token; a drain that was overtaken writes nothing. Times of retries stand
in the rows. Nothing is sent inside a transaction.
"""

import logging
import threading
import time
import traceback
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from notifications.channels import email
from notifications.channels.email import Letter, Outcome, Post, Unreachable
from notifications.channels.news import READ_WITH, News
from notifications.models import UNSENT, Message
from notifications.relay import NO_ADDRESS, TOO_LATE, relay_batch
from orders.lifecycle import Refused, change, record
from orders.models import Actor
from tracking.services import links_for

Status = Message.Status
BATCH = 100
LEASE = timedelta(seconds=45)  # a try waits for four answers of the server, EMAIL_TIMEOUT each
OUT_OF_REACH = timedelta(seconds=20)
LADDER = [
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
]
MAYBE_TWICE = "It was cut off while being sent, and sent again: it may have arrived twice."
FREE: dict[str, Any] = {"lease_token": None, "lease_until": None, "begun_at": None}

logger = logging.getLogger(__name__)
_draining = threading.Lock()


class NotResendable(Refused):
    """There is nobody to send it to, or it was not sent a first time yet."""

    code = "not_resendable"


def tell_everybody(seconds: float) -> None:
    """Relay and send until nothing is left to do now, or the time is up: then the next bell goes on."""
    deadline = time.monotonic() + seconds
    while relay_batch() and time.monotonic() < deadline:
        pass
    if not _draining.acquire(blocking=False):  # a silent mail server may hold one thread of the worker, not all
        return
    try:
        while time.monotonic() < deadline and drain_batch(deadline):
            pass
    finally:
        _draining.release()


def drain_batch(deadline: float | None = None) -> bool:
    """Claim a batch and send it; return whether going on makes sense."""
    messages = claim()
    links = links_for(list({message.order_id: message.order for message in messages}.values()))
    with Post() as post:
        for place, message in enumerate(messages):
            try:
                post.connect()
            except Unreachable as trouble:
                _put_back(messages[place:], str(trouble))
                return False
            if deadline is not None and time.monotonic() > deadline:
                _put_back(messages[place:])
                return False
            _send(message, links[message.order_id].url, post)
    return bool(messages)


def claim() -> list[Message]:
    """Take what is due, for as long as the lease: the oldest first, each to one drain."""
    now = timezone.now()
    if not Message.objects.due(now).exists():  # on SQLite a transaction takes the write lock, needed or not
        return []
    with transaction.atomic():
        due = Message.objects.due(now).order_by("available_at", "event_id")
        keys = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH])
        ours = Message.objects.filter(pk__in=keys)
        ours.exclude(begun_at=None).update(status=Status.UNCERTAIN, note=MAYBE_TWICE)
        ours.update(lease_token=uuid4(), lease_until=now + LEASE, begun_at=None)
    batch = ours.select_related("event", "order__customer", "order__channel").prefetch_related(*READ_WITH)
    return list(batch.order_by("available_at", "event_id"))


def resend_message(message: Message, *, by: Actor) -> Message:
    """Send a message again, as a mail of its own. Raises NotResendable."""
    with change(message.order, by=by) as order:
        if not order.customer.email:
            raise NotResendable(NO_ADDRESS)
        ended = Message.objects.filter(~UNSENT, pk=message.pk)
        again = {"status": Status.QUEUED, "note": "", "attempts": 0, "sent_at": None, "available_at": timezone.now()}
        if not ended.update(resends=F("resends") + 1, **again, **FREE):
            raise NotResendable("This message still waits to be sent.")
        record(order, "message.resent", by=by, facts={"message": str(message.pk), "kind": message.kind})
    return Message.objects.get(pk=message.pk)


def _send(message: Message, url: str, post: Post) -> None:
    if why_not := _why_not(message, url):
        _finish(message, Outcome(Status.SUPPRESSED, why_not))
        return
    letter = _write(message, url)
    if letter is None:
        _finish(message, Outcome(Status.QUEUED, "It could not be written: our fault, see the log."))
    elif _begin(message):
        _finish(message, post.send(letter), letter)
    else:
        logger.warning("message %s is in other hands now", message.pk)


def _why_not(message: Message, url: str) -> str:
    """Say why the customer is not told after all. What a person sends again, or may have gone out, goes out again."""
    if not message.order.customer.email:  # erased since
        return NO_ADDRESS
    is_first = message.status == Status.QUEUED and not message.resends
    return TOO_LATE if is_first and News(message, url).is_over else ""


def _write(message: Message, url: str) -> Letter | None:
    """Render the message; None, with a word in the log, where that fails: one bad letter does not hold up the rest."""
    try:
        return email.write(message, url)
    except Exception as error:  # noqa: BLE001 - whatever a template may raise; its text could be personal
        where = "".join(traceback.format_tb(error.__traceback__))
        logger.error("message %s could not be written: %s\n%s", message.pk, type(error).__name__, where)  # noqa: TRY400
        message.attempts += 1
        return None


def _begin(message: Message) -> bool:
    """Note that the try begins, if the message is still ours."""
    now = timezone.now()
    message.attempts += 1
    return _update(message, begun_at=now, lease_until=now + LEASE, attempts=message.attempts)


def _finish(message: Message, outcome: Outcome, letter: Letter | None = None) -> None:
    """Note what became of the try, and what it said if it went out; nothing if the message is not ours any more."""
    with transaction.atomic():
        is_ours = _update(message, **_after(message, outcome), **FREE)
        if is_ours and letter and outcome.status in {Status.SENT, Status.BOUNCED}:
            letter.content.save()
            if letter.shown:
                letter.shown.save()
    if not is_ours:
        logger.warning("message %s was overtaken: its end is not noted down", message.pk)


def _after(message: Message, outcome: Outcome) -> dict[str, Any]:
    """Return the fields that follow from a try. What is uncertain once stays so: no later try makes it sure."""
    may_have_arrived = message.status == Status.UNCERTAIN
    values = {"status": outcome.status, "note": outcome.note, "attempts": message.attempts}
    match outcome.status:
        case Status.SENT:
            values["sent_at"] = timezone.now()
            return values | ({"status": Status.UNCERTAIN, "note": MAYBE_TWICE} if may_have_arrived else {})
        case Status.QUEUED | Status.UNCERTAIN:
            if message.attempts > len(LADDER):
                return values | {"status": Status.FAILED, "note": f"Given up. {outcome.note}"}
            values["available_at"] = timezone.now() + LADDER[message.attempts - 1]
            return values | ({"status": Status.UNCERTAIN} if may_have_arrived else {})
    return values


def _put_back(messages: list[Message], note: str = "") -> None:
    """Let go what was not tried: it waits a little if there is trouble, and keeps its attempts."""
    wait = {"note": note, "available_at": timezone.now() + OUT_OF_REACH} if note else {}
    ours = Message.objects.filter(pk__in=[each.pk for each in messages], lease_token=messages[0].lease_token)
    ours.update(**wait, **FREE)


def _update(message: Message, **values: Any) -> bool:
    """Write to a message that this drain holds; False if another has taken it over."""
    return Message.objects.filter(pk=message.pk, lease_token=message.lease_token).update(**values) == 1
