"""The screens of waves and carts: as plain forms, by htmx, and who may see them."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fulfillment import ledger
from fulfillment.models import Cart, PickTask, Scan, Staff, Wave
from fulfillment.services import claim_cart, release_wave
from orders.models import Actor, Order
from orders.services import hold_order
from tests.factories import ALICE, ProductFactory, Shop, shipment, stages
from tests.fulfillment.floor import Floor, person, said, words
from tests.fulfillment.waves import articles, orders, released

pytestmark = pytest.mark.django_db
OWN = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


class Walker:
    """A person in front of a cart's screen."""

    def __init__(self, user: User, cart: Cart | None = None) -> None:
        self.user, self.cart = user, cart
        self.client = Client()
        self.client.force_login(user)

    @property
    def url(self) -> str:
        return f"/floor/carts/{self.cart.pk if self.cart else 0}/"

    def post(self, path: str = "", **fields: Any) -> Any:
        return self.client.post(self.url + path, {"operation": str(uuid4())} | fields, follow=True)

    def scan(self, *texts: str) -> str:
        for text in texts:
            response = self.post(scanned=text)
            assert response.status_code == 200
        return said(response)

    def htmx(self, **fields: Any) -> Any:
        sent = {"operation": str(uuid4())} | fields
        return self.client.post(self.url, sent, headers={"HX-Request": "true"})

    def screen(self) -> str:
        return words(self.client.get(self.url))


@pytest.fixture
def order(shop: Shop) -> Order:
    shop.receive(shop.mug, 9, bin="A-04-1")
    shop.receive(shop.teapot, 4, bin="B-02-1")
    return shop.order((shop.teapot, 1), (shop.mug, 3))


@pytest.fixture
def alice(order: Order, shop: Shop) -> Walker:
    user = person("picker")
    release_wave(shop.warehouse, by=ALICE)
    return Walker(user, claim_cart(shop.warehouse, by=Actor.of("user", user)))


def test_a_walk_as_plain_forms(alice: Walker, order: Order) -> None:
    assert "1 of 2 Go to A-04-1 Enamel mug MUG-01 · take 3 for slot 1 Next: B-02-1 · Teapot" in alice.screen()
    assert alice.scan("B-02-1") == "wrong: This is B-02-1. Go to A-04-1."
    assert alice.scan("A-04-1") == "right: A-04-1 is right."
    assert "At A-04-1 Take Enamel mug MUG-01 3 into slot 1" in alice.screen()
    assert alice.scan("MUG-01") == "right: 1 of 3 × Enamel mug into slot 1."
    line = PickTask.objects.get(picked=1).shipment_line_id
    assert said(alice.post(count="3", line=line)) == "right: 3 of 3 × Enamel mug into slot 1."
    assert said(alice.post(undo="1")) == "right: Taken back: put 2 × Enamel mug into A-04-1 again."
    assert "Undo 1 × Enamel mug" in alice.screen()
    alice.scan("3", "B-02-1")
    assert "Undo 2 × Enamel mug" in alice.screen()
    assert alice.scan("TEA-01").endswith(f"Slot 1 is complete: {shipment(order).number} is picked.")
    assert f"All is fetched Bring {alice.cart} to packing. {shipment(order).number} Slot 1 · Picked" in alice.screen()
    assert list(ledger.verify()) == []


def test_who_is_done_with_a_cart_leaves_its_field_and_takes_the_next(shop: Shop) -> None:
    """The field of a cart that is done would lead nowhere: the whole screen changes, and the next cart is offered."""
    released(shop, others=8)
    alice = Walker(person("picker"))
    assert "Take the next cart (2 wait)" in words(alice.client.get("/floor/waves/"))
    alice.cart = claim_cart(shop.warehouse, by=Actor.of("user", alice.user))
    while task := PickTask.objects.to_do().filter(cart=alice.cart).order_by("place", "pk").first():
        alice.htmx(scanned=task.bin.code)
        for _ in range(task.left):
            answer = alice.htmx(scanned=task.shipment_line.order_line.product.sku)
    assert alice.url in answer["HX-Location"]
    assert "Take the next cart (1 waits)" in alice.screen()


def test_too_few_by_a_button(alice: Walker, order: Order, shop: Shop) -> None:
    alice.scan("A-04-1", "MUG-01")
    task = PickTask.objects.get(picked=1).pk
    assert said(alice.post(short="EMPTY")) == "wrong: Nobody knows where that was. Look at the screen again."
    assert said(alice.post(short="NONSENSE", task=task)).startswith("wrong:")
    assert Scan.objects.filter(result="SHORT").count() == 0
    assert said(alice.post(short="EMPTY", task=task)).startswith("right: 2 × Enamel mug not found in A-04-1")


STAYS = "not found in {}: undo does not take that back. There after all? Count {}."


def short(walker: Walker, reason: str = "EMPTY") -> str:
    task = PickTask.objects.filter(status="CLAIMED").order_by("place", "-picked", "pk")[0]
    return said(walker.post(short=reason, task=task.pk))


def test_the_screen_says_what_undo_takes_back_and_that_a_short_stays(alice: Walker) -> None:
    assert "Undo" not in alice.screen(), "there is nothing to take back"
    alice.scan("A-04-1", "MUG-01")
    assert "Undo 1 × Enamel mug" in alice.screen()
    assert "Undo 1 × Enamel mug" in words(alice.htmx(scanned="B-02-1"))
    short(alice)
    page = alice.screen()
    assert "2 × Enamel mug " + STAYS.format("A-04-1", "A-04-1") in page
    assert "Undo" not in page, "what was closed as short is not taken back"
    alice.scan("B-02-1", "TEA-01")
    assert "Undo 1 × Teapot" in alice.screen()


def test_what_was_fetched_elsewhere_since_hides_no_undo(alice: Walker, shop: Shop) -> None:
    beside = shop.order((shop.mug, 1))
    alice.scan("A-04-1", "MUG-01")
    other = Floor(beside, user=alice.user)
    assert other.scan("A-04-1", "MUG-01").startswith("right:")
    page = alice.screen()
    assert "Undo 1 × Enamel mug" in page
    assert said(alice.post(undo="1")) == "right: Taken back: put 1 × Enamel mug into A-04-1 again."
    assert ("Undo" in alice.screen(), shipment(beside).status, list(ledger.verify())) == (False, "PICKED", [])


def test_what_is_scanned_elsewhere_meanwhile_moves_nobody_away_from_the_bin(alice: Walker, shop: Shop) -> None:
    alice.scan("A-04-1")
    cup = ProductFactory(sku="CUP-01")
    shop.receive(cup, 2, bin="C-01-1")
    other = Floor(shop.order((cup, 1)), user=alice.user)
    assert other.scan("C-01-1").startswith("right")
    assert alice.scan("MUG-01").startswith("right")


def test_the_end_of_a_walk_says_which_order_waits_and_for_what(shop: Shop) -> None:
    shop.receive(shop.mug, 3, bin="A-04-1")
    shop.receive(shop.teapot, 1, bin="B-02-1")
    mugs, teapot = shop.order((shop.mug, 1)), shop.order((shop.teapot, 1), (shop.mug, 1))
    lone = shop.order((shop.mug, 1))
    release_wave(shop.warehouse, by=ALICE)
    alice = Walker(person("picker"))
    for _ in range(2):
        alice.cart = claim_cart(shop.warehouse, by=Actor.of("user", alice.user))
        while PickTask.objects.to_do().filter(cart=alice.cart).exists():
            task = PickTask.objects.to_do().filter(cart=alice.cart).order_by("place", "pk")[0]
            short(alice) if task.bin.code == "B-02-1" else alice.scan("A-04-1", "MUG-01")
    page = alice.screen()
    assert f"The walk is done Bring {alice.cart} to packing. What was not there waits." in page
    assert f"{shipment(teapot).number} Slot 1 · Picked Waits for stock: 1 × Teapot." in page
    assert "1 × Teapot " + STAYS.format("B-02-1", "B-02-1") in page
    assert "ancelled" not in page
    assert {shipment(each).status for each in (mugs, lone)} == {"PICKED"}


def test_a_walk_on_which_nothing_was_found_sends_nobody_to_packing(shop: Shop) -> None:
    shop.receive(shop.mug, 1, bin="A-04-1")
    order = shop.order((shop.mug, 1))
    release_wave(shop.warehouse, by=ALICE)
    user = person("picker")
    alice = Walker(user, claim_cart(shop.warehouse, by=Actor.of("user", user)))
    assert short(alice) == "right: 1 × Enamel mug not found in A-04-1: it waits again. Go on."
    page = alice.screen()
    assert f"Nothing is on it Nothing of {alice.cart} goes to packing. What was not there waits." in page
    assert f"{order.number}-1 Nothing in it Waits for stock: 1 × Enamel mug." in page
    assert "ancelled" not in page


def test_an_order_that_goes_all_at_once_left_the_cart_and_is_told_so(shop: Shop) -> None:
    shop.receive(shop.mug, 1, bin="A-04-1")
    shop.receive(shop.teapot, 1, bin="B-02-1")
    order = shop.order((shop.mug, 1), (shop.teapot, 1), is_ship_complete=True)
    release_wave(shop.warehouse, by=ALICE)
    user = person("picker")
    alice = Walker(user, claim_cart(shop.warehouse, by=Actor.of("user", user)))
    short(alice)
    page = alice.screen()
    assert f"{shipment(order).number} Not on the cart Waits for stock: 1 × Enamel mug." in page
    assert "Nothing is on it" in page


def test_out_of_reach_is_left_to_a_later_walk(alice: Walker) -> None:
    short(alice, "BLOCKED")
    stays = "3 × Enamel mug out of reach in A-04-1: undo does not take that back. A later walk fetches it."
    assert stays in alice.screen()


def test_a_cart_is_handed_over_and_given_up(alice: Walker) -> None:
    bob = Walker(person("picker", "bob"), alice.cart)
    assert "alice walks with it" in bob.screen()
    assert said(alice.post("leave/", to=str(bob.user.pk))) == f"right: bob goes on with {alice.cart}."
    assert "Go to A-04-1" in bob.screen()
    assert alice.scan("A-04-1").startswith("wrong: bob has taken over this walk. Nothing was changed")
    assert said(bob.post("leave/")) == f"right: {alice.cart} waits for whoever comes next."
    assert "Nobody walks with it 2 of 2 are still to be fetched." in alice.screen()
    alice.post("take/")
    assert "Go to A-04-1" in alice.screen()


def test_a_cart_goes_only_to_people_who_pick_in_its_warehouse(alice: Walker) -> None:
    packer = person("packer", "bob")
    away = person("picker", "charlie")
    Staff.objects.create(user=away).warehouses.add(ledger.open_warehouse("NORTH"))
    for other in (packer, away, alice.user):
        assert alice.post("leave/", to=str(other.pk)).status_code == 422
    assert set(PickTask.objects.values_list("claimed_by", flat=True)) == {f"user:{alice.user.pk}"}


def test_somebody_of_another_warehouse_sees_and_touches_no_cart(alice: Walker) -> None:
    away = Walker(person("picker", "charlie"), alice.cart)
    Staff.objects.create(user=away.user).warehouses.add(ledger.open_warehouse("NORTH"))
    for path in ("", "leave/"):
        assert away.client.get(away.url + path).status_code == 404
        assert away.post(path, scanned="A-04-1").status_code == 404
    assert away.post("take/").status_code == 404
    assert f"{alice.cart}" not in words(away.client.get("/floor/waves/?warehouse=MAIN"))
    assert Scan.objects.count() == 0


def test_who_types_the_address_of_the_next_cart_is_led_to_the_floor_and_takes_none(shop: Shop) -> None:
    released(shop, singles=2)
    alice = Walker(person("picker"))
    answer = alice.client.get("/floor/carts/")
    assert (answer.status_code, answer["Location"], PickTask.objects.claimed().count()) == (302, "/floor/", 0)


def test_ones_own_cart_comes_first_and_then_the_next(shop: Shop) -> None:
    released(shop, singles=2, others=2)
    alice = Walker(person("picker"))
    assert "Take the next cart (2 wait)" in words(alice.client.get("/floor/"))
    response = alice.client.post("/floor/carts/", follow=True)
    cart = Cart.objects.get(number=1)
    assert response.redirect_chain == [(f"/floor/carts/{cart.pk}/", 302)]
    assert f"Go on with {cart}" in words(alice.client.get("/floor/"))


def test_a_wave_is_released_by_a_form_once(shop: Shop) -> None:
    orders(shop, articles(shop, 3), singles=1, others=3)
    chief = Walker(person("manager"))
    assert "4 orders wait to be released" in words(chief.client.get("/floor/waves/"))
    sent = {"operation": str(uuid4()), "limit": "3", "slots": "2", "warehouse": "MAIN"}
    answers = [chief.client.post("/floor/waves/", sent, follow=True) for _ in range(2)]
    wave = Wave.objects.get()
    assert said(answers[0]) == said(answers[1]) == f"right: {wave} is released on 2 carts."
    assert f"{wave} 0 of 5 fetched · 2 carts free" in words(answers[0])
    wrong = chief.client.post("/floor/waves/", sent | {"limit": "0"})
    assert (wrong.status_code, Wave.objects.count()) == (422, 1)
    for typed in ("", "0", "abc", "5001"):
        answer = said(chief.client.post("/floor/waves/", sent | {"limit": typed}))
        assert answer == "wrong: Orders at most: type a number from 1 to 5000."
    answer = said(chief.client.post("/floor/waves/", sent | {"slots": ""}))
    assert answer.startswith("wrong: Slots on a cart: type a number from 1 to ")
    assert Wave.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "seen", "released_"), [("picker", 200, 403), ("packer", 403, 403), ("manager", 200, 200)]
)
def test_who_may_see_and_release_waves(shop: Shop, role: str, seen: int, released_: int) -> None:
    orders(shop, articles(shop, 2), singles=1)
    walker = Walker(person(role))
    assert walker.client.get("/floor/waves/").status_code == seen
    sent = {"operation": str(uuid4()), "limit": "3", "slots": "2"}
    assert walker.client.post("/floor/waves/", sent, follow=True).status_code == released_
    assert Wave.objects.count() == int(released_ == 200)


def test_a_shipment_on_a_cart_is_picked_with_the_cart_alone(alice: Walker, order: Order) -> None:
    url = f"/floor/{shipment(order).number}/pick/"
    assert f"On a cart It is picked with cart {alice.cart}" in words(alice.client.get(url))
    refused = alice.client.post(url, {"operation": str(uuid4()), "scanned": "A-04-1"})
    assert refused.status_code == 409
    assert (Scan.objects.count(), stages(order)) == (0, [{"reserved": 1}, {"reserved": 3}])


def queries_of(walker: Walker, **fields: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert walker.htmx(**fields).status_code == 200
    return len([each for each in captured if not each["sql"].startswith(OWN)])


@pytest.mark.parametrize("others", [1, 3])
def test_the_queries_of_a_scan_are_at_most_twelve(shop: Shop, others: int) -> None:
    products = articles(shop, 4)
    for _ in range(others):
        shop.order((products[0], 5), (products[3], 5))
    release_wave(shop.warehouse, by=ALICE)
    user = person("picker")
    alice = Walker(user, claim_cart(shop.warehouse, by=Actor.of("user", user)))
    assert queries_of(alice, scanned="A-01-1") == 6
    begins = queries_of(alice, scanned="W-001")
    assert [queries_of(alice, scanned="W-001") for _ in range(3)] == [7, 7, 7]
    assert begins == 10, "and the trail of a shipment that is begun"


@pytest.mark.parametrize("waves", [1, 3])
def test_the_queries_of_the_waves_page(shop: Shop, django_assert_num_queries: Any, waves: int) -> None:
    for _ in range(waves):
        wave = released(shop, singles=1, others=2)
        claim_cart(wave.warehouse, by=Actor.of("user", person("picker", f"picker-{wave.pk}")), wave=wave)
    chief = Walker(person("manager"))
    with django_assert_num_queries(10):
        chief.client.get("/floor/waves/")


@pytest.mark.parametrize("is_plain", [True, False])
def test_a_screen_at_a_held_order_leads_on_to_the_next_stop(shop: Shop, *, is_plain: bool) -> None:
    shop.receive(shop.mug, 9, bin="A-04-1")
    shop.receive(shop.teapot, 4, bin="B-02-1")
    held = shop.order((shop.mug, 3), (shop.teapot, 1))
    shop.order((shop.teapot, 2))
    release_wave(shop.warehouse, by=ALICE)
    user = person("picker")
    alice = Walker(user, claim_cart(shop.warehouse, by=Actor.of("user", user)))
    hold_order(held, by=ALICE, reason="FRAUD")
    answer = alice.post(scanned="A-04-1") if is_plain else alice.htmx(scanned="A-04-1")
    number = shipment(held).number
    told = f"wrong: Take nothing for {number} (on hold: the order has to be checked): go on to B-02-1."
    assert (answer.status_code, said(answer)) == (200, told)
    assert "Go to B-02-1" in words(answer)
    assert alice.scan("B-02-1", "TEA-01", "2").endswith("is picked.")
