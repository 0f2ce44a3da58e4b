"""Events become messages: once, in their order, and with the reason where nobody is told."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from django.db import connection, connections, transaction

from fulfillment.models import Parcel
from fulfillment.services import accept_order, allocate_waiting, cancel_order, deliver_shipment, ship_shipment
from notifications.audit import CHECKS
from notifications.models import Message
from notifications.relay import BATCH, relay_batch
from orders.lifecycle import change, record
from orders.models import Event, Outbox
from tests.factories import ALICE, BOB, Shop, draft, shipment
from tests.notifications.stories import DHL, carrier_says, delayed, messages, placed, relay, shipped

pytestmark = pytest.mark.django_db


def test_an_order_tells_of_itself_and_of_each_parcel_once_and_the_outbox_is_empty(shop: Shop) -> None:
    order = shipped(shop, DHL, DHL)
    number = shipment(order, 1).number
    assert messages(order) == [
        ("order.placed", "", "QUEUED"),
        ("parcel.shipped", f"{number}-1", "QUEUED"),
        ("parcel.shipped", f"{number}-2", "QUEUED"),
    ]
    assert (Outbox.objects.count(), relay_batch()) == (0, 0)
    assert {message.event.kind for message in order.messages.all()} == {"order.placed", "parcel.shipped"}


def test_an_event_that_no_rule_can_read_holds_up_its_own_order_alone(shop: Shop, caplog: Any) -> None:
    torn, sound = placed(shop), placed(shop)
    with change(torn, by=ALICE):
        record(torn, "parcel.shipped", by=ALICE, facts={})  # of which parcel?
        record(torn, "order.delayed", by=ALICE, facts={"promise": "2026-11-30"})
    late = shipped(shop)
    relay()
    assert messages(torn) == [("order.placed", "", "QUEUED")]
    assert ("order.placed", "", "QUEUED") in messages(sound)
    assert "parcel.shipped" in {kind for kind, _, _ in messages(late)}
    assert set(Outbox.objects.values_list("event__order", "event__kind")) == {
        (torn.pk, "parcel.shipped"),
        (torn.pk, "order.delayed"),
    }
    assert "could not be understood" in caplog.text


def test_an_event_derived_again_makes_no_second_message(shop: Shop) -> None:
    order = shipped(shop)
    parcel = Parcel.objects.get()
    carrier_says(parcel, "out_for_delivery", "out_for_delivery")
    once = messages(order)
    carrier_says(parcel, "out_for_delivery", "out_for_delivery")
    carrier_says(parcel, "out_for_delivery")
    assert messages(order) == once


def test_a_parcel_that_its_carrier_delivered_is_not_told_again_with_its_shipment(shop: Shop) -> None:
    order = shipped(shop, DHL, DHL)
    first, second = Parcel.objects.order_by("pk")
    carrier_says(first, "delivered", "delivered")
    deliver_shipment(shipment(order, 1), by=BOB)
    carrier_says(second, "delivered", "delivered")
    delivered = [row for row in messages(order) if row[0] == "parcel.delivered"]
    assert delivered == [("parcel.delivered", each.number, "QUEUED") for each in (first, second)]


def test_each_failed_attempt_and_each_missed_promise_is_told_once(shop: Shop) -> None:
    order = shipped(shop)
    [parcel] = Parcel.objects.all()
    for attempt in ("attempt:1", "attempt:1", "attempt:2"):
        carrier_says(parcel, "delivery_attempt_failed", attempt)
    for missed in ("ship_by", "ship_by", "deliver_by"):
        delayed(order, missed)
    told = [(kind, milestone) for kind, milestone, _ in messages(order)[2:]]
    assert told == [
        ("parcel.delivery_attempt_failed", f"{parcel.number}:attempt:1"),
        ("parcel.delivery_attempt_failed", f"{parcel.number}:attempt:2"),
        ("order.delayed", order.ship_by.isoformat()),
        ("order.delayed", order.deliver_by.isoformat()),
    ]


def test_cancelled_lines_are_told_each_time_and_the_last_of_them_as_the_whole_order(shop: Shop) -> None:
    order = placed(shop)
    cancel_order(order, by=ALICE, lines={1: 1})
    cancel_order(order, by=ALICE, lines={1: 1})
    cancel_order(order, by=ALICE, lines={2: 1})
    kinds = [kind for kind, _, _ in messages(order)]
    assert kinds == ["order.placed", "order.lines_cancelled", "order.lines_cancelled", "order.cancelled"]


def test_the_customer_of_a_silent_order_is_told_only_what_they_ask_for(shop: Shop) -> None:
    order = accept_order(draft((shop.mug, 1)), channel=shop.channel, by=ALICE, is_silent=True)
    assert messages(order) == []
    with change(order, by=ALICE) as fresh:
        record(fresh, "link.requested", by=ALICE, facts={"bucket": 1})
    assert [kind for kind, _, _ in messages(order)] == ["link.requested"]


def test_a_link_is_mailed_once_for_all_requests_of_a_stretch_of_time(shop: Shop) -> None:
    order = placed(shop)
    for bucket in (1, 1, 1, 2):
        with change(order, by=ALICE) as fresh:
            record(fresh, "link.requested", by=ALICE, facts={"bucket": bucket})
    assert [kind for kind, _, _ in messages(order)].count("link.requested") == 2


def test_where_there_is_no_address_the_row_says_so(shop: Shop) -> None:
    order = placed(shop, customer={"name": "Charlie"})
    assert messages(order) == [("order.placed", "", "SUPPRESSED")]
    assert order.messages.get().note == "The customer gave no e-mail address."


def test_a_batch_costs_the_same_for_one_event_and_for_many(shop: Shop, django_assert_num_queries: Any) -> None:
    relay()
    for count in (1, 3):
        for _ in range(count):
            shop.order((shop.mug, 1))
        waiting = Outbox.objects.count()
        asks_for_others = connection.features.has_select_for_update_skip_locked
        with django_assert_num_queries(7 + asks_for_others):  # any?, begin, claim, orders, insert, delete, end
            assert relay_batch() == waiting
    assert Message.objects.count() == 4


def test_more_events_than_a_batch_holds_are_relayed_in_several(shop: Shop) -> None:
    order = shop.order((shop.mug, 1))
    with change(order, by=ALICE) as fresh:
        for _ in range(BATCH):
            record(fresh, "order.noted", by=ALICE, facts={})
    assert (relay_batch(), relay_batch() > 0, relay_batch()) == (BATCH, True, 0)


def test_a_kind_that_nobody_thought_of_is_told_to_nobody_and_stops_nothing(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    order = shop.order((shop.mug, 1))
    with change(order, by=ALICE) as fresh:
        record(fresh, "order.gift_wrapped", by=ALICE, facts={})
    assert messages(order) == [("order.placed", "", "QUEUED")]
    assert "order.gift_wrapped has no row in the table of rules" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_many_relays_at_once_tell_of_each_event_once_and_in_order(shop: Shop) -> None:
    orders = [shipped(shop) for _ in range(12)]
    barrier = threading.Barrier(4)

    def run() -> int:
        barrier.wait()
        try:
            return sum(iter(lambda: relay_batch(limit=7), 0))
        finally:
            connections.close_all()

    events = Event.objects.count()
    with ThreadPoolExecutor(4) as pool:
        relayed = [each.result() for each in [pool.submit(run) for _ in range(4)]]
    relayed.append(sum(iter(relay_batch, 0)))  # whoever finds all in other hands leaves it to the next bell
    assert sum(relayed) == events
    for order in orders:
        rows = list(order.messages.order_by("created_at").values_list("kind", flat=True))
        assert rows == ["order.placed", "parcel.shipped"]


@pytest.mark.django_db(transaction=True)
def test_an_order_whose_older_event_is_in_other_hands_waits_for_it(shop: Shop) -> None:
    if not connection.features.has_select_for_update_skip_locked:
        pytest.skip("on SQLite there is one relay at a time")
    first, second = shop.order((shop.mug, 1)), shop.order((shop.mug, 1))
    oldest = Outbox.objects.order_by("event_id").first()
    assert oldest is not None

    def in_other_hands(then: Callable[[], Any]) -> Any:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(then).result()

    def relay_here() -> int:
        try:
            return relay_batch()
        finally:
            connections.close_all()

    with transaction.atomic():
        Outbox.objects.select_for_update().get(pk=oldest.pk)
        assert in_other_hands(relay_here) == second.events.count()
        assert not first.messages.exists()
    relay()
    assert (first.messages.count(), second.messages.count()) == (1, 1)


def test_the_audit_names_what_was_not_relayed_not_sent_and_not_told(shop: Shop) -> None:
    order = placed(shop)
    assert problems() == {"unrelayed_events": [], "stuck_messages": [], "untold_events": []}
    relay()
    Message.objects.update(created_at=order.placed_at.replace(year=2025))
    assert problems()["stuck_messages"] == [f"{order} {order.messages.get().pk}"]
    Message.objects.all().delete()
    assert problems()["untold_events"] == [f"{order} #1"]


def test_the_audit_names_events_that_wait_for_a_relay(shop: Shop, settings: Any) -> None:
    with time_machine.travel("2026-11-20T09:00:00Z", tick=False):
        order = shop.order((shop.mug, 1))
    assert problems()["unrelayed_events"][0] == f"{order} #1"


def problems() -> dict[str, list[str]]:
    return {check.name: [problem.subject for problem in check.run()] for check in CHECKS}


def test_what_follows_in_a_second_shipment_is_told_as_well(shop: Shop) -> None:
    order = shipped(shop)
    shop.receive(shop.teapot, 1)
    allocate_waiting(by=ALICE)
    ship_shipment(order.shipments.get(status="READY"), by=BOB, parcels=[DHL])
    assert [kind for kind, _, _ in messages(order)] == ["order.placed", "parcel.shipped", "parcel.shipped"]
