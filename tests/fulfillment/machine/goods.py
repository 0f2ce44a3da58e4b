"""Goods that come in, are put away, moved and corrected."""

from hypothesis import strategies as st

from fulfillment.models import Receipt, Scan, StockMovement
from fulfillment.services import (
    adjust_stock,
    close_receipt,
    expect_receipt,
    reopen_receipt,
    scan_to_move,
    scan_to_receive,
    undo_booking,
)
from fulfillment.services.undo_booking import BOOKED
from orders.models import Actor
from tests.fulfillment.machine.base import SHELVES, Floor, any_of, few, one, people, step
from tests.fulfillment.machine.model import BLOCKED, MISSING, RETURNS, STAGE

homes = st.sampled_from(("MAIN", "WEST"))
skus = st.sampled_from(("MUG-01", "TEA-01", "CUP-01"))
shelves = st.sampled_from((*SHELVES, "PUT-BACK"))
set_aside = st.sampled_from(("QUARANTINE", "DAMAGED"))
deliveries = st.sampled_from(("D-1", "D-2", "D-3"))
announced = st.sampled_from([f"D-{n}" for n in range(1, 13)])


class Goods(Floor):
    """Each act is sent twice at times, and is done once."""

    def _receive(self, home: str, bin_: str, sku: str, units: int, by: Actor, reference: str, *, twice: bool) -> None:
        act, place = self.act(by), self.places[home, bin_]
        scan = self.do(lambda: scan_to_receive(self.products[sku], units, place, act, reference, is_begun=True))
        if scan is not None:
            self.model.add(home, bin_, sku, units)
            if twice:
                assert scan_to_receive(self.products[sku], units, place, act, reference, is_begun=True) == scan

    @step(home=homes, sku=skus, units=few, by=people, reference=deliveries, twice=st.booleans())
    def receive_to_the_dock(self, home: str, sku: str, units: int, by: Actor, reference: str, twice: bool) -> None:
        self._receive(home, "DOCK", sku, units, by, reference, twice=twice)

    @step(home=homes, sku=skus, by=people, reference=deliveries)
    def receive_damaged(self, home: str, sku: str, by: Actor, reference: str) -> None:
        self._receive(home, "DAMAGED", sku, 1, by, reference, twice=False)

    @step(home=homes, bin_=shelves, sku=skus, units=few, by=people, reference=deliveries)
    def receive_to_a_shelf(self, home: str, bin_: str, sku: str, units: int, by: Actor, reference: str) -> None:
        self._receive(home, bin_, sku, 2 * units, by, reference, twice=False)

    @step(home=homes, sku=skus, units=few, reference=announced)
    def announce_a_delivery(self, home: str, sku: str, units: int, reference: str) -> None:
        self.do(lambda: expect_receipt(self.homes[home], reference, {self.products[sku]: units}))

    @step(when=lambda self: self.books.rows["receipts"], number=any_of)
    def close_or_open_a_delivery(self, number: int) -> None:
        receipt = Receipt.objects.get(pk=one(self.books.rows["receipts"], number)[0])
        self.do(lambda: reopen_receipt(receipt) if receipt.closed_at else close_receipt(receipt))

    @step(when=lambda self: self._lying("DOCK"), number=any_of, units=few, into=shelves, by=people, twice=st.booleans())
    def put_away(self, number: int, units: int, into: str, by: Actor, twice: bool) -> None:
        home, _, sku = one(self._lying("DOCK"), number)
        self._move(home, "DOCK", into, sku, units, by, Scan.Step.PUT_AWAY, twice=twice)

    @step(when=lambda self: self._lying(*SHELVES, "PUT-BACK"), number=any_of, units=few, into=shelves, by=people)
    def move_to_a_shelf(self, number: int, units: int, into: str, by: Actor) -> None:
        home, source, sku = one(self._lying(*SHELVES, "PUT-BACK"), number)
        self._move(home, source, into, sku, units, by, Scan.Step.MOVE)

    @step(when=lambda self: self._lying(*SHELVES), number=any_of, units=few, into=set_aside, by=people)
    def set_goods_aside(self, number: int, units: int, into: str, by: Actor) -> None:
        home, source, sku = one(self._lying(*SHELVES), number)
        self._move(home, source, into, sku, units, by, Scan.Step.MOVE)

    @step(when=lambda self: self._lying(*BLOCKED), number=any_of, units=few, into=shelves, by=people)
    def bring_blocked_goods_back(self, number: int, units: int, into: str, by: Actor) -> None:
        home, source, sku = one(self._lying(*BLOCKED), number)
        self._move(home, source, into, sku, units, by, Scan.Step.MOVE)

    def _move(
        self,
        home: str,
        source: str,
        target: str,
        sku: str,
        units: int,
        by: Actor,
        how: Scan.Step,
        *,
        twice: bool = False,
    ) -> None:
        act, place = self.act(by), self.places[home, source]
        units = min(units, self.model.bins[home, source, sku] + 1)
        scan = scan_to_move(place, self.places[home, target], self.products[sku], units, act, how)
        assert scan.is_done == self._can_move(home, source, target, sku, units), scan.sentence
        if scan.is_done:
            self._missing_or_not(home, source, target, sku, units)
        if twice:
            assert scan_to_move(place, self.places[home, target], self.products[sku], units, act, how) == scan

    def _missing_or_not(self, home: str, source: str, target: str, sku: str, units: int) -> None:
        if source == MISSING:
            self.model.miss(home, target, sku, -units)
        else:
            self.model.move(home, source, target, sku, units)

    @step(by=people, how=st.sampled_from(BOOKED), twice=st.booleans())
    def take_a_booking_back(self, by: Actor, how: Scan.Step, twice: bool) -> None:
        """What this person booked last, unless the goods went on."""
        mine = Scan.objects.filter(by=str(by), step=how, result=Scan.Result.RIGHT, quantity__gt=0, undone_by=None)
        last, act = mine.order_by("-pk").first(), self.act(by)
        if last is None or self.do(lambda: undo_booking(last, act)) is None:
            return
        entry = StockMovement.objects.select_related("stock_item").get(operation=str(last.operation))
        sku = self.names.skus[entry.stock_item.product_id]
        home, there = self.names.bins[entry.to_bin_id]
        if entry.from_bin_id is None:
            self.model.correct(home, there, sku, -entry.quantity)
        else:
            self._back(home, there, self.names.bins[entry.from_bin_id][1], sku, entry.quantity)
        if twice:
            assert undo_booking(last, act).undoes == last

    def _back(self, home: str, source: str, target: str, sku: str, units: int) -> None:
        if target == MISSING:
            self.model.miss(home, source, sku, units)
        else:
            self.model.move(home, source, target, sku, units)

    def _can_move(self, home: str, source: str, target: str, sku: str, units: int) -> bool:
        promised = sum(
            quantity - picked
            for _, _, line, bin_, quantity, picked, status, *_ in self.books.rows["tasks"]
            if status in {"OPEN", "CLAIMED"} and self.names.bins[bin_] == (home, source) and self._sku_of(line) == sku
        )
        is_blocking = target in BLOCKED and source not in BLOCKED
        return (
            source != target
            and units <= self.model.bins[home, source, sku] - promised - self._of_returns(home, source, sku)
            and (not is_blocking or units <= self.model.free(home, sku))
        )

    def _of_returns(self, home: str, bin_: str, sku: str) -> int:
        """What came back leaves its bin by the desk alone."""
        return self.books.papers[home, bin_, sku] if bin_ == RETURNS else 0

    def _sku_of(self, part: int) -> str:
        return self.model.sku[next(row[1] for row in self.books.rows["parts"] if row[0] == part)]

    def _lying(self, *bins: str) -> list[tuple[str, str, str]]:
        return sorted(key for key in self.books.bins if key[1] in bins)

    @step(
        home=homes,
        bin_=st.sampled_from((*SHELVES, "DAMAGED", "DOCK", RETURNS, STAGE)),
        sku=skus,
        delta=st.sampled_from((-3, -2, -1, 1, 2, 3)),
        by=people,
    )
    def correct_the_stock(self, home: str, bin_: str, sku: str, delta: int, by: Actor) -> None:
        booked = self.do(
            lambda: adjust_stock(self.homes[home], self.products[sku], delta, bin_code=bin_, by=by, reason="seen")
        )
        held, free = self.model.bins[home, bin_, sku], self.model.free(home, sku)
        is_there = held + delta >= self._of_returns(home, bin_, sku) and (bin_ in BLOCKED or free + delta >= 0)
        assert (booked is not None) == (bin_ != STAGE and (delta > 0 or is_there))
        if booked is not None:
            self.model.correct(home, bin_, sku, delta)
