"""Turns what the outbox holds into rows of Message, and empties it. Sends nothing.

Whether what a carrier said is still news is decided when it goes out, not here.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from django.db import connection, transaction
from django.utils import timezone

from notifications.models import Message
from notifications.rules import NOBODY, RULES, Rule
from orders.models import Event, Order, Outbox
from tracking.models import Tracker
from tracking.status.milestones import is_old

BATCH = 500
TOO_LATE = "The news came too late to be worth telling."
NO_ADDRESS = "The customer gave no e-mail address."

logger = logging.getLogger(__name__)


def relay_batch(limit: int = BATCH) -> int:
    """Relay the oldest events, in one transaction; return how many. 0: there are none, or other relays hold them."""
    if not Outbox.objects.exists():  # on SQLite a transaction takes the write lock, needed or not
        return 0
    with transaction.atomic():
        events = _claim(limit)
        told = _messages(events)
        # whoever was told of a milestone stays told once: an event derived again makes no second row
        Message.objects.bulk_create(chain.from_iterable(told.values()), ignore_conflicts=True)
        _bring_back(events)
        Outbox.objects.filter(pk__in=list(told)).delete()
    return len(told)


def _claim(limit: int) -> list[Event]:
    """Lock the oldest events that no other relay holds, and never one whose order has an older one in other hands."""
    oldest = Outbox.objects.select_related("event").order_by("event_id")[:limit]
    events = [row.event for row in oldest.select_for_update(skip_locked=True, of=("self",))]
    if not (events and connection.features.has_select_for_update_skip_locked):
        return events
    others = Outbox.objects.filter(
        event__order__in={event.order_id for event in events},
        event_id__lt=events[-1].pk,
    ).exclude(pk__in=[event.pk for event in events])
    held = set(others.values_list("event__order_id", flat=True))
    return [event for event in events if event.order_id not in held]


def _messages(events: Iterable[Event]) -> dict[int, list[Message]]:
    """Return event → its messages. One that no rule can read is left out, and so is its order's later news."""
    rules = {event: _rules(event) for event in events}
    orders = Order.objects.select_related("customer").in_bulk({each.order_id for each, its in rules.items() if its})
    told: dict[int, list[Message]] = {}
    stuck: set[int] = set()
    for event, its in rules.items():
        if event.order_id in stuck:
            continue
        try:
            told[event.pk] = [each for rule in its for each in _messages_of(event, rule, orders[event.order_id])]
        except Exception:
            stuck.add(event.order_id)
            logger.exception("event %s could not be understood: its order's news waits", event.pk)
    return told


def _messages_of(event: Event, rule: Rule, order: Order) -> Iterator[Message]:
    if order.is_silent and not rule.is_asked_for:
        return
    why_not = "" if order.customer.email else NO_ADDRESS
    for milestone in rule.milestones(event):
        yield Message(
            order_id=event.order_id,
            event=event,
            kind=rule.message,
            milestone=milestone,
            recipient=rule.recipient,
            channel=rule.channel,
            status=Message.Status.SUPPRESSED if why_not else Message.Status.QUEUED,
            note=why_not,
        )


def _rules(event: Event) -> Sequence[Rule]:
    if event.kind not in RULES:
        logger.error("%s has no row in the table of rules: nobody is told", event.kind)
    return RULES.get(event.kind, NOBODY)


def _bring_back(events: Iterable[Event]) -> None:
    """Queue what was passed by when it was to be sent, and is the newest of its parcel by what was heard since."""
    orders = {event.order_id for event in events if "milestones" in event.facts}
    left_out = Message.objects.filter(order__in=orders, status=Message.Status.SUPPRESSED, note=TOO_LATE)
    if not orders or not (messages := list(left_out.select_related("event"))):
        return
    news = _news_of(orders)
    again = [each.pk for each in messages if news.get(each.event.facts["parcel"]) in each.event.facts["milestones"]]
    Message.objects.filter(pk__in=again).update(status=Message.Status.QUEUED, note="", available_at=timezone.now())


def _news_of(orders: Iterable[int]) -> dict[str, str]:
    """Return parcel → the milestone that its customer may be told of."""
    trackers = Tracker.objects.filter(parcel__shipment__order__in=orders).exclude(news="")
    rows = trackers.values_list("parcel__number", "news", "news_at")
    return {parcel: key for parcel, key, at in rows if not is_old(at, timezone.now())}
