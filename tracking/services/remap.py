"""Saying what a carrier's word means: looked at beforehand, and written down. History follows (`replay.py`).

Preview and apply look at the parcels through the same fold; nothing but the table differs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from orders import outbox
from orders.lifecycle import Refused
from orders.models import Actor
from tracking.carriers.codes import CODES
from tracking.carriers.meaning import CANONICAL, OURS, Key, Row, Tables
from tracking.models import CarrierCode, CarrierEvent, Remapping, Snapshot, Tracker, UnmappedCode
from tracking.services.codes import MEANING, columns, row_of, tables_for
from tracking.services.fold import pictures_of
from tracking.services.project import view
from tracking.status import words

BATCH = 100
WORDS = ("raw_status", "raw_detail", "code")


class OwnName(Refused):
    """Our own names always mean themselves."""

    code = "own_name"


class SameMeaning(Refused):
    """The word means that already."""

    code = "same_meaning"


class NoSuchReason(Refused):
    """The reason is none of ours."""

    code = "no_such_reason"


@dataclass(frozen=True, slots=True)
class Shift:
    """What a change makes of a parcel: its status before and after, and which columns differ for whoever looks."""

    tracker: Tracker
    before: str
    after: str
    changed: tuple[str, ...]


def said(key: Key) -> QuerySet[Snapshot]:
    """Return the messages in which the word may have been said, and perhaps some more."""
    found = Snapshot.objects.filter(provider=key.provider)
    if (carrier := _head(key.carrier)) is not None:
        found = found.filter(carrier__istartswith=carrier)
    if (head := _head(key.code)) is not None:
        scans = CarrierEvent.objects.filter(_begins(WORDS, head), snapshot=OuterRef("pk"))
        found = found.filter(_begins(("headline_raw", "headline_detail"), head) | Q(Exists(scans)))
    return found


def heard(key: Key) -> QuerySet[Tracker]:
    """Return the parcels of which the word may have been said, and perhaps some more, oldest first."""
    return Tracker.objects.filter(Exists(said(key).filter(tracker=OuterRef("pk")))).order_by("pk")


def preview_meaning(
    key: Key, row: Row | None, *, now: datetime | None = None, most: int | None = None
) -> Iterator[Shift]:
    """Yield what would become of which parcel if the word meant this; None: what the house started with.

    At most so many parcels are looked at. Raises OwnName, NoSuchReason. Nothing is written.
    """
    now, target, after, left = now or timezone.now(), _target(key, row), 0, most
    while trackers := batch(key, after, BATCH if left is None else min(BATCH, left)):
        left = None if left is None else left - len(trackers)
        pictures = pictures_of(trackers, lambda providers: _changed(providers, key, target))
        for tracker in trackers:
            it = view(tracker, tracker.parcel, tracker.parcel.order, pictures[tracker.pk], now)
            if it.seen:
                yield Shift(tracker, tracker.status, it.result.status, tuple(it.seen))
        after = trackers[-1].pk


def set_meaning(key: Key, row: Row | None, *, by: Actor, now: datetime | None = None) -> Remapping:
    """Say what a word means, and let history follow; None: what the house started with.

    Raises OwnName, NoSuchReason, SameMeaning.
    """
    now, target = now or timezone.now(), _target(key, row)
    with transaction.atomic():
        current = CarrierCode.objects.select_for_update(no_key=True).filter(**key._asdict()).first()
        before = row_of([getattr(current, name) for name in MEANING]) if current else None
        if before == target:
            raise SameMeaning("It means that already.")
        _write(key, target, "" if row is None else str(by), now)
        _settle_queue(key, now, is_mapped=target is not None)
        outbox.ring("replay")
        return Remapping.objects.create(
            **key._asdict(),
            before=columns(before) if before else None,
            after=columns(target) if target else None,
            by=str(by),
            at=now,
        )


def _target(key: Key, row: Row | None) -> Row | None:
    """Return the row that shall stand there. Raises OwnName, NoSuchReason."""
    if key.provider == OURS and (key.field, key.code) in CANONICAL:
        raise OwnName(f"{key.code} is one of our own names: it always means itself.")
    if row and row.reason not in {"", *words.REASONS}:
        raise NoSuchReason(f"There is no reason {row.reason}.")
    return CODES.get(key) if row is None else row


def _changed(providers: set[str], key: Key, row: Row | None) -> Tables:
    """Return the tables as they would be."""
    return {
        provider: table.changed(key.carrier, key.field, key.code, row) if provider == key.provider else table
        for provider, table in tables_for(providers).items()
    }


def _write(key: Key, row: Row | None, by: str, now: datetime) -> None:
    if row is None:
        CarrierCode.objects.filter(**key._asdict()).delete()
        return
    CarrierCode.objects.update_or_create(**key._asdict(), defaults=columns(row) | {"changed_by": by, "changed_at": now})


def _settle_queue(key: Key, now: datetime, *, is_mapped: bool) -> None:
    """Take a word that is mapped now out of the queue, and put one back that is not any more."""
    waiting = UnmappedCode.objects.filter(provider=key.provider, field=key.field, code=key.code)
    if is_mapped:
        (waiting.filter(carrier=key.carrier) if key.carrier else waiting).delete()
    else:
        UnmappedCode.objects.get_or_create(**key._asdict(), defaults={"first_seen_at": now, "last_seen_at": now})


def batch(key: Key, after: int, limit: int = BATCH) -> list[Tracker]:
    """Return the next parcels of which the word may have been said."""
    return parcels(heard(key).filter(pk__gt=after), limit)


def parcels(trackers: QuerySet[Tracker], limit: int) -> list[Tracker]:
    """Fetch trackers as a fold needs them."""
    return list(trackers.select_related("parcel__shipment__order", "parcel__shipment__warehouse")[:limit])


def _begins(names: Sequence[str], head: str) -> Q:
    return reduce(or_, (Q(**{f"{name}__istartswith": head}) for name in names))


def _head(code: str) -> str | None:
    """Return how a word begins however it was written; None where databases do not agree on its lower case."""
    head = code.split("_", maxsplit=1)[0]
    return head if head and head.isascii() else None
