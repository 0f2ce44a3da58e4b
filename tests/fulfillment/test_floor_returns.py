"""The returns desk: what came back is found by any number on it, taken in by scan, and graded by a press."""

from typing import Any
from uuid import uuid4

import pytest

from fulfillment import ledger
from fulfillment.models import BinStock, Return, ReturnLine, Scan, Staff
from fulfillment.services import deliver_shipment, ship_shipment
from fulfillment.services.returns import request_return
from fulfillment.services.ship import ParcelDraft
from orders.models import Order
from tests.factories import ALICE, ProductFactory, Shop, shipment
from tests.fulfillment.floor import Scanner, said, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(shop: Shop) -> Order:
    shop.receive(shop.mug, 3)
    order = shop.order((shop.mug, 3))
    ship_shipment(shipment(order), by=ALICE, parcels=[ParcelDraft("DHL", "JD014600")])
    deliver_shipment(shipment(order), by=ALICE)
    return order


def desk(role: str = "packer", url: str = "/floor/returns/") -> Scanner:
    return Scanner(role, url=url)


def lying() -> dict[str, int]:
    return dict(BinStock.objects.filter(quantity__gt=0).values_list("bin__code", "quantity"))


def test_a_parcel_is_taken_in_graded_and_closed(order: Order) -> None:
    request_return(order, {1: 2}, by=ALICE)
    alice = desk()
    alice.scan("JD014600")
    assert alice.url == f"/floor/returns/{order}-R1/"
    assert alice.scan("mug-01") == "right: 1 of 2 × Enamel mug."
    assert alice.scan("MUG-01") == "right: 2 of 2 × Enamel mug."
    assert alice.press("Quarantine") == "right: 2 × Enamel mug to quarantine."
    assert alice.press("That is all of it") == f"right: {order}-R1 is closed."
    assert (Return.objects.get().status, lying(), alice.url) == ("CLOSED", {"QUARANTINE": 2}, "/floor/returns/")
    assert list(ledger.verify()) == []


def test_what_nobody_announced_is_taken_in_by_the_order(order: Order) -> None:
    alice = desk()
    alice.scan(order.number)
    assert "Nobody announced it" in alice.page()
    assert not Return.objects.exists(), "looking makes nothing"
    assert alice.scan("MUG-01") == "right: 1 × Enamel mug."
    assert alice.url == f"/floor/returns/{order}-R1/"


def test_as_new_is_sold_again_from_the_bin_that_is_scanned(order: Order) -> None:
    alice = desk(url=f"/floor/returns/{order}/")
    alice.scan("MUG-01")
    line = Return.objects.get().lines.get()
    shelf = f"/floor/returns/{order}-R1/?grade=restock&line={line.pk}"
    assert "Scan the bin it is sold from" in alice.client.get(shelf).content.decode()

    assert "Put it into A-01-01 Enamel mug 1 It is the nearest one that is empty." in words(alice.client.get(shelf))

    def scan(text: str) -> str:
        return said(alice.client.post(shelf, {"operation": str(uuid4()), "scanned": text}, follow=True))

    assert scan("QUARANTINE") == "wrong: This is QUARANTINE. Scan a bin to pick from."
    assert lying() == {"RETURNS": 1}
    assert scan("A-01-01") == "right: 1 × Enamel mug into A-01-01: sold again."
    assert lying() == {"A-01-01": 1}


def test_wrong_articles_are_set_aside(order: Order, shop: Shop) -> None:
    alice = desk(url=f"/floor/returns/{order}/")
    assert alice.scan("TEA-01") == "wrong: This is Teapot. It is not of this order: set it aside."
    alice.scan("MUG-01", "MUG-01", "MUG-01")
    said_ = alice.scan("MUG-01")
    assert said_ == "wrong: No more of Enamel mug is out there: this one is not from this order. Set it aside."
    assert alice.scan("NO-SUCH") == "wrong: “NO-SUCH” is nothing we know. It is not of this order: set it aside."
    assert (lying(), list(Scan.objects.values_list("step", flat=True))) == ({"RETURNS": 3}, ["RETURN"] * 6)


def test_a_number_that_leads_nowhere_says_so(order: Order) -> None:
    assert desk().scan("12345") == "wrong: “12345” is no return, order or parcel that we know. Scan it again."


def test_a_scan_or_a_press_sent_twice_counts_once(order: Order) -> None:
    alice = desk(url=f"/floor/returns/{order}/")

    def twice(**sent: Any) -> set[str]:
        named = {"operation": str(uuid4()), **sent}
        return {said(alice.client.post(alice.url, named, follow=True)) for _ in range(2)}

    assert twice(scanned="MUG-01") == {"right: 1 × Enamel mug."}
    alice.url = f"/floor/returns/{order}-R1/"
    line = Return.objects.get().lines.get()
    assert twice(grade="scrap", line=line.pk, count=1) == {"right: 1 × Enamel mug to scrap."}
    assert twice(whole="1") == {f"right: {order}-R1 is closed."}
    assert (Return.objects.get().status, lying(), Scan.objects.count()) == ("CLOSED", {}, 3)


def test_a_return_with_an_undecided_unit_is_not_closed(order: Order) -> None:
    alice = desk(url=f"/floor/returns/{order}/")
    alice.scan("MUG-01")
    response = alice.client.post(alice.url, {"operation": str(uuid4()), "whole": "1"})
    assert (response.status_code, Return.objects.get().status) == (409, "RECEIVED")


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_database_as_often_for_three_as_for_one(
    order: Order, rows: int, django_assert_num_queries: Any
) -> None:
    alice = desk()
    for _ in range(rows):
        Return.objects.create(order=order, number=f"{order}-R{Return.objects.count() + 1}", status="APPROVED")
    alice.page()
    with django_assert_num_queries(5):
        alice.page()


@pytest.mark.parametrize(("role", "status"), [("packer", 200), ("manager", 200), ("picker", 403), ("auditor", 403)])
def test_who_may_take_returns_in(order: Order, role: str, status: int) -> None:
    client = desk(role).client
    assert client.get("/floor/returns/").status_code == status
    assert client.get(f"/floor/returns/{order}/").status_code == status
    sent = {"operation": str(uuid4()), "scanned": "MUG-01"}
    assert client.post(f"/floor/returns/{order}/", sent).status_code == (302 if status == 200 else 403)
    assert Return.objects.exists() == (status == 200)


def test_who_works_elsewhere_does_not_see_a_return_that_is_here(order: Order) -> None:
    alice = desk(url=f"/floor/returns/{order}/")
    alice.scan("MUG-01")
    Staff.objects.create(user=alice.user).warehouses.set([ledger.open_warehouse("EAST")])
    assert alice.client.get(f"/floor/returns/{order}-R1/").status_code == 404
    sent = {"operation": str(uuid4()), "scanned": "MUG-01"}
    assert alice.client.post(f"/floor/returns/{order}-R1/", sent).status_code == 404
    assert lying() == {"RETURNS": 1}


def test_a_closed_return_sends_the_next_scan_on(order: Order) -> None:
    alice = desk(url=f"/floor/returns/{order}/")
    alice.scan("MUG-01")
    alice.press("Scrap")
    alice.press("That is all of it")
    page = alice.client.get(f"/floor/returns/{order}-R1/").content.decode()
    assert "Nothing more is done with this return." in page
    assert 'action="/floor/find/"' in page


@pytest.mark.parametrize("line", ["abc", "9" * 30, "0", ""])
def test_a_line_that_is_not_there_is_not_graded(order: Order, line: str) -> None:
    alice = desk()
    alice.scan("JD014600")
    alice.scan("MUG-01")
    before = lying()
    sent = {"operation": str(uuid4()), "scanned": "A-01-01", "grade": "scrap"}
    assert alice.client.post(f"{alice.url}?line={line}", sent).status_code == 404
    assert lying() == before


def test_at_the_sheet_of_an_order_no_return_of_another_is_graded(order: Order, shop: Shop) -> None:
    alice = desk()
    alice.scan("JD014600")
    alice.scan("MUG-01")
    shop.receive(shop.mug, 1)
    other = shop.order((shop.mug, 1))
    deliver_shipment(ship_shipment(shipment(other), by=ALICE), by=ALICE)
    back = Return.objects.create(  # under the key that the other order has in its own table
        pk=other.pk,
        order=order,
        number=f"{order.number}-R9",
        status=Return.Status.RECEIVED,
        warehouse=shop.warehouse,
    )
    line = ReturnLine.objects.create(return_of=back, order_line=order.lines.get(), received=1)
    before = lying()
    sent = {"operation": str(uuid4()), "count": "1", "line": str(line.pk), "grade": "scrap"}
    assert alice.client.post(f"/floor/returns/{other.number}/", sent).status_code == 404
    assert lying() == before


def test_a_return_of_two_articles_of_one_name_is_closed_by_a_second_press(shop: Shop) -> None:
    other = ProductFactory(sku="MUG-02", name="Enamel mug")
    shop.receive(shop.mug, 5)
    shop.receive(other, 2)
    order = shop.order((shop.mug, 2), (other, 2), (shop.mug, 3))
    ship_shipment(shipment(order), by=ALICE)
    deliver_shipment(shipment(order), by=ALICE)
    request_return(order, {1: 2, 2: 2, 3: 3}, by=ALICE)
    alice = desk(url=f"/floor/returns/{order}-R1/")
    alice.scan("MUG-01")
    alice.press("Scrap")
    answer = alice.client.post(alice.url, {"operation": str(uuid4()), "whole": "1"})
    assert said(answer) == (
        "wrong: Still missing: 4 × Enamel mug (MUG-01), 2 × Enamel mug (MUG-02). Press again to close without them."
    )
    assert ("Close it without 6" in words(answer), Return.objects.get().status) == (True, "RECEIVED")
    assert alice.post(whole="1", without="6") == f"right: {order}-R1 is closed."
    assert Return.objects.get().status == "CLOSED"
