"""The table of what carriers' words mean, in the database: read for the fold, and what is missing in it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from tracking.carriers.meaning import OURS, Key, Row, Table, Tables, table_of, unmapped
from tracking.models import CarrierCode, UnmappedCode
from tracking.status import Snapshot as Picture
from tracking.status.picture import same_code

KEY = ("provider", "carrier", "field", "code")
MEANING = ("status", "reason", "is_action_required", "when", "is_final")


def tables_for(providers: Iterable[str]) -> Tables:
    """Return the tables of these providers, as they stand now."""
    wanted = set(providers)
    found = CarrierCode.objects.filter(provider__in=wanted).order_by().values_list(*KEY, *MEANING)
    rows = {Key(*each[:4]): row_of(each[4:]) for each in found}
    return {provider: table_of(provider, rows) for provider in wanted}


def row_of(values: Sequence[object]) -> Row:
    """Return a row of its columns, in the order of MEANING."""
    status, reason, must_act, when, is_final = values
    names = tuple(str(name) for name in when) if isinstance(when, (list, tuple)) else ()
    return Row(str(status), str(reason), bool(must_act), names, bool(is_final))


def columns(row: Row) -> dict[str, object]:
    return row._asdict() | {"when": list(row.when)}


def note_unmapped(pictures: Iterable[Picture], *, now: datetime) -> None:
    """Put the words of new pictures that nobody has mapped into the queue, each once, with how often it came."""
    for key, times in sorted(unknown_words(pictures).items()):  # in one order for all, or two workers would wait
        _count(key, times, now)


def unknown_words(pictures: Iterable[Picture]) -> Counter[Key]:
    """Count the words of pictures that nobody has mapped."""
    given = list(pictures)
    tables = tables_for({picture.provider for picture in given})
    counts: Counter[Key] = Counter()
    for picture in given:
        table = tables.get(picture.provider) or Table(picture.provider)
        carrier = same_code(picture.carrier)[:64] if picture.provider == OURS else ""  # a house has words of its own
        counts.update(Key(picture.provider, carrier, field, code[:128]) for field, code in unmapped(picture, table))
    return counts


def _count(key: Key, times: int, now: datetime) -> None:
    if _add(key, times, now):
        return
    try:
        with transaction.atomic():
            UnmappedCode.objects.create(**key._asdict(), times=times, first_seen_at=now, last_seen_at=now)
    except IntegrityError:  # somebody else saw it first
        _add(key, times, now)


def _add(key: Key, times: int, now: datetime) -> int:
    return UnmappedCode.objects.filter(**key._asdict()).update(times=F("times") + times, last_seen_at=now)
