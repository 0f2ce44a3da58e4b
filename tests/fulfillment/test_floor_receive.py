"""Receiving by scan: article, number, bin; booked as soon as it lies there, and once."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from fulfillment import ledger
from fulfillment.models import Bin, BinStock, Receipt, Scan, Staff, StockMovement
from fulfillment.services import close_receipt, expect_receipt
from tests.api import row_counts
from tests.factories import ProductFactory, Shop
from tests.fulfillment.floor import Scanner, person, said, words

URL = "/floor/receive/"
DELIVERY = {"warehouse": "MAIN", "reference": "DN-17", "begin": "1"}
"""Nobody announced it."""


@pytest.fixture
def client(shop: Shop) -> Client:
    Bin.objects.create(warehouse=shop.warehouse, code="A-01-01")
    client = Client()
    client.force_login(person("manager"))
    return client


def asked(response: Any) -> str:
    """Return the name of the field that the page asks for."""
    field = response.content.decode().split("data-scan>")[0].rsplit("<input", 1)[-1]
    return field.split('name="')[1].split('"')[0]


def book(client: Client, *, operation: str | None = None, **more: Any) -> Any:
    fields = {"operation": operation or str(uuid4()), **DELIVERY, "sku": "MUG-01", "quantity": 12, "bin": "A-01-01"}
    return client.post(URL, fields | more, follow=True)


def test_each_scan_fills_the_next_field(client: Client, shop: Shop) -> None:
    steps: list[tuple[dict[str, Any], str]] = [
        ({}, "reference"),
        (DELIVERY, "sku"),
        ({**DELIVERY, "sku": "mug-01"}, "quantity"),
        ({**DELIVERY, "sku": "MUG-01", "quantity": 12}, "bin"),
    ]
    assert [asked(client.get(URL, given)) for given, _ in steps] == [name for _, name in steps]
    assert (StockMovement.objects.count(), Scan.objects.count()) == (0, 0)


def test_the_last_scan_books_it(client: Client, shop: Shop) -> None:
    response = book(client)
    assert said(response) == "right: 12 × Enamel mug into A-01-01."
    assert (asked(response), "Booked by you" in words(response), "DN-17" in words(response)) == ("sku", True, True)
    assert (shop.stock(shop.mug), BinStock.objects.get(bin__code="A-01-01").quantity) == ((12, 0), 12)
    movement = StockMovement.objects.get()
    assert (movement.kind, movement.cause, movement.by.startswith("user:")) == ("RECEIVE", "DN-17", True)
    assert list(ledger.verify()) == []


def test_a_double_tap_books_once_and_is_answered_alike(client: Client, shop: Shop) -> None:
    operation = str(uuid4())
    answers = {said(book(client, operation=operation)) for _ in range(3)}
    assert (answers, shop.stock(shop.mug)) == ({"right: 12 × Enamel mug into A-01-01."}, (12, 0))
    book(client)
    assert shop.stock(shop.mug) == (24, 0)


@pytest.mark.parametrize(
    ("wrong", "complaint", "step"),
    [
        ({"sku": "NOPE"}, "“NOPE” is no article we know. Scan it again, or have it added first.", "sku"),
        ({"quantity": "0"}, "Type how many there are: a number from 1 to 1 000 000.", "quantity"),
        ({"quantity": "1000001"}, "Type how many there are: a number from 1 to 1 000 000.", "quantity"),
        ({"quantity": "MUG-01"}, "Type how many there are: a number from 1 to 1 000 000.", "quantity"),
        ({"bin": "MUG-01"}, "“MUG-01” is no bin to put stock into. Scan the label on the shelf.", "bin"),
        ({"bin": "STAGE"}, "“STAGE” is no bin to put stock into. Scan the label on the shelf.", "bin"),
        ({"warehouse": "NOPE"}, "Select a valid choice. That choice is not one of the available choices.", "reference"),
    ],
)
def test_what_is_wrong_is_said_and_asked_again(
    client: Client, shop: Shop, wrong: dict[str, str], complaint: str, step: str
) -> None:
    response = book(client, **wrong)
    assert (response.status_code, said(response), asked(response)) == (422, f"wrong: {complaint}", step)
    assert (StockMovement.objects.count(), Bin.objects.filter(code="MUG-01").count()) == (0, 0)
    on_the_way = client.get(URL, {**DELIVERY, "sku": "MUG-01", "quantity": 12} | wrong)
    assert said(on_the_way) == f"wrong: {complaint}"


def test_without_a_name_of_its_own_nothing_is_booked(client: Client) -> None:
    assert book(client, operation="x").status_code == 422
    assert StockMovement.objects.count() == 0


def test_it_says_where_the_article_lies_already(client: Client, shop: Shop) -> None:
    shop.receive(shop.mug, 3, bin="B-07")
    page = words(client.get(URL, {**DELIVERY, "sku": "MUG-01", "quantity": 12}))
    assert "It lies in B-07 already." in page


def test_what_orders_wait_for_is_allocated_when_it_arrives(client: Client, shop: Shop) -> None:
    from fulfillment.services import allocate_waiting
    from orders.models import Actor

    order = shop.order((shop.mug, 2))
    book(client)
    allocate_waiting(by=Actor.system("test"))
    assert order.lines.get().reserved == 2


@pytest.mark.parametrize("lines", [1, 3])
def test_the_queries_of_receiving(client: Client, shop: Shop, django_assert_num_queries: Any, lines: int) -> None:
    for _ in range(lines):
        book(client)
    with django_assert_num_queries(6):
        client.get(URL, {**DELIVERY, "sku": "MUG-01", "quantity": 12})


def test_known_deliveries_are_offered_and_their_lines_counted(client: Client, shop: Shop) -> None:
    from fulfillment.services import expect_receipt

    expect_receipt(shop.warehouse, "DN-17", {shop.mug: 10, shop.teapot: 2}, supplier="Mugs & Co")
    assert "DN-17 0 of 12 units · Mugs &amp; Co" in words(client.get(URL))
    response = book(client, bin="DOCK")
    assert said(response) == "right: 12 × Enamel mug into DOCK. 2 more than announced."
    assert "12 of 10" in words(response)
    assert "Close it: 2 short, 2 over" in words(response)
    assert said(book(client, bin="damaged", sku="TEA-01", quantity=2)).endswith("DAMAGED. 2 of 2 are here.")
    assert (shop.stock(shop.mug), StockMovement.objects.filter(blocked_delta__gt=0).count()) == ((12, 0), 2)


def test_a_delivery_is_closed_by_a_button_once(client: Client, shop: Shop) -> None:
    book(client, bin="DOCK")
    receipt, operation = Receipt.objects.get(), str(uuid4())
    for _ in range(2):
        response = client.post(f"{URL}close/", {"operation": operation, "receipt": receipt.pk}, follow=True)
        assert said(response) == "right: DN-17 is closed: 12 units came."
    assert client.post(f"{URL}close/", {"operation": "x", "receipt": receipt.pk}).status_code == 400
    refused = book(client)
    assert refused.status_code == 409
    assert "DN-17 was closed on" in words(refused)
    assert shop.stock(shop.mug) == (12, 0)


def test_what_nobody_announced_is_begun_by_a_press(client: Client, shop: Shop) -> None:
    number = {"warehouse": "MAIN", "reference": "DN-18"}
    response = client.get(URL, number)
    said_ = "wrong: Nobody announced DN-18. Look at its number again, or begin it."
    assert (said(response), asked(response), "Begin DN-18" in words(response)) == (said_, "reference", True)
    assert 'type="hidden" name="reference" value="DN-18"' not in response.content.decode().split("data-scan>")[0]
    assert asked(client.get(URL, number | {"begin": "1"})) == "sku"
    article = client.get(URL, number | {"begin": "1", "sku": "MUG-01"}).content.decode()
    assert 'type="hidden" name="begin" value="1"' in article
    assert not Receipt.objects.exists(), "the first unit makes it"
    assert said(book(client, reference="DN-18")) == "right: 12 × Enamel mug into A-01-01."
    assert asked(client.get(URL, number)) == "sku"


def test_nothing_is_booked_on_a_delivery_that_nobody_began(client: Client) -> None:
    refused = book(client, begin="")
    assert (refused.status_code, "Nobody announced DN-17." in words(refused)) == (409, True)
    assert (Receipt.objects.count(), StockMovement.objects.count(), Scan.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize("typed", ["dn-17", "Dn-17"])
def test_a_number_in_another_case_is_the_same_delivery(client: Client, typed: str) -> None:
    book(client)
    page = client.get(URL, {"warehouse": "MAIN", "reference": typed})
    assert (asked(page), "Receive DN-17" in words(page)) == ("sku", True)
    book(client, reference=typed, begin="")
    assert (Receipt.objects.get().reference, StockMovement.objects.latest("pk").cause) == ("DN-17", "DN-17")


@pytest.mark.parametrize("typed", ["DN-17", "dn-17"])
def test_a_closed_delivery_says_so_at_the_scan_of_its_number(client: Client, typed: str) -> None:
    book(client)
    close_receipt(Receipt.objects.get())
    response = client.get(URL, {"warehouse": "MAIN", "reference": typed, "begin": "1"})
    assert asked(response) == "reference"
    assert said(response).startswith("wrong: DN-17 was closed on ")
    assert said(response).endswith("Scan the number of another delivery, or have it opened.")


def test_who_works_in_one_warehouse_receives_in_no_other(shop: Shop) -> None:
    north, bob = ledger.open_warehouse("NORTH"), person("manager", "bob")
    Staff.objects.create(user=bob).warehouses.add(north)
    client = Client()
    client.force_login(bob)
    assert book(client).status_code == 422
    receipt = Receipt.objects.create(warehouse=shop.warehouse, reference="DN-1")
    assert client.post(f"{URL}close/", {"operation": str(uuid4()), "receipt": receipt.pk}).status_code == 404
    assert (StockMovement.objects.count(), Receipt.objects.get().closed_at) == (0, None)
    assert book(client, warehouse="NORTH", bin="STOCK").status_code == 200


@pytest.mark.parametrize(("receipt", "status"), [("abc", 400), ("", 400), ("9" * 30, 404), ("0", 404)])
def test_a_delivery_that_is_not_there_is_not_closed(client: Client, receipt: str, status: int) -> None:
    book(client, bin="DOCK")
    answer = client.post(f"{URL}close/", {"operation": str(uuid4()), "receipt": receipt})
    assert (answer.status_code, Receipt.objects.get().closed_at) == (status, None)


def test_a_short_delivery_is_closed_by_a_second_press(client: Client, shop: Shop) -> None:
    receipt = expect_receipt(shop.warehouse, "DN-17", {shop.mug: 12, shop.teapot: 2})
    book(client, bin="DOCK")
    desk = Scanner("manager", url=f"{URL}?warehouse=MAIN&reference=DN-17")
    assert desk.press("Close it: 2 short", to=f"{URL}close/") == (
        "wrong: Still missing: 2 × Teapot. Press again to close without them."
    )
    assert (Receipt.objects.get().closed_at, Scan.objects.latest("pk").result) == (None, "INCOMPLETE")
    book(client, bin="DOCK", sku="TEA-01", quantity=1)
    desk.url = f"{URL}?warehouse=MAIN&reference=DN-17&closing=1"
    said_ = desk.press("Close it without 1", to=f"{URL}close/")
    assert said_ == "right: DN-17 is closed. Teapot: 1 short."
    assert Receipt.objects.get(pk=receipt.pk).closed_at
    assert "Still missing" not in words(desk.client.get(URL)), "what was refused is not what was booked"


def test_what_went_missing_since_the_first_press_is_said_as_well(client: Client, shop: Shop) -> None:
    receipt = expect_receipt(shop.warehouse, "DN-17", {shop.mug: 12, shop.teapot: 2})
    book(client, bin="DOCK")
    press = {"operation": str(uuid4()), "receipt": receipt.pk, "without": 1}
    assert said(client.post(f"{URL}close/", press, follow=True)).startswith("wrong: Still missing: 2 × Teapot.")
    assert Receipt.objects.get().closed_at is None


def test_what_a_colleague_closed_meanwhile_is_said_to_be_closed_and_nothing_else(client: Client, shop: Shop) -> None:
    receipt = expect_receipt(shop.warehouse, "DN-17", {shop.mug: 12, shop.teapot: 3})
    book(client, bin="DOCK")
    close_receipt(receipt)
    before = row_counts()
    answer = client.post(f"{URL}close/", {"operation": str(uuid4()), "receipt": receipt.pk, "without": 3}, follow=True)
    assert (answer.status_code, row_counts()) == (409, before)
    page = words(answer)
    assert ("DN-17 is closed already." in page, "missing" in page) == (True, False)


def test_a_delivery_of_two_articles_of_one_name_is_closed_by_a_second_press(client: Client, shop: Shop) -> None:
    named = [ProductFactory(sku=sku, name="Enamel mug") for sku in ("MUG-02", "MUG-03")]
    receipt = expect_receipt(shop.warehouse, "DN-17", {named[0]: 3, named[1]: 2, shop.teapot: 1, shop.mug: 12})
    book(client, bin="DOCK")
    desk = Scanner("manager", url=f"{URL}?warehouse=MAIN&reference=DN-17")
    assert desk.press("Close it: 6 short", to=f"{URL}close/") == (
        "wrong: Still missing: 3 × Enamel mug (MUG-02), 2 × Enamel mug (MUG-03), 1 × Teapot. "
        "Press again to close without them."
    )
    desk.url = f"{URL}?warehouse=MAIN&reference=DN-17&closing=1"
    assert desk.press("Close it without 6", to=f"{URL}close/").startswith("right: DN-17 is closed.")
    assert Receipt.objects.get(pk=receipt.pk).closed_at
