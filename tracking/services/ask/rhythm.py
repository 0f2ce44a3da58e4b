"""When a provider is asked of a parcel: by its age, and by how long nothing was heard of it. Pure."""

from datetime import datetime, timedelta
from typing import NamedTuple

from tracking.models import Question
from tracking.models.alarm import OLDEST
from tracking.models.tracker import Status

ARRIVED = frozenset({Status.DELIVERED, Status.RETURNED_TO_SENDER})
URGENT = frozenset({Status.OUT_FOR_DELIVERY, Status.DELIVERY_ATTEMPT_FAILED})
LATELY, ORDINARILY, SELDOM = timedelta(hours=6), timedelta(hours=24), timedelta(days=3)
MISSES, KNOWN_AFTER = 5, timedelta(days=3)


class Case(NamedTuple):
    """What we know of a parcel: its status, when it left, when we last heard something new, when we last asked."""

    status: str
    shipped_at: datetime
    heard_at: datetime | None = None
    asked_at: datetime | None = None
    misses: int = 0


def end_of(case: Case, now: datetime) -> Question.End:
    """Return why it need not be asked any more; OPEN, if it need: what is lost, or cancelled, may be seen again."""
    if case.status in ARRIVED:
        return Question.End.ARRIVED
    if now - case.shipped_at > OLDEST:
        return Question.End.OLD
    if case.misses >= MISSES and now - case.shipped_at > KNOWN_AFTER:
        return Question.End.UNKNOWN
    return Question.End.OPEN


def next_ask(case: Case) -> datetime:
    """Return when to ask: a while after we last heard or asked, the longer the longer it had been silent then."""
    heard_at = max(case.shipped_at, case.heard_at or case.shipped_at)
    last = max(heard_at, case.asked_at or heard_at)
    base = LATELY if case.status in URGENT else ORDINARILY
    return last + max(base, min((last - heard_at) / 4, SELDOM))
