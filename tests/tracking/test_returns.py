"""What the customer's page says of a return, for each place it can be at."""

from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from fulfillment.models import Parcel, Return
from fulfillment.services import deliver_shipment, ship_shipment
from fulfillment.services.returns import (
    Outcome,
    approve_return,
    cancel_return,
    decline_return,
    expect_return,
    find_return,
    finish_return,
    request_return,
    send_return,
)
from orders.lifecycle import change
from orders.models import Channel, Order
from tests.factories import ALICE, BOB, Shop, shipment
from tests.fulfillment.at_desk import decide, take_in
from tests.tracking.stories import DHL, STORIES, shipped, track
from tracking.services import link_for
from tracking.timeline import page_of
from tracking.timeline.words import RETURNS

pytestmark = pytest.mark.django_db
ANNOUNCED = "Announced on Monday 23 November."
ARRIVED = "It arrived here on Monday 23 November"


@pytest.fixture(autouse=True)
def _monday() -> Any:
    cache.clear()
    with time_machine.travel("2026-11-23T12:00:00Z", tick=False):
        yield


@pytest.fixture
def order(shop: Shop) -> Order:
    """Five mugs and a teapot that were delivered."""
    shop.receive(shop.mug, 5)
    shop.receive(shop.teapot, 1)
    order = shop.order((shop.mug, 5), (shop.teapot, 1))
    ship_shipment(shipment(order), by=ALICE, parcels=[DHL])
    deliver_shipment(shipment(order), by=ALICE)
    return order


def told(order: Order) -> tuple[str, list[str], str]:
    [card] = page_of(order.pk).returns
    return card.word, card.contents, card.says.replace("\u00a0", " ")


def test_each_step_of_an_announced_return_is_told(order: Order) -> None:
    back, mugs = request_return(order, {1: 2}, by=ALICE), ["2 × Enamel mug"]
    assert told(order) == ("Announced", mugs, f"{ANNOUNCED} We still have to agree to it.")
    approve_return(back, by=ALICE)
    assert told(order) == ("Agreed", mugs, f"{ANNOUNCED} You can send it back: we wait for it.")
    send_return(back, by=ALICE)
    assert told(order) == ("On its way back", mugs, "It is on its way back to us.")
    back = take_in(Return.objects.get(), 1)
    assert told(order) == ("Arrived", mugs, f"{ARRIVED}. We look at what is in it.")
    decide(back.lines.get(), Outcome.RESTOCK, into="A-01-01")
    finish_return(back, by=BOB)
    assert told(order) == ("Taken back", ["1 × Enamel mug"], f"{ARRIVED}, and we have looked at it.")


def test_a_return_that_is_declined_says_so_and_where_to_ask(order: Order) -> None:
    decline_return(request_return(order, {1: 2}, by=ALICE), by=ALICE)
    assert told(order)[2] == f"{ANNOUNCED} We do not take it back. Questions? Write to The Mug Shop."
    Channel.objects.update(email="")
    assert told(order)[2] == f"{ANNOUNCED} We do not take it back."


def test_a_return_that_was_called_off_is_not_told(order: Order) -> None:
    cancel_return(request_return(order, {1: 2}, by=ALICE), by=ALICE)
    assert page_of(order.pk).returns == []


def test_what_nobody_announced_is_listed_once_somebody_has_looked_at_it(order: Order) -> None:
    back = take_in(find_return(order.number), 1)
    assert told(order) == ("Arrived", [], f"{ARRIVED}. We look at what is in it.")
    decide(back.lines.get(), Outcome.SCRAP)
    finish_return(back, by=BOB)
    assert told(order)[:2] == ("Taken back", ["1 × Enamel mug"])


def test_what_its_carrier_brings_back_is_said_to_be_brought_by_it(shop: Shop) -> None:
    order = shipped(shop)
    parcel = Parcel.objects.select_related("shipment__order").get()
    track(parcel, "RETURNING_TO_SENDER")
    with change(order, by=BOB):
        expect_return(parcel, by=BOB)
    assert told(order) == ("On its way back", ["2 × Enamel mug", "1 × Teapot"], "DHL is bringing it back to us.")
    track(parcel, "RETURNED_TO_SENDER")
    assert told(order)[::2] == ("Back at the shop", "DHL has brought it back. We look at it next.")


def test_two_returns_stand_beneath_one_another(order: Order) -> None:
    request_return(order, {1: 1}, by=ALICE)
    request_return(order, {2: 1}, by=ALICE)
    assert [card.title for card in page_of(order.pk).returns] == ["Return 1 of 2", "Return 2 of 2"]


def test_every_place_of_a_return_has_words() -> None:
    assert set(RETURNS) == {*Return.Status.values, "BROUGHT", "BACK"} - {"CANCELLED"}


def test_a_return_costs_one_query_and_what_has_none_costs_nothing(
    order: Order, client: Client, django_assert_num_queries: Any
) -> None:
    page = f"/track/{link_for(order).token}/"
    for queries in (5, 6, 6):
        with django_assert_num_queries(queries):
            body = client.get(page).content.decode()
        assert ("we wait for it" in body) == (queries == 6)
        approve_return(request_return(order, {1: 1}, by=ALICE), by=ALICE)


def test_the_page_is_made_anew_with_each_step(order: Order, client: Client) -> None:
    live = f"/track/{link_for(order).token}/live"
    back = request_return(order, {1: 1}, by=ALICE)
    for step in (approve_return, send_return):
        seen = Order.objects.values_list("version", flat=True).get(pk=order.pk)
        assert client.get(live, {"seen": seen}).status_code == 204
        step(back, by=ALICE)
        assert client.get(live, {"seen": seen}).status_code == 200


def test_an_order_without_returns_says_nothing_of_any(shop: Shop) -> None:
    assert page_of(STORIES["delivered"](shop).pk).returns == []
