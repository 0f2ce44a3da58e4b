"""Counts and returns in the admin: lists at a fixed number of queries, and who may press what."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from fulfillment.blockers import reasons
from fulfillment.models import Bin, Count, Return
from fulfillment.services import ship_shipment
from fulfillment.services.counts import ask_count, count_again
from fulfillment.services.returns import request_return
from orders.models import Actor
from tests.factories import ALICE, BOB, Shop, shipment
from tests.fulfillment.floor import person
from tests.fulfillment.test_counts import a_large_difference

pytestmark = pytest.mark.django_db
COUNTER = Actor("user", "900")


def client_of(role: str) -> Client:
    client = Client()
    client.force_login(person(role, f"charlie-{role}"))
    return client


@pytest.mark.parametrize("rows", [1, 3])
def test_the_lists_ask_the_database_as_often_for_three_as_for_one(
    shop: Shop, rows: int, django_assert_num_queries: Any
) -> None:
    shop.receive(shop.mug, rows)
    for n in range(rows):
        ask_count(shop.warehouse, bin=Bin.objects.create(warehouse=shop.warehouse, code=f"C-0{n}"), by=BOB)
        order = shop.order((shop.mug, 1))
        ship_shipment(shipment(order), by=ALICE)
        request_return(order, by=ALICE)
    manager = client_of("manager")
    for url, queries in (("count", 8), ("return", 7)):
        manager.get(f"/admin/fulfillment/{url}/")
        with django_assert_num_queries(queries):
            assert manager.get(f"/admin/fulfillment/{url}/").status_code == 200


def test_the_page_of_a_count_shows_its_differences(shop: Shop) -> None:
    count = a_large_difference(shop, COUNTER)
    page = client_of("manager").get(f"/admin/fulfillment/count/{count.pk}/change/").content.decode()
    assert "Positions" in page
    assert "MUG-01" in page


def test_what_the_books_say_is_not_shown_to_who_counts_again(shop: Shop) -> None:
    count = a_large_difference(shop, COUNTER)
    [line] = count.lines.all()
    picker = client_of("picker")
    pages = ("/admin/fulfillment/count/", f"/admin/fulfillment/count/{count.pk}/change/")
    told = re.compile(rf">\s*{re.escape(f'{line.difference:+d}')}( in 1)?\s*<")
    assert all(told.search(picker.get(page).content.decode()) for page in pages), "it is counted: both pages tell"
    count_again(count, by=ALICE)
    assert not any(told.search(picker.get(page).content.decode()) for page in pages)
    assert "whoever counts does not know it" in picker.get(pages[1]).content.decode()


@pytest.mark.parametrize(
    ("role", "status", "becomes"),
    [("manager", 302, "APPLIED"), ("picker", 403, "COUNTED"), ("packer", 403, "COUNTED"), ("auditor", 403, "COUNTED")],
)
def test_who_may_approve_a_count(shop: Shop, role: str, status: int, becomes: str) -> None:
    count = a_large_difference(shop, COUNTER)
    url = f"/admin/fulfillment/count/{count.pk}/do/approve/"
    sent = {"operation": "4c9f0d4e-9c2c-4a51-8b6e-0a4f0e1f8a11"}
    assert client_of(role).post(url, sent).status_code == status
    assert (Count.objects.get().status, shop.stock(shop.mug)) == (becomes, (6 if becomes == "APPLIED" else 10, 0))


def test_the_button_says_what_it_will_do_and_why_a_counted_count_is_not_counted(shop: Shop) -> None:
    count = a_large_difference(shop, COUNTER)
    page = client_of("manager").get(f"/admin/fulfillment/count/{count.pk}/change/").content.decode()
    assert "This books the differences. Who counted some of it cannot approve it." in page
    (reason,) = reasons(count, "count")
    assert reason.message == "The count is waiting for approval, so it cannot be counted."


def test_counts_are_planned_by_a_button_that_says_what_it_will_plan(shop: Shop) -> None:
    shop.receive(shop.mug, 1)
    page = client_of("manager").get("/admin/fulfillment/count/add/").content.decode()
    told = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "1 count is due 1 × its turn by turnover." in told
    assert "A-01-01 MUG-01 Enamel mug C: never counted" in told
    assert "Plan 1 count" in told
    sent = {"operation": "4c9f0d4e-9c2c-4a51-8b6e-0a4f0e1f8a11"}
    assert client_of("picker").post("/admin/fulfillment/count/add/", sent).status_code == 403
    assert not Count.objects.exists()
    manager = Client()
    manager.force_login(User.objects.get(username="charlie-manager"))
    answer = manager.post("/admin/fulfillment/count/add/", sent, follow=True)
    assert "1 count is planned." in answer.content.decode()
    assert Count.objects.get().cause == "ABC"
    assert "Nothing is due" in manager.get("/admin/fulfillment/count/add/").content.decode()


@pytest.mark.parametrize(("role", "status"), [("support", 302), ("manager", 302), ("packer", 403), ("auditor", 403)])
def test_who_may_decline_a_return(shop: Shop, role: str, status: int) -> None:
    shop.receive(shop.mug, 1)
    order = shop.order((shop.mug, 1))
    ship_shipment(shipment(order), by=ALICE)
    announced = request_return(order, by=ALICE)
    url = f"/admin/fulfillment/return/{announced.pk}/do/decline/"
    sent = {"operation": "4c9f0d4e-9c2c-4a51-8b6e-0a4f0e1f8a11", "reason": "too late"}
    assert client_of(role).post(url, sent).status_code == status
    assert Return.objects.get().status == ("DECLINED" if status == 302 else "REQUESTED")


def test_the_page_of_an_order_shows_its_returns(shop: Shop) -> None:
    shop.receive(shop.mug, 2)
    order = shop.order((shop.mug, 2))
    ship_shipment(shipment(order), by=ALICE)
    announced = request_return(order, by=ALICE)
    page = client_of("support").get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    assert f"/admin/fulfillment/return/{announced.pk}/change/" in page
    assert "2 units" in page
