"""A round of questions: who holds a contact's lease asks what is due, one request after the other, until it is told to
wait. What comes back goes into the inbox, as if somebody had sent it.

Each question is put off before it is asked: whoever dies in the middle of it has not asked twice.
"""

import hashlib
import json
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import uuid4

from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone

from orders.models import Endpoint
from orders.services import keep_answer
from tracking.carriers.asking import WAYS, Envelope, Wanted, Way
from tracking.models import Contact, Question, Snapshot
from tracking.services.ask.line import NotKnown, Trouble, ask, backoff
from tracking.services.ask.plan import due, plan_questions, put_back, put_off
from tracking.services.ask.whose import number_of, of_asked_carriers

logger = logging.getLogger(__name__)

LEASE, REST = timedelta(minutes=5), timedelta(minutes=5)
"""How long a round may take at the utmost, and how long it is before the next where all is well."""
OUR_FAULT = "Something went wrong here while we asked: the log says what."
ROUND_SECONDS = 20
"""For all providers together: whose turn did not come is the first of the next round."""


def ask_providers() -> int:
    """Ask every provider whose turn it is; return how many parcels were asked of."""
    now, ends_at = timezone.now(), time.monotonic() + ROUND_SECONDS
    ready = Contact.objects.filter(Q(next_at=None) | Q(next_at__lte=now), is_asking=True, endpoint__is_active=True)
    by_turn = ready.select_related("endpoint").order_by(F("asked_at").asc(nulls_first=True), "pk")
    return sum(_ask(contact, ends_at) for contact in by_turn if time.monotonic() < ends_at)


def _ask(contact: Contact, ends_at: float) -> int:
    """Ask one; where that fails it is left for a while, and does not hold up the others."""
    try:
        return ask_contact(contact, ends_at)
    except Exception:  # logged with all that is known
        logger.exception("the provider of endpoint %s could not be asked", contact.endpoint_id)
        return 0


def ask_contact(contact: Contact, ends_at: float) -> int:
    """Ask what is due, if nobody else is at it, until then; return how many parcels were asked of."""
    token, now = uuid4(), timezone.now()
    free = Contact.objects.filter(Q(lease_until=None) | Q(lease_until__lt=now), pk=contact.pk, is_asking=True)
    if not free.update(lease_token=token, lease_until=now + LEASE):
        return 0
    mine = Contact.objects.filter(pk=contact.pk, lease_token=token)
    asked, ends = 0, dict[str, object]()
    try:
        plan_questions(contact.endpoint, now)
        asked = _round(contact, ends_at)
        is_more = bool(due(contact.endpoint, now, 1))
        ends = {"failures": 0, "trouble": "", "next_at": None if is_more else now + REST}
    except Trouble as trouble:
        ends = _put_back(contact, trouble)
    except Exception:
        ends = _put_back(contact, Trouble(OUR_FAULT))
        raise
    finally:
        mine.update(lease_token=None, lease_until=None, **ends)
    return asked


def _round(contact: Contact, ends_at: float) -> int:
    """Raises Trouble."""
    way, asked = WAYS[contact.endpoint.provider], 0
    key = contact.keys[0] if contact.keys else ""
    while time.monotonic() < ends_at and (batch := due(contact.endpoint, timezone.now(), way.most)):
        Contact.objects.filter(pk=contact.pk).update(asked_at=timezone.now())
        _ask_of(contact.endpoint, way, key, batch)
        asked += len(batch)
        time.sleep(way.gap_seconds)
    return asked


def _ask_of(endpoint: Endpoint, way: Way, key: str, batch: Sequence[Question]) -> None:
    """Put the questions off, ask, and keep what comes. Raises Trouble: then they are due again."""
    now = timezone.now()
    put_off(batch, now)
    wanted = _wanted(endpoint, batch)
    try:
        _watch_again(endpoint, way, key, batch, wanted)
        found = _answers(endpoint, way, key, list(wanted.values()))
    except Trouble:
        put_back(batch, now)
        raise
    known = {number_of(each) for each in found}
    for each in found:
        body = json.dumps(each, separators=(",", ":"), sort_keys=True).encode()
        keep_answer(endpoint, body, name=hashlib.sha256(body).hexdigest(), now=timezone.now())
    _note_misses(endpoint, way, key, batch, known, wanted)


def _answers(endpoint: Endpoint, way: Way, key: str, wanted: Sequence[Wanted]) -> Sequence[Envelope]:
    """Ask by the provider's own names, and by the number alone where it knows no such name any more."""

    def asked(of: Sequence[Wanted]) -> Sequence[Envelope]:
        return way.read(ask(endpoint.provider, way.request(key, of), now=timezone.now()))

    try:
        found = asked(wanted)
    except NotKnown:
        time.sleep(way.gap_seconds)
        found = asked([each._replace(tracker_id="") for each in wanted])
    return of_asked_carriers(found, wanted) if way.is_by_carrier else found


def _wanted(endpoint: Endpoint, batch: Sequence[Question]) -> Mapping[int, Wanted]:
    heard = Snapshot.objects.filter(endpoint=endpoint, tracker__parcel__in=[each.parcel_id for each in batch])
    names, carriers = _last(heard, "source_tracker_id"), _last(heard, "carrier")
    return {
        each.pk: Wanted(each.parcel.tracking_number, names.get(each.parcel_id, ""), carriers.get(each.parcel_id, ""))
        for each in batch
    }


def _last(heard: QuerySet[Snapshot], name: str) -> dict[int, str]:
    """Return what was said last, by parcel: of each parcel one row, however often it was told of."""
    newest = heard.exclude(**{name: ""}).order_by().values("tracker").annotate(last=Max("pk")).values("last")
    return dict(Snapshot.objects.filter(pk__in=newest).values_list("tracker__parcel", name))


def _watch_again(
    endpoint: Endpoint, way: Way, key: str, batch: Sequence[Question], wanted: Mapping[int, Wanted]
) -> None:
    """Have the numbers watched again that the provider stopped to watch."""
    stopped = [each for each in batch if each.stopped_at]
    if stopped and way.watch_again:
        ask(endpoint.provider, way.watch_again(key, [wanted[each.pk] for each in stopped]), now=timezone.now())
        Question.objects.filter(pk__in=[each.pk for each in stopped]).update(stopped_at=None)
        time.sleep(way.gap_seconds)


def _note_misses(
    endpoint: Endpoint,
    way: Way,
    key: str,
    batch: Sequence[Question],
    known: set[str],
    wanted: Mapping[int, Wanted],
) -> None:
    """Count who is not known there; where numbers can be registered, do so at the first time."""
    missed = [each for each in batch if each.parcel.tracking_key not in known]
    Question.objects.filter(pk__in=[each.pk for each in missed]).update(misses=F("misses") + 1)
    Question.objects.filter(pk__in=[each.pk for each in batch if each not in missed]).update(misses=0)
    fresh = [each for each in missed if not each.misses]
    if fresh and way.register:
        time.sleep(way.gap_seconds)
        ask(endpoint.provider, way.register(key, [wanted[each.pk] for each in fresh]), now=timezone.now())


def _put_back(contact: Contact, trouble: Trouble) -> dict[str, object]:
    """Return what the contact says from now on: nobody asks until it is time again."""
    failures = Contact.objects.values_list("failures", flat=True).get(pk=contact.pk) + 1
    wait = trouble.wait if trouble.wait is not None else backoff(failures)
    return {
        "failures": min(failures, 1000),
        "trouble": trouble.sentence,
        "next_at": timezone.now() + wait,
    }
