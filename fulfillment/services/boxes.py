"""Boxes of a shipment that is packed: what was scanned into which, what they weigh, and the parcels they become."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Sum
from django.utils import timezone

from fulfillment.models import Parcel, ParcelLine, Scan, Shipment, ShipmentLine

Result = Scan.Result
Contents = Mapping[ShipmentLine, int]
TOLERANCE, TOLERANCE_GRAMS = 0.1, 50
"""So much may a box differ from what is in it: a tenth, or 50 g where that is more."""
TARE_GRAMS = 300
"""What carton and filling may weigh."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """What was scanned, by box and line; `open` is the number of the box that is filled now."""

    scanned: Mapping[int, Mapping[int, int]]
    open: int

    def checked(self, line: ShipmentLine) -> int:
        return sum(box.get(line.pk, 0) for box in self.scanned.values())

    def contents(self, lines: Sequence[ShipmentLine], units: Mapping[ShipmentLine, int]) -> dict[int, Contents]:
        """Share out so many units of the lines over the boxes: the first ones keep what was scanned into them."""
        left: dict[ShipmentLine, int] = dict(units)
        found: dict[int, Contents] = {}
        for number in sorted({*self.scanned, self.open}):
            box = self.scanned.get(number, {})
            taken = {line: min(left[line], box.get(line.pk, 0)) for line in lines}
            found[number] = {line: count for line, count in taken.items() if count}
            for line, count in taken.items():
                left[line] -= count
        return found


def boxes_of(shipment: Shipment) -> Boxes:
    """Return the boxes as they stand: a right scan of no line closed one."""
    right = shipment.scans.filter(step=Scan.Step.PACK, result=Result.RIGHT).order_by()
    scanned: dict[int, dict[int, int]] = defaultdict(dict)
    last_closed = 0
    for box, line, units in right.values_list("box", "line").annotate(units=Sum("quantity")):
        if line is None:
            last_closed = max(last_closed, box)
        else:
            scanned[box][line] = units
    return Boxes(scanned, last_closed + 1)


def grams_of(contents: Contents) -> int | None:
    """Return what articles weigh together; None where that is not known of all of them, or there are none."""
    weights = [(line.order_line.product.weight_grams, count) for line, count in contents.items()]
    if not weights or any(grams is None for grams, _ in weights):
        return None
    return sum((grams or 0) * count for grams, count in weights)


def is_plausible(weight_grams: int, contents: Contents) -> bool:
    """Say whether a box with this in it may weigh so much; of what has no known weight, anything is."""
    expected = grams_of(contents)
    if expected is None:
        return True
    margin = max(expected * TOLERANCE, TOLERANCE_GRAMS)
    return expected - margin <= weight_grams <= expected + TARE_GRAMS + margin


def make_parcels(shipment: Shipment, *, last: int) -> list[Parcel]:
    """Make a parcel of each box that holds anything; what nobody scanned is in the last one. It is open in change()."""
    lines = list(shipment.lines.filter(quantity__gt=0))
    boxes, units = boxes_of(shipment), {line: line.quantity for line in lines}
    contents: dict[int, dict[ShipmentLine, int]] = {last: {}}
    contents |= {number: dict(box) for number, box in boxes.contents(lines, units).items()}
    for line in lines:
        if rest := line.quantity - sum(box.get(line, 0) for box in contents.values()):
            contents[last][line] = contents[last].get(line, 0) + rest
    weights = _weights(shipment)
    filled = [(weights.get(number), box) for number, box in sorted(contents.items()) if box]
    parcels = Parcel.objects.bulk_create(
        Parcel(shipment=shipment, number=f"{shipment.number}-{n}", weight_grams=grams, packed_at=timezone.now())
        for n, (grams, _) in enumerate(filled, start=1)
    )
    ParcelLine.objects.bulk_create(
        ParcelLine(parcel=parcel, shipment_line=line, quantity=count)
        for parcel, (_, box) in zip(parcels, filled, strict=True)
        for line, count in box.items()
    )
    return parcels


def drop_parcels(shipment: Shipment) -> None:
    """Forget the parcels of a shipment that has not left: its boxes are opened again. It is open in change()."""
    here = Parcel.objects.filter(shipment=shipment, shipped_at=None)
    ParcelLine.objects.filter(parcel__in=here).delete()
    here.delete()


def _weights(shipment: Shipment) -> dict[int, int | None]:
    closed = shipment.scans.filter(step=Scan.Step.PACK, result=Result.RIGHT, line=None).order_by("pk")
    return dict(closed.values_list("box", "weight_grams"))
