"""News that is none any more: passed by, taken back, or of too long ago. What goes out is what is so (F12)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from fulfillment.services import deliver_shipment
from notifications.models import Message
from notifications.relay import TOO_LATE, relay_batch
from notifications.services import claim, drain_batch, resend_message
from orders.models import Order
from tests.factories import ALICE, BOB, Shop, shipment
from tests.hooks import event
from tests.notifications.stories import relay
from tests.tracking.test_understand import NOW, ago, picture, shipped, take, tell, tracker
from tracking.models import Tracker

pytestmark = pytest.mark.django_db
OUT, ATTEMPT, DELIVERED = ("OUT_FOR_DELIVERY", 6), ("DELIVERY_ATTEMPT_FAILED", 4), ("DELIVERED", 2)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def order(shop: Shop, clock: Any) -> Order:
    """An order whose parcel is under way."""
    order = shipped(shop, "JD1")
    mail()
    return order


def hear(*steps: tuple[str, int]) -> None:
    take(*(event("JD1", status, ago(hours)) for status, hours in steps))


def mail() -> None:
    relay()
    while drain_batch():
        pass


def letters(order: Order) -> list[tuple[str, str]]:
    """Return what became of the letters that tell of milestones, in the order in which they were recorded."""
    rows = order.messages.exclude(kind__in=["order.placed", "parcel.shipped"]).order_by("event_id")
    return [(row.kind.removeprefix("parcel."), row.status) for row in rows]


def test_what_is_heard_as_it_happens_is_told_as_it_happens(order: Order) -> None:
    for step in (OUT, ATTEMPT, DELIVERED):
        hear(step)
        mail()
    told = ["out_for_delivery", "delivery_attempt_failed", "delivered"]
    assert letters(order) == [(kind, "SENT") for kind in told]


def test_nothing_older_is_told_after_what_is_newer(order: Order) -> None:
    for step in (DELIVERED, ATTEMPT, OUT):
        hear(step)
        mail()
    late = ["delivery_attempt_failed", "out_for_delivery"]
    assert letters(order) == [("delivered", "SENT"), *((kind, "SUPPRESSED") for kind in late)]
    assert set(Message.objects.filter(status="SUPPRESSED").values_list("note", "attempts")) == {(TOO_LATE, 0)}


def test_of_what_is_heard_at_once_the_present_alone_is_told(order: Order) -> None:
    hear(OUT, ATTEMPT, DELIVERED)
    mail()
    late = ["out_for_delivery", "delivery_attempt_failed"]
    assert letters(order) == [*((kind, "SUPPRESSED") for kind in late), ("delivered", "SENT")]


def test_what_is_overtaken_before_its_mail_went_out_is_not_told(order: Order) -> None:
    hear(OUT)
    relay()
    assert letters(order) == [("out_for_delivery", "QUEUED")]
    hear(DELIVERED)
    mail()
    assert letters(order) == [("out_for_delivery", "SUPPRESSED"), ("delivered", "SENT")]


def test_what_is_too_old_is_told_to_nobody_and_by_no_later_event(shop: Shop, clock: Any) -> None:
    order = shipped(shop, "JD1", "JD2", at=ago(80))
    mail()
    hear(("DELIVERED", 49))
    assert tracker("JD1").news == "delivered"
    deliver_shipment(shipment(order), by=BOB)
    mail()
    assert sorted(letters(order)) == [("delivered", "SENT"), ("delivered", "SUPPRESSED")]
    assert order.messages.get(status="SUPPRESSED").milestone == f"{order.number}-1-1"


def test_what_grew_old_in_the_queue_is_not_told_any_more(order: Order, clock: Any) -> None:
    hear(OUT)
    relay()
    clock.move_to(NOW + timedelta(hours=43))
    mail()
    assert letters(order) == [("out_for_delivery", "SUPPRESSED")]


def test_what_turns_out_to_be_the_present_after_all_is_told_then_and_once(order: Order) -> None:
    said = [(30, "IN_TRANSIT"), (5, "OUT_FOR_DELIVERY")]
    tell(picture("JD1", *said, headline="IN_TRANSIT", stated=ago(3)))
    mail()
    assert letters(order) == [("out_for_delivery", "SUPPRESSED")]
    for hours in (2, 1):
        tell(picture("JD1", *said, headline="OUT_FOR_DELIVERY", stated=ago(hours)))
        mail()
        assert letters(order) == [("out_for_delivery", "SENT")]


def test_what_is_too_old_is_not_queued_again_by_later_scans(order: Order) -> None:
    hear(("DELIVERED", 50))
    mail()
    hear(("IN_TRANSIT", 49))
    relay()
    assert letters(order) == [("delivered", "SUPPRESSED")]


def test_an_attempt_is_told_although_the_parcel_moves_on(order: Order) -> None:
    hear(ATTEMPT, ("IN_TRANSIT", 3))
    mail()
    assert letters(order) == [("delivery_attempt_failed", "SENT")]


def test_what_goes_wrong_is_told_as_it_happens_and_once(order: Order) -> None:
    steps = [("duties_unpaid", 40), ("IN_TRANSIT", 30), ("LOST", 20), ("IN_TRANSIT", 15)]
    back = [("RETURNING_TO_SENDER", 9), ("OUT_FOR_DELIVERY", 6), ("DELIVERED", 2)]
    for step in [*steps, *back]:
        for _ in range(2):
            hear(step)
            mail()
    kinds = ["exception", "lost", "returning_to_sender", "returned_to_sender"]
    assert letters(order) == [(kind, "SENT") for kind in kinds]


def test_trouble_that_is_over_when_it_is_heard_of_is_not_told(order: Order) -> None:
    hear(("duties_unpaid", 9), ("IN_TRANSIT", 8))
    hear(("LOST", 7), ("OUT_FOR_DELIVERY", 6))
    mail()
    told = [("exception", "SUPPRESSED"), ("lost", "SUPPRESSED"), ("out_for_delivery", "SENT")]
    assert sorted(letters(order)) == told


def test_trouble_that_nobody_can_do_anything_about_is_told_to_staff_alone(order: Order) -> None:
    hear(("delayed", 5))
    mail()
    assert order.events.filter(kind="parcel.exception").exists()
    assert letters(order) == []


def test_what_a_person_sends_again_goes_out_although_it_is_old(order: Order) -> None:
    hear(OUT, DELIVERED)
    mail()
    resend_message(order.messages.get(kind="parcel.out_for_delivery"), by=ALICE)
    mail()
    assert letters(order) == [("out_for_delivery", "SENT"), ("delivered", "SENT")]


def test_what_may_have_gone_out_already_goes_out_again_under_its_name(order: Order, clock: Any) -> None:
    hear(OUT)
    relay()
    [message] = claim()
    Message.objects.filter(pk=message.pk).update(begun_at=NOW, lease_until=NOW)  # and the worker dies
    hear(DELIVERED)
    clock.shift(timedelta(seconds=1))
    mail()
    assert letters(order) == [("out_for_delivery", "UNCERTAIN"), ("delivered", "SENT")]


def test_bringing_back_costs_the_same_for_one_parcel_and_for_many(shop: Shop, django_assert_num_queries: Any) -> None:
    for count in (1, 3):
        numbers = [f"JD{count}{n}" for n in range(count)]
        for number in numbers:
            shipped(shop, number)
            tell(picture(number, (5, "OUT_FOR_DELIVERY"), headline="IN_TRANSIT", stated=ago(3)))
        mail()
        for number in numbers:
            tell(picture(number, (5, "OUT_FOR_DELIVERY"), headline="OUT_FOR_DELIVERY", stated=ago(2)))
        assert Tracker.objects.filter(news="out_for_delivery").count() >= count
        asks_for_others = connection.features.has_select_for_update_skip_locked
        with django_assert_num_queries(9 + asks_for_others):
            relay_batch()
        assert Message.objects.filter(kind="parcel.out_for_delivery", status="QUEUED").count() == count
