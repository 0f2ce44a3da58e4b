"""What people decide about asking: with which key, no more, and now."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from orders import outbox
from orders.lifecycle import Refused
from orders.models import Endpoint
from orders.signatures import LEAST_SECRET_LENGTH, SCHEMES
from tracking.carriers.asking import WAYS
from tracking.models import Contact, Question
from tracking.services.ask.plan import plan_questions


class CannotBeAsked(Refused):
    """Of such a provider we can only hear."""

    code = "cannot_be_asked"


class WeakKey(Refused):
    """That can be no key of an API."""

    code = "weak_key"


class NotAsked(Refused):
    """We have no key, or were told not to ask."""

    code = "not_asked"


class AskedToWait(Refused):
    """The provider does not want to be asked yet."""

    code = "asked_to_wait"


def why_never_asked(provider: str) -> str:
    """Say in a sentence why a provider cannot be asked; "" where it can."""
    return "" if provider in WAYS else f"{SCHEMES[provider].name} cannot be asked: it tells by itself, or not at all."


def begin_asking(endpoint: Endpoint, key: str) -> Contact:
    """Ask the endpoint's provider from now on, with this key of its API. Raises CannotBeAsked, WeakKey."""
    if reason := why_never_asked(endpoint.provider):
        raise CannotBeAsked(reason)
    key = key.strip()
    if len(key) < LEAST_SECRET_LENGTH or not key.isascii() or not key.isprintable():
        raise WeakKey(f"A key has at least {LEAST_SECRET_LENGTH} characters, all of them plain letters and signs.")
    with transaction.atomic():
        contact, _ = Contact.objects.get_or_create(endpoint=endpoint)
        contact.keys, contact.is_asking = [key], True
        contact.failures, contact.trouble, contact.next_at = 0, "", None
        contact.save(update_fields=["keys", "is_asking", "failures", "trouble", "next_at"])
        outbox.ring("ask")
    return contact


def end_asking(endpoint: Endpoint) -> None:
    """Forget the key, and ask no more. Raises NotAsked."""
    asked = Contact.objects.filter(endpoint=endpoint, is_asking=True)
    if not asked.update(is_asking=False, keys=[], trouble="", failures=0, next_at=None):
        raise NotAsked("It is not asked.")


def ask_for_missing(endpoint: Endpoint, *, now: datetime | None = None) -> int:
    """Ask of all that is under way, as soon as may be; return of how many parcels. Raises NotAsked, AskedToWait."""
    now = now or timezone.now()
    contact = Contact.objects.filter(endpoint=endpoint, is_asking=True).first()
    if contact is None:
        raise NotAsked("It is not asked: enter a key of its API first.")
    if contact.trouble and contact.next_at and contact.next_at > now:
        then = date_format(timezone.localtime(contact.next_at), "j M, H:i")
        raise AskedToWait(f"{contact.trouble} We ask again on {then}.")
    with transaction.atomic():
        while plan_questions(endpoint, now):
            pass
        count = Question.objects.open().filter(endpoint=endpoint).update(next_at=now, is_urgent=True)
        Contact.objects.filter(pk=contact.pk).update(next_at=None)
        outbox.ring("ask")
    return count
