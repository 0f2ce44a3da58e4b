"""At the returns desk: units arrive in the returns bin, and each is looked at and goes on from there."""

from enum import StrEnum
from uuid import uuid4

from django.db.models import F
from django.utils import timezone

from fulfillment import ledger
from fulfillment.ledger.stock import Arrival
from fulfillment.models import Bin, Return, ReturnLine, Shipment, Warehouse
from fulfillment.services.returns.announce import NotReturnable, new_return
from fulfillment.services.returns.units import can_come_back
from fulfillment.services.travel import return_shipment
from orders import outbox
from orders.lifecycle import NotAllowed, Refused, change, why_not, writing
from orders.models import Actor, Order, OrderLine


class Outcome(StrEnum):
    """What becomes of a unit that came back; also the column that counts it."""

    RESTOCK = "restocked"
    QUARANTINE = "quarantined"
    SCRAP = "scrapped"


class NotDecided(Refused):
    """Units lie there of which nobody has said what becomes of them; or there are none."""

    code = "not_decided"


def receive_return(
    thing: Return | Order | Shipment,
    line: OrderLine,
    quantity: int,
    *,
    warehouse: Warehouse,
    by: Actor,
    operation: str | None = None,
) -> Return:
    """Take units in: of a return; or of an order, or an undelivered shipment, that nobody announced.

    Raises NotAllowed, NotReturnable, AlreadyApplied.
    """
    with writing():
        arrived = thing if isinstance(thing, Return) else _unannounced(thing, by)
        with change(arrived, by=by, facts={"units": quantity}) as fresh:
            _refuse_too_many(fresh.order, line, quantity)
            if fresh.status != Return.Status.RECEIVED:
                fresh.receive(warehouse=warehouse, at=timezone.now())
        place = ledger.standing_bin(_home(fresh), Bin.Kind.RETURNS)
        ReturnLine.objects.get_or_create(return_of=fresh, order_line=line)
        ReturnLine.objects.filter(return_of=fresh, order_line=line).update(received=F("received") + quantity)
        ledger.receive(
            place.warehouse,
            [Arrival(line.product, quantity, place.code)],
            operation=operation or str(uuid4()),
            by=by,
            cause=fresh.number,
        )
    return fresh


def grade_return(
    line: ReturnLine,
    outcome: Outcome,
    quantity: int,
    *,
    into: Bin | None = None,
    by: Actor,
    operation: str | None = None,
) -> ReturnLine:
    """Say what becomes of units that are here: `into` is the bin where they are sold again.

    Raises NotAllowed, NotDecided, AlreadyApplied.
    """
    with change(line.return_of, by=by) as fresh:
        if blockers := why_not(fresh, "inspect"):
            raise NotAllowed(blockers)
        line = fresh.lines.select_related("order_line__product").get(pk=line.pk)
        if quantity > line.undecided:
            raise NotDecided(f"{line.undecided} × {line.order_line.name} are still to be decided, not {quantity}.")
        _move_on(fresh, line, outcome, quantity, into, by, operation or str(uuid4()))
        fresh.lines.filter(pk=line.pk).update(**{outcome.value: F(outcome.value) + quantity})
        outbox.ring("allocate")
    return fresh.lines.select_related("order_line").get(pk=line.pk)


def finish_return(arrived: Return, *, by: Actor) -> Return:
    """Close a return of which every unit is decided. Raises NotAllowed, NotDecided."""
    with writing():
        with change(arrived, by=by) as fresh:
            if blockers := why_not(fresh, "inspect"):
                raise NotAllowed(blockers)
            lines = list(fresh.lines.select_related("order_line"))
            if open_ := [line for line in lines if line.undecided]:
                units = ", ".join(f"{line.undecided} × {line.order_line.name}" for line in open_)
                raise NotDecided(f"Still to be decided: {units}.")
        facts = {each.value: sum(getattr(line, each.value) for line in lines) for each in Outcome}
        with change(arrived, by=by, facts=facts) as fresh:
            fresh.inspect(at=timezone.now())
        with change(arrived, by=by) as fresh:
            fresh.close(at=timezone.now())
    return fresh


def _unannounced(thing: Order | Shipment, by: Actor) -> Return:
    """Make the return of what came back without a word; a shipment that was under way is back at the shop then."""
    if isinstance(thing, Order):
        with change(thing, by=by) as order:
            return new_return(order, reason=Return.Reason.OTHER, is_announced=False)
    if thing.status != Shipment.Status.RETURNED_TO_SENDER:
        return_shipment(thing, by=by)
    with change(thing, by=by) as fresh:
        known = Return.objects.filter(shipment=fresh).first()
        return known or new_return(fresh.order, reason=Return.Reason.UNDELIVERED, shipment=fresh, is_announced=False)


def _refuse_too_many(order: Order, line: OrderLine, quantity: int) -> None:
    there = can_come_back(order, announced=False).get(line, 0)
    if quantity > there:
        raise NotReturnable(f"{there} × {line.name} are out there, not {quantity}.", line=line.number, left=there)


def _home(arrived: Return) -> Warehouse:
    if arrived.warehouse is None:
        raise RuntimeError(f"{arrived} is here and has no warehouse")
    return arrived.warehouse


def _move_on(
    arrived: Return, line: ReturnLine, outcome: Outcome, quantity: int, into: Bin | None, by: Actor, operation: str
) -> None:
    home, product = _home(arrived), line.order_line.product
    source = ledger.standing_bin(home, Bin.Kind.RETURNS)
    cause = f"{arrived.number} {outcome.value}"
    if outcome == Outcome.SCRAP:
        named = {"bin_code": source.code, "operation": operation, "cause": cause}
        ledger.adjust(home, product, -quantity, by=by, **named)
        return
    target = into if outcome == Outcome.RESTOCK else ledger.standing_bin(home, Bin.Kind.QUARANTINE)
    if (
        target is None
        or target.warehouse_id != home.pk
        or (outcome == Outcome.RESTOCK and target.kind != Bin.Kind.PICK)
    ):
        raise NotDecided("Scan the bin where it is to be sold from.")
    ledger.move(source, target, product, quantity, operation=operation, by=by, cause=cause)
