"""Waves, carts and picks in the admin: what the lists show and cost, and what each button does for whom."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db.models import F
from django.test import Client
from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Cart, PickTask, Wave
from fulfillment.services import claim_cart, release_wave
from orders.models import Actor
from tests.factories import ALICE, Shop, stages
from tests.fulfillment.floor import person, words
from tests.fulfillment.test_cart import Picker, state
from tests.fulfillment.waves import articles, orders, released
from tests.staff import flashes

pytestmark = pytest.mark.django_db


def client_of(role: str, name: str = "charlie") -> Client:
    client = Client()
    client.force_login(User.objects.filter(username=name).first() or person(role, name))
    return client


def press(client: Client, cart: Cart, verb: str, **data: Any) -> Any:
    return client.post(f"/admin/fulfillment/cart/{cart.pk}/do/{verb}/", {"operation": str(uuid4()), **data})


def said(client: Client, cart: Cart) -> str:
    return client.get(f"/admin/fulfillment/cart/{cart.pk}/change/").content.decode()


@pytest.fixture
def wave(shop: Shop) -> Wave:
    return released(shop, singles=2, others=4)


@pytest.fixture
def bob(db: None) -> User:
    return person("picker", "bob")


@pytest.mark.parametrize("rows", [1, 3])
def test_the_lists_ask_the_database_as_often_for_three_as_for_one(
    shop: Shop, bob: User, rows: int, django_assert_num_queries: Any
) -> None:
    products = articles(shop, 3)
    for n in range(rows):
        orders(shop, products, singles=1)
        wave = release_wave(shop.warehouse, by=ALICE)
        claim_cart(shop.warehouse, by=Actor("user", str(900 + n)), wave=wave)
    client = client_of("manager")
    for name, queries in (("wave", 9), ("cart", 9), ("picktask", 8)):
        client.get(f"/admin/fulfillment/{name}/")
        with django_assert_num_queries(queries):
            assert client.get(f"/admin/fulfillment/{name}/").context["cl"].result_count >= rows


def test_the_list_says_who_walks_with_what_and_what_is_late(wave: Wave, bob: User) -> None:
    client, cart = client_of("manager"), claim_cart(wave.warehouse, by=Actor.of("user", bob))
    page = words(client.get("/admin/fulfillment/cart/"))
    assert (str(cart) in page, "bob" in page, "Nobody walks with it" in page, "Late: bob" in page) == (
        True,
        True,
        True,
        False,
    )
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert "Late: bob" in words(client.get("/admin/fulfillment/cart/"))
        late = words(client.get("/admin/fulfillment/cart/", {"state": "late"}))
    assert (str(cart) in late, str(wave.carts.get(number=2)) in late) == (True, False)


@pytest.mark.parametrize("act", ["free", "held", "late", "done"])
def test_the_list_is_narrowed_to_carts_of_a_state(wave: Wave, bob: User, act: str) -> None:
    cart, other = claim_cart(wave.warehouse, by=Actor.of("user", bob)), wave.carts.get(number=2)
    if act == "done":
        PickTask.objects.filter(cart=other).update(status="DONE", picked=F("quantity"))
    found = {"free": other, "held": cart, "late": cart, "done": other}
    with time_machine.travel(timezone.now() + timedelta(minutes=11 if act == "late" else 0)):
        rows = client_of("manager").get("/admin/fulfillment/cart/", {"state": act}).context["cl"].result_list
    assert list(rows) == [found[act]]


def test_the_page_of_a_cart_shows_its_stops_and_what_was_not_there(wave: Wave, bob: User) -> None:
    picker = Picker(claim_cart(wave.warehouse, by=Actor.of("user", bob)), Actor.of("user", bob))
    place = picker.at()[0]
    picker.scan(place)
    picker.short()
    page = said(client_of("auditor"), picker.cart)
    assert ("Picks" in page, place in page, "The bin is empty" in page, "bob" in page) == (True,) * 4
    assert "Walk with it" not in page
    shorts = words(client_of("auditor").get("/admin/fulfillment/picktask/", {"status": "SHORT"}))
    assert ("The bin is empty" in shorts, shorts.count(str(picker.cart))) == (True, 1)


def test_a_wave_is_released_by_a_button_once(shop: Shop) -> None:
    orders(shop, articles(shop, 3), others=4)
    client, operation = client_of("manager"), str(uuid4())
    assert "Release" in client.get("/admin/fulfillment/wave/add/").content.decode()
    given = {"warehouse": shop.warehouse.pk, "limit": 2, "slots": 4, "operation": operation}
    for _ in range(2):
        assert client.post("/admin/fulfillment/wave/add/", given).status_code == 302
    assert (Wave.objects.count(), Cart.objects.count(), PickTask.objects.count()) == (1, 1, 4)
    page = words(client.get(f"/admin/fulfillment/wave/{Wave.objects.get().pk}/change/"))
    assert (str(Cart.objects.get()) in page, "0 of 4" in page) == (True, True)


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"slots": 99}, {"warehouse": 0}])
def test_a_wave_that_is_asked_for_wrongly_is_not_released(shop: Shop, wrong: dict[str, int]) -> None:
    orders(shop, articles(shop, 3), others=4)
    given = {"warehouse": shop.warehouse.pk, "limit": 2, "slots": 4, "operation": str(uuid4())} | wrong
    assert client_of("manager").post("/admin/fulfillment/wave/add/", given).status_code == 422
    assert not Wave.objects.exists()


def test_with_nothing_to_release_the_page_says_so(shop: Shop) -> None:
    given = {"warehouse": shop.warehouse.pk, "limit": 2, "slots": 4, "operation": str(uuid4())}
    answer = client_of("manager").post("/admin/fulfillment/wave/add/", given, follow=True)
    assert "Nothing waits here that could be released" in answer.content.decode()
    assert not Wave.objects.exists()


def test_a_cart_is_taken_left_and_taken_back_from_a_desk(wave: Wave) -> None:
    client, cart = client_of("picker"), wave.carts.get(number=2)
    charlie = Actor.of("user", User.objects.get(username="charlie"))
    press(client, cart, "take")
    assert set(cart.tasks.values_list("claimed_by", flat=True)) == {str(charlie)}
    picker = Picker(cart, charlie)
    article = PickTask.objects.filter(cart=cart, bin__code=picker.at()[0])[0].shipment_line.order_line.product.sku
    picker.scan(picker.at()[0], article)
    press(client, cart, "undo")
    assert (sum(cart.tasks.values_list("picked", flat=True)), list(ledger.verify())) == (0, [])
    press(client, cart, "leave")
    assert set(cart.tasks.values_list("status", "claimed_by")) == {("OPEN", "")}


def test_who_leads_frees_a_cart_or_hands_it_over(wave: Wave, bob: User) -> None:
    cart = claim_cart(wave.warehouse, by=ALICE)
    client = client_of("manager")
    press(client, cart, "hand-over", to=bob.pk)
    assert set(cart.tasks.values_list("claimed_by", flat=True)) == {str(Actor.of("user", bob))}
    press(client, cart, "free")
    assert set(cart.tasks.values_list("status", "claimed_by")) == {("OPEN", "")}


def test_what_cannot_be_done_with_a_cart_is_said_and_changes_nothing(wave: Wave, bob: User) -> None:
    cart, free = claim_cart(wave.warehouse, by=Actor.of("user", bob)), wave.carts.get(number=2)
    manager = client_of("manager")
    before = state()
    for verb, on, sentence in (
        ("take", cart, "bob has taken over this walk."),
        ("leave", cart, "bob has taken over this walk."),
        ("free", free, "Nobody walks with"),
        ("undo", free, "There is nothing to take back."),
        ("undo", cart, "bob has taken over this walk."),
    ):
        press(manager, on, verb)
        answer = manager.get("/admin/fulfillment/cart/").content.decode()
        assert (verb, sentence in answer, state()) == (verb, True, before)
    nobody = person("packer", "dan")
    assert press(manager, cart, "hand-over", to=nobody.pk).status_code == 422
    for verb in ("free", "hand-over"):
        assert press(client_of("picker", "erin"), cart, verb, to=bob.pk).status_code == 403
    assert state() == before


def test_what_is_not_asked_for_any_more_is_only_said(wave: Wave, bob: User) -> None:
    before, free = state(), wave.carts.get(number=2)
    answer = press(client_of("manager"), free, "hand-over", to=bob.pk)
    assert (answer.status_code, flashes(answer)) == (302, [f"Nobody walks with {free}."])
    assert state() == before


def test_a_walker_whose_cart_was_freed_is_told_at_the_next_scan(shop: Shop, bob: User) -> None:
    shop.receive(shop.mug, 3, bin="A-01-1")
    order = shop.order((shop.mug, 2))
    wave = release_wave(shop.warehouse, by=ALICE)
    picker = Picker(claim_cart(wave.warehouse, by=Actor.of("user", bob)), Actor.of("user", bob))
    picker.scan("A-01-1")
    press(client_of("manager"), picker.cart, "free")
    assert picker.scan("MUG-01").result == "LATE"
    assert (stages(order), list(ledger.verify())) == ([{"reserved": 2}], [])


def test_a_pick_says_whose_it_is_and_until_when(shop: Shop, wave: Wave, bob: User) -> None:
    claim_cart(shop.warehouse, by=Actor.of("user", bob))
    page = words(client_of("manager").get("/admin/fulfillment/picktask/"))
    assert "Theirs until" in page
    assert "Pick task" not in page
