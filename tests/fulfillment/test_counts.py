"""Counting: blind, again where it differs, approved by another above the tolerance, booked by the ledger."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from fulfillment import ledger
from fulfillment.models import Bin, BinStock, Count, Scan, Shipment, StockItem, StockMovement, Warehouse
from fulfillment.services import Act, adjust_stock, allocate_order, finish_sheet, pick_shipment, scan_to_count
from fulfillment.services.counts import (
    NotCountable,
    apply_count,
    approve_count,
    ask_count,
    cancel_count,
    count_again,
    seen_at,
)
from fulfillment.services.counts.approve import YourOwnCount
from orders.lifecycle import NotAllowed
from orders.models import Product
from tests.factories import ALICE, BOB, Shop, shipment, stages

pytestmark = pytest.mark.django_db


def place(shop: Shop, code: str = "A-01-01") -> Bin:
    return Bin.objects.get(warehouse=shop.warehouse, code=code)


def figure(count: Count, where: Bin, product: Product, units: int, by: Any = ALICE) -> Count:
    """Give a figure, as one who just looked there."""
    begin(count, where, product, by)
    told(count, units, by)
    return Count.objects.get(pk=count.pk)


def begin(count: Count, where: Bin, product: Product, by: Any = ALICE) -> None:
    """Scan the bin and the article: from then on nothing may move there."""
    scan_to_count(count, Act(uuid4(), by, where.code))
    scan_to_count(count, Act(uuid4(), by, product.sku))


def told(count: Count, units: int, by: Any = ALICE) -> str:
    """Type how many there are of what was scanned."""
    return scan_to_count(count, Act(uuid4(), by, str(units)))[0].sentence


def close(count: Count, where: Bin | None = None, by: Any = ALICE) -> Count:
    finish(count, where, by)
    return Count.objects.get(pk=count.pk)


def finish(count: Count, where: Bin | None = None, by: Any = ALICE, seen: int | None = None) -> Scan:
    """Say that nothing else is there, as one who just looked; or who saw the bin at this version."""
    if where:
        scan_to_count(count, Act(uuid4(), by, where.code))
        done = count.lines.values_list("product", flat=True)
        seen = seen_at(where, without=done) if seen is None else seen
    return finish_sheet(count, Act(uuid4(), by), seen or 0)[0]


def position(shop: Shop, product: Product | None = None, code: str = "A-01-01") -> Count:
    return ask_count(shop.warehouse, bin=place(shop, code), product=product or shop.mug, by=BOB)


def figures(count: Count) -> list[int | None]:
    return list(count.lines.values_list("counted", flat=True))


def lying(shop: Shop, product: Product) -> dict[str, int]:
    rows = BinStock.objects.filter(product=product, quantity__gt=0, bin__warehouse=shop.warehouse)
    return dict(rows.values_list("bin__code", "quantity"))


def adjusted() -> list[tuple[int, str, str]]:
    rows = StockMovement.objects.filter(kind="ADJUST").order_by("pk")
    return list(rows.values_list("on_hand_delta", "cause", "by"))


def lose(shop: Shop, units: int) -> None:
    """What a short pick does: units are not found where they ought to lie."""
    missing = ledger.standing_bin(shop.warehouse, Bin.Kind.MISSING)
    with transaction.atomic():
        ledger.move(place(shop), missing, shop.mug, units, operation=f"lose {units}", by=BOB, cause="short")


def test_a_count_that_agrees_is_through_at_once_and_books_nothing(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    count = figure(position(shop), place(shop), shop.mug, 10)
    assert (count.status, count.approved_by, count.counted_by) == ("APPLIED", "system:count", str(ALICE))
    assert (shop.stock(shop.mug), adjusted()) == ((10, 0), [])


def test_a_first_difference_is_counted_again_and_books_nothing_yet(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    count = figure(position(shop), place(shop), shop.mug, 8)
    assert (count.status, shop.stock(shop.mug), adjusted()) == ("RECOUNT", (10, 0), [])


@pytest.mark.parametrize(("second", "left"), [(8, 8), (9, 9), (10, 10), (12, 12)])
def test_the_second_figure_counts_and_a_small_difference_is_booked_by_itself(
    shop: Shop, second: int, left: int
) -> None:
    shop.receive(shop.mug, 10)
    count = position(shop)
    figure(count, place(shop), shop.mug, 8)
    count = figure(count, place(shop), shop.mug, second)
    assert (count.status, count.lines.get().first) == ("APPLIED", -2)
    assert shop.stock(shop.mug) == (left, 0)
    assert adjusted() == ([(second - 10, f"count {count.pk}", "system:count")] if second != 10 else [])
    assert list(ledger.verify()) == []


def a_large_difference(shop: Shop, by: Any = ALICE) -> Count:
    shop.receive(shop.mug, 10)
    count = position(shop)
    figure(count, place(shop), shop.mug, 6, by)
    return figure(count, place(shop), shop.mug, 6, by)


def test_above_the_tolerance_somebody_else_has_to_approve(shop: Shop) -> None:
    count = a_large_difference(shop)
    assert (count.status, shop.stock(shop.mug)) == ("COUNTED", (10, 0))
    with pytest.raises(YourOwnCount, match="somebody else has to approve it"):
        approve_count(count, by=ALICE)
    assert (Count.objects.get().status, shop.stock(shop.mug), adjusted()) == ("COUNTED", (10, 0), [])
    count = approve_count(count, by=BOB)
    assert (count.status, shop.stock(shop.mug)) == ("APPLIED", (6, 0))
    assert adjusted() == [(-4, f"count {count.pk}", str(BOB))]


def test_whoever_counted_a_part_does_not_approve_the_whole(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    shop.receive(shop.teapot, 2)
    count = ask_count(shop.warehouse, bin=place(shop), by=BOB)
    figure(count, place(shop), shop.mug, 1, ALICE)
    figure(count, place(shop), shop.teapot, 1, BOB)
    close(count, place(shop), BOB)
    figure(count, place(shop), shop.mug, 1, ALICE)
    figure(count, place(shop), shop.teapot, 1, BOB)
    assert (Count.objects.get().status, Count.objects.get().counted_by) == ("COUNTED", str(BOB))
    with pytest.raises(YourOwnCount, match="somebody else has to approve it"):
        approve_count(count, by=ALICE)
    assert (Count.objects.get().status, shop.stock(shop.mug), adjusted()) == ("COUNTED", (10, 0), [])


def test_the_database_itself_lets_nobody_approve_their_own_count(shop: Shop) -> None:
    count = a_large_difference(shop)
    with pytest.raises(IntegrityError, match="count_approved_by_another"), transaction.atomic():
        Count.objects.update(status="APPROVED", approved_by=str(ALICE), approved_at=count.counted_at)


def test_the_tolerance_is_the_warehouse_s_and_each_position_s_own(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    shop.receive(shop.teapot, 10)
    Warehouse.objects.update(count_tolerance=4)
    count = ask_count(shop.warehouse, bin=place(shop), by=BOB)
    for _ in range(2):
        figure(count, place(shop), shop.mug, 15)
        figure(count, place(shop), shop.teapot, 5)
        if Count.objects.get().status == "OPEN":
            close(count, place(shop))
    assert Count.objects.get().status == "COUNTED", "+5 and -5 are two differences of 5"


def test_a_manager_has_it_counted_again(shop: Shop) -> None:
    count = count_again(a_large_difference(shop), by=BOB)
    assert count.status == "RECOUNT"
    count = figure(count, place(shop), shop.mug, 10)
    assert (count.status, shop.stock(shop.mug), adjusted()) == ("APPLIED", (10, 0), [])


def test_a_cancelled_count_books_nothing(shop: Shop) -> None:
    count = cancel_count(a_large_difference(shop), by=BOB)
    with pytest.raises(NotAllowed, match="The count is cancelled, so it cannot be approved"):
        approve_count(count, by=BOB)
    with pytest.raises(NotAllowed, match="The count is cancelled, so it cannot be counted"):
        figure(count, place(shop), shop.mug, 1)
    assert (shop.stock(shop.mug), adjusted(), Count.objects.get().status) == ((10, 0), [], "CANCELLED")


def test_of_each_thing_one_count_stands(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    first = position(shop)
    assert position(shop) == first
    whole = ask_count(shop.warehouse, bin=place(shop), by=BOB)
    assert ask_count(shop.warehouse, bin=place(shop), by=ALICE) == whole
    everywhere = ask_count(shop.warehouse, product=shop.mug, by=BOB)
    assert ask_count(shop.warehouse, product=shop.mug, by=BOB) == everywhere
    assert Count.objects.count() == 3
    figure(first, place(shop), shop.mug, 10)
    assert position(shop) == whole, "who counts the bin counts the article as well"
    figure(whole, place(shop), shop.mug, 10)
    assert position(shop) not in {first, whole}


def test_what_is_picked_or_missing_is_not_counted_where_it_is_booked(shop: Shop) -> None:
    for code in ("STAGE", "MISSING"):
        with pytest.raises(NotCountable):
            ask_count(shop.warehouse, bin=place(shop, code), by=BOB)
    with pytest.raises(NotCountable, match="is not in"):
        ask_count(ledger.open_warehouse("EAST"), bin=place(shop, "STOCK"), by=BOB)
    with pytest.raises(NotCountable, match="Say which bin"):
        ask_count(shop.warehouse, by=BOB)
    assert not Count.objects.exists()


def test_a_figure_is_refused_where_something_was_taken_meanwhile(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    order = shop.order((shop.mug, 2))
    count = position(shop)
    begin(count, place(shop), shop.mug)
    pick_shipment(shipment(order), by=BOB)
    assert told(count, 10) == "2 were taken from here while you counted: count it again."
    assert (Count.objects.get().status, figures(count), shop.stock(shop.mug)) == ("OPEN", [None], (10, 2))
    assert figure(count, place(shop), shop.mug, 8).status == "APPLIED"


def test_what_came_and_went_meanwhile_is_seen_as_well(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    count = position(shop)
    begin(count, place(shop), shop.mug)
    shop.receive(shop.mug, 1)
    assert told(count, 10) == "1 was put here while you counted: count it again."
    shop.receive(shop.mug, 1)
    with transaction.atomic():
        ledger.move(place(shop), place(shop, "STOCK"), shop.mug, 1, operation="away", by=BOB, cause="move")
    assert told(count, 11) == "Something was moved here while you counted: count it again."
    assert figures(count) == [None]


def test_a_reservation_moves_nothing_in_the_bin(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    count = position(shop)
    begin(count, place(shop), shop.mug)
    shop.order((shop.mug, 2))
    told(count, 10)
    assert figures(count) == [10]


def test_a_bin_is_closed_with_what_nobody_saw_counted_as_none(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    shop.receive(shop.teapot, 2)
    count = ask_count(shop.warehouse, bin=place(shop), by=BOB)
    figure(count, place(shop), shop.mug, 10)
    assert close(count, place(shop)).status == "RECOUNT"
    assert sorted(count.lines.values_list("product__sku", "counted", "book")) == [("MUG-01", 10, 10), ("TEA-01", 0, 2)]
    assert figure(count, place(shop), shop.teapot, 0).status == "APPLIED"
    assert (shop.stock(shop.mug), shop.stock(shop.teapot)) == ((10, 0), (0, 0))
    assert list(ledger.verify()) == []


def test_a_bin_is_not_closed_on_what_moved_since_the_counter_looked(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    count, seen = ask_count(shop.warehouse, bin=place(shop), by=BOB), seen_at(place(shop))
    shop.receive(shop.teapot, 2)
    assert finish(count, place(shop), seen=seen).sentence.endswith("look again at what else is here.")
    assert (Count.objects.get().status, count.lines.count()) == ("OPEN", 0)


def test_an_empty_bin_is_counted_by_saying_so(shop: Shop) -> None:
    shop.receive(shop.mug, 1)
    count = ask_count(shop.warehouse, bin=place(shop, "STOCK"), by=BOB)
    assert close(count, place(shop, "STOCK")).status == "APPLIED"


def test_an_article_that_nobody_expected_in_the_bin_comes_onto_the_books(shop: Shop) -> None:
    count = ask_count(shop.warehouse, bin=place(shop, "STOCK"), by=BOB)
    figure(count, place(shop, "STOCK"), shop.teapot, 3)
    close(count, place(shop, "STOCK"))
    assert figure(count, place(shop, "STOCK"), shop.teapot, 3).status == "APPLIED"
    assert (lying(shop, shop.teapot), list(ledger.verify())) == ({"STOCK": 3}, [])


def test_units_that_were_missing_are_found_again_first(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    lose(shop, 3)
    count = position(shop)
    for _ in range(2):
        count = figure(count, place(shop), shop.mug, 9)
    assert (count.status, lying(shop, shop.mug), adjusted()) == ("APPLIED", {"A-01-01": 9, "MISSING": 1}, [])
    assert shop.stock(shop.mug) == (10, 0)
    count = position(shop)
    for _ in range(2):
        count = figure(count, place(shop), shop.mug, 11)
    assert (lying(shop, shop.mug), [row[0] for row in adjusted()]) == ({"A-01-01": 11}, [1])
    assert list(ledger.verify()) == []


def test_who_counted_an_article_everywhere_settles_what_is_missing_of_it(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    shop.receive(shop.mug, 5, bin="B-01-01")
    lose(shop, 3)
    count = ask_count(shop.warehouse, product=shop.mug, by=BOB)
    figure(count, place(shop), shop.mug, 7)
    assert finish(count).sentence == "It is still to be counted in B-01-01."
    figure(count, place(shop, "B-01-01"), shop.mug, 6)
    assert close(count).status == "RECOUNT"
    count = figure(count, place(shop, "B-01-01"), shop.mug, 6)
    assert (count.status, lying(shop, shop.mug)) == ("APPLIED", {"A-01-01": 7, "B-01-01": 6})
    assert (shop.stock(shop.mug), [row[0] for row in adjusted()], list(ledger.verify())) == ((13, 0), [-2], [])


def test_promised_units_that_lack_wait_again_those_of_the_last_promise_first(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    first = shop.order((shop.mug, 4), placed_at="2026-11-23T10:00:00Z")
    last = shop.order((shop.mug, 6), placed_at="2026-11-24T10:00:00Z")
    count = position(shop)
    for _ in range(2):
        count = figure(count, place(shop), shop.mug, 8)
    assert (count.status, shop.stock(shop.mug)) == ("APPLIED", (8, 8))
    assert (stages(first), stages(last)) == ([{"reserved": 4}], [{"waiting": 2, "reserved": 4}])
    assert list(last.shipments.values_list("status", flat=True)) == ["READY", "PLANNED"]
    assert last.events.filter(kind="stock.set_back", facts__cause=f"count {count.pk}").count() == 1
    assert list(ledger.verify()) == []


@pytest.mark.parametrize("counted", ["MAIN", "NORTH"])
def test_units_that_lack_wait_again_although_units_of_another_warehouse_are_kept_beside_them(
    shop: Shop, counted: str
) -> None:
    north = ledger.open_warehouse("NORTH")
    order = shop.order((shop.mug, 20))
    shop.receive(shop.mug, 5)
    shop.receive(shop.mug, 6, warehouse=north)
    allocate_order(order, by=ALICE)
    assert stages(order) == [{"waiting": 9, "reserved": 11}]
    where = Bin.objects.get(warehouse__code=counted, code="A-01-01")
    count = ask_count(where.warehouse, bin=where, product=shop.mug, by=BOB)
    for _ in range(2):
        count = figure(count, where, shop.mug, 1)
    assert (count.status, approve_count(count, by=BOB).status) == ("COUNTED", "APPLIED")
    left = {"MAIN": (5, 5), "NORTH": (6, 6)} | {counted: (1, 1)}
    rows = StockItem.objects.filter(product=shop.mug).values_list("warehouse__code", "on_hand", "reserved")
    assert {code: numbers for code, *numbers in rows} == {code: [*numbers] for code, numbers in left.items()}
    assert list(ledger.verify()) == []


def test_picked_units_stay_with_their_order(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    picked = shop.order((shop.mug, 4), placed_at="2026-11-24T10:00:00Z")
    waits = shop.order((shop.mug, 6), placed_at="2026-11-23T10:00:00Z")
    pick_shipment(shipment(picked), by=BOB)
    count = position(shop)
    for _ in range(2):
        count = figure(count, place(shop), shop.mug, 4)
    assert (count.status, stages(picked), stages(waits)) == (
        "APPLIED",
        [{"picked": 4}],
        [{"waiting": 2, "reserved": 4}],
    )
    assert (shipment(picked).status, list(ledger.verify())) == (Shipment.Status.PICKED, [])


def test_what_was_taken_after_it_was_counted_and_makes_the_difference_impossible_is_counted_again(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    order = shop.order((shop.mug, 8))
    count = position(shop)
    for _ in range(2):
        count = figure(count, place(shop), shop.mug, 5)
    assert count.status == "COUNTED"
    pick_shipment(shipment(order), by=BOB)
    count = approve_count(count, by=BOB)
    assert (count.status, count.approved_by, adjusted(), shop.stock(shop.mug)) == ("RECOUNT", "", [], (10, 8))
    count = figure(count, place(shop), shop.mug, 2, by=BOB)
    assert (count.status, shop.stock(shop.mug), list(ledger.verify())) == ("APPLIED", (10, 8), [])


def test_what_is_found_is_given_to_who_waits(shop: Shop, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks() as bells:
        count = position(shop, code="STOCK")
        for _ in range(2):
            count = figure(count, place(shop, "STOCK"), shop.mug, 2)
    assert (count.status, len(bells)) == ("APPLIED", 1)


def test_a_booked_count_is_not_booked_twice(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    count = position(shop)
    for _ in range(2):
        count = figure(count, place(shop), shop.mug, 9)
    assert apply_count(count).status == "APPLIED"
    assert shop.stock(shop.mug) == (9, 0)


def test_a_difference_that_two_counts_found_is_booked_once(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    one, whole = position(shop), ask_count(shop.warehouse, bin=place(shop), by=BOB)
    for _ in range(2):
        figure(one, place(shop), shop.mug, 5)
        figure(whole, place(shop), shop.mug, 5)
        if Count.objects.get(pk=whole.pk).status == "OPEN":
            close(whole, place(shop))
    assert {each.status for each in Count.objects.all()} == {"COUNTED"}
    approve_count(one, by=BOB)
    approve_count(whole, by=BOB)
    assert (shop.stock(shop.mug), [row[0] for row in adjusted()], list(ledger.verify())) == ((5, 0), [-5], [])
    assert {each.status for each in Count.objects.all()} == {"APPLIED"}


def test_what_somebody_corrected_by_hand_meanwhile_is_not_booked_again(shop: Shop) -> None:
    count = a_large_difference(shop)
    adjust_stock(shop.warehouse, shop.mug, -3, by=BOB, reason="damaged", bin_code="A-01-01")
    approve_count(count, by=BOB)
    assert (shop.stock(shop.mug), [row[0] for row in adjusted()]) == ((6, 0), [-3, -1])
