"""F13: which parcel a snapshot speaks of. Tracking numbers are recycled, and not unique.

Whoever speaks our own format names the carrier as we do. Others have names of their own for carriers, or numbers: a
name that we do not know does not tell whose parcel it is, so the number alone does, if it is of one parcel only.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from fulfillment.models import Parcel
from tracking.carriers.meaning import OURS
from tracking.models import Snapshot
from tracking.timeline.words import CARRIERS

RECENT = timedelta(days=120)
KNOWN = tuple(code.replace("-", "") for code in CARRIERS)


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
        or _one([parcel for parcel in by_number[each.tracking_key] if _may_be(each, parcel)], each)
        for each in snapshots
    }


def matchable(now: datetime) -> Q:
    """Return the condition under which `match` may find something for a snapshot that has no parcel yet."""
    of_number = Parcel.objects.filter(tracking_key=OuterRef("tracking_key"), shipped_at__gte=now - RECENT)
    siblings = Snapshot.objects.filter(
        source_tracker_id=OuterRef("source_tracker_id"), endpoint=OuterRef("endpoint"), tracker__isnull=False
    ).exclude(source_tracker_id="")
    of_carrier = of_number.filter(carrier=OuterRef("carrier"))
    by_number = (Q(provider=OURS) & _reaches(of_carrier)) | (~Q(provider=OURS) & _reaches(of_number))
    return by_number | (~Q(source_tracker_id="") & Q(Exists(siblings)))


def _reaches(parcels: QuerySet[Parcel]) -> Q:
    of_channel = parcels.filter(shipment__order__channel=OuterRef("channel"))
    return Q(Exists(parcels), channel=None) | Q(Exists(of_channel))


def _by_source_tracker(snapshots: Iterable[Snapshot]) -> Mapping[tuple[int | None, str], Match]:
    ids = {each.source_tracker_id for each in snapshots if each.source_tracker_id and each.endpoint_id}
    if not ids:
        return {}
    known = Snapshot.objects.filter(source_tracker_id__in=ids, tracker__isnull=False, endpoint__isnull=False)
    rows = known.select_related("tracker__parcel__shipment__order").order_by("pk")
    return {
        (row.endpoint_id, row.source_tracker_id): Match(row.tracker.parcel) for row in rows if row.tracker is not None
    }


def _by_number(snapshots: Iterable[Snapshot], now: datetime) -> Mapping[str, list[Parcel]]:
    found: dict[str, list[Parcel]] = defaultdict(list)
    keys = {each.tracking_key for each in snapshots}
    parcels = Parcel.objects.filter(tracking_key__in=keys, shipped_at__gte=now - RECENT).exclude(tracking_key="")
    for parcel in parcels.select_related("shipment__order"):
        found[parcel.tracking_key].append(parcel)
    return found


def _may_be(snapshot: Snapshot, parcel: Parcel) -> bool:
    """Say whether the source's name of a carrier may stand for ours."""
    if snapshot.provider == OURS:
        return snapshot.carrier == parcel.carrier.strip().lower()
    theirs, ours = _compact(snapshot.carrier), _compact(parcel.carrier)
    is_same = theirs.startswith(ours) or ours.startswith(theirs)  # dhlexpress is dhl, as "" is anybody
    return is_same or not theirs.startswith(KNOWN)


def _compact(carrier: str) -> str:
    return "".join(char for char in carrier.lower() if char.isalnum())


def _one(parcels: Sequence[Parcel], snapshot: Snapshot) -> Match:
    """Return the only one; what came through a channel reaches the parcels of that channel alone."""
    if snapshot.channel_id is not None:
        parcels = [each for each in parcels if each.shipment.order.channel_id == snapshot.channel_id]
    return Match(parcels[0]) if len(parcels) == 1 else Match(is_ambiguous=len(parcels) > 1)
