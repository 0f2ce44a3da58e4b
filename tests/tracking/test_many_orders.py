"""Many histories in many orders, with duplicates: by the fold alone, and all the way from the hook to the letters.

The suite takes some of them; `--long` 10 000 for the fold, each in ten orders, and 300 on the way through the house.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from notifications.models import Message
from notifications.relay import relay_batch
from orders.models import Endpoint, Event
from tests.factories import Shop
from tests.hooks import Carrier, event
from tests.senders import PROVIDERS, Sender
from tests.tracking.meanings import DETAILS, STATUSES
from tests.tracking.payloads import PAYLOADS, WORDS
from tests.tracking.pictures import NOW as FOLDED_AT
from tests.tracking.test_status_any_order import TO_MADRID, a_scan, pool, snapshots, true_scans, wall_scans
from tests.tracking.test_understand import NOW, shipped
from tracking.carriers.codes import CODES
from tracking.carriers.meaning import table_of, understood
from tracking.models import Tracker
from tracking.services import adopt_unmatched, understand_inbox
from tracking.status import Scan, Snapshot, fold

HISTORIES, SOME_HISTORIES, ORDERS = 10_000, 200, 10
ON_THE_WAY, SOME_ON_THE_WAY = 300, 8
MOST = 12
EASY = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
TABLES = {provider: table_of(provider, CODES) for provider in PROVIDERS}


# --- the fold alone -----------------------------------------------------------------------------------------------


def a_worded_scan(dice: Random, *, provider: str) -> Scan:
    """A scan in a provider's own words, some of them unknown."""
    status = dice.choice([*(line.word for line in STATUSES[provider]), "", "Teleported"])
    detail = dice.choice([*(line.word for line in DETAILS[provider]), "", "Exception_099"])
    it = a_scan(dice, is_zone_true=dice.random() < 0.5)
    return replace(it, status="", reason="", is_unmapped=False, raw_status=status, raw_detail=detail)


worded = {provider: pool(a_worded_scan, provider=provider) for provider in PROVIDERS}


@st.composite
def worded_histories(draw: Any) -> list[Snapshot]:
    provider = draw(st.sampled_from(PROVIDERS))
    said = draw(st.lists(snapshots(worded[provider]), min_size=1, max_size=MOST))
    return [understood(replace(each, provider=provider, headline=_headline(each)), TABLES[provider]) for each in said]


def _headline(said: Snapshot) -> Any:
    last = said.scans[-1] if said.scans else Scan()
    return replace(said.headline, raw=last.raw_status, detail=last.raw_detail)


histories = st.one_of(
    st.lists(snapshots(true_scans), min_size=1, max_size=MOST),
    st.lists(snapshots(true_scans | wall_scans), min_size=1, max_size=MOST),
    worded_histories(),
)


def reordered(said: Sequence[Any], dice: Random) -> list[Any]:
    """Return the same in another order, some of it more than once."""
    again = [*said, *dice.choices(said, k=dice.randrange(len(said) + 1))]
    dice.shuffle(again)
    return again


def test_ten_orders_of_each_history_with_duplicates_give_one_result(is_long: bool) -> None:
    seen = Counter[int]()

    @settings(
        max_examples=HISTORIES if is_long else SOME_HISTORIES, deadline=None, suppress_health_check=EASY, database=None
    )
    @given(histories, st.integers(0, 2**32))
    def check(said: list[Snapshot], seed: int) -> None:
        dice, one = Random(seed), fold(said, now=FOLDED_AT, journey=TO_MADRID)
        seen[len(said)] += 1
        for _ in range(ORDERS):
            assert fold(reordered(said, dice), now=FOLDED_AT, journey=TO_MADRID) == one

    check()
    assert max(seen) == MOST
    assert seen.total() >= (HISTORIES if is_long else SOME_HISTORIES)


# --- from the hook to the letters ---------------------------------------------------------------------------------

OURS = ["IN_TRANSIT", "OUT_FOR_DELIVERY", "DELIVERED", "CUSTOMS_DOCUMENTS", "zz9"]


@st.composite
def told(draw: Any) -> tuple[str, list[dict[str, Any]], list[dict[str, Any]]]:
    """A provider, its pictures of one parcel, and what somebody else says of it in our own format."""
    provider = draw(st.sampled_from(PROVIDERS))
    names = st.sampled_from(sorted(WORDS[provider]))
    line = draw(st.lists(st.tuples(st.integers(1, 90), names), min_size=1, max_size=6, unique_by=lambda step: step[0]))
    way = [(NOW - timedelta(hours=hours), name) for hours, name in sorted(line, reverse=True)]
    parts = st.lists(st.sampled_from(way), min_size=1, unique=True).map(sorted)
    said = draw(st.lists(parts, min_size=1, max_size=MOST - 3))
    others = draw(st.lists(st.tuples(st.integers(1, 90), st.sampled_from(OURS)), max_size=3, unique=True))
    return (
        provider,
        [PAYLOADS[provider]("JD1", part, id=f"evt_{n}") for n, part in enumerate(said)],
        [event("JD1", code, NOW - timedelta(hours=hours)) for hours, code in others],
    )


class House:
    """A shop with one parcel under way, and two who speak of it. What is done in a `turn` is taken back after it."""

    def __init__(self, provider: str) -> None:
        shipped(Shop(), "JD1")
        relay_batch()
        self.senders: list[Any] = [Sender(provider), Carrier()]

    def turn(self, said: Sequence[tuple[int, Any]], dice: Random, *, is_at_once: bool) -> dict[str, Any]:
        """Deliver, understand and tell; return what came of it."""
        before = set(Event.objects.values_list("pk", flat=True))
        point = transaction.savepoint()
        for n, (who, body) in enumerate(said):
            more = {"id": f"msg_{n}"} if who else {}
            assert self.senders[who].send(body, **more).status_code == 200
            while not is_at_once and dice.random() < 0.4 and understand_inbox(dice.randint(1, 3), now=NOW):
                pass
        while understand_inbox(now=NOW):
            pass
        adopt_unmatched(now=NOW)
        while relay_batch():
            pass
        found = self._found(before)
        transaction.savepoint_rollback(point)
        return found

    def _found(self, before: set[Any]) -> dict[str, Any]:
        columns = [
            field.attname
            for field in Tracker._meta.concrete_fields
            if field.name not in {"id", "updated_at", "crossed"}
        ]
        events = [each for each in Event.objects.order_by("pk") if each.pk not in before]
        return {
            "tracker": Tracker.objects.values(*columns).get(),
            "crossed": Tracker.objects.get().crossed,
            "events": [(each.kind, each.facts, each.at) for each in events],
            "milestones": [key for each in events for key in each.facts.get("milestones") or ()],
            "letters": sorted(Message.objects.values_list("kind", "recipient", "channel")),
            "refused": sum(Endpoint.objects.values_list("refused", flat=True)),
        }


class FromTheHook(TestCase):
    """Hypothesis tells histories; each is delivered in three orders, with duplicates."""

    @pytest.fixture(autouse=True)
    def _length(self, is_long: bool) -> None:
        self.examples = ON_THE_WAY if is_long else SOME_ON_THE_WAY

    def test_any_order_of_deliveries_gives_one_projection_and_one_set_of_letters(self) -> None:
        @settings(max_examples=self.examples, deadline=None, suppress_health_check=EASY, database=None)
        @given(told(), st.integers(0, 2**32))
        def check(history: tuple[str, list[Any], list[Any]], seed: int) -> None:
            point = transaction.savepoint()
            try:
                self._check(history, Random(seed))
            finally:
                transaction.savepoint_rollback(point)

        check()

    def _check(self, history: tuple[str, list[Any], list[Any]], dice: Random) -> None:
        provider, pictures, events = history
        with time_machine.travel(NOW, tick=False):
            house = House(provider)
            said = [*((0, each) for each in pictures), *((1, each) for each in events)]
            first = house.turn(said, dice, is_at_once=True)
            for _ in range(2):
                assert house.turn(reordered(said, dice), dice, is_at_once=True) == first
            bit_by_bit = house.turn(reordered(said, dice), dice, is_at_once=False)
        assert bit_by_bit["tracker"] == first["tracker"]
        assert set(bit_by_bit["crossed"]) >= set(first["crossed"])
        assert max(Counter(bit_by_bit["milestones"]).values(), default=1) == 1  # none is told twice
        assert first["refused"] == 0
