"""The one door for a status: `change()`. And `record()`, the one writer of the trail.

    with change(order, by=by, reason=reason) as order:   # transaction, row lock, fresh copy
        order.cancel(at=now)                             # a transition
        ledger.release(order, by=by)                     # whatever else must be true with it

On leaving, what the transition touched is saved and one event is written, with its outbox row; events and the order
itself wait for the end of the transaction, one statement each. Blocks nest: an open row is handed out again.
A refusal rolls everything back; the object in the caller's hands is then stale.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils import timezone
from django_fsm import TransitionNotAllowed

from orders import outbox
from orders.blockers import Reason
from orders.models import Actor, Event, Order
from orders.models.event import refuse_untellable

Thing = TypeVar("Thing", bound=models.Model)


class Refused(Exception):
    """An expected no. `code` is for programs and stays, the sentence is for people, `status` for a page."""

    code = "refused"
    status = 409

    def __init__(self, sentence: str, **detail: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.detail = detail


class NotAllowed(Refused):
    """The status, or what stands in the way, forbids it."""

    code = "not_allowed"

    def __init__(self, reasons: list[Reason]) -> None:
        super().__init__(" ".join(reason.message for reason in reasons), reasons=[reason.code for reason in reasons])
        self.reasons = reasons


class NotHere(Refused):
    """There is no such thing, or not for this person."""

    code, status = "not_here", 404


class AlreadyApplied(Refused):
    """This very operation was applied before: a double click, a retry, the same file again."""

    code = "already_applied"


@dataclass
class _Open:
    """A locked row: the copy that everybody in this transaction shares, and how it stood when last saved."""

    row: Any
    saved: dict[str, Any]
    status: str
    events: list[Event] = field(default_factory=list)


_Key = tuple[type[models.Model], Any]
_open_rows: ContextVar[dict[_Key, _Open] | None] = ContextVar("open_rows", default=None)


@contextmanager
def change(
    thing: Thing | models.QuerySet[Thing],
    *,
    by: Actor,
    reason: str = "",
    facts: dict[str, Any] | None = None,
    at: datetime | None = None,
    is_saved_last: bool = False,
) -> Iterator[Thing]:
    """Open `thing`, and the order it belongs to, if any, for change; yield the fresh, locked copy.

    A queryset names the one thing in it, where only its number is known. A transition in the block becomes one event
    that carries `reason` and `facts`. What belongs to no order stamps who and when on itself, and writes none.
    `is_saved_last`: nobody asks the database for it before the transaction ends, so that it is saved with the order.
    Raises NotAllowed; NotHere where there is no such thing.
    """
    with _transaction() as rows:
        order, opened = _lock_first(rows, thing) if isinstance(thing, models.QuerySet) else _lock(rows, thing)
        try:
            yield opened.row
        except TransitionNotAllowed as refusal:
            raise NotAllowed(why_not(refusal.object, refusal.method.__name__)) from refusal
        kind = _kind_of_change(opened) if order else ""
        if not (is_saved_last or isinstance(opened.row, Order)):
            is_new = opened.row.pk is None
            _save(opened)
            if is_new:
                rows[type(opened.row), opened.row.pk] = rows.pop((type(opened.row), None))
        opened.status = opened.row.status
        if kind and order:
            extra = {"reason": reason} if reason else {}
            record(order.row, kind, by=by, facts=_named(opened.row) | (facts or {}) | extra, at=at)


def record(
    order: Order, kind: str, *, by: Actor, facts: dict[str, Any] | None = None, at: datetime | None = None
) -> None:
    """Append to the trail of an order that is open in `change()`. `at` is when it happened, if not now."""
    opened = (_open_rows.get() or {}).get((Order, order.pk))
    if opened is None:
        raise RuntimeError(f"the trail of {order} can be written inside change() only")
    refuse_untellable(facts or {})
    order = opened.row
    now = timezone.now()
    event = Event(
        order=order,
        seq=order.version + 1,
        kind=kind,
        at=at or now,
        recorded_at=now,
        by=str(by),
        facts=facts or {},
    )
    event.digest = event.digest_after(bytes(order.head))
    order.version, order.head = event.seq, event.digest
    opened.events.append(event)


def refuse_repeated(order: Order, operation: str | None) -> None:
    """Raise AlreadyApplied where an event of the order, open in change(), names this operation in its facts."""
    if operation and order.events.filter(facts__operation=operation).exists():
        raise AlreadyApplied("This was done already, and was not done twice.", operation=operation)


def operation_facts(operation: str | None) -> dict[str, Any]:
    return {"operation": operation} if operation else {}


def why_not(thing: models.Model, verb: str) -> list[Reason]:
    """Ask the blockers of the thing's app."""
    from importlib import import_module

    found: list[Reason] = import_module(f"{thing._meta.app_label}.blockers").reasons(thing, verb)
    return found


@contextmanager
def _transaction() -> Iterator[dict[_Key, _Open]]:
    rows = _open_rows.get()
    if rows is not None:  # no savepoint: a refusal inside takes all of it back
        with transaction.atomic(savepoint=False):
            yield rows
        return
    rows = {}
    token = _open_rows.set(rows)
    try:
        with transaction.atomic():
            yield rows
            _write_trails(rows)
    finally:
        _open_rows.reset(token)


def _lock(rows: dict[_Key, _Open], thing: models.Model) -> tuple[_Open | None, _Open]:
    """Lock what is not open yet; return the order, if any, and the thing."""
    if (type(thing), thing.pk) not in rows:
        return _lock_first(rows, type(thing)._base_manager.filter(pk=thing.pk))
    opened = rows[type(thing), thing.pk]
    if isinstance(thing, Order):
        return opened, opened
    return (rows[Order, opened.row.order_id] if _has_order(thing) else None), opened


def _lock_first(rows: dict[_Key, _Open], things: models.QuerySet[Any]) -> tuple[_Open | None, _Open]:
    """Lock the order, if any, and then the thing that belongs to it, in one statement."""
    has_order = _has_order(things.model)
    # NO KEY UPDATE does not collide with the KEY SHARE locks of rows that point here
    locked = things.order_by().select_for_update(of=("order", "self") if has_order else ("self",), no_key=True)
    fresh = (locked.select_related("order") if has_order else locked).first()
    if fresh is None:
        raise NotHere(f"There is no such {things.model._meta.verbose_name} here.")
    order = None
    if has_order:
        order = rows.setdefault((Order, fresh.order_id), _opened(fresh.order))
        fresh.order = order.row  # everybody shares the open row
    opened = rows.setdefault((type(fresh), fresh.pk), _opened(fresh))
    return (opened if isinstance(fresh, Order) else order), opened


def _has_order(thing: models.Model | type[models.Model]) -> bool:
    return any(field.name == "order" for field in thing._meta.fields)


def _opened(row: Any) -> _Open:
    return _Open(row, _values(row), row.status)


def adopt(thing: Any) -> None:
    """Let a row that this very transaction inserted or locked be open without fetching it. Inside `writing()` only.

    One that is still to be inserted is so with its first change(): one of a kind at a time.
    """
    rows = _open_rows.get()
    if rows is None:
        raise RuntimeError("adopt() belongs inside writing()")
    rows[type(thing), thing.pk] = _opened(thing)


@contextmanager
def writing() -> Iterator[None]:
    """Hold one transaction in which several changes, or a row still to be inserted, belong together."""
    with _transaction():
        yield


def _values(row: models.Model) -> dict[str, Any]:
    return {name.attname: row.__dict__.get(name.attname) for name in row._meta.concrete_fields}


def _save(opened: _Open) -> None:
    if opened.row.pk is None:
        opened.row.save(force_insert=True)
        opened.saved = _values(opened.row)
        return
    now = _values(opened.row)
    touched = [name for name, value in now.items() if value != opened.saved[name]]
    if touched:
        opened.row.save(update_fields=[opened.row._meta.get_field(name).name for name in touched])
        opened.saved |= {name: now[name] for name in touched}


def _kind_of_change(opened: _Open) -> str:
    """Return the kind of the one transition that leads from the saved status to the present one; "" if none ran."""
    source, target = opened.status, opened.row.status
    if source == target:
        return ""
    kinds = {
        each.custom["kind"]
        for each in opened.row.get_all_status_transitions()
        if each.source == source and each.target == target
    }
    if len(kinds) != 1:
        raise RuntimeError(f"{source} → {target} is not one transition: one change() a transition")
    return str(kinds.pop())


def _named(row: models.Model) -> dict[str, Any]:
    return {} if isinstance(row, Order) else {row._meta.model_name or "": str(row)}


def _write_trails(rows: dict[_Key, _Open]) -> None:
    """Write all that was recorded in one statement, its outbox rows come with it, and save what is not saved yet."""
    opened_orders = [opened for opened in rows.values() if isinstance(opened.row, Order)]
    events = [event for opened in opened_orders for event in opened.events]
    if events:
        Event.objects.bulk_create(events)
        outbox.ring("relay")
    for opened in rows.values():
        _save(opened)
