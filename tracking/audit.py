"""Checks of what carriers say: whatever needs a person is named."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from django.db.models import Q
from django.utils import timezone

from fulfillment.models import Parcel, Shipment
from orders.audit import CHUNK, Check, Problem
from orders.signatures import SCHEMES
from tracking.models import Contact, UnmappedCode
from tracking.models.tracker import Status, Tracker
from tracking.services.ask.rhythm import OLDEST
from tracking.services.follow import UNDER_WAY, next_end

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


def parcels_to_review() -> Iterator[Problem]:
    """Name the parcels whose carrier said what we took with a doubt."""
    doubtful = Tracker.objects.exclude(needs_review=[]).order_by("pk")
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
    lost = Tracker.objects.filter(status=Status.LOST).order_by("pk")
    for parcel, order in lost.values_list("parcel__number", "parcel__shipment__order__number").iterator(CHUNK):
        yield Problem(parcel, f"The carrier lost it; order {order} waits for it.")


def carriers_not_heard() -> Iterator[Problem]:
    """Name whose webhooks have stopped or get lost, and who does not answer when we ask."""
    contacts = Contact.objects.filter(~Q(alarm="") | Q(failures__gte=MANY_FAILURES)).order_by("pk")
    for contact in contacts.select_related("endpoint").iterator(CHUNK):
        yield Problem(str(contact.endpoint), contact.alarm_words or contact.trouble)


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
    Check("parcels_to_review", "WARNING", parcels_to_review),
    Check("unknown_words", "WARNING", unknown_words),
    Check("lost_parcels", "WARNING", lost_parcels),
    Check("shipments_unlike_parcels", "WARNING", shipments_unlike_parcels),
]
