"""An order that goes all at once: what is ready of it leaves no sooner than what waits, and nobody is sent for it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from fulfillment import ledger, reports
from fulfillment.blockers import why_not_shipped
from fulfillment.models import CartSlot, PickTask, Shipment
from fulfillment.services import (
    NoCartLeft,
    NothingToRelease,
    allocate_waiting,
    cancel_order,
    claim_cart,
    expect_receipt,
    give_up,
    pack_shipment,
    pick_shipment,
    release_wave,
    set_back,
    ship_shipment,
)
from orders.lifecycle import NotAllowed, why_not
from orders.models import Order
from tests.factories import ALICE, BOB, Shop, shipment, stages
from tests.fulfillment.test_cart import start, state

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(shop: Shop) -> Order:
    shop.receive(shop.mug, 3, bin="A-04-1")
    shop.receive(shop.teapot, 2, bin="B-02-1")
    return shop.order((shop.mug, 3), (shop.teapot, 2), is_ship_complete=True)


def lose_teapots(order: Order) -> None:
    thing = shipment(order)
    set_back(thing, {thing.lines.get(order_line__number=2): 2}, by=BOB, cause="a test")


def sentence(order: Order, more: str = "") -> str:
    return f"{order.number}-1 waits for the rest of its order, which goes all at once: 2 × Teapot{more}."


def test_the_blocker_names_what_it_waits_for_and_when_that_is_expected(order: Order, shop: Shop) -> None:
    lose_teapots(order)
    for verb in (pick_shipment, ship_shipment):
        before = state()
        with pytest.raises(NotAllowed) as refusal:
            verb(shipment(order), by=BOB)
        assert (refusal.value.sentence, state()) == (sentence(order), before)
    on = timezone.localdate() + timedelta(days=4)
    expect_receipt(shop.warehouse, "DN-1", {shop.teapot: 5}, expected_date=on)
    more = f" (expected {date_format(on, 'j F')})"
    said = {reason.code: reason.message for reason in why_not_shipped(Order.objects.get())}
    assert said == {"waits_for_rest": sentence(order, more), "waits_for_stock": f"Waits for stock: 2 × Teapot{more}."}


def test_an_order_that_may_go_in_parts_waits_for_nothing(shop: Shop) -> None:
    shop.receive(shop.mug, 3)
    order = shop.order((shop.mug, 3), (shop.teapot, 2))
    ship_shipment(order.shipments.get(status="READY"), by=BOB)
    assert Order.objects.get().status == "PARTLY_SHIPPED"


def test_no_wave_and_no_queue_takes_it_before_the_rest_is_there(order: Order, shop: Shop) -> None:
    lose_teapots(order)
    with pytest.raises(NothingToRelease):
        release_wave(shop.warehouse, by=ALICE)
    here = Shipment.objects.all()
    assert (reports.queue(here, "pick"), reports.waiting(here, timezone.localdate())["pick"].blocked) == ([], 1)
    shop.receive(shop.teapot, 2)
    allocate_waiting(by=ALICE)
    release_wave(shop.warehouse, by=ALICE)
    assert list(CartSlot.objects.values_list("shipment", flat=True)) == [shipment(order).pk]
    assert stages(order) == [{"reserved": 3}, {"reserved": 2}]


def test_what_stands_on_a_cart_leaves_it_when_some_of_the_order_waits_again(order: Order, shop: Shop) -> None:
    release_wave(shop.warehouse, by=ALICE)
    lose_teapots(order)
    assert (CartSlot.objects.count(), PickTask.objects.count()) == (0, 0)
    with pytest.raises(NoCartLeft):
        claim_cart(shop.warehouse, by=ALICE)


def test_a_short_pick_before_the_first_unit_takes_all_of_it_off_the_walk(order: Order, shop: Shop) -> None:
    other = shop.order((shop.mug, 1), (shop.teapot, 1))
    shop.receive(shop.mug, 1, bin="A-06-1")
    shop.receive(shop.teapot, 1, bin="B-06-1")
    allocate_waiting(by=ALICE)
    picker = start(shop)
    picker.scan("A-04-1")
    picker.short()
    assert set(CartSlot.objects.values_list("shipment__order", flat=True)) == {other.pk}
    assert set(PickTask.objects.to_do().values_list("shipment_line__shipment__order", flat=True)) == {other.pk}
    while picker.at()[0]:
        place = picker.at()[0]
        article = "MUG-01" if place.startswith("A") else "TEA-01"
        assert picker.scan(place, article).is_done
    assert Shipment.objects.get(order=other, status="PICKED").order == other
    assert list(ledger.verify()) == []


def test_a_walk_that_was_begun_is_ended_and_the_packing_station_waits(order: Order, shop: Shop) -> None:
    picker = start(shop)
    picker.scan("A-04-1", "MUG-01", "3", "B-02-1")
    picker.short()
    assert [each.status for each in order.shipments.order_by("pk")] == ["PICKED", "PLANNED"]
    before = state()
    for verb in (pack_shipment, ship_shipment):
        with pytest.raises(NotAllowed) as refusal:
            verb(shipment(order), by=BOB)
        assert (refusal.value.sentence, state()) == (sentence(order), before)
    shop.receive(shop.teapot, 2, bin="B-09-1")
    allocate_waiting(by=ALICE)
    for each in order.shipments.order_by("pk"):
        ship_shipment(each, by=BOB)
    assert (Order.objects.get().status, list(ledger.verify())) == ("SHIPPED", [])


def test_in_the_middle_of_a_walk_the_units_that_are_there_are_still_fetched(order: Order, shop: Shop) -> None:
    picker = start(shop)
    picker.scan("A-04-1", "MUG-01")
    picker.short()
    assert stages(order) == [{"waiting": 2, "picked": 1}, {"reserved": 2}]
    assert picker.scan("B-02-1", "TEA-01", "2").is_done
    assert (shipment(order).status, picker.at(), list(ledger.verify())) == ("PICKED", ("", 0), [])


def test_cancelling_what_waits_lets_the_rest_go(order: Order) -> None:
    lose_teapots(order)
    cancel_order(order, by=BOB, lines={2: 2})
    ship_shipment(shipment(order), by=BOB)
    assert Order.objects.get().status == "SHIPPED"


def test_a_cart_of_others_is_handed_out_without_it(order: Order, shop: Shop) -> None:
    release_wave(shop.warehouse, by=ALICE)
    shop.receive(shop.mug, 5, bin="A-07-1")
    other = shop.order((shop.mug, 2))
    release_wave(shop.warehouse, by=ALICE)
    lose_teapots(order)
    cart = claim_cart(shop.warehouse, by=BOB)
    assert set(cart.tasks.values_list("shipment_line__shipment__order", flat=True)) == {other.pk}
    give_up(cart, by=BOB)


@pytest.mark.parametrize("rows", [1, 3])
def test_an_order_in_parts_costs_the_guard_no_query(shop: Shop, rows: int) -> None:
    shop.receive(shop.mug, 3)
    orders = [shop.order((shop.mug, 1)) for _ in range(rows)]
    found = [Shipment.objects.select_related("order").prefetch_related("order__holds").get(order=o) for o in orders]
    with CaptureQueriesContext(connection) as queries:
        assert [why_not(each, "ship") for each in found] == [[]] * rows
    assert len(queries) == 0
