"""Returns at a desk: taken in, decided, closed; once each, and a refusal changes nothing."""

from typing import Any
from uuid import uuid4

import pytest

from fulfillment import ledger
from fulfillment.models import Return, ReturnLine, Scan, StockMovement
from fulfillment.services import ship_shipment
from fulfillment.services.returns import approve_return, request_return
from orders.models import Event, Order, Product
from tests.factories import ALICE, Shop, shipment
from tests.fulfillment.admin.test_twins import Desk, bin_, lying
from tests.fulfillment.test_floor_returns import order  # noqa: F401 - a fixture
from tests.fulfillment.yard import FAR, works_in
from tests.staff import flashes

pytestmark = pytest.mark.django_db


@pytest.fixture
def back(order: Order) -> Return:  # noqa: F811 - the fixture
    return approve_return(request_return(order, {1: 2}, by=ALICE), by=ALICE)


def sums() -> list[tuple[int, ...]]:
    return list(ReturnLine.objects.values_list("received", "restocked", "quarantined", "scrapped"))


def unit(shop: Shop, grade: str = "", **more: Any) -> dict[str, Any]:
    return {"sku": "MUG-01", "grade": grade, "bin": "", "warehouse": shop.warehouse.pk, **more}


def test_a_return_is_taken_in_decided_and_closed_at_a_desk(back: Return, shop: Shop) -> None:
    desk = Desk("packer")
    assert "Enamel mug (3 out there)" in desk.page(back)
    assert desk.says(back, "take-in", **unit(shop)) == ["1 of 2 × Enamel mug."]
    assert desk.says(back, "take-in", **unit(shop)) == ["2 of 2 × Enamel mug."]
    line = back.lines.get()
    assert "Enamel mug (2 to be decided)" in desk.page(back)
    given = {"line": line.pk, "units": 1, "grade": "restocked", "bin": "a-01-01"}
    assert desk.says(back, "decide", **given) == ["1 × Enamel mug into A-01-01: sold again."]
    given = {"line": line.pk, "units": 1, "grade": "scrapped", "bin": ""}
    assert desk.says(back, "decide", **given) == ["1 × Enamel mug to scrap."]
    assert desk.says(back, "close") == [f"{back} is closed."]
    assert (Return.objects.get().status, lying(), sums()) == ("CLOSED", {"A-01-01": 1}, [(2, 1, 0, 1)])
    assert list(ledger.verify()) == []


def test_a_unit_is_taken_in_with_its_grade(back: Return, shop: Shop) -> None:
    desk = Desk("packer")
    said = desk.says(back, "take-in", **unit(shop, "quarantined"))
    assert said == ["1 of 2 × Enamel mug. 1 × Enamel mug to quarantine."]
    said = desk.says(back, "take-in", **unit(shop, "restocked", bin="A-01-01"))
    assert said == ["2 of 2 × Enamel mug. 1 × Enamel mug into A-01-01: sold again."]
    assert (lying(), sums()) == ({"QUARANTINE": 1, "A-01-01": 1}, [(2, 1, 1, 0)])


@pytest.mark.parametrize("verb", ["take-in", "decide", "close"])
def test_each_press_sent_twice_is_done_once_and_answered_alike(back: Return, shop: Shop, verb: str) -> None:
    desk, operation = Desk("packer"), str(uuid4())
    given: dict[str, Any] = unit(shop, "quarantined")
    if verb != "take-in":
        desk.press(back, "take-in", **unit(shop, "scrapped" if verb == "close" else ""))
        given = {"line": back.lines.get().pk, "units": 1, "grade": "scrapped", "bin": ""} if verb == "decide" else {}
    once = desk.says(back, verb, **given, operation=operation)
    before = (sums(), StockMovement.objects.count(), Event.objects.count(), Scan.objects.count())
    assert desk.says(back, verb, **given, operation=operation) == once
    assert (sums(), StockMovement.objects.count(), Event.objects.count(), Scan.objects.count()) == before


def test_a_grade_that_is_refused_takes_nothing_in(back: Return, shop: Shop) -> None:
    desk = Desk("packer")
    bin_(shop, "QUARANTINE")
    said = desk.says(back, "take-in", **unit(shop, "restocked", bin="QUARANTINE"))
    assert said == ["This is QUARANTINE. Scan a bin to pick from."]
    assert desk.press(back, "take-in", **unit(shop, "restocked")).status_code == 422
    assert desk.says(back, "take-in", **unit(shop, sku="TEA-01")) == [
        "This is Teapot. It is not of this order: set it aside."
    ]
    assert (lying(), sums(), Return.objects.get().status) == ({}, [(0, 0, 0, 0)], "APPROVED")


def test_more_than_is_here_is_not_decided_and_nothing_undecided_is_closed(back: Return, shop: Shop) -> None:
    desk = Desk("packer")
    desk.press(back, "take-in", **unit(shop))
    given = {"line": back.lines.get().pk, "units": 2, "grade": "scrapped", "bin": ""}
    assert desk.says(back, "decide", **given) == ["1 × Enamel mug is still to be decided, not 2."]
    assert desk.press(back, "decide", **{**given, "line": 0, "units": 1}).status_code == 422
    assert desk.says(back, "close") == ["Still to be decided: 1 × Enamel mug."]
    assert (lying(), sums(), Return.objects.get().status) == ({"RETURNS": 1}, [(1, 0, 0, 0)], "RECEIVED")


def test_what_nobody_announced_is_taken_in_by_a_number_on_its_parcel(order: Order, shop: Shop) -> None:  # noqa: F811
    desk, operation = Desk("packer"), str(uuid4())
    given = {**unit(shop, "quarantined"), "number": "JD014600", "operation": operation}
    for _ in range(2):
        answer = desk.client.post("/admin/fulfillment/return/add/", given, follow=True)
        assert flashes(answer) == ["1 × Enamel mug. 1 × Enamel mug to quarantine."]
    arrived = Return.objects.get()
    assert answer.request["PATH_INFO"] == f"/admin/fulfillment/return/{arrived.pk}/change/"
    assert (arrived.is_announced, lying()) == (False, {"QUARANTINE": 1})


def test_a_number_that_leads_nowhere_or_elsewhere_takes_nothing_in(back: Return, shop: Shop) -> None:
    far = ledger.open_warehouse(FAR)
    works_in("packer", far, name="eve")
    desk = Desk("packer")
    desk.press(back, "take-in", **unit(shop))
    before = (lying(), sums(), Scan.objects.count())
    for each, number in ((desk, "NO-SUCH"), (Desk("packer", "eve"), back.number)):
        given = {**unit(shop), "number": number, "warehouse": far.pk, "operation": str(uuid4())}
        answer = each.client.post("/admin/fulfillment/return/add/", given)
        assert (answer.status_code, "is no return, order or parcel" in answer.content.decode()) == (422, True)
    assert (lying(), sums(), Scan.objects.count()) == before


def test_a_picker_and_who_works_elsewhere_touch_no_return(back: Return, shop: Shop) -> None:
    Desk("packer").press(back, "take-in", **unit(shop))
    works_in("packer", ledger.open_warehouse(FAR), name="eve")
    before = (lying(), sums(), Scan.objects.count())
    for desk in (Desk("picker", "bob"), Desk("packer", "eve")):
        for verb in ("take-in", "decide", "close"):
            assert desk.press(back, verb, **unit(shop, "scrapped")).status_code in {403, 404}
    assert (lying(), sums(), Scan.objects.count(), Return.objects.get().status) == (*before, "RECEIVED")


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_the_database_as_often_for_three_articles_as_for_one(
    shop: Shop, rows: int, django_assert_num_queries: Any
) -> None:
    products = [shop.mug, shop.teapot, Product.objects.create(sku="CUP-01", name="Cup")][:rows]
    for product in products:
        shop.receive(product, 2)
    placed = shop.order(*((product, 2) for product in products))
    ship_shipment(shipment(placed), by=ALICE)
    desk, arrived = Desk("packer"), request_return(placed, by=ALICE)
    for product in products:
        desk.press(arrived, "take-in", **unit(shop, sku=product.sku))
    desk.page(arrived)
    with django_assert_num_queries(15):
        desk.page(arrived)
