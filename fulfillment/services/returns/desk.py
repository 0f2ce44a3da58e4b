"""At the returns desk: units arrive in the returns bin, and each is looked at and goes on from there."""

from enum import StrEnum
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from fulfillment import ledger
from fulfillment.ledger.stock import Arrival
from fulfillment.models import Bin, Return, ReturnLine, Shipment, Warehouse
from fulfillment.services.resolve import resolve_order
from fulfillment.services.returns.sheet import At, Desk, start_return
from orders import outbox
from orders.grammar import agree
from orders.lifecycle import NotAllowed, Refused, change, why_not
from orders.models import Actor, OrderLine


class Outcome(StrEnum):
    """What becomes of a unit that came back; also the column that counts it."""

    RESTOCK = "restocked"
    QUARANTINE = "quarantined"
    SCRAP = ledger.SCRAPPED


class NotDecided(Refused):
    """Units lie there of which nobody has said what becomes of them; or there are none."""

    code = "not_decided"


def take_in(desk: Desk, line: OrderLine, quantity: int, at: At, *, by: Actor, operation: str) -> Return:
    """Take units of a line in, of which so many can come back; what nobody announced becomes a return now.

    They lie in the returns bin of its warehouse, or `at` the one that is asked for. Raises NotAllowed, AlreadyApplied.
    """
    if desk.is_back_with(line):
        _bring_back(desk, by)
    back = desk.back or start_return(desk)
    place = ledger.standing_bin(back.warehouse, Bin.Kind.RETURNS) if back.warehouse else at()
    with change(back, by=by, facts={"units": quantity}) as fresh:
        if fresh.status != Return.Status.RECEIVED:
            fresh.receive(warehouse=place.warehouse, at=timezone.now())
    _count_in(desk.line_of(line), quantity)
    desk.count(line, quantity)
    arrival = Arrival(line.product, quantity, place)
    ledger.receive(place.warehouse, [arrival], operation=operation, by=by, cause=back.number)
    return back


def _count_in(line: ReturnLine, quantity: int) -> None:
    """Count units on a line, behind the lock of its order."""
    line.received += quantity
    if line.pk:
        ReturnLine.objects.filter(pk=line.pk).update(received=line.received)
    else:
        line.save(force_insert=True)


def grade(
    line: ReturnLine,
    outcome: Outcome,
    quantity: int,
    into: Bin | None = None,
    *,
    by: Actor,
    operation: str,
    cause: str = "",
) -> None:
    """Say it of a line that was read behind the lock of its return; `cause` is what it is, if nobody says it there."""
    if blockers := why_not(line.return_of, "inspect"):
        raise NotAllowed(blockers)
    if not line.undecided:
        raise NotDecided(f"What becomes of {line.order_line.name} is decided already.")
    if not 0 < quantity <= line.undecided:
        are = agree(line.undecided, "is", "are")
        raise NotDecided(f"{line.undecided} × {line.order_line.name} {are} still to be decided, not {quantity}.")
    cause = cause or f"{line.return_of.number} {outcome.value}"
    _move_on(line, outcome, quantity, into, by=by, operation=operation, cause=cause)
    setattr(line, outcome.value, getattr(line, outcome.value) + quantity)
    ReturnLine.objects.filter(pk=line.pk).update(**{outcome.value: getattr(line, outcome.value)})
    outbox.ring("allocate")


def finish_return(arrived: Return | QuerySet[Return], *, by: Actor) -> Return:
    """Close a return of which every unit is decided. Raises NotAllowed, NotDecided."""
    with change(arrived, by=by) as back:
        if blockers := why_not(back, "inspect"):
            raise NotAllowed(blockers)
        lines = list(back.lines.select_related("order_line"))
        if open_ := [line for line in lines if line.undecided]:
            units = ", ".join(f"{line.undecided} × {line.order_line.name}" for line in open_)
            raise NotDecided(f"Still to be decided: {units}.")
        facts = {each.value: sum(getattr(line, each.value) for line in lines) for each in Outcome}
        with change(back, by=by, facts=facts, is_saved_last=True) as fresh:
            fresh.inspect(at=timezone.now())
        with change(back, by=by) as fresh:
            fresh.close(at=timezone.now())
    return back


def _bring_back(desk: Desk, by: Actor) -> None:
    """Let a shipment that was under way be at the shop again, and its order with it."""
    known = Shipment.objects.filter(returns=desk.back)
    with change(desk.shipment or known, by=by) as fresh:
        fresh.return_to_sender()
    resolve_order(desk.order, by=by, standing=[*desk.others, fresh.status])


def _home(arrived: Return) -> Warehouse:
    if arrived.warehouse is None:
        raise RuntimeError(f"{arrived} is here and has no warehouse")
    return arrived.warehouse


def _move_on(line: ReturnLine, outcome: Outcome, quantity: int, into: Bin | None, **named: Any) -> None:
    home, product = _home(line.return_of), line.order_line.product
    source = ledger.standing_bin(home, Bin.Kind.RETURNS)
    if outcome == Outcome.SCRAP:
        ledger.adjust(home, product, -quantity, bin_code=source.code, **named)
        return
    target = into if outcome == Outcome.RESTOCK else ledger.standing_bin(home, Bin.Kind.QUARANTINE)
    if (
        target is None
        or target.warehouse_id != home.pk
        or (outcome == Outcome.RESTOCK and target.kind != Bin.Kind.PICK)
    ):
        raise NotDecided("Scan the bin where it is to be sold from.")
    ledger.move(source, target, product, quantity, **named)
