"""What the calendar asks for, by its tasks."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from orders import tasks
from orders.models import ApiKey, Event, Hold, IdempotencyKey
from orders.models.inbox import KEEP_KEYS
from orders.services import forget_old_keys, hold_order, release_order
from orders.services.forget import BATCH
from orders.services.hold import _lift
from tests.factories import ALICE, BOB, Shop
from tests.plans import plans_of

pytestmark = pytest.mark.django_db


def test_a_hold_is_lifted_when_its_time_is_up_and_not_before(shop: Shop) -> None:
    order = shop.order((shop.mug, 1))
    now = timezone.now()
    due = hold_order(order, by=ALICE, reason="CUSTOMER", until=now - timedelta(minutes=1))
    not_yet = hold_order(order, by=ALICE, reason="CUSTOMER", until=now + timedelta(hours=1))
    forever = hold_order(order, by=ALICE, reason="FRAUD")
    tasks.lift_due_holds()
    assert list(Hold.objects.standing().order_by("pk")) == [not_yet, forever]
    event = Event.objects.get(kind="order.released")
    assert (event.by, event.facts) == ("system:calendar", {"holds": [due.pk]})
    tasks.lift_due_holds()
    assert Event.objects.filter(kind="order.released").count() == 1


def test_a_hold_that_somebody_lifts_at_the_same_moment_stops_no_other(shop: Shop) -> None:
    order = shop.order((shop.mug, 1))
    hold_order(order, by=ALICE, reason="CUSTOMER", until=timezone.now() - timedelta(minutes=1))
    [due] = Hold.objects.due(timezone.now()).select_related("order")
    release_order(order, by=BOB)
    assert _lift(due) is False
    assert [event.by for event in Event.objects.filter(kind="order.released")] == [str(BOB)]


def test_a_promise_that_passed_is_recorded_once(shop: Shop) -> None:
    order = shop.order((shop.mug, 1))
    with time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC)):
        tasks.record_delays()
        tasks.record_delays()
    assert [event.facts["missed"] for event in order.events.filter(kind="order.delayed")] == ["ship_by"]


def test_promises_are_looked_for_among_what_is_owed_alone() -> None:
    """By the partial index, or by the statuses of open orders: never through history."""
    plans = [str(plan) for plan in plans_of(tasks.record_delays)]
    bounded = [{"order_by_status", "order_to_ship"}, {"order_by_status", "order_to_deliver"}]
    assert [any(index in plan for index in indexes) for plan, indexes in zip(plans, bounded, strict=True)] == [True] * 2


def test_keys_are_forgotten_after_seven_days_batch_by_batch(shop: Shop) -> None:
    key = ApiKey.objects.create(channel=shop.channel, digest="x")
    now = timezone.now()

    def keep(count: int, age: timedelta) -> None:
        rows = [IdempotencyKey(api_key=key, key=f"{age}{n}", created_at=now - age) for n in range(count)]
        IdempotencyKey.objects.bulk_create(rows)

    keep(BATCH + 5, KEEP_KEYS + timedelta(minutes=1))
    keep(3, KEEP_KEYS - timedelta(minutes=1))
    tasks.forget_old_keys()
    assert IdempotencyKey.objects.count() == 3
    assert forget_old_keys(now=now) == 0
