"""Checks of what carriers say: whatever needs a person is named."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from operator import itemgetter

from django.db.models import Q, QuerySet
from django.utils import timezone

from fulfillment.models import Parcel, Reship, Shipment
from orders.audit import CHUNK, LAST, Check, Problem
from orders.signatures import SCHEMES
from tracking.models import Contact, Remapping, UnmappedCode
from tracking.models.alarm import OLDEST
from tracking.models.tracker import Status, Tracker
from tracking.services.fold import pictures_of
from tracking.services.follow import UNDER_WAY, next_end
from tracking.services.project import view

NEWEST, FOLDED = 10_000, 100
"""Parcels that are folded to compare them, and how many at once: all of history is what `replay` is for."""
FOLLOWED_WITHIN = timedelta(hours=1)
MANY_FAILURES = 3
"""In a row: before that it may be a bad minute."""
REASONS = {
    "unmapped_value": "the carrier used a word that we do not know",
    "headline_disagrees": "the carrier's summary and its scans disagree",
    "delivered_without_scan": "it is said to be delivered, and no scan says so",
    "scan_after_delivered": "it was scanned after it had been delivered",
    "reopened": "it moves again after it had come to its end",
    "time_suspect": "a scan's time cannot be right",
    "duplicate_tracker": "its number was used for another parcel",
}


def _open() -> QuerySet[Tracker]:
    """Return the parcels of which there is something to decide: not of old ones, nor where it was decided already."""
    young = Tracker.objects.filter(parcel__shipped_at__gt=timezone.now() - OLDEST)
    return young.exclude(parcel__reship__status__in=Reship.DECIDED).order_by("pk")


def parcels_to_review() -> Iterator[Problem]:
    """Name the parcels whose carrier said what we took with a doubt."""
    doubtful = _open().exclude(needs_review=[])
    for parcel, codes in doubtful.values_list("parcel__number", "needs_review").iterator(CHUNK):
        yield Problem(parcel, f"Look at it: {', '.join(REASONS.get(code, code) for code in codes)}.")


def unknown_words() -> Iterator[Problem]:
    """Name the words of carriers that nobody has mapped: what was said so is kept, and read once somebody has."""
    waiting = UnmappedCode.objects.order_by("pk")
    for code in waiting.iterator(CHUNK):
        who = SCHEMES[code.provider].name if code.provider in SCHEMES else code.provider
        times = "one message" if code.times == 1 else f"{code.times} messages"
        yield Problem(str(code), f"{who} says it, in {times} so far: nobody has said what it means.")


def lost_parcels() -> Iterator[Problem]:
    """Name the parcels that their carrier lost: somebody has to claim them, and to send the goods again."""
    lost = _open().filter(status=Status.LOST)
    for parcel, order in lost.values_list("parcel__number", "parcel__shipment__order__number").iterator(CHUNK):
        yield Problem(parcel, f"The carrier lost it; order {order} waits for it.")


def carriers_not_heard() -> Iterator[Problem]:
    """Name whose webhooks have stopped or get lost, and who does not answer when we ask."""
    contacts = Contact.objects.filter(~Q(alarm="") | Q(failures__gte=MANY_FAILURES)).order_by("pk")
    for contact in contacts.select_related("endpoint").iterator(CHUNK):
        yield Problem(str(contact.endpoint), contact.alarm_words or contact.trouble)


def untrue_trackers() -> Iterator[Problem]:
    """Name the parcels, of the newest, that are not what follows from all that was said of them.

    Folds go on meanwhile, so what differs is looked at twice; and while history follows a change of meaning, nothing
    can be said. What could not follow within the hour is named.
    """
    since = timezone.now() - FOLLOWED_WITHIN
    newest, last = Tracker.objects.select_related("parcel__shipment__order").order_by("-pk"), LAST
    for _ in range(0, NEWEST, FOLDED):
        batch = list(newest.filter(pk__lt=last)[:FOLDED])
        if not batch or Remapping.objects.filter(finished_at=None, at__gt=since).exists():
            return
        again = newest.filter(pk__in=[tracker.pk for tracker, _ in _untrue(batch)])
        for tracker, columns in _untrue(list(again)):
            yield Problem(tracker.parcel.number, f"By all that was said of it, this is another: {', '.join(columns)}.")
        last = batch[-1].pk


def _untrue(trackers: Sequence[Tracker]) -> Iterator[tuple[Tracker, list[str]]]:
    """Yield what differs from the fold; which clocks are doubtful depends on the day on which one looks."""
    pictures, now = pictures_of(trackers), timezone.now()
    for tracker in trackers:
        it = view(tracker, tracker.parcel, tracker.parcel.order, pictures.get(tracker.pk, []), now)
        if columns := sorted(set(it.changed) - {"needs_review"}):
            yield tracker, columns


def shipments_unlike_parcels() -> Iterator[Problem]:
    """Name what has not come to its end with its parcels, and parcels that have not arrived where it has."""
    parcels = Parcel.objects.filter(shipment__status__in=UNDER_WAY).order_by("shipment", "pk")
    rows = parcels.values_list("shipment__number", "shipment__status", "tracker__status").iterator(CHUNK)
    for (shipment, status), there in groupby(rows, key=itemgetter(0, 1)):
        if next_end(status, {each[2] or Status.UNKNOWN for each in there}):
            word = Shipment.Status(status).label.lower()
            yield Problem(shipment, f"All its parcels have come to their end, and it is {word}: fold them again.")
    yield from _reopened()


def _reopened() -> Iterator[Problem]:
    moving = Tracker.objects.reopened().exclude(status=Status.RETURNING_TO_SENDER)
    rows = moving.filter(parcel__shipped_at__gt=timezone.now() - OLDEST).order_by("pk")
    for parcel, counts, status in rows.values_list("parcel__number", "parcel__shipment__status", "status"):
        words = Shipment.Status(counts).label.lower(), Status(status).label.lower()
        yield Problem(parcel, "It counts as {}; by what its carrier says now: {}.".format(*words))


CHECKS = [
    Check("carriers_not_heard", "WARNING", carriers_not_heard),
    Check("untrue_trackers", "ERROR", untrue_trackers),
    Check("parcels_to_review", "WARNING", parcels_to_review),
    Check("unknown_words", "WARNING", unknown_words),
    Check("lost_parcels", "WARNING", lost_parcels),
    Check("shipments_unlike_parcels", "WARNING", shipments_unlike_parcels),
]
