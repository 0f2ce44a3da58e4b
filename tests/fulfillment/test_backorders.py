"""What waits for stock says when the next delivery of it is expected: to staff, over the API, and to the customer."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from fulfillment.blockers import why_not_shipped
from fulfillment.models import Receipt
from fulfillment.services import close_receipt, expect_receipt
from orders.models import Order
from tests.api import Api
from tests.factories import Shop
from tests.fulfillment.floor import words
from tracking.services import link_for
from tracking.timeline.dates import day


def expect(shop: Shop, days: int | None, product: Any = None, quantity: int = 5) -> Receipt:
    on = None if days is None else timezone.localdate() + timedelta(days=days)
    reference = str(Receipt.objects.count())
    return expect_receipt(shop.warehouse, reference, {product or shop.mug: quantity}, expected_date=on)


def on(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def blocker(order: Order) -> str:
    [reason] = why_not_shipped(Order.objects.get(pk=order.pk))
    return reason.message


def test_the_blocker_names_the_day_of_the_next_delivery(shop: Shop) -> None:
    order = shop.order((shop.mug, 2), (shop.teapot, 1))
    assert blocker(order) == "Waits for stock: 2 × Enamel mug, 1 × Teapot."
    expect(shop, 9)
    expect(shop, 4)
    said = date_format(on(4), "j F")
    assert blocker(order) == f"Waits for stock: 2 × Enamel mug (expected {said}), 1 × Teapot."


@pytest.mark.parametrize("days", [-1, None])
def test_a_day_that_has_passed_or_that_nobody_knows_is_not_named(shop: Shop, days: int | None) -> None:
    order = shop.order((shop.mug, 2))
    expect(shop, days)
    assert blocker(order) == "Waits for stock: 2 × Enamel mug."


def test_a_delivery_that_is_closed_or_all_here_is_not_expected(shop: Shop) -> None:
    from fulfillment.ledger.stock import Arrival
    from fulfillment.services import receive_stock
    from tests.factories import ALICE

    order = shop.order((shop.mug, 2))
    close_receipt(expect(shop, 3))
    here = expect(shop, 4)
    receive_stock(shop.warehouse, [Arrival(shop.mug, 5, "DOCK")], by=ALICE, reference=here.reference)
    assert blocker(order) == "Waits for stock: 2 × Enamel mug."


def test_the_api_tells_it_for_many_orders_in_one_query(shop: Shop, api: Api) -> None:
    expect(shop, 4)
    costs = set()
    for _ in range(3):
        api.place(("MUG-01", 2))
        with CaptureQueriesContext(connection) as queries:
            found = api.get("/orders").json()["items"]
        costs.add(len(queries))
    said = f"Waits for stock: 2 × Enamel mug (expected {date_format(on(4), 'j F')})."
    assert ({each["blockers"][0]["message"] for each in found}, len(costs)) == ({said}, 1)


def test_the_customer_reads_when_it_comes_in(shop: Shop, client: Client) -> None:
    shop.receive(shop.teapot, 1)
    order = shop.order((shop.mug, 2), (shop.teapot, 1))
    link = link_for(order)
    before = words(client.get(f"/track/{link.token}/"))
    assert "We do not know yet when it comes in." in before
    expect(shop, 4)
    after = words(fresh(client, link.token))
    said = day(on(4)).replace("\xa0", " ")
    assert f"Expected to come in on {said}. It leaves as soon as everything is there." in after
    assert "We do not know yet when it comes in." not in after


def fresh(client: Client, token: str) -> Any:
    """Return the page as it is once what was kept of it for a minute has run out."""
    from django.core.cache import cache

    cache.clear()
    return client.get(f"/track/{token}/")
