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
from django.core import mail
from django.db import transaction
from django.db.models import QuerySet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from notifications.models import Message
from notifications.relay import relay_batch
from notifications.services import drain_batch
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


AT_ONCE, BIT_BY_BIT, LIVE = "understood at once, mailed at the end", "understood bit by bit", "mailed bit by bit, too"
REOPENED = {"is_reopened": None}
"""Whether it counted as arrived before: that is what was done, and not only what was said."""
AFTER_AN_ATTEMPT = {"DELIVERY_ATTEMPT_FAILED", "IN_TRANSIT", "EXCEPTION"}


class House:
    """A shop with one parcel under way, and two who speak of it. What is done in a `turn` is taken back after it."""

    def __init__(self, provider: str) -> None:
        shipped(Shop(), "JD1")
        self._mail()
        self.senders: list[Any] = [Sender(provider), Carrier()]

    def turn(self, said: Sequence[tuple[int, Any]], dice: Random, *, pace: str) -> dict[str, Any]:
        """Deliver, understand and tell; return what came of it."""
        before = set(Event.objects.values_list("pk", flat=True))
        point = transaction.savepoint()
        for n, (who, body) in enumerate(said):
            more = {"id": f"msg_{n}"} if who else {}
            assert self.senders[who].send(body, **more).status_code == 200
            while pace != AT_ONCE and dice.random() < 0.4 and understand_inbox(dice.randint(1, 3), now=NOW):
                self._tell(is_mailed=pace == LIVE)
        while understand_inbox(now=NOW):
            pass
        adopt_unmatched(now=NOW)
        self._tell(is_mailed=True)
        found = self._found(before)
        transaction.savepoint_rollback(point)
        return found

    def _tell(self, *, is_mailed: bool) -> None:
        while relay_batch():
            pass
        if is_mailed:
            self._mail()

    def _mail(self) -> None:
        """Send what is queued: each letter says what is so when it goes out."""
        while relay_batch():
            pass
        before = set(sent().values_list("pk", flat=True))
        while drain_batch():
            pass
        mail.outbox.clear()
        for tracker in Tracker.objects.all():
            for kind in sent().exclude(pk__in=before).values_list("kind", flat=True):
                assert tracker.status in says(kind), f"{kind} is mailed of a parcel that is {tracker.status}"

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
            "milestones": sorted(key for each in events for key in each.facts.get("milestones") or ()),
            "letters": sorted((each.kind, key_of(each), each.status) for each in letters()),
            "refused": sum(Endpoint.objects.values_list("refused", flat=True)),
        }


def letters() -> QuerySet[Message]:
    """Return what is to be told of milestones of the parcel."""
    return Message.objects.filter(event__facts__milestones__isnull=False).select_related("event")


def sent() -> QuerySet[Message]:
    return letters().filter(status="SENT")


def says(kind: str) -> set[str]:
    """Return the statuses of a parcel of which a letter of this kind is true."""
    status = kind.removeprefix("parcel.").upper()
    return AFTER_AN_ATTEMPT if status in AFTER_AN_ATTEMPT - {"EXCEPTION"} else {status}


def key_of(letter: Message) -> str:
    [key] = [key for key in letter.event.facts["milestones"] if key != "first_scan"]
    return key


class FromTheHook(TestCase):
    """Hypothesis tells histories; each is delivered in five orders, with duplicates, the clock standing still.

    *One set of notifications* (F12): a parcel has at most one milestone that is news, and which one follows from all
    that was said, by the fold alone. Its letter is sent; those of all others are suppressed. So whatever was
    understood in which order, and how often in between: as long as no mail has gone out, kind and status of all
    letters are the same.

    Two things do depend on the order, and cannot but do so. What a picture said that a better one takes back (its
    milestone is not in the fold any more) stands in the trail and in `crossed`, and an arrival in `is_reopened`, if it
    was understood before the better one came; its letter is suppressed. And a mail that went out before newer news
    came stays sent. What holds then: each mail was true when it went out, so none is of an older milestone after a
    newer one; none is sent twice; and in the end the present is told.
    """

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
            first = house.turn(said, dice, pace=AT_ONCE)
            for _ in range(2):
                assert house.turn(reordered(said, dice), dice, pace=AT_ONCE) == first
            slow, live = [house.turn(reordered(said, dice), dice, pace=pace) for pace in (BIT_BY_BIT, LIVE)]
        assert (first["crossed"], first["refused"]) == (first["milestones"], 0)
        assert sum(status == "SENT" for *_, status in first["letters"]) <= 1
        for other in (slow, live):
            self._same_but_for_what_was_taken_back(first, other)
        assert standing(slow, first) == first["letters"]
        assert {status for *_, status in taken_back(slow, first)} <= {"SUPPRESSED"}
        assert {letter[:2] for letter in standing(live, first)} == {letter[:2] for letter in first["letters"]}
        assert set(first["letters"]) - set(live["letters"]) <= {(*it[:2], "SUPPRESSED") for it in first["letters"]}

    def _same_but_for_what_was_taken_back(self, first: dict[str, Any], other: dict[str, Any]) -> None:
        assert other["tracker"] | REOPENED == first["tracker"] | REOPENED
        assert set(other["crossed"]) >= set(first["crossed"])
        assert other["milestones"] == other["crossed"], "each stands in the trail, once"


def standing(found: dict[str, Any], first: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return the letters of milestones that the fold of everything knows."""
    return [letter for letter in found["letters"] if letter[1] in first["crossed"]]


def taken_back(found: dict[str, Any], first: dict[str, Any]) -> list[tuple[str, ...]]:
    return [letter for letter in found["letters"] if letter[1] not in first["crossed"]]
