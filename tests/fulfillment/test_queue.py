"""The queue for stock: what came in goes to who waits, by promise, then age; who orders meanwhile stands in it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from fulfillment import ledger
from fulfillment.services import accept_orders, allocate_order, allocate_waiting, cancel_order, split_shipment
from fulfillment.services import allocate as allocate_module
from fulfillment.services.allocate import awaited
from orders import outbox
from orders.models import Order
from tests.factories import ALICE, MONDAY, Shop, draft, shipment, stages
from tests.plans import plans_of, reads_whole

pytestmark = pytest.mark.django_db


def allocate() -> int:
    return allocate_waiting(by=ALICE)


def ready(order: Order) -> list[int]:
    """Return the units of each shipment that can be picked."""
    shipments = order.shipments.filter(status="READY").order_by("pk")
    return [sum(each.lines.values_list("quantity", flat=True)) for each in shipments]


def test_a_newcomer_takes_nothing_for_which_older_orders_wait(shop: Shop) -> None:
    first = shop.order((shop.mug, 3))
    shop.receive(shop.mug, 4)
    newcomer = shop.order((shop.mug, 2))
    assert (stages(newcomer), newcomer.status, shop.stock(shop.mug)) == ([{"waiting": 2}], "CONFIRMED", (4, 0))
    allocate()
    assert (stages(first), stages(newcomer)) == ([{"reserved": 3}], [{"waiting": 1, "reserved": 1}])
    assert list(ledger.verify()) == []


def test_the_worker_is_woken_where_a_newcomer_stands_behind_others_and_only_then(
    shop: Shop, django_capture_on_commit_callbacks: Any
) -> None:
    def bells() -> bool:
        connection.run_on_commit.clear()
        with django_capture_on_commit_callbacks() as rung:
            shop.order((shop.mug, 2))
        return outbox._BELLS["allocate"] in rung

    shop.receive(shop.mug, 1)
    assert not bells(), "one unit was there, and it got it"
    assert not bells(), "none is there"
    shop.receive(shop.mug, 1)
    assert bells()


def test_a_newcomer_gets_at_once_what_nobody_waits_for_and_the_rest_joins_it(shop: Shop) -> None:
    shop.order((shop.mug, 1))
    shop.receive(shop.mug, 5)
    shop.receive(shop.teapot, 5)
    newcomer = shop.order((shop.mug, 1), (shop.teapot, 2))
    assert (stages(newcomer), ready(newcomer)) == ([{"waiting": 1}, {"reserved": 2}], [2])
    assert allocate() == 2
    assert (stages(newcomer), ready(newcomer)) == ([{"reserved": 1}, {"reserved": 2}], [3])


def test_a_newcomer_that_goes_all_at_once_waits_with_all_of_it(shop: Shop) -> None:
    shop.order((shop.mug, 1))
    shop.receive(shop.mug, 5)
    shop.receive(shop.teapot, 5)
    newcomer = shop.order((shop.mug, 1), (shop.teapot, 2), is_ship_complete=True)
    assert stages(newcomer) == [{"waiting": 1}, {"waiting": 2}]
    allocate()
    assert (stages(newcomer), ready(newcomer)) == ([{"reserved": 1}, {"reserved": 2}], [3])


def test_a_newcomer_with_the_earlier_promise_is_served_first(shop: Shop) -> None:
    first = shop.order((shop.mug, 2))
    shop.receive(shop.mug, 2)
    newcomer = shop.order((shop.mug, 2), placed_at=MONDAY - timedelta(days=7))
    assert newcomer.deliver_by < first.deliver_by
    allocate()
    assert (stages(newcomer), stages(first)) == ([{"reserved": 2}], [{"waiting": 2}])


def test_who_goes_all_at_once_stops_nobody_until_all_is_there_and_is_then_not_overtaken(shop: Shop) -> None:
    whole = shop.order((shop.mug, 2), (shop.teapot, 1), is_ship_complete=True)
    shop.receive(shop.mug, 10)
    assert allocate() == 0
    assert stages(shop.order((shop.mug, 3))) == [{"reserved": 3}]
    shop.receive(shop.teapot, 1)
    newcomers = [shop.order((shop.teapot, 1)), shop.order((shop.mug, 5))]
    assert [stages(each) for each in newcomers] == [[{"waiting": 1}], [{"waiting": 5}]]
    allocate()
    assert stages(whole) == [{"reserved": 2}, {"reserved": 1}]
    assert [stages(each) for each in newcomers] == [[{"waiting": 1}], [{"reserved": 5}]]


def test_after_the_next_turn_of_the_worker_nobody_stops_a_newcomer_for_another_article(shop: Shop) -> None:
    first = shop.order((shop.mug, 1), (shop.teapot, 1))
    shop.receive(shop.mug, 5)
    allocate()
    assert stages(first) == [{"reserved": 1}, {"waiting": 1}]
    assert stages(shop.order((shop.mug, 2))) == [{"reserved": 2}]


def test_who_was_cancelled_stops_nobody(shop: Shop) -> None:
    cancel_order(shop.order((shop.mug, 1)), by=ALICE)
    shop.receive(shop.mug, 5)
    assert stages(shop.order((shop.mug, 2))) == [{"reserved": 2}]


def test_orders_of_one_batch_stand_behind_who_waits_and_do_not_stop_each_other(shop: Shop) -> None:
    shop.receive(shop.mug, 2)
    first, second = (shop.order((shop.mug, 2)) for _ in range(2))
    assert (stages(first), stages(second)) == ([{"reserved": 2}], [{"waiting": 2}])
    shop.receive(shop.mug, 4)
    batch = accept_orders([draft((shop.mug, 1)) for _ in range(2)], channel=shop.channel, by=ALICE)
    assert [stages(each) for each in batch] == [[{"waiting": 1}]] * 2
    allocate()
    assert [stages(each) for each in (second, *batch)] == [[{"reserved": 2}], [{"reserved": 1}], [{"reserved": 1}]]


def test_who_waits_is_found_by_the_article_without_reading_all_orders(shop: Shop) -> None:
    shop.order((shop.mug, 1), (shop.teapot, 1), is_ship_complete=True)
    shop.receive(shop.mug, 5)
    newcomer = shop.order((shop.mug, 1))
    plans = plans_of(lambda: awaited({shop.mug.pk, shop.teapot.pk}, before=newcomer))
    grows = {"orders_order", "orders_orderline", "fulfillment_stockitem"}
    assert (len(plans), [plan for plan in plans if reads_whole(plan, grows)]) == (4, [])
    if connection.vendor == "sqlite":  # PostgreSQL takes, of the indexes of small tables, now this one and now that
        assert all("line_waiting" in str(plan) for plan in plans), plans


def test_what_was_split_by_hand_comes_from_as_few_warehouses_as_the_whole(shop: Shop) -> None:
    order = shop.order((shop.mug, 1), (shop.teapot, 1))
    split_shipment(shipment(order), {1: 1}, by=ALICE)
    north = ledger.open_warehouse("NORTH")
    shop.receive(shop.mug, 1)
    for product in (shop.mug, shop.teapot):
        shop.receive(product, 1, warehouse=north)
    allocate_order(order, by=ALICE)
    assert {each.warehouse for each in order.shipments.filter(status="READY")} == {north}
    assert ready(order) == [1, 1]


def test_of_one_line_in_two_shipments_the_first_is_served_first(shop: Shop) -> None:
    order = shop.order((shop.mug, 5))
    split_shipment(shipment(order), {1: 2}, by=ALICE)
    shop.receive(shop.mug, 4)
    allocate_order(order, by=ALICE)
    kept = [each.lines.get().reserved for each in order.shipments.order_by("pk")]
    assert (stages(order), kept, ready(order)) == ([{"waiting": 1, "reserved": 4}], [3, 1], [3])
    assert list(ledger.verify()) == []


def test_where_many_wait_that_go_as_a_whole_a_newcomer_goes_through_the_queue(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        shop.order((shop.mug, 1), (shop.teapot, 1), is_ship_complete=True)
    shop.receive(shop.mug, 5)
    assert stages(shop.order((shop.mug, 1))) == [{"reserved": 1}], "they get none, and stop nobody"
    monkeypatch.setattr(allocate_module, "LOOKED_AT", 1)
    newcomer = shop.order((shop.mug, 1))
    assert stages(newcomer) == [{"waiting": 1}]
    allocate()
    assert stages(newcomer) == [{"reserved": 1}]


def test_an_order_that_fails_does_not_hold_up_who_stands_behind_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (shop.order((shop.mug, 1)) for _ in range(2))
    shop.receive(shop.mug, 2)

    def stumble(order: Order, **more: Any) -> Order:
        if order == first:
            raise RuntimeError("a bug of ours")
        return allocate_order(order, **more)

    monkeypatch.setattr(allocate_module, "allocate_order", stumble)
    assert (allocate(), stages(first), stages(second)) == (1, [{"waiting": 1}], [{"reserved": 1}])
    assert f"no stock could be given to order {first.pk}" in caplog.text
