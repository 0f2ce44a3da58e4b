"""Which bins units are picked from: one order for the books and for the people who walk. Reads only.

What somebody is on the way to fetch, by a task, is not offered twice.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Value

from fulfillment.ledger.stock import PUT_BACK
from fulfillment.models import Bin, BinStock, PickTask, Scan, Shipment, ShipmentLine, StockMovement
from orders.models.joined import Joined


class Place(NamedTuple):
    """Units of a line that lie in a bin; in no bin where the books know of none."""

    line: ShipmentLine
    bin: Bin | None
    quantity: int


class Stop(NamedTuple):
    """A stop of the walk: so many of an article are left to take from a bin, so many were taken."""

    line: ShipmentLine
    bin: Bin | None
    left: int
    taken: int

    @property
    def total(self) -> int:
        return self.left + self.taken


def pick_places(shipment: Shipment, units: Mapping[ShipmentLine, int], bin_: Bin | None = None) -> list[Place]:
    """Say from which bins these units would be taken now, line by line, of each the bins by their code.

    With `bin_` from that one alone.
    """
    return places_in(shipment.warehouse_id, units, bin_)


def places_in(warehouse_id: int | None, units: Mapping[ShipmentLine, int], bin_: Bin | None = None) -> list[Place]:
    """Say it for lines of many shipments at once: what one of them takes, the next does not find."""
    shelves = _shelves(warehouse_id, units, bin_)
    return [
        Place(line, place, taken)
        for line, quantity in units.items()
        for place, taken in _take(shelves[line.order_line.product_id], quantity)
    ]


def lines_to_walk(shipment: Shipment) -> QuerySet[ShipmentLine]:
    """Return the lines of a shipment with what a walk is made of, on each.

    That is what was `fetched` of it, bin by bin, and `short_in`: the bins where too few were for it.
    """
    moves = StockMovement.objects.filter(
        kind=StockMovement.Kind.PICK, order_line=OuterRef("order_line"), cause=str(shipment)
    )
    fetched = moves.order_by().annotate(bins=Joined("from_bin", Value(":"), "quantity")).values("bins")
    short = Scan.objects.filter(line=OuterRef("pk"), result=Scan.Result.SHORT)
    short_in = short.order_by().values("line").annotate(bins=Joined("bin")).values("bins")
    lines = shipment.lines.filter(quantity__gt=0).select_related("order_line__product")
    return lines.annotate(fetched=Subquery(fetched), short_in=Subquery(short_in))


def walk(shipment: Shipment, lines: Iterable[ShipmentLine] | None = None) -> list[Stop]:
    """Return the whole walk of a shipment, by the bins' codes; what lies in no bin comes last.

    Nobody is sent to a bin once more where too few were, unless the books know of no other.
    `lines` are those `lines_to_walk`, where they were read before.
    """
    lines = lines_to_walk(shipment) if lines is None else lines
    wanted = {line: line.reserved - line.picked for line in lines}
    taken = {line: _pairs(line.fetched, line.picked) for line in wanted}  # type: ignore[attr-defined]  # annotated
    shelves = _shelves(shipment.warehouse_id, wanted, emptied={place for bins in taken.values() for place in bins})
    places = {row.bin_id: row.bin for shelf in shelves.values() for row in shelf}
    stops = []
    for line, left in wanted.items():
        for place, units in _take(_short_last(shelves[line.order_line.product_id], line), left):
            stops.append(Stop(line, place, units, taken[line].pop(place.pk, 0) if place else 0))
        stops += [Stop(line, places.get(pk), 0, units) for pk, units in taken[line].items()]
    return sorted(stops, key=lambda stop: (_on_the_way(stop.bin), stop.line.order_line.number))


def _short_last(shelf: Iterable[BinStock], line: ShipmentLine) -> list[BinStock]:
    short = {int(place) for place in (line.short_in or "").split()}  # type: ignore[attr-defined]  # annotated
    return sorted(shelf, key=lambda row: row.bin_id in short)


def _pairs(joined: str | None, most: int) -> dict[int, int]:
    """Read "7:2 9:1 7:1" as {7: 3, 9: 1}; of `most` units alone, as what was put back stands in it as well."""
    found: dict[int, int] = defaultdict(int)
    for pair in (joined or "").split():
        place, _, units = pair.partition(":")
        found[int(place)] += min(int(units), most - sum(found.values()))
    return {place: units for place, units in found.items() if units}


def _shelves(
    warehouse_id: int | None, units: Iterable[ShipmentLine], bin_: Bin | None = None, emptied: Collection[int] = ()
) -> dict[int, list[BinStock]]:
    """Return product → where it can be picked, in walking order; with the bins named that may be empty."""
    found: dict[int, list[BinStock]] = defaultdict(list)
    is_offered = Q(bin__warehouse=warehouse_id, bin__kind=Bin.Kind.PICK, quantity__gt=0)
    rows = BinStock.objects.filter(
        is_offered | Q(bin__in=emptied), product__in={line.order_line.product_id for line in units}
    )
    if bin_:
        rows = rows.filter(bin=bin_)
    shelf = sorted(rows.select_related("bin"), key=lambda row: _on_the_way(row.bin))
    planned = {} if bin_ else _planned(row.bin_id for row in shelf)
    for row in shelf:
        is_kept = row.bin.kind == Bin.Kind.PICK
        row.quantity = max(0, row.quantity - planned.get((row.bin_id, row.product_id), 0)) if is_kept else 0
        found[row.product_id].append(row)
    return found


def _planned(bins: Iterable[int]) -> dict[tuple[int, int], int]:
    """Return (bin, product) → units that tasks are to fetch there."""
    tasks = PickTask.objects.to_do().filter(bin__in=set(bins)).order_by()
    rows = tasks.values_list("bin", "shipment_line__order_line__product")
    return {(place, product): units for place, product, units in rows.annotate(units=Sum(F("quantity") - F("picked")))}


def _on_the_way(place: Bin | None) -> tuple[object, ...]:
    """Return the bin's place in the walk: aisle by aisle, what waits to be put back last, then what lies nowhere."""
    return (place is None, str(place) == PUT_BACK, *(place.on_the_way if place else ()))


def _take(shelf: list[BinStock], quantity: int) -> Iterable[tuple[Bin | None, int]]:
    """Share out units over a shelf; what is taken is gone for the lines that follow."""
    for row in shelf:
        taken = min(row.quantity, quantity)
        if taken:
            row.quantity -= taken
            quantity -= taken
            yield row.bin, taken
    if quantity:
        yield None, quantity
