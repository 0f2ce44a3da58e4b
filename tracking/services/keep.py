"""Keeping what was read: each picture once a source, with its scans; and saying at once which parcel it means."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from fulfillment.models import Parcel
from orders.models import Endpoint
from tracking.carriers.base import Ignored, Invalid, Item, Stopped
from tracking.models import CarrierEvent, Snapshot
from tracking.services.ask.plan import note_stopped
from tracking.services.codes import note_unmapped
from tracking.services.match import Match, match_anew
from tracking.services.pictures import scans_of, snapshot_of
from tracking.status import Snapshot as Picture

TRIES = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """An item, and through whom it came: `source` is the text of an Actor, `channel_id` whose parcels it may mean."""

    item: Item
    source: str
    endpoint: Endpoint | None = None
    channel_id: int | None = None
    inbox_id: UUID | None = None
    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an item: accepted, duplicate, unmatched, invalid or ignored; where and why, if it matters."""

    result: str
    path: str = ""
    value: str = ""
    reason: str = ""

    @property
    def needs_a_person(self) -> bool:
        return self.result == "invalid" or (self.result == "unmatched" and bool(self.reason))


@dataclass(frozen=True, slots=True)
class _Kept:
    """A picture as it stands in the database. `row` is none where there is nothing to do with it any more."""

    row: Snapshot | None
    is_new: bool


Found = list[tuple[Snapshot, Parcel]]
AMBIGUOUS = "More than one parcel carries this number."


def keep(readings: Sequence[Reading], *, now: datetime) -> tuple[list[Taken], Found]:
    """Write down all that is new, in the caller's transaction; return what became of each, and what is to be folded."""
    wanted = {place: each for place, each in enumerate(readings) if _unwanted(each) is None}
    rows = dict(zip(wanted, _insert(list(wanted.values()), now), strict=True))
    news = [item for place, row in rows.items() if row.is_new and isinstance(item := readings[place].item, Picture)]
    note_unmapped(news, now=now)
    note_stopped([(each.endpoint, each.item) for each in readings if isinstance(each.item, Stopped)], now=now)
    matches = match_anew([each.row for each in rows.values() if each.row], now=now)
    found = [(each.row, parcel) for each in rows.values() if each.row and (parcel := matches[each.row.pk].parcel)]
    taken = [_unwanted(each) or _outcome(rows[place], matches) for place, each in enumerate(readings)]
    return taken, found


def _unwanted(reading: Reading) -> Taken | None:
    item, endpoint = reading.item, reading.endpoint
    match item:
        case Invalid():
            return Taken("invalid", item.path, item.value, item.reason)
        case Ignored():
            return Taken("ignored", reason=item.reason)
        case Stopped():
            return Taken("ignored", reason="It is not watched any more: that tells nothing of the parcel.")
    is_for_tests = endpoint is not None and endpoint.mode == Endpoint.Mode.TEST
    if item.is_test and not is_for_tests:
        return Taken("ignored", reason="A test.")
    if endpoint is not None and is_for_tests and endpoint.channel_id is None:
        return Taken("ignored", reason="A test endpoint without a channel touches nothing.")
    return None


def _outcome(kept: _Kept, matches: Mapping[int, Match]) -> Taken:
    found = matches[kept.row.pk] if kept.row else None
    if kept.row and found and found.parcel is None:
        return Taken("unmatched", "tracking_number", kept.row.tracking_number, AMBIGUOUS if found.is_ambiguous else "")
    return Taken("accepted" if kept.is_new else "duplicate")


def _insert(readings: Sequence[Reading], now: datetime) -> list[_Kept]:
    """Insert the pictures that are not there yet. A twin in flight may be quicker."""
    rows = [_row(each, each.item, now) for each in readings if isinstance(each.item, Picture)]
    for last in range(TRIES - 1, -1, -1):
        fresh = _fresh(rows)
        try:
            with transaction.atomic():
                _write(fresh, readings)
            break
        except IntegrityError:
            if not last:
                raise
            for row in rows:
                row.pk = None
    waiting = _waiting([row for place, row in enumerate(rows) if place not in fresh], fresh.values())
    return [
        _Kept(row, is_new=True) if place in fresh else _Kept(waiting.get((row.source, row.digest)), is_new=False)
        for place, row in enumerate(rows)
    ]


def _waiting(rows: Sequence[Snapshot], fresh: Iterable[Snapshot]) -> Mapping[tuple[str, str], Snapshot]:
    """Return those of known pictures that were kept before and may still be folded, as they stand."""
    if not rows:
        return {}
    known = _known(rows).filter(tracker=None, aside_by="").exclude(pk__in=[row.pk for row in fresh])
    return {(row.source, row.digest): row for row in known}


def _row(reading: Reading, picture: Picture, now: datetime) -> Snapshot:
    return snapshot_of(
        picture,
        source=reading.source,
        endpoint=reading.endpoint,
        channel_id=reading.channel_id,
        inbox_id=reading.inbox_id,
        received_at=now,
        is_asked=reading.is_asked,
    )


def _fresh(rows: Sequence[Snapshot]) -> dict[int, Snapshot]:
    """Return those that are new, by their place: not in the database, and not earlier in the list."""
    seen = set(_known(rows).values_list("source", "digest"))
    fresh = {}
    for place, row in enumerate(rows):
        if (row.source, row.digest) not in seen:
            seen.add((row.source, row.digest))
            fresh[place] = row
    return fresh


def _known(rows: Sequence[Snapshot]) -> QuerySet[Snapshot]:
    by_source: dict[str, set[str]] = {}
    for row in rows:
        by_source.setdefault(row.source, set()).add(row.digest)
    conditions = [Q(source=source, digest__in=digests) for source, digests in by_source.items()]
    return Snapshot.objects.filter(reduce(or_, conditions)) if conditions else Snapshot.objects.none()


def _write(fresh: dict[int, Snapshot], readings: Sequence[Reading]) -> None:
    """Insert in one order for all, or twins would wait for each other."""
    Snapshot.objects.bulk_create(sorted(fresh.values(), key=lambda row: (row.source, row.digest)))
    CarrierEvent.objects.bulk_create(
        scan
        for place, row in fresh.items()
        if isinstance(picture := readings[place].item, Picture)
        for scan in scans_of(row, picture)
    )
