"""Many at once: nothing is sold twice, of two who collide one wins, and nobody waits for ever."""

import multiprocessing
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.db import OperationalError, close_old_connections, connection, connections
from django.db.models import Sum

from fulfillment import ledger
from fulfillment.models import PickTask, Reservation, ShipmentLine
from fulfillment.services import accept_order, allocate_order, cancel_order, release_wave, ship_shipment
from fulfillment.services.waves import NothingToRelease
from orders.lifecycle import NotAllowed, change, record
from orders.models import Event, Order, Outbox
from tests.factories import ALICE, BOB, Shop, draft, shipment

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]


@contextmanager
def threads(count: int) -> Iterator[Callable[[list[Callable[[], Any]]], list[Any]]]:
    """Yield a runner of calls at the same moment, each with a database connection of its own."""
    barrier = threading.Barrier(count)

    def at_once(call: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        yield lambda calls: [run.result() for run in [pool.submit(at_once, call) for call in calls]]


def test_sixteen_clients_reserve_exactly_the_last_hundred_units(shop: Shop) -> None:
    shop.receive(shop.mug, 100)

    def fight(seed: int) -> None:
        choose = random.Random(seed)
        for _ in range(10):
            accept_order(draft((shop.mug, choose.randint(1, 5))), channel=shop.channel, by=ALICE)

    with threads(16) as at_once:
        at_once([lambda seed=seed: fight(seed) for seed in range(16)])
    held = sum(Reservation.objects.filter(status="OPEN").values_list("quantity", flat=True))
    part = [order for order in Order.objects.prefetch_related("lines") if is_split(order)]
    assert (Order.objects.count(), shop.stock(shop.mug), held) == (160, (100, 100), 100)
    assert len(part) <= 1, "at most the last one got a part"
    assert list(ledger.verify()) == []


def is_split(order: Order) -> bool:
    return any(line.waiting and line.reserved for line in order.lines.all())


def test_of_cancel_and_ship_at_the_same_moment_one_wins_each_time(shop: Shop) -> None:
    shop.receive(shop.mug, 400)
    outcomes: Counter[str] = Counter()
    sentences = set()
    with threads(2) as at_once:
        for n in range(200):
            order = shop.order((shop.mug, 2))
            parcel = shipment(order)

            def attempt(act: Callable[[], Any]) -> str:
                try:
                    act()
                except NotAllowed as refusal:
                    return refusal.sentence
                return "done"

            calls = [lambda: cancel_order(order, by=ALICE), lambda: ship_shipment(parcel, by=BOB)]  # noqa: B023
            if n % 2:
                calls.reverse()
            results = at_once([lambda call=call: attempt(call) for call in calls])
            assert results.count("done") == 1
            sentences |= set(results) - {"done"}
            outcomes[Order.objects.get(pk=order.pk).status] += 1
    print(dict(outcomes))
    assert set(outcomes) == {"CANCELLED", "SHIPPED"}
    assert all("The shipment is cancelled" in each or "left the warehouse" in each for each in sentences)
    assert shop.stock(shop.mug) == (400 - 2 * outcomes["SHIPPED"], 0)
    assert list(ledger.verify()) == []


def test_sixteen_people_change_one_order_and_the_trail_has_no_gap(shop: Shop) -> None:
    order = shop.order((shop.mug, 1))
    before = order.version

    def note() -> None:
        for _ in range(10):
            with change(order, by=ALICE) as fresh:
                record(fresh, "order.noted", by=ALICE, facts={})

    with threads(16) as at_once:
        at_once([note] * 16)
    fresh = Order.objects.get(pk=order.pk)
    assert fresh.version == before + 160
    assert list(fresh.events.values_list("seq", flat=True)) == list(range(1, before + 161))
    assert Outbox.objects.count() == Event.objects.count()


def test_a_wave_takes_a_shipment_while_its_order_gets_more_stock_and_every_unit_of_it_is_walked_for(
    shop: Shop, is_long: bool
) -> None:
    joined: Counter[bool] = Counter()
    with threads(2) as at_once:
        for n in range(200 if is_long else 20):
            shop.receive(shop.teapot, 2)
            order = shop.order((shop.mug, 1), (shop.teapot, 2))
            shop.receive(shop.mug, 1)
            calls = [lambda: release_unless_taken(shop), lambda: allocate_order(order, by=ALICE)]  # noqa: B023
            at_once(calls[:: -1 if n % 2 else 1])
            ready = order.shipments.filter(status="READY")
            on_cart = ShipmentLine.objects.filter(shipment__slot__isnull=False, shipment__order=order)
            walked = PickTask.objects.filter(shipment_line__in=on_cart).aggregate(units=Sum("quantity"))["units"]
            assert walked == on_cart.aggregate(units=Sum("reserved"))["units"]
            joined[ready.count() == 1] += 1
            if ready.filter(slot=None).exists():
                release_wave(shop.warehouse, by=BOB)
    print(f"joined {joined[True]} times")
    assert list(ledger.verify()) == []


def release_unless_taken(shop: Shop) -> None:
    """Release a wave; what somebody else has just locked is passed over, and there may be nothing else."""
    with suppress(NothingToRelease):
        release_wave(shop.warehouse, by=BOB)


def test_eight_processes_place_orders_on_one_sqlite_file_and_nobody_waits_a_second(shop: Shop, is_long: bool) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the queue of writers is SQLite's")
    shop.receive(shop.mug, 1_000_000)
    connections.close_all()
    seconds = 30 if is_long else 4
    with ProcessPoolExecutor(8, mp_context=multiprocessing.get_context("fork")) as pool:
        runs = [pool.submit(place_for, seconds, shop) for _ in range(8)]
        results = [run.result() for run in runs]
    placed, waits, errors = zip(*results, strict=True)
    print(f"{sum(placed)} orders in {seconds} s, longest wait {max(waits):.3f} s, fewest of one process {min(placed)}")
    assert errors == ("",) * 8
    assert max(waits) < 1.0
    assert min(placed) > 0
    assert list(ledger.verify()) == []


def place_for(seconds: float, shop: Shop) -> tuple[int, float, str]:
    """Place orders in this process; return how many, the longest wait for a turn to write, and what went wrong."""
    close_old_connections()
    placed, longest = 0, 0.0
    queue = connection.queue  # type: ignore[attr-defined]
    acquire = queue.acquire

    def timed() -> None:
        nonlocal longest
        begun = time.monotonic()
        acquire()
        longest = max(longest, time.monotonic() - begun)

    queue.acquire = timed
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            accept_order(draft((shop.mug, 1)), channel=shop.channel, by=ALICE)
        except OperationalError as error:
            return placed, longest, str(error)
        placed += 1
    connections.close_all()
    return placed, longest, ""
