"""Who walks with which cart: claimed under a lease, handed over, given up, taken over when the lease ran out."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from fulfillment import reports
from fulfillment.models import Cart, PickTask, Warehouse, Wave
from fulfillment.services import NoCartLeft, NotYourCart, claim_cart, give_up, hand_over, take_cart
from fulfillment.services.claims import LEASE, cart_of, holder_of, whose
from fulfillment.views.tiles import _free_carts
from orders.models import Actor
from tests.factories import ALICE, BOB, Shop
from tests.fulfillment.waves import released, walked
from tests.plans import plans_of, reads_whole

pytestmark = pytest.mark.django_db
CHARLIE = Actor("user", "3")


@pytest.fixture
def wave(shop: Shop) -> Wave:
    return released(shop, singles=2, others=4)  # two carts


def held() -> list[tuple[Any, ...]]:
    return list(PickTask.objects.order_by("pk").values_list("status", "claimed_by", "lease_until"))


def test_each_gets_the_next_cart_and_whoever_has_one_gets_that_again(wave: Wave) -> None:
    first, second = claim_cart(wave.warehouse, by=ALICE), claim_cart(wave.warehouse, by=BOB)
    assert [first.number, second.number, claim_cart(wave.warehouse, by=ALICE).number] == [1, 2, 1]
    assert set(PickTask.objects.filter(cart=first).values_list("status", "claimed_by")) == {("CLAIMED", str(ALICE))}
    before = held()
    with pytest.raises(NoCartLeft):
        claim_cart(wave.warehouse, by=CHARLIE)
    assert held() == before


def test_what_was_released_first_is_walked_with_first(wave: Wave, shop: Shop) -> None:
    later = released(shop, others=1, articles_=2)
    given = [claim_cart(wave.warehouse, by=Actor("user", str(n))).wave for n in range(3)]
    assert given == [wave, wave, later]


def test_a_cart_of_another_wave_or_warehouse_is_not_given(wave: Wave, shop: Shop) -> None:
    other = released(shop, others=1, articles_=2)
    assert claim_cart(wave.warehouse, by=ALICE, wave=other).wave == other
    from fulfillment import ledger

    with pytest.raises(NoCartLeft):
        claim_cart(ledger.open_warehouse("NORTH"), by=BOB)


def test_a_lease_that_runs_out_frees_the_cart_and_only_then(wave: Wave) -> None:
    cart = claim_cart(wave.warehouse, by=ALICE)
    with time_machine.travel(timezone.now() + LEASE - timedelta(seconds=5)), pytest.raises(NotYourCart):
        take_cart(cart, by=BOB)
    with time_machine.travel(timezone.now() + LEASE + timedelta(seconds=5)):
        assert claim_cart(wave.warehouse, by=BOB) == cart
        assert (cart_of(ALICE), holder_of(cart)) == (None, BOB)


def test_a_cart_whose_lease_ran_out_stays_with_its_person_until_somebody_comes(wave: Wave) -> None:
    cart = claim_cart(wave.warehouse, by=ALICE)
    with time_machine.travel(timezone.now() + 2 * LEASE):
        assert cart_of(ALICE) == cart
        assert claim_cart(wave.warehouse, by=ALICE) == cart


def test_a_cart_is_handed_over_with_all_that_is_left(wave: Wave) -> None:
    cart = claim_cart(wave.warehouse, by=ALICE)
    hand_over(cart, BOB, by=ALICE)
    assert (cart_of(ALICE), cart_of(BOB)) == (None, cart)


@pytest.mark.parametrize("act", ["hand_over", "give_up"])
def test_nobody_gives_away_a_cart_that_is_not_theirs(wave: Wave, act: str) -> None:
    bob, stranger = User.objects.create_user("bob"), Actor("user", "999")
    cart = claim_cart(wave.warehouse, by=Actor.of("user", bob))
    before = held()
    with pytest.raises(NotYourCart) as refusal:
        hand_over(cart, CHARLIE, by=stranger) if act == "hand_over" else give_up(cart, by=stranger)
    assert refusal.value.sentence.startswith("bob has taken over this walk.")
    assert held() == before


def test_a_cart_that_is_given_up_waits_for_the_next(wave: Wave) -> None:
    cart = claim_cart(wave.warehouse, by=ALICE)
    give_up(cart, by=ALICE)
    assert (holder_of(cart), claim_cart(wave.warehouse, by=BOB)) == (None, cart)


def test_somebody_in_charge_frees_the_cart_of_another(wave: Wave) -> None:
    cart = claim_cart(wave.warehouse, by=ALICE)
    give_up(cart, by=BOB, whose_=ALICE)
    assert (cart_of(ALICE), holder_of(cart)) == (None, None)


def test_a_cart_that_is_done_is_nobodys(wave: Wave) -> None:
    cart = claim_cart(wave.warehouse, by=ALICE)
    PickTask.objects.filter(cart=cart).delete()
    assert Cart.objects.free().filter(pk=cart.pk).count() == 0
    assert whose(cart, ALICE) == f"{cart} is done: nothing is left to fetch."


@pytest.mark.django_db(transaction=True)
def test_what_is_asked_of_carts_reads_the_stops_to_do_and_no_walk_of_the_past(shop: Shop, is_postgres: bool) -> None:
    wave = released(shop, singles=2, others=4)
    walked(wave, 5_000 if is_postgres else 5)
    if is_postgres:  # it plans by the rows there are; SQLite, where nobody says ANALYZE, by the indexes
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    mine, by = Warehouse.objects.all(), ALICE
    asked: dict[str, Callable[[], Any]] = {
        "tile": lambda: list(_free_carts(mine).order_by()[:100]),
        "entry": lambda: reports.free_carts(mine),
        "mine": lambda: cart_of(by),
        "mine here": lambda: cart_of(by, wave.warehouse),
        "next": lambda: claim_cart(wave.warehouse, by=by),
    }
    grows = {"fulfillment_cart", "fulfillment_picktask", "fulfillment_wave"}
    for name, call in asked.items():
        plans = plans_of(call, is_small=False)
        assert plans, name
        assert [plan for plan in plans if reads_whole(plan, grows)] == [], name
        assert [plan for plan in plans if "wave_warehouse_id" in str(plan)] == [], f"{name}: every wave of the place"
