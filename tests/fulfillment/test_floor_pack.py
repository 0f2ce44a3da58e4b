"""Packing by scan: what is missing, one too many, or does not belong in the box is said, and the box stays open."""

from uuid import uuid4

import pytest

from fulfillment.models import Scan
from fulfillment.services import cancel_order, pack_shipment, pick_shipment
from orders.models import Order
from orders.services import hold_order
from tests.factories import ALICE, BOB, ProductFactory, Shop, shipment, stages
from tests.fulfillment.floor import Floor, said, words


@pytest.fixture
def order(shop: Shop) -> Order:
    shop.receive(shop.mug, 9)
    shop.receive(shop.teapot, 4)
    order = shop.order((shop.mug, 3), (shop.teapot, 1))
    pick_shipment(shipment(order), by=BOB)
    return order


@pytest.fixture
def floor(order: Order) -> Floor:
    return Floor(order, "pack")


def test_the_last_right_scan_closes_the_box(floor: Floor, order: Order) -> None:
    assert "0 of 4 in the box" in floor.screen()
    assert floor.scan("MUG-01", "tea-01", "MUG-01") == "right: 2 of 3 × Enamel mug."
    assert "3 of 4 in the box Enamel mug MUG-01 2 of 3 Teapot TEA-01 1 of 1" in floor.screen()
    assert (floor.status(), stages(order)) == ("PICKED", [{"picked": 3}, {"picked": 1}])
    number = floor.shipment.number
    assert floor.scan("MUG-01") == f"right: All is in: {number} is packed. Close the box."
    assert (floor.status(), stages(order)) == ("PACKED", [{"packed": 3}, {"packed": 1}])
    assert order.events.filter(kind="shipment.packed").count() == 1


def test_what_is_wrong_is_said_and_changes_nothing(floor: Floor, order: Order) -> None:
    ProductFactory(sku="CAN-07", name="Candle")
    floor.scan("TEA-01")
    assert floor.scan("CAN-07") == "wrong: This is Candle. It does not belong in this box."
    assert floor.scan("TEA-01") == "wrong: 1 × Teapot is in already: this one is too many. Put it back."
    assert floor.scan("A-01-01") == "wrong: This is A-01-01. It does not belong in this box."
    assert floor.scan("???") == "wrong: “???” is nothing we know. It does not belong in this box."
    assert floor.scan(floor.shipment.number) == "wrong: Not everything is in: 3 × Enamel mug."
    assert floor.results() == ["RIGHT", "WRONG_ARTICLE", "WRONG_QUANTITY", "WRONG_BIN", "UNKNOWN", "INCOMPLETE"]
    assert (floor.status(), stages(order)) == ("PICKED", [{"picked": 3}, {"picked": 1}])


def test_a_number_is_of_what_was_scanned_last(floor: Floor, order: Order) -> None:
    assert floor.scan("3").startswith("wrong: ")
    assert floor.scan("MUG-01", "4") == "wrong: 3 × Enamel mug belong in this box, not 4."
    assert floor.scan("1") == "wrong: 1 × Enamel mug is in already. Type how many there are in all."
    assert floor.scan("3") == "right: 3 of 3 × Enamel mug."
    floor.scan("TEA-01")
    assert floor.status() == "PACKED"


def test_the_button_counts_the_line_it_was_shown_for(floor: Floor, order: Order) -> None:
    mugs, teapots = floor.shipment.lines.order_by("pk")
    floor.scan("MUG-01")
    assert said(floor.post(count=3, line=teapots.pk)).startswith("wrong: ")
    assert said(floor.post(count=3, line=mugs.pk)) == "right: 3 of 3 × Enamel mug."


def test_two_lines_of_one_article_fill_one_after_the_other(shop: Shop) -> None:
    shop.receive(shop.mug, 9)
    order = shop.order((shop.mug, 1), (shop.mug, 2))
    pick_shipment(shipment(order), by=BOB)
    floor = Floor(order, "pack")
    floor.scan("MUG-01", "MUG-01")
    assert "2 of 3 in the box" in floor.screen()
    floor.scan("MUG-01")
    assert floor.status() == "PACKED"


def test_a_repeated_scan_counts_once(floor: Floor) -> None:
    operation = str(uuid4())
    answers = {said(floor.post(operation=operation, scanned="MUG-01")) for _ in range(3)}
    assert (answers, Scan.objects.count()) == ({"right: 1 of 3 × Enamel mug."}, 1)


def test_everything_is_in_without_scanning_and_the_record_says_so(floor: Floor, order: Order) -> None:
    floor.scan("MUG-01")
    operation = str(uuid4())
    for _ in range(2):
        assert "is packed, without scanning all of it." in said(floor.post(operation=operation, whole="1", without="3"))
    last = Scan.objects.last()
    assert (last.result, last.quantity, Scan.objects.count(), floor.status()) == ("UNSCANNED", 3, 2, "PACKED")


def test_the_first_press_names_what_nobody_scanned_and_the_second_packs(floor: Floor, order: Order) -> None:
    def press(word: str) -> str:
        page = floor.client.post(floor.url, {"operation": uuid4(), "whole": "1", "without": asked}).content.decode()
        assert f">{word}</button>" in page
        return page

    floor.scan("MUG-01")
    asked, before = 0, (floor.status(), stages(order))
    page = press("Pack without scanning 3")
    assert "Still missing: 2 × Enamel mug, 1 × Teapot. Press again to pack without scanning them." in page
    floor.scan("TEA-01")
    asked = 3
    page = press("Pack without scanning 2")
    assert "Still missing: 2 × Enamel mug. Press again to pack without scanning them." in page
    assert (floor.status(), stages(order), floor.results()[1::2]) == (*before, ["INCOMPLETE", "INCOMPLETE"])
    assert "is packed, without scanning all of it." in said(floor.post(whole="1", without="2"))
    assert (floor.status(), stages(order)) == ("PACKED", [{"packed": 3}, {"packed": 1}])


def test_the_same_first_press_twice_asks_twice_and_packs_nothing(floor: Floor, order: Order) -> None:
    operation = str(uuid4())
    for _ in range(2):
        answer = said(floor.post(operation=operation, whole="1", without="0"))
        assert answer.startswith("wrong: Still missing: 3 × Enamel mug, 1 × Teapot.")
    assert (floor.status(), Scan.objects.count()) == ("PICKED", 1)


def test_a_hold_placed_in_the_middle_keeps_the_box_open(floor: Floor, order: Order) -> None:
    floor.scan("MUG-01")
    hold_order(order, by=ALICE, reason="CUSTOMER")
    for fields in ({"scanned": "MUG-01"}, {"scanned": "???"}, {"whole": "1"}):
        response = floor.post(**fields)
        assert (response.status_code, "On hold: the customer asked to wait." in words(response)) == (409, True)
    assert (stages(order), Scan.objects.count(), floor.status()) == ([{"picked": 3}, {"picked": 1}], 1, "PICKED")


def test_units_cancelled_in_the_middle_do_not_belong_in_the_box(floor: Floor, order: Order) -> None:
    floor.scan("MUG-01", "MUG-01")
    cancel_order(order, by=ALICE, lines={1: 2})
    assert "1 of 2 in the box Enamel mug MUG-01 1 of 1" in floor.screen()
    floor.scan("TEA-01")
    assert (floor.status(), stages(order)) == ("PACKED", [{"packed": 1, "cancelled": 2}, {"packed": 1}])


def test_what_somebody_else_packed_is_not_asked_for(floor: Floor, order: Order) -> None:
    pack_shipment(floor.shipment, by=BOB, lines={1: 2})
    assert "0 of 2 in the box" in floor.screen()
    floor.scan("MUG-01", "TEA-01")
    assert floor.status() == "PACKED"


def test_what_is_not_picked_cannot_be_packed(shop: Shop) -> None:
    shop.receive(shop.mug, 1)
    floor = Floor(shop.order((shop.mug, 1)), "pack")
    assert "The shipment is ready but not picked, so it cannot be packed." in floor.screen()
    assert floor.post(scanned="MUG-01").status_code == 409
    assert Scan.objects.count() == 0


@pytest.mark.parametrize("articles", [1, 3])
def test_the_queries_of_a_scan_at_the_box(shop: Shop, django_assert_num_queries, articles: int) -> None:
    products = [ProductFactory(sku=f"P-{n}") for n in range(articles)]
    for product in products:
        shop.receive(product, 9)
    order = shop.order(*((product, 3) for product in products))
    pick_shipment(shipment(order), by=BOB)
    floor = Floor(order, "pack")
    with django_assert_num_queries(6):
        floor.client.get(floor.url)
    with django_assert_num_queries(8):
        floor.client.post(floor.url, {"operation": uuid4(), "scanned": "P-0"}, headers={"HX-Request": "true"})
