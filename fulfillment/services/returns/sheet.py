"""What of an order came back and what may: read behind its lock in one statement, and shown as a scan left it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, cast

from django.db.models import Count, Exists, F, FilteredRelation, Q, QuerySet, Subquery, Sum, Value
from django.db.models.expressions import OuterRef
from django.db.models.functions import Coalesce

from fulfillment.models import Bin, Parcel, Return, ReturnLine, Shipment, ShipmentLine
from fulfillment.services.returns.find import AWAY, HERE, UNDELIVERED
from fulfillment.services.returns.units import ARRIVED
from orders.lifecycle import NotHere, adopt, change
from orders.models import Actor, Order, OrderLine
from orders.models.joined import Joined

Coming = Return | Order | Shipment
Named = Coming | QuerySet[Return] | QuerySet[Order] | QuerySet[Shipment]
"""What came back; or the one of which only the number is known."""
At = Callable[[], Bin]
"""Says where what comes back is put, if no warehouse is known of it yet."""
ANYWHERE = Q()
"""The returns of every warehouse."""


def order_of(thing: Coming) -> Order:
    return thing if isinstance(thing, Order) else thing.order


class Row(NamedTuple):
    """A line of an order at the desk: what of it is here, of how many; `wanted` is 0 where nobody said."""

    line: OrderLine
    here: ReturnLine | None
    missing: int
    wanted: int

    @property
    def received(self) -> int:
        return self.here.received if self.here else 0

    @property
    def is_done(self) -> bool:
        return bool(self.here and self.here.received and not self.here.undecided and not self.missing)


@dataclass
class Desk:
    """What is looked at: an order's lines, and the return of which units are here; or the shipment that came back."""

    order: Order
    lines: Sequence[OrderLine]
    back: Return | None = None
    shipment: Shipment | None = None

    @property
    def thing(self) -> Coming:
        """Return that by whose number it is known."""
        return self.back or self.shipment or self.order

    @property
    def known(self) -> dict[str, Any]:
        """Return what was read of the order with its lines, the same on each."""
        return self.lines[0].__dict__ if self.lines else {}

    @property
    def others(self) -> list[str]:
        """Return the statuses of the order's other shipments, the cancelled ones left out."""
        return (self.known.get("others") or "").split()

    @property
    def shipment_id(self) -> int | None:
        return self.back.shipment_id if self.back else _key(self.shipment)

    @property
    def missing(self) -> dict[OrderLine, int]:
        """Return the units that ought to come with this yet: announced, or in the shipment that came back."""
        return {row.line: row.missing for row in self.rows if row.missing}

    @property
    def rows(self) -> list[Row]:
        """Return the lines of which units are here, or ought to be."""
        here, there = {line.order_line_id: line for line in self.returned}, self.can_come
        rows = [self._row(line, here.get(line.pk), there[line]) for line in self.lines]
        return [row for row in rows if row.here or row.missing]

    def _row(self, line: OrderLine, here: ReturnLine | None, there: int) -> Row:
        received, announced = (here.received, here.quantity) if here else (0, 0)
        if self.shipment_id is None:
            return Row(line, here, min(there, max(0, announced - received)), announced)
        sent, back = line.sent, line.back  # type: ignore[attr-defined]  # annotated
        missing = min(there, max(0, sent - back))
        return Row(line, here, missing, received + missing if sent else 0)

    def row_of(self, line: OrderLine) -> Row:
        return next(row for row in self.rows if row.line == line)

    def count(self, line: OrderLine, units: int) -> None:
        """Count units of a line that came since it was read."""
        read = next(each for each in self.lines if each.pk == line.pk)
        read.came += units  # type: ignore[attr-defined]
        if self.shipment_id:
            read.back += units  # type: ignore[attr-defined]

    def is_back_with(self, line: OrderLine) -> bool:
        """Say whether a shipment that is under way is at the shop with a unit of this line.

        That is so with the only parcel; of several, one may still arrive: with the last unit.
        """
        missing = self.missing
        is_last = line in missing and sum(missing.values()) == 1
        return bool(self.known.get("is_away")) and (self.known["parcels"] <= 1 or is_last)

    @property
    def can_come(self) -> dict[OrderLine, int]:
        """Return how many units of each line left and are not back."""
        return {line: max(0, line.shipped + line.delivered - line.came) for line in self.lines}  # type: ignore[attr-defined]

    @cached_property
    def returned(self) -> list[ReturnLine]:
        """Return the lines of the return."""
        return [_line(self.back, line) for line in self.lines if self.back and getattr(line, "here_id", None)]

    def found(self, pk: int) -> ReturnLine:
        """Return a line of the return. Raises NotHere."""
        line = next((line for line in self.returned if line.pk == pk), None)
        if line is None:
            raise NotHere("There is no such line here.")
        return line

    def line_of(self, line: OrderLine) -> ReturnLine:
        """Return the line of the return; a new one, not saved yet, where nothing of it was expected."""
        found = next((each for each in self.returned if each.order_line_id == line.pk), None)
        if found is None:
            found = ReturnLine(return_of=self.back, order_line=line)
            self.returned.append(found)
            self.returned.sort(key=lambda each: each.order_line.number)
        return found


def open_desk(thing: Coming, by: Actor, mine: Q = ANYWHERE) -> Desk:
    """Return what is looked at, of what is open in change(): the return that stands, where there is one.

    Raises NotHere where nothing of it can come back, or where the return that stands is not `mine`.
    """
    if isinstance(thing, Return):
        return read_desk(thing.order, thing)
    order, shipment = order_of(thing), None if isinstance(thing, Order) else thing
    if shipment and shipment.status not in (*UNDELIVERED, Shipment.Status.DELIVERED):
        raise NotHere(f"{shipment} has not left: nothing of it can come back.")
    desk = open_anew(order, shipment)
    if of_shipment := desk.known.get("of_shipment"):
        return _opened(Return.objects.filter(mine, pk=of_shipment), by, mine)
    if shipment and shipment.status in UNDELIVERED:
        return desk
    return _of_order(open_anew(order) if shipment else desk, by, mine)


def open_anew(order: Order, shipment: Shipment | None = None) -> Desk:
    """Return what is looked at where units come back that nobody announced, whatever else stands of the order."""
    lines = _lines(order, _key(shipment))
    return Desk(order, list(lines.annotate(**_standing(order, shipment))), shipment=shipment)


def _of_order(desk: Desk, by: Actor, mine: Q) -> Desk:
    order, standing = desk.order, (desk.known.get("standing") or "").split()
    if len(standing) > 1:
        raise NotHere(f"Several returns of {order} are known: scan one of them.")
    if standing:
        return _opened(Return.objects.filter(mine, pk=standing[0]), by, mine)
    if undelivered := desk.known.get("undelivered"):
        return _opened(Shipment.objects.filter(pk=undelivered), by, mine)
    if not any(line.shipped + line.delivered for line in desk.lines):
        raise NotHere(f"Nothing of {order} has left: nothing of it can come back.")
    return desk


def _opened(things: QuerySet[Return] | QuerySet[Shipment], by: Actor, mine: Q) -> Desk:
    with change(things, by=by) as thing:
        return open_desk(cast("Coming", thing), by, mine)


def read_desk(order: Order, back: Return | None = None, shipment: Shipment | None = None) -> Desk:
    """Read what of an order came back with a return, or can; nothing is locked here."""
    lines = _lines(order, back.shipment_id if back else _key(shipment))
    if back:
        lines = lines.annotate(here=FilteredRelation("return_lines", condition=Q(return_lines__return_of=back.pk)))
        lines = lines.annotate(**{f"here_{name}": F(f"here__{name}") for name in ("id", *_UNITS)})
    return Desk(order, list(lines), back, shipment)


def start_return(desk: Desk) -> Return:
    """Open the return of what nobody announced: it is inserted once its first unit is here."""
    reason = Return.Reason.UNDELIVERED if desk.shipment else Return.Reason.OTHER
    number = f"{desk.order.number}-R{(desk.known['count'] or 0) + 1}"
    desk.back = Return(order=desk.order, number=number, reason=reason, shipment=desk.shipment, is_announced=False)
    adopt(desk.back)
    return desk.back


def _key(shipment: Shipment | None) -> int | None:
    return shipment.pk if shipment else None


def _lines(order: Order, shipment: int | None) -> QuerySet[OrderLine]:
    came = ReturnLine.objects.filter(order_line=OuterRef("pk"), return_of__status__in=ARRIVED).order_by()
    lines = order.lines.select_related("product").order_by("number").annotate(came=_units(came))
    return lines.annotate(**_of_shipment(order, shipment, came)) if shipment else lines


def _units(came: QuerySet[ReturnLine]) -> Coalesce:
    return Coalesce(Subquery(came.values("order_line").annotate(units=Sum("received")).values("units")), 0)


def _of_shipment(order: Order, shipment: int, came: QuerySet[ReturnLine]) -> dict[str, Any]:
    """Say of each line how many units went with a shipment and are back; of the shipment how it stands."""
    sent = ShipmentLine.objects.filter(order_line=OuterRef("pk"), shipment=shipment)
    parcels = Parcel.objects.filter(shipment=shipment).order_by().values("shipment").annotate(each=Count("pk"))
    others = Shipment.objects.filter(order=order.pk).exclude(pk=shipment).order_by()
    return {
        "sent": Coalesce(Subquery(sent.values("quantity")), 0),
        "back": _units(came.filter(return_of__shipment=shipment)),
        "is_away": Exists(Shipment.objects.filter(pk=shipment, status__in=AWAY)),
        "parcels": Coalesce(Subquery(parcels.values("each")), 0),
        "others": Subquery(others.standing().annotate(each=Joined("status", Value(""))).values("each")),
    }


def _standing(order: Order, shipment: Shipment | None) -> dict[str, Subquery]:
    """Say of the order which returns of it stand, how many there are, and what came back undelivered."""
    known = Return.objects.filter(order=order.pk).order_by()
    undelivered = Shipment.objects.filter(
        order=order.pk, status=Shipment.Status.RETURNED_TO_SENDER, returns=None
    ).order_by("pk")
    at_desk = known.filter(shipment=shipment.pk if shipment else 0, status__in=HERE)
    return {
        "standing": Subquery(known.filter(status__in=HERE).annotate(each=Joined("pk", Value(""))).values("each")),
        "count": Subquery(known.values("order").annotate(each=Count("pk")).values("each")),
        "undelivered": Subquery(undelivered.values("pk")[:1]),
        "of_shipment": Subquery(at_desk.values("pk")[:1]),
    }


def _line(back: Return, line: OrderLine) -> ReturnLine:
    """Return the line of a return that was read with the line of its order."""
    values = [getattr(line, f"here_{name}") for name in ("id", *_UNITS)]
    found = ReturnLine.from_db(None, ["id", *_UNITS], values)
    found.return_of, found.order_line = back, line
    return found


_UNITS = ("quantity", "received", "restocked", "quarantined", "scrapped")
