"""Keeping what was read: each picture once a source, with its scans; and saying at once which parcel it means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from fulfillment.models import Parcel
from orders.models import Endpoint
from tracking.carriers.base import Ignored, Invalid, Item, Stopped
from tracking.models import CarrierEvent, Snapshot
from tracking.services.ask.plan import note_stopped
from tracking.services.codes import note_unmapped
from tracking.services.match import match
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


Found = list[tuple[Snapshot, Parcel]]
AMBIGUOUS = "More than one parcel carries this number."


def keep(readings: Sequence[Reading], *, now: datetime) -> tuple[list[Taken], Found]:
    """Write down all that is new, in the caller's transaction; return what became of each, and what is to be folded."""
    wanted = {place: each for place, each in enumerate(readings) if _unwanted(each) is None}
    rows = dict(zip(wanted, _insert(list(wanted.values()), now), strict=True))
    news = [item for place, row in rows.items() if row and isinstance(item := readings[place].item, Picture)]
    note_unmapped(news, now=now)
    note_stopped([(each.endpoint, each.item) for each in readings if isinstance(each.item, Stopped)], now=now)
    matches = match([row for row in rows.values() if row], now=now)
    ambiguous = [pk for pk, found in matches.items() if found.is_ambiguous]
    if ambiguous:
        Snapshot.objects.filter(pk__in=ambiguous).update(is_ambiguous=True)
    taken, found = [], []
    for place, reading in enumerate(readings):
        row = rows.get(place)
        parcel = matches[row.pk].parcel if row else None
        if row and parcel:
            found.append((row, parcel))
        taken.append(_unwanted(reading) or _outcome(row, parcel, is_ambiguous=bool(row and row.pk in ambiguous)))
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


def _outcome(row: Snapshot | None, parcel: Parcel | None, *, is_ambiguous: bool) -> Taken:
    if row is None:
        return Taken("duplicate")
    if parcel is None:
        return Taken("unmatched", "tracking_number", row.tracking_number, AMBIGUOUS if is_ambiguous else "")
    return Taken("accepted")


def _insert(readings: Sequence[Reading], now: datetime) -> list[Snapshot | None]:
    """Insert the pictures that are not there yet; None stands for those that are. A twin in flight may be quicker."""
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
    return [row if place in fresh else None for place, row in enumerate(rows)]


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
    by_source: dict[str, set[str]] = {}
    for row in rows:
        by_source.setdefault(row.source, set()).add(row.digest)
    conditions = [Q(source=source, digest__in=digests) for source, digests in by_source.items()]
    known = Snapshot.objects.filter(reduce(or_, conditions)) if conditions else Snapshot.objects.none()
    seen = set(known.values_list("source", "digest"))
    fresh = {}
    for place, row in enumerate(rows):
        if (row.source, row.digest) not in seen:
            seen.add((row.source, row.digest))
            fresh[place] = row
    return fresh


def _write(fresh: dict[int, Snapshot], readings: Sequence[Reading]) -> None:
    """Insert in one order for all, or twins would wait for each other."""
    Snapshot.objects.bulk_create(sorted(fresh.values(), key=lambda row: (row.source, row.digest)))
    CarrierEvent.objects.bulk_create(
        scan
        for place, row in fresh.items()
        if isinstance(picture := readings[place].item, Picture)
        for scan in scans_of(row, picture)
    )
