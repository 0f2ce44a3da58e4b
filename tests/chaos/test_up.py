"""Under `up` worker and broker are killed while orders run: each gets to the door, and its customer is told."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone

from config.demo import seed
from config.demo.day import QUICK, Day
from config.demo.loop import Story
from config.demo.plan import Kind
from config.demo.stories import Pace
from notifications.models import Message
from notifications.relay import TOO_LATE
from notifications.rules import RULES
from notifications.services import LEASE
from orders import outbox
from orders.models import Event, Order
from tests.chaos.house import House
from tests.chaos.killer import Killer
from tests.mail import KeyedSink
from tracking.services import run_audit

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

AWAY = {Kind.CANCELLED, Kind.CANCELLED_WAITING, Kind.RETURNED, Kind.KEPT, Kind.CUSTOMS, Kind.LOST, Kind.STRANGE}
TO_THE_DOOR = [kind for kind in Kind if kind not in AWAY]
KEY = ("order_id", "kind", "milestone", "recipient", "channel")
MAILS_OF_AN_ORDER = 4


def bring_to_the_door(house: House, orders: int, pace: Pace, *, is_patient: bool) -> None:
    """Let so many orders come in by the API, go over the floor and be carried; wait until all is done and told."""
    prefix = f"SIM-{uuid4().hex[:8]}"
    with seed.days_keys() as keys:
        day = Day(house.url, keys, pace=pace, speed=1, seed=1, prefix=prefix)
        day.planner.quotas = lambda count: [day.planner.draw(kind) for kind in islice(cycle(TO_THE_DOOR), count)]
        if not is_patient:
            day.loop.tell(leases_run_out(), is_aside=True)
        day.simulate(orders, lambda: None)
    assert day.loop.failed == 0, "a story broke off"


def leases_run_out() -> Story:
    """Do in two seconds what takes 45. Of two drains in one house the second keeps out while the first is at work."""
    while True:
        yield 2
        held = Message.objects.filter(lease_until__lt=timezone.now() + LEASE - timedelta(seconds=2))
        held.update(lease_until=timezone.now())


def owed() -> set[tuple[object, ...]]:
    """Return what the table of rules says must exist for the events that happened."""
    return {
        (event.order_id, rule.message, milestone, rule.recipient, rule.channel)
        for event in Event.objects.all()
        for rule in RULES[event.kind]
        for milestone in rule.milestones(event)
    }


def copies_too_many(sink: KeyedSink) -> int:
    """See that each message arrived, and each that arrived twice says so; return how many copies were too many."""
    out = Message.objects.exclude(status="SUPPRESSED")
    ids = {f"<{key}@127.0.0.1>": status for key, status in out.values_list("pk", "status")}
    assert sorted(sink.ids) == sorted(ids), "a server that honours Message-ID holds each once"
    doubled = {key for key, copies in sink.copies.items() if copies > 1}
    assert {ids[key] for key in doubled} <= {"UNCERTAIN"}
    return sink.copies.total() - len(sink.mails)


@pytest.fixture
def sink() -> Iterator[KeyedSink]:
    with KeyedSink() as sink:
        yield sink


@pytest.fixture
def house(db: None, tmp_path: Path, sink: KeyedSink, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house whose bell the people on the floor, who are in this process, ring as well."""
    with House(tmp_path, email_url=sink.url) as house:
        monkeypatch.setattr(outbox.current_app.conf, "broker_url", house.broker)
        monkeypatch.setattr(outbox, "_rope", threading.local())
        monkeypatch.setattr(outbox, "_quiet_until", 0.0)
        yield house


def test_whatever_is_killed_every_order_gets_to_the_door_and_every_message_out(
    house: House, sink: KeyedSink, is_long: bool
) -> None:
    orders, kills = (200, 10) if is_long else (24, 2)
    killer = Killer(house, sink, kills=kills, every=MAILS_OF_AN_ORDER * orders // kills)
    seed.seed()
    killer.start()
    begun = time.monotonic()
    bring_to_the_door(house, orders, replace(QUICK, arrival=0.3), is_patient=is_long)
    assert killer.trouble is None
    assert len(set(killer.killed)) == kills, "all of them while orders ran"

    assert Counter(Order.objects.values_list("status", flat=True)) == {"DELIVERED": orders}
    told = Counter(Message.objects.values_list("status", flat=True))
    assert set(told) <= {"SENT", "UNCERTAIN", "SUPPRESSED"}
    assert told["UNCERTAIN"] <= kills
    left_out = set(Message.objects.filter(sent_at=None).values_list("status", "note"))
    assert left_out <= {("SUPPRESSED", TOO_LATE)}, "newer news came before it went out"
    assert {tuple(row) for row in Message.objects.values_list(*KEY)} == owed()
    twice = copies_too_many(sink)
    assert 1 <= twice <= kills
    assert run_audit().errors == 0
    print(f"{orders} orders in {time.monotonic() - begun:.0f} s, {kills} kills, {dict(told)}, {twice} copies too many")
