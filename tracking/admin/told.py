"""What sources said of parcels, in words: who said it, when by the carrier's clock, and what it is read as."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format

from fulfillment.carrier import carrier_name
from orders.admin.trail import names_of
from orders.admin.words import provider_name
from orders.models import Actor
from tracking.carriers.meaning import Key, mean
from tracking.models import CarrierEvent, Snapshot
from tracking.models.code import Field, Word
from tracking.models.tracker import Status
from tracking.services.codes import tables_for
from tracking.services.pictures import picture_of
from tracking.status import Scan
from tracking.status.picture import same_code
from tracking.timeline.dates import wall_clock


def status_word(status: str) -> str:
    return str(dict(Status.choices).get(status, ""))


def reason_word(reason: str) -> str:
    return reason.replace("_", " ").capitalize()


def said_by(word: Key | Word) -> str:
    """Say whose word it is."""
    carrier = f" · {carrier_name(word.carrier)}" if word.carrier else ""
    return f"{provider_name(word.provider)}{carrier} · {Field(word.field).label.lower()}"


def clock(text: str) -> str:
    """Write a carrier's clock as the house writes times, and never convert it; what is no time stays as it came."""
    at = wall_clock(text)
    return date_format(at, "j M Y, H:i" if isinstance(at, datetime) else "j M Y") if at else text or "—"


def days(first: date | None, last: date | None) -> str:
    """Return "24 Nov 2026 – 26 Nov 2026", or the one day."""
    named = (date_format(day, "j M Y") for day in (first, last) if day)
    return " – ".join(dict.fromkeys(named)) or "—"


def source_words(message: Snapshot, names: Mapping[str, str]) -> str:
    """Say who told it, and how it came to us."""
    match Actor.parse(message.source).kind:
        case "endpoint":
            return f"{'Asked of' if message.is_asked else 'Webhook of'} {provider_name(message.provider)}"
        case "user":
            return f"By hand of {names[message.source]}"
    return names[message.source]


def with_sources(snapshots: Iterable[Snapshot]) -> list[Any]:
    """Say on each carrier message what it came through, and what its headline means, or else its last scan."""
    rows: list[Any] = list(snapshots)
    names, tables = names_of({row.source for row in rows}), tables_for({row.provider for row in rows})
    last = _last_scans(row for row in rows if not row.headline_raw)
    for row in rows:
        said = (row.headline_raw, row.headline_detail) if row.headline_raw else last.get(row.pk, ("", ""))
        row.source_name = source_words(row, names)
        row.meaning = mean(tables[row.provider], same_code(row.carrier), *said).status
        row.read_as = status_word(row.meaning)
    return rows


def _last_scans(snapshots: Iterable[Snapshot]) -> dict[int, tuple[str, ...]]:
    """Return the words of the last scan of each, by its pk."""
    scans = CarrierEvent.objects.filter(snapshot__in=[each.pk for each in snapshots]).order_by("snapshot", "seq")
    return {pk: tuple(words) for pk, *words in scans.values_list("snapshot", "raw_status", "raw_detail", "code")}


def with_meanings(snapshot: Snapshot) -> list[Any]:
    """Say on each scan of a message when and where it was, what its words are, and what they mean."""
    rows: list[Any] = list(snapshot.scans.order_by("seq"))
    picture = picture_of(snapshot, tables_for({snapshot.provider}))
    for row, scan in zip(rows, picture.scans, strict=True):
        row.clock = clock(row.wall or (row.at.isoformat() if row.at else ""))
        row.place = str(scan.place)
        row.words = words_of(scan)
        row.read_as = status_word(scan.status)
    return rows


def words_of(scan: Scan) -> str:
    """Return a scan's words as its source writes them."""
    return " · ".join(dict.fromkeys(filter(None, (scan.raw_status, scan.raw_detail, scan.code))))
