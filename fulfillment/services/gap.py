"""Units that are not where somebody was to take them: what lies elsewhere is fetched in the same walk.

The rest of the order's units wait again; what is missing stands in the warehouse's own bin for that, and somebody is
asked to count.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from fulfillment import ledger
from fulfillment.models import Bin, BinStock, Count, PickTask, Scan, Shipment, ShipmentLine, StockItem, Warehouse
from fulfillment.services.counts import ask_count
from fulfillment.services.set_back import set_back
from orders import outbox
from orders.grammar import agree
from orders.models import Actor

Reason = PickTask.Reason
Found = Mapping[Bin, int]
GOES_TO = {
    Reason.EMPTY: Bin.Kind.MISSING,
    Reason.WRONG_ARTICLE: Bin.Kind.MISSING,
    Reason.DAMAGED: Bin.Kind.DAMAGED,
}
"""Reason → where the units are from then on; what one only cannot get at stays where it is."""
CAUSE = {
    Reason.EMPTY: "short pick: not found",
    Reason.WRONG_ARTICLE: "short pick: something else lies there",
    Reason.DAMAGED: "short pick: damaged",
    Reason.BLOCKED: "short pick: out of reach",
}
SAID = {
    Reason.EMPTY: "not found in",
    Reason.WRONG_ARTICLE: "not found in",
    Reason.DAMAGED: "damaged in",
    Reason.BLOCKED: "out of reach in",
}


@dataclass(frozen=True)
class Gap:
    """So many units of a line are not there, for a reason. `operation` is the act of `by`, who says so."""

    line: ShipmentLine
    place: Bin
    warehouse: Warehouse
    units: int
    reason: PickTask.Reason
    operation: str
    by: Actor

    def __str__(self) -> str:
        return f"{self.units} × {self.line.order_line.name} {SAID[self.reason]} {self.place}"

    def lock(self) -> int:
        """Lock the stock of the article; return how many units may be fetched from other bins instead.

        What is missing must not be promised any more: where too few are free, some of it waits again.
        """
        of = {"product": self.line.order_line.product_id, "warehouse": self.warehouse}
        item = StockItem.objects.select_for_update(no_key=True).get(**of)
        return self.units if self.reason == Reason.BLOCKED else min(self.units, item.free)

    def elsewhere(self, shipment: Shipment, units: int, beside: int = 0) -> Found:
        """Return in which other bins so many units lie that nobody walks for, as far as they do.

        `beside`: so many of the line are fetched from other bins anyway.
        """
        wanted = {self.line: units + beside + self._in_books()}
        places = ledger.pick_places(shipment, wanted) if units else []
        short = {self.place.pk, *self._short_in()} if units else set()
        others = ((place.bin, place.quantity) for place in places if place.bin and place.bin.pk not in short)
        return dict(_share(others, beside, units))

    def close(self, shipment: Shipment, found: Found) -> None:
        """Book it; what lies nowhere else waits again. The shipment is open in change()."""
        if back := self.units - sum(found.values()):
            set_back(shipment, {self.line: back}, by=self.by, cause=CAUSE[self.reason])
        self._put_away()
        if self.reason != Reason.BLOCKED:
            product = self.line.order_line.product
            ask_count(self.warehouse, bin=self.place, product=product, cause=Count.Cause.SHORT, by=self.by)
        outbox.ring("allocate")

    def told(self, found: Found) -> str:
        """Say what becomes of it."""
        rest = self.units - sum(found.values())
        if not found:
            return f"{self}: {agree(rest, 'it waits', 'they wait')} again."
        there = f"{sum(found.values())} from {' and '.join(map(str, found))} instead"
        waits = f"; {rest} {agree(rest, 'waits', 'wait')} again" if rest else ""
        return f"{self}: {there}{waits}."

    def _short_in(self) -> Iterable[int]:
        """Return the bins where too few were for this line before: nobody is sent there twice."""
        return Scan.objects.filter(line=self.line, result=Scan.Result.SHORT).values_list("bin", flat=True)

    def _in_books(self) -> int:
        product = self.line.order_line.product_id
        there = BinStock.objects.filter(product=product, bin=self.place, lot="").values_list("quantity", flat=True)
        return there.first() or 0

    def _put_away(self) -> None:
        """Book what is not there, or not good, into the warehouse's own bin for it."""
        units = min(self.units, self._in_books())
        if self.reason not in GOES_TO or not units:
            return
        target = ledger.standing_bin(self.warehouse, GOES_TO[self.reason])
        product, operation = self.line.order_line.product, f"short:{self.operation}"
        ledger.move(self.place, target, product, units, operation=operation, by=self.by, cause=CAUSE[self.reason])


def _share(places: Iterable[tuple[Bin, int]], beside: int, units: int) -> Iterator[tuple[Bin, int]]:
    """Share out units over what is left of these places, when so many beside are taken there."""
    for place, quantity in places:
        taken = min(quantity, beside)
        beside -= taken
        if found := min(quantity - taken, units):
            units -= found
            yield place, found
