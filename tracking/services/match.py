"""F13: which parcel a snapshot speaks of. Tracking numbers are recycled, and not unique.

Whoever speaks our own format names the carrier as we do. Others have names of their own for carriers, or numbers: a
name that we do not know does not tell whose parcel it is, so the number alone does, if it is of one parcel only.

A reference is what a source calls our order or parcel, because we told it so. It decides between parcels of one number.
The parcel's own tells it whatever its number is now; the order's, where the source tells no number, if it has one
parcel only: another number may be of a parcel on its way back to us.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from fulfillment.carrier import CARRIERS
from fulfillment.models import Parcel
from tracking.carriers.meaning import OURS
from tracking.models import Snapshot

RECENT = timedelta(days=120)
ABOVE = ("shipment__order", "shipment__warehouse")
KNOWN = tuple(code.replace("-", "") for code in CARRIERS)


@dataclass(frozen=True, slots=True)
class Match:
    """The one parcel, or none; `is_ambiguous` where more than one could be meant."""

    parcel: Parcel | None = None
    is_ambiguous: bool = False


def match(snapshots: Sequence[Snapshot], *, now: datetime) -> Mapping[int, Match]:
    """Return the parcel of each snapshot, by its pk: by the source's own tracker, else by carrier and number."""
    by_tracker = _by_source_tracker(snapshots)
    by_number, by_reference = _by_number(snapshots, now), _by_reference(snapshots, now)
    return {
        each.pk: by_tracker.get((each.endpoint_id, each.source_tracker_id))
        or _one(_meant(each, by_number, by_reference))
        for each in snapshots
    }


def match_anew(snapshots: Sequence[Snapshot], *, now: datetime) -> Mapping[int, Match]:
    """Match, and write down which of them could mean more than one parcel, and which do not any more."""
    matches = match(snapshots, now=now)
    for is_now in (True, False):
        others = [each.pk for each in snapshots if each.is_ambiguous != is_now]
        turned = [pk for pk in others if matches[pk].is_ambiguous == is_now]
        if turned:
            Snapshot.objects.filter(pk__in=turned, tracker=None, aside_by="").update(is_ambiguous=is_now)
    return matches


def candidates(*snapshots: Snapshot) -> Sequence[Parcel]:
    """Return the parcels that messages could mean, of those that were about when the first came, or left later."""
    came = min(each.received_at for each in snapshots)
    by_number, by_reference = _by_number(snapshots, came), _by_reference(snapshots, came)
    return list(dict.fromkeys(found for each in snapshots for found in _meant(each, by_number, by_reference)))


def matchable(now: datetime) -> Q:
    """Return the condition under which `match` may find something for a snapshot that has no parcel yet."""
    numbered = Parcel.objects.exclude(tracking_key="")  # that is where its index is
    of_number = numbered.filter(tracking_key=OuterRef("tracking_key"), shipped_at__gte=now - RECENT)
    siblings = Snapshot.objects.filter(
        source_tracker_id=OuterRef("source_tracker_id"), endpoint=OuterRef("endpoint"), tracker__isnull=False
    ).exclude(source_tracker_id="")
    of_carrier = of_number.filter(carrier=OuterRef("carrier"))
    by_number = (Q(provider=OURS) & _reaches(of_carrier)) | (~Q(provider=OURS) & _reaches(of_number))
    recent = Parcel.objects.filter(shipped_at__gte=now - RECENT)
    by_parcel = ~Q(reference="") & _reaches(recent.filter(number=OuterRef("reference")))
    of_order = recent.filter(_of_order(OuterRef("reference"), OuterRef("channel")))
    by_reference = by_parcel | (~Q(reference="") & Q(tracking_key="") & _reaches(of_order))
    return by_number | by_reference | (~Q(source_tracker_id="") & Q(Exists(siblings)))


def _reaches(parcels: QuerySet[Parcel]) -> Q:
    of_channel = parcels.filter(shipment__order__channel=OuterRef("channel"))
    return Q(Exists(parcels), channel=None) | Q(Exists(of_channel))


def _by_source_tracker(snapshots: Iterable[Snapshot]) -> Mapping[tuple[int | None, str], Match]:
    ids = {each.source_tracker_id for each in snapshots if each.source_tracker_id and each.endpoint_id}
    if not ids:
        return {}
    known = Snapshot.objects.filter(source_tracker_id__in=ids, tracker__isnull=False, endpoint__isnull=False)
    rows = known.select_related(*(f"tracker__parcel__{each}" for each in ABOVE)).order_by("pk")
    return {
        (row.endpoint_id, row.source_tracker_id): Match(row.tracker.parcel) for row in rows if row.tracker is not None
    }


def _by_number(snapshots: Iterable[Snapshot], now: datetime) -> Mapping[str, list[Parcel]]:
    found: dict[str, list[Parcel]] = defaultdict(list)
    keys = {each.tracking_key for each in snapshots}
    parcels = Parcel.objects.filter(tracking_key__in=keys, shipped_at__gte=now - RECENT).exclude(tracking_key="")
    for parcel in parcels.select_related(*ABOVE):
        found[parcel.tracking_key].append(parcel)
    return found


_Named = Mapping[tuple[int | None, str], list[Parcel]]


def _by_reference(snapshots: Iterable[Snapshot], now: datetime) -> _Named:
    """Return the parcels, by channel and reference: our own numbers, and the shop's id within its channel."""
    found: dict[tuple[int | None, str], list[Parcel]] = defaultdict(list)
    for channel, reference in {(each.channel_id, each.reference) for each in snapshots if each.reference}:
        named = Parcel.objects.filter(Q(number=reference) | _of_order(reference, channel))
        recent = named.filter(shipped_at__gte=now - RECENT)
        found[channel, reference] = list(recent.select_related(*ABOVE))
    return found


def _of_order(reference: str | OuterRef, channel: int | OuterRef | None) -> Q:
    by_number = Q(shipment__order__number=reference)
    if channel is None:
        return by_number
    return by_number | Q(shipment__order__channel=channel, shipment__order__external_id=reference)


def _may_be(snapshot: Snapshot, parcel: Parcel) -> bool:
    """Say whether the source's name of a carrier may stand for ours."""
    if snapshot.provider == OURS:
        return snapshot.carrier == parcel.carrier.strip().lower()
    theirs, ours = _compact(snapshot.carrier), _compact(parcel.carrier)
    is_same = theirs.startswith(ours) or ours.startswith(theirs)  # dhlexpress is dhl, as "" is anybody
    return is_same or not theirs.startswith(KNOWN)


def _compact(carrier: str) -> str:
    return "".join(char for char in carrier.lower() if char.isalnum())


def _meant(snapshot: Snapshot, by_number: Mapping[str, list[Parcel]], by_reference: _Named) -> Sequence[Parcel]:
    """Return whatever it could mean; what came through a channel reaches the parcels of that channel alone."""
    numbered = [parcel for parcel in by_number[snapshot.tracking_key] if _may_be(snapshot, parcel)]
    named = by_reference[snapshot.channel_id, snapshot.reference]
    both = [each for each in numbered if each in named]
    by_name = [each for each in named if not snapshot.tracking_key or each.number == snapshot.reference]
    return [each for each in both or numbered or by_name if _is_reached(each, snapshot)]


def _one(parcels: Sequence[Parcel]) -> Match:
    return Match(parcels[0]) if len(parcels) == 1 else Match(is_ambiguous=len(parcels) > 1)


def _is_reached(parcel: Parcel, snapshot: Snapshot) -> bool:
    return snapshot.channel_id is None or parcel.shipment.order.channel_id == snapshot.channel_id
