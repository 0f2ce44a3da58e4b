"""Corrections at the dock and at the returns desk: no paper waits for units that are gone."""

from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps

from fulfillment import ledger
from fulfillment.models import Bin, BinStock, Count, Receipt, ReceiptLine, Return, Scan, StockMovement
from fulfillment.services import (
    Act,
    adjust_stock,
    deliver_shipment,
    dock,
    scan_to_count,
    scan_to_move,
    scan_to_receive,
    ship_shipment,
    undo_booking,
)
from fulfillment.services.counts import approve_count, ask_count
from fulfillment.services.dock import DeliveryArrived
from fulfillment.services.returns import Outcome, finish_return
from fulfillment.services.scan_return import scan_to_return
from fulfillment.services.stock import WaitsForDesk
from fulfillment.tasks import settle_counts
from orders.lifecycle import AlreadyApplied
from tests.api import Api, problem_of, row_counts
from tests.factories import ALICE, BOB, Shop, shipment
from tests.fulfillment.at_desk import decide

pytestmark = pytest.mark.django_db


def place(shop: Shop, code: str) -> Bin:
    return Bin.objects.select_related("warehouse").get_or_create(warehouse=shop.warehouse, code=code)[0]


def receive(shop: Shop, units: int = 5, reference: str = "DN-1") -> Receipt:
    scan_to_receive(shop.mug, units, place(shop, "DOCK"), Act(uuid4(), BOB, "MUG-01"), reference, is_begun=True)
    return Receipt.objects.get(reference=reference)


def move(shop: Shop, source: str, target: str, units: int, step: Scan.Step = Scan.Step.MOVE) -> Scan:
    act = Act(uuid4(), BOB, "MUG-01")
    return scan_to_move(place(shop, source), place(shop, target), shop.mug, units, act, step)


def correct(shop: Shop, delta: int, code: str, **more: Any) -> None:
    adjust_stock(shop.warehouse, shop.mug, delta, bin_code=code, by=ALICE, reason="counted", **more)


def count(shop: Shop, code: str, units: int) -> Count:
    """Say twice that so many lie there: it is booked then."""
    counted = ask_count(shop.warehouse, bin=place(shop, code), product=shop.mug, by=ALICE)
    for text in (code, shop.mug.sku, str(units)) * 2:
        scan_to_count(counted, Act(uuid4(), BOB, text))
    return Count.objects.get(pk=counted.pk)


def standing(receipt: Receipt) -> tuple[int, int, bool]:
    """Received, put away, and whether all of it is."""
    line = receipt.lines.get()
    return line.received, line.put_away, Receipt.objects.get(pk=receipt.pk).put_away_at is not None


def come_back(shop: Shop, units: int = 2) -> Return:
    shop.receive(shop.mug, units)
    order = shop.order((shop.mug, units))
    deliver_shipment(ship_shipment(shipment(order), by=ALICE), by=ALICE)
    for _ in range(units):
        scan_to_return(order, Act(uuid4(), BOB, "MUG-01"), lambda: place(shop, "RETURNS"))
    return Return.objects.get(order=order)


def lying(shop: Shop) -> dict[str, int]:
    rows = BinStock.objects.filter(product=shop.mug, quantity__gt=0)
    return dict(rows.values_list("bin__code", "quantity"))


def test_no_delivery_waits_for_what_was_corrected_away_at_the_dock(shop: Shop) -> None:
    receipt = receive(shop, 5)
    correct(shop, -2, "DOCK")
    assert standing(receipt) == (5, 2, False)
    assert move(shop, "DOCK", "A-01-01", 3, Scan.Step.PUT_AWAY).is_done
    assert (standing(receipt), list(ledger.verify())) == ((5, 5, True), [])


def test_the_delivery_that_came_first_lets_go_first(shop: Shop) -> None:
    receipts = [receive(shop, 2, "DN-1"), receive(shop, 2, "DN-2")]
    correct(shop, -3, "DOCK")
    assert [standing(receipt) for receipt in receipts] == [(2, 2, True), (2, 1, False)]
    assert list(ledger.verify()) == []


def test_what_no_delivery_brought_is_corrected_away_before_what_one_did(shop: Shop) -> None:
    shop.receive(shop.mug, 2, bin="DOCK")
    receipt = receive(shop, 5)
    correct(shop, -2, "DOCK")
    assert (standing(receipt), lying(shop)) == ((5, 0, False), {"DOCK": 5})


def test_a_count_that_finds_less_at_the_dock_lets_the_delivery_go_on(shop: Shop) -> None:
    receipt = receive(shop, 5)
    assert count(shop, "DOCK", 3).status == "APPLIED"
    assert (standing(receipt), lying(shop)) == ((5, 2, False), {"DOCK": 3})
    assert count(shop, "DOCK", 0).status == "APPLIED"
    assert (standing(receipt), list(ledger.verify())) == ((5, 5, True), [])


def test_a_move_to_the_dock_that_is_taken_back_takes_nothing_from_a_delivery(shop: Shop) -> None:
    shop.receive(shop.mug, 2)
    receipt = receive(shop, 3)
    scan = move(shop, "A-01-01", "DOCK", 2)
    undo_booking(scan, Act(uuid4(), BOB))
    assert (standing(receipt), lying(shop), list(ledger.verify())) == ((3, 0, False), {"A-01-01": 2, "DOCK": 3}, [])


def test_a_delivery_does_not_wait_for_what_a_move_taken_back_took_along(shop: Shop) -> None:
    shop.receive(shop.mug, 2)
    scan = move(shop, "A-01-01", "DOCK", 2)
    move(shop, "DOCK", "B-01-01", 2, Scan.Step.PUT_AWAY)
    receipt = receive(shop, 2)
    undo_booking(scan, Act(uuid4(), BOB))
    assert (standing(receipt), list(ledger.verify())) == ((2, 2, True), [])


@pytest.mark.parametrize("how", ["put away", "corrected", "taken back"])
def test_where_one_delivery_follows_the_other_nothing_leaves_the_dock(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    receive(shop, 5)
    shop.receive(shop.mug, 2)
    moved = move(shop, "A-01-01", "DOCK", 2)
    before = row_counts(), lying(shop)
    tries = others_come(monkeypatch)
    with pytest.raises(DeliveryArrived, match="A delivery of it is being booked at the dock. Do it once more."):
        {
            "put away": lambda: move(shop, "DOCK", "A-01-01", 2, Scan.Step.PUT_AWAY),
            "corrected": lambda: correct(shop, -2, "DOCK"),
            "taken back": lambda: undo_booking(moved, Act(uuid4(), BOB)),
        }[how]()
    assert (len(tries), (row_counts(), lying(shop)), list(ledger.verify())) == (dock.TRIES, before, [])


def test_where_one_delivery_follows_the_other_a_count_of_the_dock_stays_for_the_next_turn(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = receive(shop, 5)
    counted = count(shop, "DOCK", 0)
    with monkeypatch.context() as meanwhile:
        others_come(meanwhile)
        assert (approve_count(counted, by=ALICE).status, lying(shop)) == ("APPROVED", {"DOCK": 5})
    assert standing(receipt) == (5, 0, False)
    settle_counts()
    assert (standing(receipt), list(ledger.verify())) == ((5, 5, True), [])


def others_come(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Let the first of a delivery arrive whenever something leaves the dock; return what left there."""
    tries: list[Any] = []

    def refuse(*what: Any) -> None:
        tries.append(what)
        raise DeliveryArrived

    monkeypatch.setattr(dock, "_write", refuse)
    return tries


def test_what_came_back_is_not_corrected_away_from_its_return(shop: Shop, api: Api) -> None:
    back = come_back(shop, 2)
    before = row_counts()
    said = f"2 × Enamel mug in RETURNS came back with {back}. Say at the returns desk what becomes of them."
    with pytest.raises(WaitsForDesk) as refusal:
        correct(shop, -1, "RETURNS")
    assert (refusal.value.sentence, row_counts(), lying(shop)) == (said, before, {"RETURNS": 2})
    body = {"warehouse": "MAIN", "sku": "MUG-01", "bin": "RETURNS", "delta": -1, "reason": "damaged"}
    answer = api.post("/stock/adjustments", body, Idempotency_Key="k1")
    assert (answer.status_code, problem_of(answer)[1], lying(shop)) == (409, "waits_for_desk", {"RETURNS": 2})


def test_what_no_return_brought_may_be_corrected_away_once(shop: Shop) -> None:
    come_back(shop, 2)
    correct(shop, 1, "RETURNS")
    correct(shop, -1, "RETURNS", operation="one")
    with pytest.raises(AlreadyApplied):
        correct(shop, -1, "RETURNS", operation="one")
    assert (lying(shop), list(ledger.verify())) == ({"RETURNS": 2}, [])


def test_what_came_back_is_not_moved_past_its_return(shop: Shop) -> None:
    back = come_back(shop, 2)
    refused = move(shop, "RETURNS", "A-01-01", 1)
    assert (refused.is_done, lying(shop)) == (False, {"RETURNS": 2})
    assert refused.sentence.startswith(f"2 × Enamel mug in RETURNS came back with {back}. Say at the returns desk")
    correct(shop, 1, "RETURNS")
    assert move(shop, "RETURNS", "A-01-01", 1).is_done
    assert list(ledger.verify()) == []


def test_what_a_count_does_not_find_of_a_return_is_scrapped_and_the_return_can_be_closed(shop: Shop) -> None:
    back = come_back(shop, 2)
    correct(shop, 1, "RETURNS")
    assert count(shop, "RETURNS", 2).status == "APPLIED"
    assert back.lines.get().undecided == 2, "what no return brought is missed first"
    counted = count(shop, "RETURNS", 0)
    line = back.lines.get()
    assert (counted.status, line.received, line.scrapped, lying(shop)) == ("APPLIED", 2, 2, {})
    entry = StockMovement.objects.latest("pk")
    assert (entry.kind, entry.quantity, entry.cause) == ("ADJUST", 2, f"count {counted.pk}")
    assert (finish_return(back, by=BOB).status, list(ledger.verify())) == ("CLOSED", [])


def test_what_the_desk_scraps_was_there_and_what_a_count_found_lacking_is_booked_all_the_same(shop: Shop) -> None:
    back = come_back(shop, 6)
    counted = count(shop, "RETURNS", 2)
    assert counted.status == "COUNTED", "it waits for approval"
    decide(back.lines.get(), Outcome.SCRAP, 2)
    assert (approve_count(counted, by=ALICE).status, lying(shop)) == ("APPLIED", {})
    scrapped = StockMovement.objects.filter(kind="ADJUST").order_by("pk").values_list("quantity", "cause")
    assert list(scrapped) == [(2, f"{back} scrapped"), (4, f"count {counted.pk}")]
    line = back.lines.get()
    assert (line.scrapped, line.undecided, finish_return(back, by=BOB).status) == (6, 0, "CLOSED")
    assert (shop.stock(shop.mug), list(ledger.verify())) == ((0, 0), [])


def test_a_unit_more_is_still_a_unit_more_when_the_desk_scraps_others(shop: Shop) -> None:
    back = come_back(shop, 2)
    counted = count(shop, "RETURNS", 7)
    decide(back.lines.get(), Outcome.SCRAP, 2)
    assert (approve_count(counted, by=ALICE).status, lying(shop)) == ("APPLIED", {"RETURNS": 5})
    assert list(ledger.verify()) == []


def test_a_count_that_finds_more_than_came_back_scraps_nothing(shop: Shop) -> None:
    back = come_back(shop, 2)
    count(shop, "RETURNS", 3)
    assert (back.lines.get().undecided, lying(shop), list(ledger.verify())) == (2, {"RETURNS": 3}, [])


def test_deliveries_of_before_are_brought_in_line_with_what_lies_at_the_dock(shop: Shop) -> None:
    """As the migration finds them, where stock was corrected at the dock and no delivery followed: the last lets go."""
    migration = import_module("fulfillment.migrations.0022_dock_as_it_lies")
    receipts = [receive(shop, 5, "DN-1"), receive(shop, 3, "DN-2")]
    correct(shop, -4, "DOCK")
    ReceiptLine.objects.update(put_away=0)
    Receipt.objects.update(put_away_at=None)
    north = ledger.open_warehouse("NORTH")
    scan_to_receive(shop.mug, 2, ledger.standing_bin(north, Bin.Kind.DOCK), Act(uuid4(), BOB), "DN-1", is_begun=True)
    shop.receive(shop.teapot, 1, bin="DOCK")
    assert [each.what for each in ledger.verify()] == ["at the dock by its deliveries"]
    migration.count_off(apps, None)
    assert [standing(receipt) for receipt in receipts] == [(5, 1, False), (3, 3, True)]
    assert (standing(Receipt.objects.get(warehouse=north)), list(ledger.verify())) == ((2, 0, False), [])
    before = row_counts()
    migration.count_off(apps, None)
    assert ([standing(receipt) for receipt in receipts], row_counts()) == ([(5, 1, False), (3, 3, True)], before)
