"""Scans at the same moment: one that is sent twice counts once, and two pickers never take the same unit."""

from uuid import uuid4

import pytest

from fulfillment import ledger
from fulfillment.models import Bin, Scan
from fulfillment.services import Act, scan_to_pick, scan_to_receive
from orders.lifecycle import Refused
from orders.models import Order
from tests.chaos.test_races import threads
from tests.factories import ALICE, BOB, Shop, shipment, stages

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def order(shop: Shop) -> Order:
    shop.receive(shop.mug, 20)
    return shop.order((shop.mug, 10))


def test_a_scan_sent_four_times_at_once_picks_one_unit(order: Order) -> None:
    scan_to_pick(shipment(order), Act(uuid4(), BOB, "A-01-01"))
    with threads(4) as at_once:
        for n in range(1, 6):
            act = Act(uuid4(), BOB, "MUG-01")
            answers = at_once([lambda act=act: scan_to_pick(shipment(order), act)[0].sentence] * 4)
            assert set(answers) == {f"{n} of 10 × Enamel mug."}
    assert (stages(order), Scan.objects.count(), list(ledger.verify())) == ([{"reserved": 5, "picked": 5}], 6, [])


def test_two_pickers_at_one_shipment_take_each_unit_once(order: Order) -> None:
    for by in (ALICE, BOB):
        scan_to_pick(shipment(order), Act(uuid4(), by, "A-01-01"))

    def pick(by):
        return [scan_to_pick(shipment(order), Act(uuid4(), by, "MUG-01"))[0].quantity for _ in range(5)]

    with threads(2) as at_once:
        taken = at_once([lambda: pick(ALICE), lambda: pick(BOB)])
    assert (taken, stages(order), list(ledger.verify())) == ([[1] * 5] * 2, [{"picked": 10}], [])


def test_a_receipt_sent_four_times_at_once_is_booked_once(shop: Shop) -> None:
    place = Bin.objects.get(warehouse=shop.warehouse, code="STOCK")

    def receive(act: Act) -> str:
        try:
            return scan_to_receive(shop.mug, 12, place, act, "DN-1", is_begun=True).sentence
        except Refused as refusal:
            return refusal.code

    with threads(4) as at_once:
        for n in range(1, 6):
            act = Act(uuid4(), BOB, "MUG-01")
            answers = set(at_once([lambda act=act: receive(act)] * 4))
            assert answers <= {"12 × Enamel mug into STOCK.", "already_applied"}
            assert "12 × Enamel mug into STOCK." in answers
            assert shop.stock(shop.mug) == (12 * n, 0)
    assert (Scan.objects.count(), list(ledger.verify())) == (5, [])
