"""What was said of parcels that we did not know yet: folded when the parcel appears, forgotten after 30 days."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from tracking.models import CarrierEvent, Snapshot
from tracking.services.fold import fold_found
from tracking.services.match import match_anew, matchable

KEPT = timedelta(days=30)
BATCH = 500


def adopt_unmatched(limit: int = BATCH, *, now: datetime | None = None) -> int:
    """Fold a batch of snapshots whose parcel is known now (or whose fold was cut short); return how many orders.

    Where more wait than a batch takes, what was tried in vain goes to the end of the queue: it may never match.
    """
    now = now or timezone.now()
    waiting = Snapshot.objects.strange().filter(matchable(now), received_at__gte=now - KEPT)
    snapshots = list(waiting.order_by(F("tried_at").asc(nulls_first=True), "received_at")[:limit])
    matches = match_anew(snapshots, now=now)
    folded = fold_found([(each, parcel) for each in snapshots if (parcel := matches[each.pk].parcel)], now=now)
    if len(snapshots) == limit:
        Snapshot.objects.filter(pk__in=[each.pk for each in snapshots], tracker=None).update(tried_at=now)
    return folded


def forget_unmatched(limit: int = BATCH, *, now: datetime | None = None) -> int:
    """Delete a batch of snapshots that no parcel came for; return how many. Those that wait for a person stay."""
    old = Snapshot.objects.filter(tracker=None, is_ambiguous=False, received_at__lt=(now or timezone.now()) - KEPT)
    return drop(old.order_by("received_at"), limit)


def drop(snapshots: QuerySet[Snapshot], limit: int | None = None) -> int:
    """Delete snapshots, and their scans, but for those that somebody is at; return how many."""
    with transaction.atomic():
        rows = list(snapshots.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
        CarrierEvent.objects.filter(snapshot__in=rows).delete()
        Snapshot.objects.filter(pk__in=rows).delete()
    return len(rows)
