"""The list of orders: its saved views, its search, its filters, and what it costs."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfillment import ledger
from fulfillment.services import ship_shipment
from orders.models import Order
from orders.services import hold_order
from tests.factories import BOB, MONDAY, ChannelFactory, Shop, shipment
from tests.staff import client_of, superuser

LIST = "/admin/orders/order/"


def listed(response: Any) -> list[Order]:
    return list(response.context["cl"].result_list)


def counts(response: Any) -> dict[str, str]:
    return {tab.title: tab.count for tab in response.context["tabs"]}


def test_each_saved_view_keeps_its_orders_and_counts_them(shop: Shop) -> None:
    shop.receive(shop.mug, 20)
    long_ago, now = timezone.now() - timedelta(days=30), timezone.now()
    late = shop.order((shop.mug, 1), placed_at=long_ago)
    held = shop.order((shop.mug, 1), placed_at=now + timedelta(days=9))
    hold_order(held, by=BOB, reason="FRAUD")
    waiting = shop.order((shop.teapot, 1), placed_at=now + timedelta(days=9))
    nowhere = shop.order((shop.mug, 1), placed_at=now + timedelta(days=9), ship_to={"country": "ES"})
    under_way = shop.order((shop.mug, 1), placed_at=long_ago)
    ship_shipment(shipment(under_way), by=BOB)
    client = client_of("support")
    expected = {
        "today": {late},
        "blocked": {held, nowhere},
        "late": {late, under_way},
        "waiting": {waiting},
    }
    for key, orders in expected.items():
        assert set(listed(client.get(LIST, {"view": key}))) == orders
    assert counts(client.get(LIST)) == {
        "All": "",
        "To ship today": "1",
        "Blocked": "2",
        "Late": "2",
        "Waiting for stock": "1",
    }
    assert len(listed(client.get(LIST))) == 5


def test_a_saved_view_lists_what_is_owed_first(shop: Shop) -> None:
    newer = shop.order((shop.teapot, 1), placed_at=MONDAY + timedelta(days=2))
    older = shop.order((shop.teapot, 1), placed_at=MONDAY)
    client = superuser()
    assert listed(client.get(LIST)) == [newer, older]
    assert listed(client.get(LIST, {"view": "waiting"})) == [older, newer]


def test_a_view_stays_when_a_filter_is_set_in_it(shop: Shop) -> None:
    shop.order((shop.teapot, 1))
    page = superuser().get(LIST, {"view": "waiting"}).content.decode()
    assert '<input type="hidden" name="view" value="waiting">' in page


def test_orders_are_found_by_what_people_have_in_hand(shop: Shop) -> None:
    order = shop.order((shop.mug, 1), external_id="A-1001")
    other = shop.order(
        (shop.teapot, 1), external_id="A-2002", customer={"name": "Bob Stone", "email": "bob@example.com"}
    )
    client = client_of("support")
    terms = [
        order.number,
        order.number.removeprefix("OT-").lower(),
        order.number[:8],
        "A-1001",
        "mug-01",
        "ana ruiz",
        "ana@example.com",
        f"  {order.number} ",
    ]
    for term in terms:
        assert (term, listed(client.get(LIST, {"q": term}))) == (term, [order])
    assert listed(client.get(LIST, {"q": "stone"})) == [other]
    assert listed(client.get(LIST, {"q": "nobody"})) == []


def test_who_may_not_know_customers_finds_no_order_by_them(shop: Shop) -> None:
    order = shop.order((shop.mug, 1))
    client = client_of("picker")
    for term in ("Ana Ruiz", "ana@example.com", "Calle Mayor"):
        assert listed(client.get(LIST, {"q": term})) == []
    assert listed(client.get(LIST, {"q": order.number})) == [order]
    assert listed(client.get(LIST, {"customer": order.customer_id + 1})) == [order]  # not even as a filter
    for lookup in ("ship_name__startswith", "customer__email", "ship_line1", "ship_postal_code"):
        assert client.get(LIST, {lookup: "A"}).status_code == 400


def test_each_filter_keeps_its_orders(shop: Shop) -> None:
    shop.receive(shop.mug, 20)
    till = ChannelFactory(name="till")
    first = shop.order((shop.mug, 1))
    ship_shipment(shipment(first), by=BOB)
    shop.channel = till
    second = shop.order((shop.mug, 1), ship_to={"country": "PT", "line1": "Rua 1"}, placed_at=timezone.now())
    hold_order(second, by=BOB, reason="OTHER")
    client = superuser()
    for query, expected in (
        ({"status": "SHIPPED"}, [first]),
        ({"channel": till.pk}, [second]),
        ({"shipping_method": first.shipping_method_id}, [second, first]),
        ({"ship_country": "PT"}, [second]),
        ({"hold": "yes"}, [second]),
        ({"promise": "soon"}, [second]),
        ({"customer": first.customer_id}, [first]),
        ({"status": "nonsense"}, [second, first]),
    ):
        assert (query, set(listed(client.get(LIST, query)))) == (query, set(expected))


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_twelve_queries(shop: Shop, django_assert_num_queries: Any, count: int) -> None:
    for n in range(count):
        shop.order((shop.mug, 1), (shop.teapot, 2), customer={"name": f"Bob {n}", "email": f"bob{n}@example.com"})
    client = superuser()
    client.get(LIST)
    with django_assert_num_queries(12):
        client.get(LIST)


def test_nothing_on_the_list_counts_further_than_a_thousand(shop: Shop) -> None:
    shop.order((shop.mug, 1))
    client = superuser()
    with CaptureQueriesContext(connection) as queries:
        client.get(LIST)
        client.get("/admin/")
    counting = [each["sql"] for each in queries if "COUNT(" in each["sql"]]
    assert (
        len(counting) == 17
    )  # four views, three badges, on both pages; the first page's own of people's work and alarms
    assert all("LIMIT 1000" in sql or "LIMIT 100)" in sql for sql in counting)


def test_the_list_ends_after_two_hundred_pages(shop: Shop) -> None:
    shop.order((shop.mug, 1))
    client = superuser()
    assert client.get(LIST, {"p": 200}).status_code == 200
    assert client.get(LIST, {"p": 201})["Location"] == f"{LIST}?e=1"


def test_a_list_with_nothing_says_so_in_its_own_words(shop: Shop) -> None:
    client = superuser()
    assert "Nothing here yet." in client.get(LIST).content.decode()
    assert "Nothing matches." in client.get(LIST, {"q": "zzz"}).content.decode()


def test_the_promise_is_told_with_the_time_that_is_left(shop: Shop) -> None:
    from orders.admin.promise import promise_of

    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 1))
    assert promise_of(order, order.ship_by - timedelta(days=2))[2:4] == ("2 days left", "waiting")
    assert promise_of(order, order.ship_by - timedelta(days=1)).left == "tomorrow"
    assert promise_of(order, order.ship_by)[2:4] == ("today", "look")
    assert promise_of(order, order.ship_by + timedelta(days=1))[2:4] == ("1 day late", "person")
    ship_shipment(shipment(order), by=BOB)
    shipped = Order.objects.get()
    assert promise_of(shipped, shipped.deliver_by)[:3] == ("Deliver by", shipped.deliver_by, "today")
    assert list(ledger.verify()) == []
