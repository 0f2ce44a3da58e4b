"""A bin that is counted while it is picked: at the end the books say what lies there, in each of many rounds."""

import threading
from collections import Counter
from uuid import uuid4

import pytest

from fulfillment import ledger
from fulfillment.models import Bin, BinStock, Count, Shipment
from fulfillment.services import Act, finish_sheet, pick_shipment, scan_to_count
from fulfillment.services.counts import approve_count, ask_count, judge_count, seen_at
from orders.lifecycle import NotAllowed, Refused
from orders.models import Actor
from tests.chaos.test_races import threads
from tests.factories import ALICE, BOB, Shop, give_up_waiting

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
CHARLIE = Actor("user", "3")
STOLEN = 5


class Shelf:
    """What really lies in the bin. A hand in it is there alone, and books what it takes before it lets go."""

    def __init__(self, shop: Shop, units: int) -> None:
        self.shop, self.units = shop, units
        self.hand = threading.Lock()
        self.bin = Bin.objects.get(warehouse=shop.warehouse, code="A-01-01")
        self.outcomes: Counter[str] = Counter()

    def look(self) -> int:
        with self.hand:
            return self.units

    def pick(self, shipments: list[Shipment]) -> None:
        """Take one unit after the other, as long as the books give any and the shelf has any."""
        for each in shipments * 2:
            with self.hand:
                try:
                    if self.units:
                        pick_shipment(each, by=ALICE, lines={1: 1}, bin_=self.bin)
                        self.units -= 1
                        self.outcomes["picked"] += 1
                except Refused:
                    self.outcomes["not picked"] += 1

    def count(self, by: Actor, *, whole: bool) -> None:
        """Count until one count is booked, whatever happens meanwhile."""
        while True:
            product = None if whole else self.shop.mug
            count = ask_count(self.shop.warehouse, bin=self.bin, product=product, by=by)
            try:
                self._figure(count, by, whole=whole)
            except NotAllowed:
                self.outcomes["somebody else did it"] += 1
            fresh = self._believe(count)
            self.outcomes[fresh.status] += 1
            if fresh.status == Count.Status.APPLIED:
                return

    def _believe(self, count: Count) -> Count:
        """Have it approved, by whoever is first: two may have counted the same count."""
        fresh = judge_count(Count.objects.get(pk=count.pk))
        try:
            return approve_count(fresh, by=CHARLIE) if fresh.status == Count.Status.COUNTED else fresh
        except NotAllowed:
            self.outcomes["somebody else approved it"] += 1
            return Count.objects.get(pk=count.pk)

    def _figure(self, count: Count, by: Actor, *, whole: bool) -> None:
        for text in (self.bin.code, self.shop.mug.sku):
            scan_to_count(count, Act(uuid4(), by, text))
        scan, _ = scan_to_count(count, Act(uuid4(), by, str(self.look())))
        if whole and scan.is_done and Count.objects.get(pk=count.pk).status == Count.Status.OPEN:
            rest = seen_at(self.bin, without=[self.shop.mug.pk])
            scan, _ = finish_sheet(count, Act(uuid4(), by), rest)
        self.outcomes["moved meanwhile"] += "while you counted" in scan.sentence


@pytest.mark.parametrize("stock", [24, 40])
def test_counting_while_others_pick_ends_with_the_books_right(shop: Shop, stock: int, is_long: bool) -> None:
    """Some was stolen; more than half is promised, in one case nearly all: then units wait again."""
    total: Counter[str] = Counter()
    with threads(4) as at_once:
        for _ in range(50 if is_long else 6):
            give_up_waiting()
            held = BinStock.objects.filter(product=shop.mug, bin__code="A-01-01").first()
            shop.receive(shop.mug, stock - (held.quantity if held else 0))
            shelf = Shelf(shop, stock - STOLEN)
            orders = [shop.order((shop.mug, 2)) for _ in range(10)]
            shipments = [order.shipments.get(status="READY") for order in orders if order.status == "CONFIRMED"]
            at_once(
                [
                    lambda: shelf.pick(shipments[::2]),  # noqa: B023
                    lambda: shelf.pick(shipments[1::2]),  # noqa: B023
                    lambda: shelf.count(ALICE, whole=False),  # noqa: B023
                    lambda: shelf.count(BOB, whole=True),  # noqa: B023
                ]
            )
            row = BinStock.objects.get(product=shop.mug, bin=shelf.bin)
            assert (row.quantity, list(ledger.verify())) == (shelf.units, [])
            total += shelf.outcomes
    print(dict(total))
    assert total["moved meanwhile"]
    assert total["picked"]
