"""Understanding what came in through the hooks: read by its provider's adapter, kept, and marked."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from orders.intake.payload import Unreadable
from orders.models import Actor, Inbox
from tracking.carriers import ADAPTERS
from tracking.carriers.base import Item
from tracking.models import Snapshot
from tracking.services.adopt import drop
from tracking.services.ask.hearing import count_heard
from tracking.services.fold import fold_found
from tracking.services.keep import Found, Reading, Taken, keep
from tracking.status import Snapshot as Picture

BATCH = 25
ITEMS = 250

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Delivery:
    """An inbox row and what was read in it: items, or the reason why it says nothing to us."""

    row: Inbox
    items: Sequence[Item] = ()
    fault: str = ""
    taken: list[Taken] = field(default_factory=list)


def understand_inbox(batch: int = BATCH, *, now: datetime | None = None) -> int:
    """Understand a batch of what waits in the inbox; return how many rows, 0 when none is left or others have them."""
    now = now or timezone.now()
    deliveries = list(_read(batch))
    try:
        return _take(deliveries, now)
    except (OperationalError, InterfaceError):  # the database's trouble, not theirs
        raise
    except Exception:  # a bug of ours, or what a database cannot hold: the others need not wait for it
        logger.exception("a batch of the inbox could not be kept, and is taken one by one")
        return sum(_take_alone(each, now) for each in deliveries)


def _take(deliveries: Sequence[_Delivery], now: datetime) -> int:
    with transaction.atomic():
        mine = _claim(deliveries)
        found = _keep(mine, now)
        _mark(mine, now)
        count_heard([each.row for each in mine])
    fold_found(found, now=now)
    return len(mine)


def _take_alone(delivery: _Delivery, now: datetime) -> int:
    """Take one; what cannot be kept is set aside by name."""
    delivery.taken.clear()
    try:
        return _take([delivery], now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("%s could not be kept", delivery.row.pk)
        aside = _Delivery(delivery.row, fault=f"It could not be kept: {type(error).__name__}.")
        return _take([aside], now)


def _read(batch: int) -> Iterator[_Delivery]:
    """Read the oldest rows, before anything is locked; fewer where they hold many scans."""
    items = 0
    rows = Inbox.objects.waiting().filter(source__in=list(ADAPTERS)).select_related("endpoint")
    for row in rows.order_by("received_at")[:batch]:
        delivery = _Delivery(row)
        try:
            delivery.items = ADAPTERS[row.source](row.body, row.headers)
        except Unreadable as unreadable:
            delivery.fault = unreadable.sentence
        except Exception as error:  # a bug of the adapter: the row is set aside by name, so that the rest goes on
            logger.exception("the adapter %s stumbled over %s", row.source, row.pk)
            delivery.fault = f"Our reader of {row.source} failed: {type(error).__name__}."
        yield delivery
        items += sum(len(item.scans) if isinstance(item, Picture) else 1 for item in delivery.items)
        if items >= ITEMS:
            return


def _claim(deliveries: Sequence[_Delivery]) -> list[_Delivery]:
    """Lock the rows that nobody has understood meanwhile, and that nobody is at."""
    rows = Inbox.objects.waiting().filter(pk__in=[each.row.pk for each in deliveries]).order_by("received_at")
    locked = set(rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
    return [each for each in deliveries if each.row.pk in locked]


def _keep(deliveries: Sequence[_Delivery], now: datetime) -> Found:
    """Keep what was read; where a person mended the text, what was of no parcel yet is what it says now."""
    if mended := [each.row.pk for each in deliveries if each.row.mended is not None]:
        drop(Snapshot.objects.filter(inbox__in=mended, tracker=None))
    pairs = [(each, item) for each in deliveries for item in each.items]
    taken, found = keep([_reading(each.row, item) for each, item in pairs], now=now)
    for (each, _), outcome in zip(pairs, taken, strict=True):
        each.taken.append(outcome)
    return found


def _reading(row: Inbox, item: Item) -> Reading:
    source = Actor("endpoint", str(row.endpoint_id))
    return Reading(item, str(source), row.endpoint, row.channel_id, row.pk, row.is_asked)


def _mark(deliveries: Sequence[_Delivery], now: datetime) -> None:
    """Write what became of each row: one statement for those that need no more words."""
    same: dict[tuple[str, str], list[UUID]] = defaultdict(list)
    for each in deliveries:
        status, note = _verdict(each)
        if problems := _problems(each):
            _move([each.row.pk], status, now, note=note, problems=problems)
        else:
            same[status, note].append(each.row.pk)
    for (status, note), rows in same.items():
        _move(rows, status, now, note=note, problems=[])


def _move(rows: Sequence[UUID], status: str, now: datetime, **more: object) -> None:
    moved = Inbox.objects.waiting().filter(pk__in=rows).update(status=status, processed_at=now, **more)
    if moved != len(rows):
        raise RuntimeError(f"{len(rows) - moved} rows of the inbox were moved by somebody else behind our lock")


def _verdict(delivery: _Delivery) -> tuple[str, str]:
    """Return the status of the row, and a word about it."""
    if delivery.fault:
        return Inbox.Status.QUARANTINED, delivery.fault
    results = [each.result for each in delivery.taken]
    if wrong := sum(each.needs_a_person for each in delivery.taken):
        return Inbox.Status.QUARANTINED, f"{wrong} of {len(results)} events need a person."
    if set(results) <= {"ignored"}:
        return Inbox.Status.IGNORED, delivery.taken[0].reason if delivery.taken else "It holds no event."
    strangers = results.count("unmatched")
    return Inbox.Status.PROCESSED, f"{strangers} of {len(results)} events are of no parcel yet." if strangers else ""


def _problems(delivery: _Delivery) -> list[Mapping[str, object]]:
    if delivery.fault:
        return [{"row": 0, "column": "", "value": "", "reason": delivery.fault}]
    return [
        {"row": row, "column": each.path, "value": each.value, "reason": each.reason}
        for row, each in enumerate(delivery.taken, start=1)
        if each.needs_a_person
    ]
