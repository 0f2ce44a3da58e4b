"""Releasing waves: what goes, onto which cart, in how many queries; and what stays behind."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfillment import ledger
from fulfillment.models import Bin, Cart, CartSlot, PickTask, Shipment, Wave
from fulfillment.services import NothingToRelease, cancel_order, pick_shipment, release_wave
from orders.services import hold_order
from tests.factories import ALICE, MONDAY, ProductFactory, Shop, shipment
from tests.fulfillment.waves import articles, orders, released, shape

pytestmark = pytest.mark.django_db


def test_single_units_share_a_tote_and_every_other_order_has_a_slot(shop: Shop) -> None:
    wave = released(shop, singles=3, others=9)
    assert shape(wave) == [("SINGLE", 3), ("MULTI", 4), ("MULTI", 4), ("MULTI", 1)]
    places = [list(cart.slots.values_list("place", flat=True)) for cart in wave.carts.all()]
    assert places == [[1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4], [1]]
    assert set(Shipment.objects.values_list("status", flat=True)) == {"READY"}
    assert (wave.by, list(ledger.verify())) == (str(ALICE), [])


def test_the_tasks_are_exactly_what_is_reserved_and_not_picked(shop: Shop) -> None:
    wave = released(shop, singles=3, others=9)
    for each in Shipment.objects.prefetch_related("lines__tasks"):
        for line in each.lines.all():
            assert sum(task.quantity for task in line.tasks.all()) == line.reserved
    assert PickTask.objects.filter(cart__wave=wave, status="OPEN", claimed_by="").count() == 3 + 2 * 9


def test_units_that_lie_in_several_bins_are_several_tasks_and_no_bin_is_promised_twice(shop: Shop) -> None:
    shop.receive(shop.mug, 2, bin="A-01")
    shop.receive(shop.mug, 3, bin="A-02")
    for _ in range(2):
        shop.order((shop.mug, 2))
    release_wave(shop.warehouse, by=ALICE)
    assert list(PickTask.objects.order_by("pk").values_list("bin__code", "quantity")) == [("A-01", 2), ("A-02", 2)]
    shop.order((shop.mug, 1))
    release_wave(shop.warehouse, by=ALICE)
    assert PickTask.objects.filter(bin__code="A-02").count() == 2


def test_the_stops_of_a_walk_are_numbered_and_tasks_of_one_bin_share_one(shop: Shop) -> None:
    released(shop, others=4)
    tasks = list(PickTask.objects.order_by("place", "pk").values_list("place", "bin"))
    assert [place for place, _ in tasks] == sorted(place for place, _ in tasks)
    assert {place for place, _ in set(tasks)} == set(range(1, len(set(tasks)) + 1))


def test_what_is_due_first_goes_first(shop: Shop) -> None:
    shop.receive(shop.mug, 9)
    late = shop.order((shop.mug, 2), placed_at=MONDAY + timedelta(days=3))
    first = shop.order((shop.mug, 2), placed_at=MONDAY)
    release_wave(shop.warehouse, by=ALICE, limit=1)
    assert list(CartSlot.objects.values_list("shipment__order", flat=True)) == [first.pk]
    assert late.ship_by > first.ship_by


def test_what_is_blocked_on_a_cart_begun_elsewhere_or_in_no_bin_stays_behind(shop: Shop) -> None:
    products = articles(shop, 5)
    held, begun, released_, cancelled, lost, free = [shop.order((products[n % 5], 3)) for n in range(6)]
    hold_order(held, by=ALICE, reason="ADDRESS")
    pick_shipment(shipment(begun), by=ALICE, lines={1: 1})
    cancel_order(cancelled, by=ALICE)
    nowhere = ProductFactory(sku="NOWHERE")
    shop.receive(nowhere, 3, bin="X-01")
    Bin.objects.filter(code="X-01").update(kind="STAGE")
    unfound = shop.order((nowhere, 2))
    elsewhere = ledger.open_warehouse("NORTH")
    shop.receive(shop.teapot, 2, warehouse=elsewhere)
    away = shop.order((shop.teapot, 2))
    wave = release_wave(shop.warehouse, by=ALICE)
    on_carts = set(CartSlot.objects.values_list("shipment__order", flat=True))
    assert on_carts == {released_.pk, lost.pk, free.pk}
    assert not on_carts & {held.pk, begun.pk, cancelled.pk, unfound.pk, away.pk}
    assert wave.warehouse == shop.warehouse


def test_a_wave_of_nothing_is_refused_and_leaves_nothing(shop: Shop) -> None:
    released(shop, singles=1)
    with pytest.raises(NothingToRelease) as refusal:
        release_wave(shop.warehouse, by=ALICE)
    assert refusal.value.sentence.startswith("Nothing waits here that could be released")
    assert (Wave.objects.count(), Cart.objects.count()) == (1, 1)


def test_a_second_tap_releases_nothing_more(shop: Shop) -> None:
    products, operation = articles(shop, 2), uuid4()
    orders(shop, products, others=4)
    waves = {release_wave(shop.warehouse, by=ALICE, limit=2, operation=operation).pk for _ in range(2)}
    assert (len(waves), CartSlot.objects.count()) == (1, 2)


def test_a_tote_takes_forty_and_a_cart_no_more_stops_than_forty(shop: Shop) -> None:
    products = articles(shop, 42)
    orders(shop, products, singles=41)
    shop.order(*[(product, 1) for product in products[:21]])
    shop.order(*[(product, 1) for product in products[21:]])
    assert shape(release_wave(shop.warehouse, by=ALICE)) == [("SINGLE", 40), ("SINGLE", 1), ("MULTI", 1), ("MULTI", 1)]


def test_a_release_needs_the_same_queries_for_any_number_of_orders(shop: Shop) -> None:
    products, counts = articles(shop, 6), []
    for number in (2, 30):
        orders(shop, products, singles=number, others=number)
        with CaptureQueriesContext(connection) as queries:
            release_wave(shop.warehouse, by=ALICE)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 18, [query["sql"][:90] for query in queries]


def test_what_is_cancelled_after_the_release_is_not_walked_for(shop: Shop) -> None:
    products = articles(shop, 2)
    first, second = orders(shop, products, others=2)
    release_wave(shop.warehouse, by=ALICE)
    cancel_order(first, by=ALICE)
    assert set(PickTask.objects.values_list("shipment_line__shipment__order", flat=True)) == {second.pk}
    cancel_order(second, by=ALICE, lines={2: 1})
    assert sorted(PickTask.objects.values_list("quantity", flat=True)) == [1, 1]


def test_stock_that_arrives_later_does_not_join_a_shipment_on_a_cart(shop: Shop, caplog: Any) -> None:
    from fulfillment import tasks

    shop.receive(shop.mug, 2)
    order = shop.order((shop.mug, 2), (shop.teapot, 2))
    release_wave(shop.warehouse, by=ALICE)
    shop.receive(shop.teapot, 2)
    tasks.allocate()
    states = sorted(order.shipments.values_list("status", "slot__cart"), key=str)
    assert states == sorted([("READY", Cart.objects.get().pk), ("READY", None)], key=str)
    assert list(ledger.verify()) == []
