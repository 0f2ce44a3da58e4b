"""Which parcels an endpoint's provider is asked of, and what is due."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from fulfillment.models import Parcel, Shipment
from orders.models import Endpoint
from tracking.carriers.base import Stopped
from tracking.models import Question, Snapshot, Tracker
from tracking.models.alarm import OLDEST
from tracking.models.tracker import Status
from tracking.services.ask.rhythm import ARRIVED, Case, end_of, next_ask

BATCH, LOOK = 500, 50


def under_way(endpoint: Endpoint, now: datetime) -> QuerySet[Parcel]:
    """Return the parcels of which this endpoint may tell: of its channel, and nobody else speaks of them.

    Under way is also what moves again though its shipment has come to its end.
    """
    said = Snapshot.objects.filter(tracker__parcel=OuterRef("pk"), endpoint__isnull=False)
    young = Parcel.objects.filter(shipped_at__gte=now - OLDEST)
    left = young.filter(shipment__status__in=[Shipment.Status.SHIPPED, Shipment.Status.LOST])
    moving = left.order_by().values("pk").union(Tracker.objects.reopened().order_by().values("parcel"), all=True)
    parcels = young.filter(pk__in=moving).exclude(tracking_key="")
    if endpoint.channel_id:
        parcels = parcels.filter(shipment__order__channel=endpoint.channel_id)
    return parcels.filter(Exists(said.filter(endpoint=endpoint)) | ~Q(Exists(said.exclude(endpoint=endpoint))))


def plan_questions(endpoint: Endpoint, now: datetime) -> int:
    """Write down the parcels that we have not planned to ask of yet, at most so many; return how many."""
    _reopen(endpoint, now)
    planned = Question.objects.filter(endpoint=endpoint, parcel=OuterRef("pk"))
    new = under_way(endpoint, now).filter(~Q(Exists(planned))).select_related("tracker").order_by("pk")[:BATCH]
    rows = [Question(endpoint=endpoint, parcel=each, next_at=next_ask(case_of(each))) for each in new]
    return len(Question.objects.bulk_create(rows, ignore_conflicts=True))


def _reopen(endpoint: Endpoint, now: datetime) -> None:
    """Ask again of numbers that were given up as unknown there, and of which something was heard since; and of what had
    arrived, and has not after all.
    """
    given_up = Question.objects.filter(endpoint=endpoint, ended=Question.End.UNKNOWN)
    heard = given_up.filter(parcel__tracker__updated_at__gt=F("asked_at"))
    heard.update(ended=Question.End.OPEN, misses=0, next_at=now)
    arrived = Question.objects.filter(endpoint=endpoint, ended=Question.End.ARRIVED)
    moving = arrived.filter(parcel__in=Tracker.objects.reopened().exclude(status__in=ARRIVED).values("parcel"))
    moving.update(ended=Question.End.OPEN, next_at=now)


def due(endpoint: Endpoint, now: datetime, most: int) -> list[Question]:
    """Return what is due, at most so many; what was heard of meanwhile is put off, what has ended is ended."""
    rows = Question.objects.open().filter(endpoint=endpoint, next_at__lte=now).due_first()
    found: list[Question] = []
    while len(found) < most:
        fresh = rows.exclude(pk__in=[each.pk for each in found]).select_related("parcel__tracker")[: max(most, LOOK)]
        if not (looked := list(fresh)):
            break
        found += [each for each in looked if _is_due(each, now)]
    return found[:most]


def _is_due(question: Question, now: datetime) -> bool:
    case, row = case_of(question.parcel, question), Question.objects.filter(pk=question.pk)
    if end := end_of(case, now):
        row.update(ended=end, next_at=None, is_urgent=False)
        return False
    then = next_ask(case)
    if then > now and not question.is_urgent:
        row.update(next_at=then)
        return False
    return True


def put_off(questions: Sequence[Question], now: datetime) -> None:
    """Have them asked again in their rhythm, whatever comes of it now."""
    for each in questions:
        then = next_ask(case_of(each.parcel, each)._replace(asked_at=now))
        Question.objects.open().filter(pk=each.pk).update(asked_at=now, next_at=then, is_urgent=False)


def put_back(questions: Sequence[Question], now: datetime) -> None:
    """Leave them as they were, and due: nobody could be asked."""
    for each in questions:
        row = Question.objects.open().filter(pk=each.pk)
        row.update(asked_at=each.asked_at, next_at=now, is_urgent=each.is_urgent)


def note_stopped(stops: Iterable[tuple[Endpoint | None, Stopped]], *, now: datetime) -> None:
    """Note on the parcels under way that their source does not watch them: the next question makes it do so again."""
    for endpoint, stop in stops:
        if endpoint is None:
            continue
        for parcel in under_way(endpoint, now).filter(tracking_key=Parcel.key_of(stop.tracking_number)):
            Question.objects.get_or_create(endpoint=endpoint, parcel=parcel, defaults={"next_at": now})
            row = Question.objects.open().filter(endpoint=endpoint, parcel=parcel)
            row.update(stopped_at=now, next_at=now, is_urgent=True)


def case_of(parcel: Parcel, question: Question | None = None) -> Case:
    """Return what the rhythm wants to know."""
    tracker = getattr(parcel, "tracker", None)
    status, heard_at = (tracker.status, tracker.updated_at) if tracker else (Status.UNKNOWN, None)
    shipped_at = parcel.shipped_at
    if shipped_at is None:
        raise ValueError(f"{parcel} has not left")
    return Case(
        status,
        shipped_at,
        heard_at,
        question.asked_at if question else None,
        question.misses if question else 0,
    )
