"""Boxes of a shipment that is packed: what was scanned into which, what they weigh, and the parcels they become."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Exists, OuterRef, Subquery, Value
from django.utils import timezone

from fulfillment.models import Parcel, ParcelLine, Scan, Shipment, ShipmentLine
from orders.models import Product
from orders.models.joined import Joined

Result = Scan.Result
Contents = Mapping[ShipmentLine, int]
TOLERANCE, TOLERANCE_GRAMS = 0.1, 50
"""So much may a box differ from what is in it: a tenth, or 50 g where that is more."""
TARE_GRAMS = 300
"""What carton and filling may weigh."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """What was scanned, by box and line; and the boxes that are closed, with their weight, if any."""

    scanned: Mapping[int, Mapping[int, int]]
    closed: Mapping[int, int | None]

    @property
    def open(self) -> int:
        """The number of the box that is filled now."""
        return max(self.closed, default=0) + 1

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

    def after(self, scan: Scan) -> "Boxes":
        """Return the boxes after one more scan at them."""
        if scan.result != Result.RIGHT:
            return self
        if scan.line_id is None:
            return replace(self, closed={**self.closed, scan.box: scan.weight_grams})
        box = self.scanned.get(scan.box, {})
        units = box.get(scan.line_id, 0) + scan.quantity
        return replace(self, scanned={**self.scanned, scan.box: {**box, scan.line_id: units}})


def read_lines(shipment: Shipment, text: str) -> list[ShipmentLine]:
    """Read the lines of a shipment with all that a scan at its boxes is judged by, in one query.

    On each: what was `scanned` of it, box by box. The same on all: the boxes that are `closed`, by a right scan of no
    line; the line that was checked `last`; whether something holds the shipment; whether the text is an SKU.
    """
    right = Scan.objects.filter(step=Scan.Step.PACK, result=Result.RIGHT, shipment=shipment).order_by()
    boxes = right.filter(line=OuterRef("pk")).annotate(boxes=Joined("box", Value(":"), "quantity"))
    closing = right.filter(line=None).annotate(boxes=Joined("box", Value(":"), "weight_grams"))
    lines = shipment.lines.filter(quantity__gt=0).select_related("order_line__product")
    found = lines.annotate(
        scanned=Subquery(boxes.values("boxes")),
        closed=Subquery(closing.values("boxes")),
        last=Subquery(right.order_by("-pk").values("line")[:1]),
        is_held=Exists(Shipment.objects.filter(pk=shipment.pk).blocked()),
        is_sku=Exists(Product.objects.filter(sku=text)),
    )
    return list(found.order_by("order_line__number"))


def boxes_of(lines: Sequence[ShipmentLine]) -> Boxes:
    """Return the boxes as they stand, of lines that were read with them."""
    scanned: dict[int, dict[int, int]] = defaultdict(dict)
    for line in lines:
        for box, units in _pairs(line.scanned):  # type: ignore[attr-defined]  # annotated
            scanned[box][line.pk] = scanned[box].get(line.pk, 0) + (units or 0)
    return Boxes(scanned, dict(_pairs(lines[0].closed)) if lines else {})  # type: ignore[attr-defined]


def _pairs(joined: str | None) -> Iterator[tuple[int, int | None]]:
    for pair in (joined or "").split():
        box, _, number = pair.partition(":")
        yield int(box), int(number) if number else None


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


def make_parcels(shipment: Shipment, lines: Sequence[ShipmentLine], boxes: Boxes, *, last: int) -> list[Parcel]:
    """Make a parcel of each box that holds anything; what nobody scanned is in the last one. It is open in change()."""
    units = {line: line.quantity for line in lines}
    contents: dict[int, dict[ShipmentLine, int]] = {last: {}}
    contents |= {number: dict(box) for number, box in boxes.contents(lines, units).items()}
    for line in lines:
        if rest := line.quantity - sum(box.get(line, 0) for box in contents.values()):
            contents[last][line] = contents[last].get(line, 0) + rest
    filled = [(boxes.closed.get(number), box) for number, box in sorted(contents.items()) if box]
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
