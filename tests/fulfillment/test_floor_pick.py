"""Picking by scan: the bin, the article, the quantity. What is wrong changes nothing and is on record."""

from uuid import uuid4

import pytest
from django.db import transaction

from fulfillment import ledger
from fulfillment.models import Bin, BinStock, Scan
from fulfillment.services import cancel_order, pick_shipment, set_back
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
    assert floor.scan("1") == "wrong: 1 are counted already. Type how many you hold in all."
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


def test_what_was_put_back_is_to_be_fetched_again(shop: Shop) -> None:
    shop.receive(shop.mug, 2)
    waiting = shipment(shop.order((shop.mug, 2)))
    line, place = waiting.lines.get(), Bin.objects.get(warehouse=shop.warehouse, code="A-01-01")
    with transaction.atomic():
        ledger.pick(waiting, {line: 1}, by=BOB)
        ledger.unpick(waiting, {line: 1}, place, by=BOB)
    assert [(stop.bin, stop.left, stop.taken) for stop in ledger.walk(waiting)] == [(place, 2, 0)]
