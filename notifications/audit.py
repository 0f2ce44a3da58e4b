"""Checks of what was told: nothing waits for long, and nothing that ought to be told was dropped."""

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from notifications.models import Message
from notifications.rules import RULES, of_parcel, once
from orders.audit import Check, Problem
from orders.models import Event, Outbox

RELAYED_WITHIN = timedelta(minutes=15)
SENT_WITHIN = timedelta(hours=1)
TELLING = [kind for kind, rules in RULES.items() if any(rule.milestones in {once, of_parcel} for rule in rules)]
"""The kinds each event of which has a message of its own."""


def unrelayed_events() -> Iterable[Problem]:
    """Name the events that nobody took out of the outbox: no worker runs, or the relay fails."""
    old = Outbox.objects.filter(event__recorded_at__lt=timezone.now() - RELAYED_WITHIN)
    for row in old.select_related("event__order").order_by("event_id").iterator():
        event = row.event
        yield Problem(
            f"{event.order} #{event.seq}", f"{event.kind} waits to be relayed since {event.recorded_at:%F %H:%M}."
        )


def stuck_messages() -> Iterable[Problem]:
    """Name the messages that are still not sent."""
    old = Message.objects.unsent().filter(created_at__lt=timezone.now() - SENT_WITHIN)
    for message in old.select_related("order").order_by("available_at").iterator():
        since = f"waits to be sent since {message.created_at:%F %H:%M}"
        yield Problem(f"{message.order} {message.pk}", f"{message} {since}. {message.note}".strip())


def untold_events() -> Iterable[Problem]:
    """Name the events that were relayed and whose message does not exist."""
    untold = Event.objects.filter(kind__in=TELLING, order__is_silent=False, outbox=None, messages=None)
    for event in untold.select_related("order").iterator():
        yield Problem(f"{event.order} #{event.seq}", f"{event.kind} was relayed and made no message.")


CHECKS = [
    Check("unrelayed_events", "ERROR", unrelayed_events),
    Check("stuck_messages", "WARNING", stuck_messages),
    Check("untold_events", "ERROR", untold_events),
]
