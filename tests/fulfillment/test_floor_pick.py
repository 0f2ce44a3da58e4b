"""Picking by scan: the bin, the article, the quantity. What is wrong changes nothing and is on record."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from fulfillment import ledger
from fulfillment.models import Bin, BinStock, Count, Scan, Shipment, ShipmentLine, StockItem
from fulfillment.services import cancel_order, pack_shipment, pick_shipment, release_wave, set_back
from fulfillment.services.scan_pick import read_picking
from orders.models import Order
from orders.services import hold_order, release_order
from tests.factories import ALICE, BOB, ProductFactory, Shop, shipment, stages
from tests.fulfillment.floor import Floor, person, said, words

HELD = "On hold: the address has to be checked."


@pytest.fixture
def order(shop: Shop) -> Order:
    shop.receive(shop.mug, 9, bin="B-04-11")
    shop.receive(shop.teapot, 4, bin="B-04-12")
    return shop.order((shop.teapot, 1), (shop.mug, 3))


@pytest.fixture
def floor(order: Order) -> Floor:
    return Floor(order)


def test_a_shipment_is_picked_bin_by_bin_and_unit_by_unit(floor: Floor, order: Order) -> None:
    assert "1 of 2 Go to B-04-11 Enamel mug MUG-01 · take 3" in floor.screen()
    assert floor.scan("B-04-11") == "right: B-04-11 is right."
    assert "1 of 2 At B-04-11 Take Enamel mug MUG-01 3" in floor.screen()
    assert floor.scan("MUG-01", "MUG-01") == "right: 2 of 3 × Enamel mug."
    assert (floor.status(), stages(order)) == ("PICKING", [{"reserved": 1}, {"reserved": 1, "picked": 2}])
    assert floor.scan("MUG-01") == "right: 3 of 3 × Enamel mug."
    assert "2 of 2 Go to B-04-12 Teapot" in floor.screen()
    number = floor.shipment.number
    assert floor.scan("B-04-12", "TEA-01") == f"right: {number} is picked. Bring it to packing."
    assert (floor.status(), stages(order)) == ("PICKED", [{"picked": 1}, {"picked": 3}])
    assert (set(floor.results()), list(ledger.verify())) == ({"RIGHT"}, [])


def test_the_wrong_bin_changes_nothing_and_says_where_to_go(floor: Floor, order: Order) -> None:
    assert floor.scan("B-04-12") == "wrong: This is B-04-12. Go to B-04-11."
    assert "Go to B-04-11" in floor.screen()
    scan = Scan.objects.get()
    assert (scan.text, scan.result, scan.quantity, scan.by) == ("B-04-12", "WRONG_BIN", 0, str(floor.by))
    assert (floor.status(), stages(order), order.events.filter(kind__contains="pick").count()) == (
        "READY",
        [{"reserved": 1}, {"reserved": 3}],
        0,
    )


def test_the_wrong_article_changes_nothing_and_is_named(floor: Floor, order: Order) -> None:
    assert floor.scan("B-04-11", "TEA-01") == "wrong: This is Teapot. Scan Enamel mug."
    assert floor.scan("nonsense") == "wrong: “nonsense” is nothing we know. Scan Enamel mug."
    assert floor.scan(order.number) == "wrong: This is the number of an order. Scan Enamel mug."
    assert floor.results() == ["RIGHT", "WRONG_ARTICLE", "UNKNOWN", "UNKNOWN"]
    assert (floor.status(), stages(order)) == ("READY", [{"reserved": 1}, {"reserved": 3}])


def test_the_bin_comes_before_the_article(floor: Floor, order: Order) -> None:
    assert floor.scan("MUG-01") == "wrong: This is Enamel mug. Go to B-04-11."
    assert stages(order) == [{"reserved": 1}, {"reserved": 3}]


def test_who_takes_over_scans_the_bin_again(floor: Floor, order: Order) -> None:
    floor.scan("B-04-11", "MUG-01")
    other = Floor(order, user=person("picker", "bob"))
    assert other.scan("MUG-01") == "wrong: This is Enamel mug. Go to B-04-11."
    assert other.scan("B-04-11", "MUG-01") == "right: 2 of 3 × Enamel mug."


def test_two_articles_of_one_bin_need_one_scan_of_it(shop: Shop) -> None:
    shop.receive(shop.mug, 1, bin="A-01")
    shop.receive(shop.teapot, 1, bin="A-01")
    floor = Floor(shop.order((shop.mug, 1), (shop.teapot, 1)))
    floor.scan("A-01", "MUG-01", "TEA-01")
    assert (floor.status(), set(floor.results())) == ("PICKED", {"RIGHT"})


def test_a_number_says_how_many_are_held_in_all(floor: Floor, order: Order) -> None:
    floor.scan("B-04-11", "MUG-01")
    assert floor.scan("4") == "wrong: Take 3 here, not 4."
    assert floor.scan("1") == "wrong: 1 is counted already. Type how many you hold in all."
    assert stages(order)[1] == {"reserved": 2, "picked": 1}
    assert floor.scan("3") == "right: 3 of 3 × Enamel mug."
    assert stages(order)[1] == {"picked": 3}
    assert floor.results() == ["RIGHT", "RIGHT", "WRONG_QUANTITY", "WRONG_QUANTITY", "RIGHT"]


def test_a_number_counts_only_once_the_article_was_scanned(floor: Floor, order: Order) -> None:
    assert floor.scan("B-04-11", "3") == "wrong: “3” is nothing we know. Scan Enamel mug."
    assert stages(order)[1] == {"reserved": 3}


def test_a_number_that_is_an_sku_was_scanned_not_typed(floor: Floor, order: Order) -> None:
    ProductFactory(sku="2", name="Candle")
    assert floor.scan("B-04-11", "MUG-01", "2") == "wrong: This is Candle. Scan Enamel mug."
    assert stages(order)[1] == {"reserved": 2, "picked": 1}


def test_the_button_counts_what_it_was_shown_for_and_nothing_else(floor: Floor, order: Order) -> None:
    mugs = floor.shipment.lines.get(order_line__number=2)
    floor.scan("B-04-11", "MUG-01")
    assert said(floor.post(count=3, line=mugs.pk)) == "right: 3 of 3 × Enamel mug."
    floor.scan("B-04-12")
    assert said(floor.post(count=1, line=mugs.pk)).startswith("wrong: ")
    assert stages(order) == [{"reserved": 1}, {"picked": 3}]


def test_a_repeated_scan_picks_once_and_is_answered_alike(floor: Floor, order: Order) -> None:
    floor.scan("B-04-11")
    operation = str(uuid4())
    answers = [said(floor.post(operation=operation, scanned="MUG-01")) for _ in range(3)]
    assert answers == ["right: 1 of 3 × Enamel mug."] * 3
    assert (stages(order)[1], Scan.objects.count()) == ({"reserved": 2, "picked": 1}, 2)


def test_a_repeated_last_scan_leads_to_the_floor_as_the_first_did(floor: Floor) -> None:
    operation = str(uuid4())
    answers = [floor.post(operation=operation, whole="1", follow=False) for _ in range(2)]
    target = f"/floor/?done={floor.shipment.number}"
    assert [(each.status_code, each["Location"]) for each in answers] == [(302, target)] * 2
    assert Scan.objects.count() == 1


def test_without_scanning_all_is_picked_and_the_record_says_so(floor: Floor, order: Order) -> None:
    floor.scan("B-04-11", "MUG-01")
    number = floor.shipment.number
    assert said(floor.post(whole="1")) == f"right: {number} is picked, without scanning. Bring it to packing."
    last = Scan.objects.last()
    assert (last.result, last.quantity, last.text, stages(order)) == (
        "UNSCANNED",
        3,
        "",
        [{"picked": 1}, {"picked": 3}],
    )


def test_a_hold_placed_in_the_middle_stops_the_walk(floor: Floor, order: Order) -> None:
    floor.scan("B-04-11", "MUG-01")
    hold_order(order, by=ALICE, reason="ADDRESS")
    for fields in ({"scanned": "MUG-01"}, {"scanned": "B-04-11"}, {"scanned": "nonsense"}, {"whole": "1"}):
        response = floor.post(**fields)
        assert (response.status_code, HELD in words(response)) == (409, True)
    assert (stages(order)[1], Scan.objects.count(), floor.status()) == ({"reserved": 2, "picked": 1}, 2, "PICKING")
    assert f"Not now {HELD}" in floor.screen()


def test_units_cancelled_in_the_middle_are_not_asked_for(floor: Floor, order: Order) -> None:
    floor.scan("B-04-11", "MUG-01")
    cancel_order(order, by=ALICE, lines={2: 1})
    assert "Take Enamel mug MUG-01 1 of 2" in floor.screen()
    assert floor.scan("MUG-01") == "right: 2 of 2 × Enamel mug."
    floor.scan("B-04-12", "TEA-01")
    assert (floor.status(), list(ledger.verify())) == ("PICKED", [])


def test_units_of_one_line_come_from_several_bins_in_their_order(shop: Shop) -> None:
    shop.receive(shop.mug, 2, bin="C-09")
    shop.receive(shop.mug, 1, bin="A-01")
    floor = Floor(shop.order((shop.mug, 3)))
    assert floor.scan("A-01", "MUG-01") == "right: 1 of 1 × Enamel mug."
    assert "2 of 2 Go to C-09 Enamel mug MUG-01 · take 2" in floor.screen()
    floor.scan("C-09", "MUG-01", "2")
    assert (floor.status(), BinStock.objects.filter(bin__code__in=["A-01", "C-09"], quantity__gt=0).count()) == (
        "PICKED",
        0,
    )


def test_what_waits_to_be_put_back_is_picked_last(shop: Shop) -> None:
    shop.receive(shop.mug, 1, bin="Z-99")
    shop.receive(shop.mug, 1, bin="PUT-BACK")
    floor = Floor(shop.order((shop.mug, 2)))
    floor.scan("Z-99", "MUG-01")
    assert "2 of 2 Go to PUT-BACK" in floor.screen()
    floor.scan("PUT-BACK", "MUG-01")
    assert floor.status() == "PICKED"


def test_the_books_take_from_the_bin_that_was_scanned(shop: Shop) -> None:
    shop.receive(shop.mug, 2, bin="C-09")
    floor = Floor(shop.order((shop.mug, 1)))
    floor.scan("C-09")
    shop.receive(shop.mug, 5, bin="A-01")
    assert floor.scan("MUG-01") == "wrong: This is Enamel mug. Go to A-01."
    floor.scan("A-01", "MUG-01")
    assert BinStock.objects.get(bin__code="A-01").quantity == 4


def test_another_picker_may_have_emptied_the_bin(shop: Shop) -> None:
    shop.receive(shop.mug, 1, bin="A-01")
    shop.receive(shop.mug, 1, bin="C-09")
    first, second = (shop.order((shop.mug, 1)) for _ in range(2))
    floor = Floor(first)
    floor.scan("A-01")
    pick_shipment(shipment(second), by=BOB)
    assert floor.scan("MUG-01") == "wrong: This is Enamel mug. Go to C-09."


def test_where_there_are_no_bins_the_article_alone_is_scanned(shop: Shop) -> None:
    shop.receive(shop.mug, 2, bin="STOCK")
    floor = Floor(shop.order((shop.mug, 1)))
    assert "Take Enamel mug" in floor.screen()
    floor.scan("MUG-01")
    assert floor.status() == "PICKED"


def test_an_empty_scan_is_no_scan(floor: Floor) -> None:
    response = floor.post(scanned="  ")
    assert (response.status_code, said(response), Scan.objects.count()) == (422, "wrong: Nothing was scanned.", 0)
    assert floor.post(scanned="x" * 65).status_code == 422
    assert floor.post(scanned="a\0b").status_code == 400
    assert floor.client.post(floor.url, {"scanned": "B-04-11"}).status_code == 422
    assert Scan.objects.count() == 0


def test_what_is_picked_already_leads_on(floor: Floor) -> None:
    pick_shipment(floor.shipment, by=BOB)
    page = floor.client.get(floor.url)
    assert (page.status_code, f"/floor/{floor.shipment.number}/pack/" in page.content.decode()) == (200, True)
    assert floor.post(scanned="B-04-11").status_code == 409


def test_htmx_gets_the_panel_alone_and_is_led_on_in_the_same_document(floor: Floor) -> None:
    headers = {"HX-Request": "true"}
    answer = floor.client.post(floor.url, {"operation": uuid4(), "scanned": "B-04-11"}, headers=headers)
    panel = answer.content.decode()
    assert ("<html" in panel, 'id="panel"' in panel, 'hx-swap-oob="true"' in panel) == (False, True, True)
    done = floor.client.post(floor.url, {"operation": uuid4(), "whole": "1"}, headers=headers)
    assert f"/floor/?done={floor.shipment.number}" in done["HX-Location"]


@pytest.mark.parametrize("articles", [1, 3])
def test_the_queries_of_a_scan(shop: Shop, django_assert_num_queries, articles: int) -> None:
    products = [ProductFactory(sku=f"P-{n}", name=f"Article {n}") for n in range(articles)]
    for product in products:
        shop.receive(product, 9, bin=f"A-{product.sku}")
    floor = Floor(shop.order(*((product, 3) for product in products)))
    with django_assert_num_queries(9):
        floor.client.get(floor.url)
    with django_assert_num_queries(9):
        floor.post(scanned="A-P-0", follow=False)
    floor.scan("P-0")
    with django_assert_num_queries(12):
        floor.client.post(floor.url, {"operation": uuid4(), "scanned": "P-0"}, headers={"HX-Request": "true"})


@pytest.mark.parametrize("does", ["scan", "press"])
def test_what_lost_its_rest_while_it_was_held_is_picked_by_its_number(floor: Floor, order: Order, does: str) -> None:
    floor.scan("B-04-11", "MUG-01", "MUG-01", "MUG-01")
    hold_order(order, by=ALICE, reason="ADDRESS")
    teapot = floor.shipment.lines.get(order_line__number=1)
    set_back(floor.shipment, {teapot: 1}, by=BOB, cause="not found")
    release_order(order, by=ALICE)
    assert "Nothing is left to pick" in floor.screen()
    number = floor.shipment.number
    assert floor.scan("TEA-01") == f"wrong: This is Teapot. Nothing is left to pick: scan {number}."
    assert floor.status() == "PICKING"
    answer = floor.scan(number) if does == "scan" else said(floor.post(whole="1"))
    assert answer.startswith(f"right: {number} is picked")
    assert (floor.status(), stages(order)) == ("PICKED", [{"waiting": 1}, {"picked": 3}])


def too_few(floor: Floor, reason: str = "EMPTY", **more: Any) -> str:
    """Say that too few are where the walk is."""
    stop = read_picking(floor.shipment, floor.by).stop
    assert stop
    assert stop.bin
    return said(floor.post(short=reason, line=stop.line.pk, place=stop.bin.pk, **more))


def everything() -> Any:
    return (
        list(ShipmentLine.objects.order_by("pk").values_list("quantity", "reserved", "picked")),
        list(BinStock.objects.order_by("pk").values_list("pk", "quantity")),
        list(StockItem.objects.order_by("pk").values_list("on_hand", "reserved", "blocked")),
        list(Shipment.objects.order_by("pk").values_list("pk", "status")),
        list(Order.objects.order_by("pk").values_list("version", flat=True)),
        (Scan.objects.count(), Count.objects.count()),
    )


def test_too_few_leads_to_another_bin_in_the_same_walk_and_a_count(floor: Floor, order: Order, shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="B-06-1")
    floor.scan("B-04-11", "MUG-01")
    assert "Too few The bin is empty Damaged Something else lies there I cannot get there" in floor.screen()
    expected = "right: 2 × Enamel mug not found in B-04-11: 2 from B-06-1 instead. Go on."
    assert too_few(floor) == expected
    floor.scan("B-04-12", "TEA-01")
    assert "Go to B-06-1 Enamel mug MUG-01 · take 2" in floor.screen(), "though the books know of 6 in B-04-11"
    item = StockItem.objects.get(product=shop.mug)
    assert (item.on_hand, item.reserved, item.blocked) == (14, 3, 2)
    counted = Count.objects.values_list("bin__code", "product", "cause", "status").get()
    assert counted == ("B-04-11", shop.mug.pk, "SHORT", "OPEN")
    floor.scan("B-06-1", "MUG-01", "2")
    assert (floor.status(), stages(order)) == ("PICKED", [{"picked": 1}, {"picked": 3}])
    assert BinStock.objects.get(bin__code="B-06-1").quantity == 3
    assert list(ledger.verify()) == []


@pytest.mark.parametrize(
    ("reason", "words_", "blocked", "counts"),
    [
        ("EMPTY", "not found in", 3, 1),
        ("WRONG_ARTICLE", "not found in", 3, 1),
        ("DAMAGED", "damaged in", 3, 1),
        ("BLOCKED", "out of reach in", 0, 0),
    ],
)
def test_what_lies_nowhere_else_waits_and_the_rest_goes_on(
    floor: Floor, order: Order, shop: Shop, reason: str, words_: str, blocked: int, counts: int
) -> None:
    assert too_few(floor, reason) == f"right: 3 × Enamel mug {words_} B-04-11: they wait again. Go on."
    item = StockItem.objects.get(product=shop.mug)
    assert (stages(order), item.blocked, Count.objects.count()) == ([{"reserved": 1}, {"waiting": 3}], blocked, counts)
    assert "1 of 1 Go to B-04-12 Teapot" in floor.screen()
    floor.scan("B-04-12", "TEA-01")
    assert [each.status for each in order.shipments.order_by("pk")] == ["PICKED", "PLANNED"]
    assert list(ledger.verify()) == []


def test_out_of_reach_in_one_bin_is_fetched_from_another(floor: Floor, order: Order, shop: Shop) -> None:
    shop.receive(shop.mug, 2, bin="Z-01-1")
    said_ = "right: 3 × Enamel mug out of reach in B-04-11: 2 from Z-01-1 instead; 1 waits again. Go on."
    assert too_few(floor, "BLOCKED") == said_
    floor.scan("B-04-12", "TEA-01")
    assert "Go to Z-01-1 Enamel mug MUG-01 · take 2" in floor.screen()
    floor.scan("Z-01-1", "MUG-01")
    assert floor.scan("2") == f"right: {floor.shipment.number} is picked. Bring it to packing."
    assert (stages(order)[1], list(ledger.verify())) == ({"waiting": 1, "picked": 2}, [])


def test_units_that_the_walk_takes_elsewhere_anyway_are_no_help(shop: Shop) -> None:
    shop.receive(shop.mug, 2, bin="A-01")
    shop.receive(shop.mug, 4, bin="C-09")
    order = shop.order((shop.mug, 5))
    floor = Floor(order)
    assert too_few(floor) == "right: 2 × Enamel mug not found in A-01: 1 from C-09 instead; 1 waits again. Go on."
    floor.scan("C-09", "MUG-01")
    assert floor.scan("4") == f"right: {floor.shipment.number} is picked. Bring it to packing."
    assert (stages(order), list(ledger.verify())) == ([{"waiting": 1, "picked": 4}], [])


def test_with_nothing_left_to_pick_the_floor_says_so(shop: Shop) -> None:
    shop.receive(shop.mug, 1, bin="A-01")
    order = shop.order((shop.mug, 1))
    floor = Floor(order)
    number = floor.shipment.number
    said_ = f"right: 1 × Enamel mug not found in A-01: it waits again. Nothing is left to pick for {number}."
    assert too_few(floor) == said_
    assert [each.status for each in order.shipments.order_by("pk")] == ["CANCELLED", "PLANNED"]
    assert (stages(order), list(ledger.verify())) == ([{"waiting": 1}], [])


def test_an_order_that_goes_all_at_once_waits_with_all_of_it(shop: Shop) -> None:
    shop.receive(shop.mug, 1, bin="A-01")
    shop.receive(shop.teapot, 1, bin="B-01")
    floor = Floor(shop.order((shop.mug, 1), (shop.teapot, 1), is_ship_complete=True))
    too_few(floor)
    assert "Not now" in floor.screen()
    assert "waits for the rest of its order, which goes all at once: 1 × Enamel mug." in floor.screen()


def test_too_few_is_said_once_and_of_the_stop_that_was_shown(floor: Floor, order: Order) -> None:
    operation = str(uuid4())
    first = too_few(floor, operation=operation)
    before = everything()
    assert floor.post(operation=operation, short="EMPTY", line=1, place=1).status_code == 200
    assert (everything(), first) == (before, "right: 3 × Enamel mug not found in B-04-11: they wait again. Go on.")
    mugs = floor.shipment.lines.get(order_line__number=2)
    stale = floor.post(short="EMPTY", line=mugs.pk, place=Bin.objects.get(code="B-04-11").pk)
    assert (stale.status_code, everything()) == (409, before)
    assert said(floor.post(short="EMPTY")) == "wrong: Nobody knows where that was. Look at the screen again."
    assert floor.post(short="NONSENSE", line=mugs.pk, place=1).status_code == 422
    assert everything() == before


def test_what_is_held_or_on_a_cart_is_not_closed_short(floor: Floor, order: Order, shop: Shop) -> None:
    stop = read_picking(floor.shipment, floor.by).stop
    assert stop
    assert stop.bin
    fields = {"short": "EMPTY", "line": stop.line.pk, "place": stop.bin.pk}
    hold_order(order, by=ALICE, reason="ADDRESS")
    before = everything()
    assert (floor.post(**fields).status_code, everything()) == (409, before)
    release_order(order, by=ALICE)
    release_wave(shop.warehouse, by=ALICE)
    before = everything()
    assert (floor.post(**fields).status_code, everything()) == (409, before)


def test_the_last_scan_is_taken_back(floor: Floor, order: Order) -> None:
    assert "Undo" not in floor.screen()
    floor.scan("B-04-11", "MUG-01", "3", "nonsense")
    assert "Undo 2 × Enamel mug" in floor.screen()
    operation = str(uuid4())
    for _ in range(2):
        answer = floor.post(operation=operation, undo="1")
        assert said(answer) == "right: Taken back: put 2 × Enamel mug into B-04-11 again."
    assert (stages(order)[1], floor.status()) == ({"reserved": 2, "picked": 1}, "PICKING")
    assert "Undo 1 × Enamel mug" in floor.screen()
    assert said(floor.post(undo="1")) == "right: Taken back: put 1 × Enamel mug into B-04-11 again."
    assert (stages(order)[1], "Undo" in floor.screen()) == ({"reserved": 3}, False)
    before = everything()
    refused = floor.post(undo="1")
    assert (refused.status_code, "There is nothing to take back." in words(refused)) == (409, True)
    assert (everything(), list(ledger.verify())) == (before, [])
    kinds = [each for each in order.events.values_list("kind", flat=True) if each.startswith("shipment.unp")]
    assert kinds == ["shipment.unpicked"] * 2


def test_nobody_takes_back_what_somebody_else_fetched(floor: Floor, order: Order) -> None:
    floor.scan("B-04-11", "MUG-01")
    before = everything()
    other = Floor(order, user=person("picker", "bob"))
    assert "Undo" not in other.screen()
    assert (other.post(undo="1").status_code, everything()) == (409, before)


def test_the_last_unit_of_all_is_taken_back_until_somebody_packs_it(shop: Shop) -> None:
    shop.receive(shop.mug, 1, bin="A-01")
    order = shop.order((shop.mug, 1))
    floor = Floor(order)
    floor.scan("A-01")
    done = floor.post(scanned="MUG-01")
    assert "Undo 1 × Enamel mug" in words(done), "the floor offers it"
    assert said(floor.post(undo="1")) == "right: Taken back: put 1 × Enamel mug into A-01 again."
    assert (floor.status(), stages(order)) == ("PICKING", [{"reserved": 1}])
    floor.scan("MUG-01")
    pack_shipment(shipment(order), by=BOB)
    before = everything()
    assert (floor.post(undo="1").status_code, everything(), list(ledger.verify())) == (409, before, [])
    assert "Undo" not in words(floor.client.get(f"/floor/?done={floor.shipment.number}"))


def test_what_was_cancelled_meanwhile_is_not_taken_back(floor: Floor, order: Order) -> None:
    floor.scan("B-04-11", "MUG-01")
    cancel_order(order, by=ALICE, lines={2: 3})
    before = everything()
    refused = floor.post(undo="1")
    assert (refused.status_code, "That was cancelled meanwhile" in words(refused)) == (409, True)
    assert everything() == before


def test_what_was_put_back_is_to_be_fetched_again(shop: Shop) -> None:
    shop.receive(shop.mug, 2)
    waiting = shipment(shop.order((shop.mug, 2)))
    line, place = waiting.lines.get(), Bin.objects.get(warehouse=shop.warehouse, code="A-01-01")
    with transaction.atomic():
        ledger.pick(waiting, {line: 1}, by=BOB)
        ledger.unpick(waiting, {line: 1}, place, by=BOB)
    assert [(stop.bin, stop.left, stop.taken) for stop in ledger.walk(waiting)] == [(place, 2, 0)]
