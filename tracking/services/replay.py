"""History follows what carriers' words mean now, a batch of parcels at a time.

A parcel that cannot be folded holds up no other. It is kept by the change, and tried again until it can.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from orders.models import Actor
from tracking.carriers.meaning import Key
from tracking.models import Remapping, Tracker
from tracking.services.fold import Refolded, fold_again
from tracking.services.remap import BATCH, batch, parcels, said


def replay_history(limit: int = BATCH, *, now: datetime | None = None) -> bool:
    """Let a batch of parcels follow a change that history has not followed yet, the oldest first.

    Say whether there may be more to do at once: what waits, for a fold that is open or for what it fails at to be
    mended, is left to the next bell.
    """
    now = now or timezone.now()
    changes = Remapping.objects.filter(finished_at=None).order_by("pk")
    return any(_follow(change, limit, now) for change in changes)


def replay_everything(
    *, by: Actor, after: int = 0, limit: int = BATCH, now: datetime | None = None
) -> Iterator[Refolded]:
    """Fold every parcel anew, a batch at a time; yield what came of each batch."""
    while trackers := parcels(Tracker.objects.filter(pk__gt=after).order_by("pk"), limit):
        yield fold_again(trackers, by=by, now=now or timezone.now())
        after = trackers[-1].pk


def _follow(change: Remapping, limit: int, now: datetime) -> bool:
    """Fold the next parcels of a change; when none is left, those that could not be folded before."""
    key = Key(change.provider, change.carrier, change.field, change.code)
    if not change.cursor and _is_being_folded(key):
        return False
    fresh = batch(key, change.cursor, limit)
    trackers = fresh or parcels(Tracker.objects.filter(pk__in=change.left[:limit]), limit)
    done = fold_again(trackers, by=Actor.parse(change.by), now=now)
    tried = {tracker.pk for tracker in trackers}
    left = [pk for pk in change.left if pk not in tried] + list(done.failed)
    is_through = len(fresh) < limit and not left
    Remapping.objects.filter(pk=change.pk, cursor=change.cursor, finished_at=None).update(
        cursor=fresh[-1].pk if fresh else change.cursor,
        left=left,
        looked_at=F("looked_at") + len(fresh),
        changed=F("changed") + done.changed,
        finished_at=now if is_through else None,
    )
    return bool(fresh) or is_through or len(done.failed) < len(trackers)


def _is_being_folded(key: Key) -> bool:
    """Say whether somebody is at a message that holds the word: that fold may have read what it meant before.

    Whoever folds takes the messages first, reads the meanings then, and commits later: so what nobody has in hand now,
    and is in no tracker yet, will be read by the new ones.
    """
    waiting = said(key).filter(tracker=None)
    with transaction.atomic():
        known = set(waiting.values_list("pk", flat=True))
        free = set(waiting.select_for_update(skip_locked=True, no_key=True, of=("self",)).values_list("pk", flat=True))
    return not known <= free
