"""Two pickers at one wave: no cart, and so no unit, goes to both."""

from collections import Counter

import pytest
from django.db.models import Sum

from fulfillment import ledger
from fulfillment.models import Cart, PickTask, Wave
from fulfillment.services import NoCartLeft, claim_cart, give_up
from orders.models import Actor
from tests.chaos.test_races import threads
from tests.factories import ALICE, BOB, Shop
from tests.fulfillment.waves import released

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]


def claim(wave: Wave, by: Actor) -> int | None:
    try:
        return claim_cart(wave.warehouse, by=by, wave=wave).pk
    except NoCartLeft:
        return None


def units_of(by: Actor) -> int:
    return PickTask.objects.filter(claimed_by=str(by)).aggregate(units=Sum("quantity"))["units"] or 0


def test_two_pickers_claim_from_one_wave_at_once_and_no_unit_is_handed_out_twice(shop: Shop, is_long: bool) -> None:
    wave, outcomes = released(shop, singles=2, others=2), Counter[int]()
    only = Cart.objects.filter(wave=wave, kind="SINGLE")
    PickTask.objects.exclude(cart__in=only).delete()  # one cart for two people, every second time
    spare = released(shop, others=2)
    with threads(2) as at_once:
        for n in range(500 if is_long else 50):
            on = wave if n % 2 else spare
            got = at_once([lambda by=by: claim(on, by) for by in (ALICE, BOB)])  # noqa: B023
            assert len({cart for cart in got if cart}) == len([cart for cart in got if cart]) == 1
            holders = set(PickTask.objects.filter(cart__wave=on).values_list("claimed_by", flat=True))
            winner = ALICE if got[0] else BOB
            assert holders == {str(winner)}
            assert units_of(ALICE if winner == BOB else BOB) == 0
            outcomes[got.index(None)] += 1
            give_up(Cart.objects.get(pk=got[0] or got[1]), by=winner)
    print(f"alice had to wait {outcomes[0]} times, bob {outcomes[1]} times")
    assert sum(outcomes.values()) == (500 if is_long else 50)
    assert list(ledger.verify()) == []


def test_of_two_carts_each_of_two_pickers_gets_one(shop: Shop, is_long: bool) -> None:
    wave = released(shop, singles=2, others=2)
    every = PickTask.objects.aggregate(units=Sum("quantity"))["units"]
    with threads(2) as at_once:
        for _ in range(500 if is_long else 50):
            got = at_once([lambda by=by: claim(wave, by) for by in (ALICE, BOB)])
            assert len(set(got)) == 2
            assert None not in got
            assert units_of(ALICE) + units_of(BOB) == every
            for cart, by in zip(got, (ALICE, BOB), strict=True):
                give_up(Cart.objects.get(pk=cart), by=by)


def test_a_double_tap_of_one_person_claims_one_cart(shop: Shop) -> None:
    from django.contrib.auth.models import User

    wave = released(shop, singles=2, others=2)
    by = Actor.of("user", User.objects.create_user("alice"))
    with threads(2) as at_once:
        for _ in range(25):
            got = at_once([lambda: claim(wave, by)] * 2)
            assert len(set(got)) == 1
            give_up(Cart.objects.get(pk=got[0]), by=by)
