"""Two people at one cart, one bin or one article at the same moment: each unit is fetched once, a short pick is one."""

from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from fulfillment import ledger
from fulfillment.audit import tasks_beyond_what_is_reserved
from fulfillment.models import Cart, Count, PickTask, Scan, Shipment
from fulfillment.services import (
    Act,
    cancel_order,
    claim_cart,
    hand_over,
    merge_shipments,
    read_walk,
    release_wave,
    scan_on_cart,
    short_pick,
    split_shipment,
)
from orders.lifecycle import Refused
from orders.models import Actor, Order
from tests.chaos.test_races import threads
from tests.factories import ALICE, BOB, Shop, give_up_waiting, shipment, stages

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
ROUNDS = 10


@pytest.fixture
def cart(shop: Shop) -> Cart:
    shop.receive(shop.mug, 40, bin="A-01-1")
    shop.order((shop.mug, 20))
    release_wave(shop.warehouse, by=ALICE)
    return claim_cart(shop.warehouse, by=ALICE)


def scan(cart: Cart, by: Actor, text: str, operation: UUID | None = None) -> str:
    act = Act(operation or uuid4(), by, text)
    return told(lambda: scan_on_cart(read_walk(cart, by), act)[0])


def short(cart: Cart, by: Actor, operation: UUID | None = None) -> str:
    walk = read_walk(cart, by)
    task = walk.task.pk if walk.task else 0
    return told(lambda: short_pick(walk, Act(operation or uuid4(), by), PickTask.Reason.EMPTY, task))


def told(act: Callable[[], Any]) -> str:
    """Return the result of a scan, or the code of its refusal."""
    try:
        return str(act().result)
    except Refused as refusal:
        return refusal.code


def is_sound() -> bool:
    return not list(ledger.verify()) and not list(tasks_beyond_what_is_reserved())


def fetched() -> int:
    return sum(PickTask.objects.values_list("picked", flat=True))


def test_two_devices_of_one_person_at_one_cart_count_each_unit_once(cart: Cart) -> None:
    scan(cart, ALICE, "A-01-1")
    with threads(2) as at_once:
        for n in range(1, ROUNDS + 1):
            got = at_once([lambda: scan(cart, ALICE, "MUG-01")] * 2)
            right = Scan.objects.filter(result="RIGHT", quantity=1).count()
            assert fetched() == right, got
            assert n <= right <= 2 * n
    assert is_sound()


def test_a_scan_on_a_cart_sent_four_times_at_once_counts_once(cart: Cart) -> None:
    scan(cart, ALICE, "A-01-1")
    with threads(4) as at_once:
        for n in range(1, ROUNDS + 1):
            operation = uuid4()
            assert at_once([lambda: scan(cart, ALICE, "MUG-01", operation)] * 4) == ["RIGHT"] * 4  # noqa: B023
            assert (fetched(), Scan.objects.filter(operation=operation).count()) == (n, 1)
    assert is_sound()


def test_of_two_people_at_one_cart_the_one_who_has_it_fetches_and_the_other_is_told(cart: Cart) -> None:
    scan(cart, ALICE, "A-01-1")
    outcomes: Counter[str] = Counter()
    with threads(2) as at_once:
        for n in range(1, ROUNDS + 1):
            got = at_once([lambda: scan(cart, ALICE, "MUG-01"), lambda: scan(cart, BOB, "MUG-01")])
            outcomes.update(got)
            assert (got, fetched()) == (["RIGHT", "LATE"], n)
    assert outcomes == {"RIGHT": ROUNDS, "LATE": ROUNDS}
    assert is_sound()


def test_a_hand_over_in_the_middle_of_a_scan_applies_it_once_or_not_at_all(cart: Cart) -> None:
    holders, outcomes = [ALICE, BOB], Counter[str]()
    for by in holders:
        hand_over(cart, by, by=ALICE) if by == BOB else None
        scan(cart, by, "A-01-1")
    holders.reverse()
    with threads(2) as at_once:
        for _ in range(ROUNDS):
            mine, yours = holders
            before = fetched()
            said, _ = at_once([lambda: scan(cart, mine, "MUG-01"), lambda: hand_over(cart, yours, by=mine)])  # noqa: B023
            outcomes[said] += 1
            assert (said, fetched() - before) in {("RIGHT", 1), ("LATE", 0)}
            assert set(cart.tasks.to_do().values_list("claimed_by", flat=True)) == {str(yours)}
            holders.reverse()
    print(f"a scan was in time {outcomes['RIGHT']} times, too late {outcomes['LATE']} times")
    assert is_sound()


def test_a_short_pick_sent_four_times_at_once_is_one(cart: Cart, shop: Shop) -> None:
    scan(cart, ALICE, "A-01-1")
    scan(cart, ALICE, "MUG-01")
    operation = uuid4()
    with threads(4) as at_once:
        got = at_once([lambda: short(cart, ALICE, operation)] * 4)
    assert set(got) <= {"SHORT", "walk_moved", "LATE"}
    assert (Scan.objects.filter(result="SHORT").count(), Count.objects.count()) == (1, 1)
    assert stages(Order.objects.get()) == [{"waiting": 19, "picked": 1}]
    assert is_sound()


def test_short_and_scan_at_the_same_moment_lose_no_unit(shop: Shop) -> None:
    outcomes: Counter[tuple[str, str]] = Counter()
    with threads(2) as at_once:
        for n in range(ROUNDS):
            give_up_waiting()
            shop.receive(shop.mug, 3, bin=f"B-{n:02}-1")
            order = shop.order((shop.mug, 3))
            release_wave(shop.warehouse, by=ALICE)
            cart = claim_cart(shop.warehouse, by=ALICE)
            scan(cart, ALICE, cart.tasks.get().bin.code)
            got = at_once([lambda: scan(cart, ALICE, "MUG-01"), lambda: short(cart, ALICE)])  # noqa: B023
            outcomes[got[0], got[1]] += 1
            picked = Order.objects.get(pk=order.pk).lines.get().picked
            assert picked == Scan.objects.filter(task__cart=cart, result="RIGHT", quantity=1).count()
            assert sum(stages(order)[0].values()) == 3
            assert is_sound()
            while cart.tasks.to_do().exists():
                short(cart, ALICE)
    print(f"scan and short came out as {dict(outcomes)}")


def test_two_carts_short_of_one_article_at_once(shop: Shop) -> None:
    """Both find their bin empty, and what lies elsewhere goes to one of them alone."""
    with threads(2) as at_once:
        for n in range(ROUNDS):
            give_up_waiting()
            shop.receive(shop.mug, 4, bin=f"C-{n:02}-1")
            orders = []
            for by in (ALICE, BOB):
                orders.append(shop.order((shop.mug, 2)))
                release_wave(shop.warehouse, by=by)
            shop.receive(shop.mug, 2, bin=f"D-{n:02}-1")
            carts = [claim_cart(shop.warehouse, by=by) for by in (ALICE, BOB)]
            for cart, by in zip(carts, (ALICE, BOB), strict=True):
                scan(cart, by, cart.tasks.get().bin.code)
            got = at_once([lambda: short(carts[0], ALICE), lambda: short(carts[1], BOB)])  # noqa: B023
            assert got == ["SHORT", "SHORT"]
            to_do = PickTask.objects.to_do().filter(cart__in=carts)
            assert sum(task.left for task in to_do) <= sum(sum(stages(order)[0].values()) for order in orders)
            assert is_sound()
            for cart, by in zip(carts, (ALICE, BOB), strict=True):
                while cart.tasks.to_do().exists():
                    short(cart, by)
    assert is_sound()


def test_a_split_and_a_claim_of_its_cart_at_the_same_moment(shop: Shop) -> None:
    shop.receive(shop.mug, 400, bin="A-01-1")
    outcomes: Counter[tuple[str, str]] = Counter()
    with threads(2) as at_once:
        for _ in range(ROUNDS):
            order = shop.order((shop.mug, 3))
            wave = release_wave(shop.warehouse, by=ALICE)

            def claim() -> str:
                try:
                    claim_cart(shop.warehouse, by=ALICE, wave=wave)  # noqa: B023
                except Refused as refusal:
                    return refusal.code
                return "claimed"

            def split() -> str:
                try:
                    split_shipment(shipment(order), {1: 1}, by=BOB)  # noqa: B023
                except Refused as refusal:
                    return refusal.code
                return "split"

            got = at_once([claim, split])
            outcomes[got[0], got[1]] += 1
            assert "claimed" in got or "split" in got
            assert sum(line.quantity for each in order.shipments.all() for line in each.lines.all()) == 3
            assert is_sound()
            cancel_order(order, by=ALICE)
    print(f"claim and split came out as {dict(outcomes)}")


def test_two_merges_of_the_same_two_at_once_are_one(shop: Shop) -> None:
    shop.receive(shop.mug, 400)
    with threads(2) as at_once:
        for _ in range(ROUNDS):
            order = shop.order((shop.mug, 3))
            first = shipment(order)
            part = split_shipment(first, {1: 1}, by=BOB)

            def merge(target: Shipment, source: Shipment) -> bool:
                try:
                    merge_shipments(target, source, by=BOB)
                except Refused:
                    return False
                return True

            got = at_once([lambda: merge(first, part), lambda: merge(part, first)])  # noqa: B023
            assert sorted(got) == [False, True]
            assert sorted(order.shipments.values_list("status", flat=True)) == ["CANCELLED", "READY"]
            assert stages(order) == [{"reserved": 3}]
    assert is_sound()
