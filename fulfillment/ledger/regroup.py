"""Units that go from one shipment of an order to another, which has not been picked either. No stock moves.

The order, and its shipments, are open in `change()`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from django.db.models import QuerySet

from fulfillment.ledger.posting import add_to
from fulfillment.models import Reservation, Shipment, ShipmentLine

Units = Mapping[ShipmentLine, int]


def regroup(lines: Sequence[ShipmentLine], into: Shipment, *, warehouse_id: int) -> None:
    """Move what the lines have reserved in a warehouse."""
    moved = list(_held(lines).filter(stock_item__warehouse=warehouse_id))
    units: Counter[ShipmentLine] = Counter()
    for each in moved:
        units[each.shipment_line] += each.quantity
    _reserve_for(_move(units, into, "reserved", "quantity"), moved)


def hand_on(units: Units, into: Shipment) -> None:
    """Move units that are reserved, with what is kept for them; a reservation that goes in part only is split."""
    left, moved, kept, splits = dict(units), [], [], []
    for each in _held(list(units)):
        count = min(left[each.shipment_line], each.quantity)
        left[each.shipment_line] -= count
        if count == each.quantity:
            moved.append(each)
        elif count:
            each.quantity -= count
            kept.append(each)
            splits.append(
                Reservation(shipment_line=each.shipment_line, stock_item_id=each.stock_item_id, quantity=count)
            )
    Reservation.objects.bulk_update(kept, ["quantity"])
    _reserve_for(_move(units, into, "reserved", "quantity"), [*moved, *Reservation.objects.bulk_create(splits)])


def set_aside(units: Units, into: Shipment) -> None:
    """Move units that wait to another shipment of the order, which waits as well."""
    _move(units, into, "quantity")


def _held(lines: Sequence[ShipmentLine]) -> QuerySet[Reservation]:
    open_ = Reservation.objects.filter(shipment_line__in=lines, status=Reservation.Status.OPEN)
    return open_.select_related("shipment_line").order_by("pk")


def _reserve_for(lines: Mapping[int, ShipmentLine], reservations: Sequence[Reservation]) -> None:
    for each in reservations:
        each.shipment_line = lines[each.shipment_line.order_line_id]
    Reservation.objects.bulk_update(reservations, ["shipment_line"])


def _move(units: Units, into: Shipment, *columns: str) -> dict[int, ShipmentLine]:
    """Count the units in these columns of the other shipment's lines instead; return order line → its line there."""
    known = {line.order_line_id: line for line in into.lines.all()}
    fresh = [
        ShipmentLine(shipment=into, order_line_id=line.order_line_id, quantity=0)
        for line in units
        if line.order_line_id not in known
    ]
    known |= {line.order_line_id: line for line in ShipmentLine.objects.bulk_create(fresh)}
    taken = {line.pk: [-count] * len(columns) for line, count in units.items()}
    given = {known[line.order_line_id].pk: [count] * len(columns) for line, count in units.items()}
    add_to(ShipmentLine, columns, taken | given)
    return known
