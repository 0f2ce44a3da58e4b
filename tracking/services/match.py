"""F13: which parcel a snapshot speaks of. Tracking numbers are recycled, and not unique."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from fulfillment.models import Parcel
from tracking.models import Snapshot

RECENT = timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Match:
    """The one parcel, or none; `is_ambiguous` where more than one could be meant."""

    parcel: Parcel | None = None
    is_ambiguous: bool = False


def match(snapshots: Sequence[Snapshot], *, now: datetime) -> Mapping[int, Match]:
    """Return the parcel of each snapshot, by its pk: by the source's own tracker, else by carrier and number."""
    by_tracker = _by_source_tracker(snapshots)
    by_number = _by_number(snapshots, now)
    return {
        each.pk: by_tracker.get((each.endpoint_id, each.source_tracker_id))
        or _one(by_number[each.carrier, each.tracking_key], each)
        for each in snapshots
    }


def matchable(now: datetime) -> Q:
    """Return the condition under which `match` may find something for a snapshot that has no parcel yet."""
    parcels = Parcel.objects.filter(
        tracking_key=OuterRef("tracking_key"), carrier=OuterRef("carrier"), shipped_at__gte=now - RECENT
    )
    siblings = Snapshot.objects.filter(
        source_tracker_id=OuterRef("source_tracker_id"), endpoint=OuterRef("endpoint"), tracker__isnull=False
    ).exclude(source_tracker_id="")
    of_channel = parcels.filter(shipment__order__channel=OuterRef("channel"))
    by_number = Q(Exists(parcels), channel=None) | Q(Exists(of_channel))
    return by_number | (~Q(source_tracker_id="") & Q(Exists(siblings)))


def _by_source_tracker(snapshots: Iterable[Snapshot]) -> Mapping[tuple[int | None, str], Match]:
    ids = {each.source_tracker_id for each in snapshots if each.source_tracker_id and each.endpoint_id}
    if not ids:
        return {}
    known = Snapshot.objects.filter(source_tracker_id__in=ids, tracker__isnull=False, endpoint__isnull=False)
    rows = known.select_related("tracker__parcel__shipment__order").order_by("pk")
    return {
        (row.endpoint_id, row.source_tracker_id): Match(row.tracker.parcel) for row in rows if row.tracker is not None
    }


def _by_number(snapshots: Iterable[Snapshot], now: datetime) -> Mapping[tuple[str, str], list[Parcel]]:
    found: dict[tuple[str, str], list[Parcel]] = defaultdict(list)
    keys = {each.tracking_key for each in snapshots}
    parcels = Parcel.objects.filter(tracking_key__in=keys, shipped_at__gte=now - RECENT).exclude(tracking_key="")
    for parcel in parcels.select_related("shipment__order"):
        found[parcel.carrier.strip().lower(), parcel.tracking_key].append(parcel)
    return found


def _one(parcels: Sequence[Parcel], snapshot: Snapshot) -> Match:
    """Return the only one; what came through a channel reaches the parcels of that channel alone."""
    if snapshot.channel_id is not None:
        parcels = [each for each in parcels if each.shipment.order.channel_id == snapshot.channel_id]
    return Match(parcels[0]) if len(parcels) == 1 else Match(is_ambiguous=len(parcels) > 1)
