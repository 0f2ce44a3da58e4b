"""Days with a carrier that tells late, twice, out of order, loses one webhook in twenty, and uses unknown words."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils.html import strip_tags

from fulfillment import ledger
from fulfillment.models import Return
from notifications.models import Message
from notifications.relay import relay_batch
from orders.models import Actor, Order
from tests.factories import Shop
from tests.senders import Sender
from tests.staff import client_of
from tests.tracking.house import ProviderApi, serving
from tests.tracking.payloads import PAYLOADS, Step
from tests.tracking.test_understand import shipped
from tracking.audit import carriers_not_heard
from tracking.carriers.meaning import Key, Row
from tracking.models import Alarm, Contact, Heard, Tracker, UnmappedCode
from tracking.services import (
    ask_providers,
    begin_asking,
    listen,
    replay_history,
    run_audit,
    set_meaning,
    sweep_alarms,
    understand_inbox,
)

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PARCELS, HOURS, LOST_SHARE, TWICE = 60, 100, 0.05, 0.2
STRANGE = ("held_by_dragons", "beamed_up", "shown_to_the_moon")
BY = Actor("user", "1")
WAYS = {
    "straight": ("label", "accepted", "moving", "out", "delivered"),
    "attempt": ("label", "accepted", "moving", "out", "attempt", "out", "delivered"),
    "tried": ("label", "accepted", "moving", "out", "attempt", "out", "attempt"),
    "held": ("label", "accepted", "moving", "strange"),
    "back": ("label", "accepted", "moving", "out", "returning"),
    "lost": ("label", "accepted", "moving", "lost"),
}
ENDS = {
    "straight": "DELIVERED",
    "attempt": "DELIVERED",
    "tried": "DELIVERY_ATTEMPT_FAILED",
    "held": "IN_TRANSIT",
    "back": "RETURNING_TO_SENDER",
    "lost": "LOST",
}
BOARD = {  # what stands on the board of each story, and what to do next
    "tried": {("ATTEMPTS", "Ask the customer when and where it can be delivered.")},
    "held": {("UNKNOWN_WORD", "Ask a manager to say what the word means.")},
    "lost": {("LOST", "Claim it from the carrier, and decide whether it goes again.")},
}
QUIET = ("NO_SCAN_SINCE", "Ask the carrier to look for it.")
BACK = ("RETURN_SILENT", "Look whether it is at the returns desk; else ask the carrier. If it is back, enter it.")
WEEKS_LATER = {  # the words are known by then, and nobody has done anything
    "tried": BOARD["tried"] | {QUIET},
    "held": {QUIET},
    "back": {BACK},
    "lost": BOARD["lost"],
}


class BadCarrier:
    """Scans parcels hour by hour; what its hook tells of that is another matter. Who asks is told the truth."""

    def __init__(self, api: ProviderApi, seed: int) -> None:
        self.api, self.sender, self.dice = api, Sender("easypost"), random.Random(seed)
        self.stories: dict[str, str] = {}
        self.roads: dict[str, list[Step]] = {}
        self.letters: list[tuple[datetime, dict[str, Any]]] = []
        self.told: Counter[str] = Counter()

    def take(self, number: str, story: str) -> None:
        at = START + timedelta(hours=self.dice.uniform(0, 6))
        self.stories[number], self.roads[number] = story, []
        for name in WAYS[story]:
            at += timedelta(hours=self.dice.uniform(2, 12))
            self.roads[number].append((at.replace(microsecond=0), name))

    def work(self, now: datetime) -> None:
        """Scan what comes by in these hours, write its letters, and post those whose time has come."""
        for number, road in self.roads.items():
            known = [step for step in road if step[0] <= now]
            for done in range(len(self.api.ways.get(number, ())), len(known)):
                self._write(number, known[: done + 1])
            if known:
                self.api.ways[number] = known
        due = [letter for letter in self.letters if letter[0] <= now]
        self.letters = [letter for letter in self.letters if letter[0] > now]
        self.dice.shuffle(due)
        for _, body in due:
            assert self.sender.send(body).status_code == 200

    def _write(self, number: str, way: list[Step]) -> None:
        if self.dice.random() < LOST_SHARE:
            self.told["lost"] += 1
            return
        body = PAYLOADS["easypost"](number, way)
        if int(number[2:]) % 20 == 3 and way[-1][1] == "moving":
            word = STRANGE[int(number[2:]) // 20 % 3]
            body["result"]["status_detail"] = body["result"]["tracking_details"][-1]["status_detail"] = word
        for _ in range(2 if self.dice.random() < TWICE else 1):
            self.told["sent"] += 1
            self.letters.append((way[-1][0] + timedelta(hours=self.dice.expovariate(1 / 3)), body))


@pytest.fixture
def carrier(settings: Any) -> Iterator[BadCarrier]:
    api = ProviderApi("easypost")
    with serving(api) as url:
        settings.PROVIDER_URLS = settings.PROVIDER_URLS | {"easypost": url}
        yield BadCarrier(api, seed=26)


def test_every_parcel_ends_right_and_the_detector_says_what_was_lost(
    shop: Shop, carrier: BadCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracking.services.ask.round.time.sleep", lambda _: None)
    with time_machine.travel(START, tick=False) as clock:
        begin_asking(carrier.sender.endpoint, "a-key-of-their-api")
        stories = ["straight"] * 12 + ["attempt"] * 3 + ["tried", "held", "back", "lost", "straight"]
        for n in range(PARCELS):
            shipped(shop, f"JD{n}", at=START)
            carrier.take(f"JD{n}", stories[n % len(stories)])
        for hour in range(0, HOURS, 2):
            clock.move_to(START + timedelta(hours=hour))
            carrier.work(START + timedelta(hours=hour))
            _let_the_house_work()
        _everything_is_right(carrier)
        _the_detector_says_so(carrier)
        _the_board_says_what_to_do(carrier, BOARD)
        _nothing_sound_was_ever_on_it(carrier)
        _three_words_are_asked_about_and_then_known(carrier)
        sweep_alarms()
        _the_board_says_what_to_do(carrier, {story: rows for story, rows in BOARD.items() if story != "held"})
        clock.move_to(START + timedelta(weeks=3))
        sweep_alarms()
        _the_board_says_what_to_do(carrier, WEEKS_LATER)
    assert carrier.told["lost"] >= 10


def _let_the_house_work() -> None:
    while understand_inbox():
        pass
    ask_providers()
    while understand_inbox():
        pass
    listen()
    sweep_alarms()
    while relay_batch():
        pass


def _everything_is_right(carrier: BadCarrier) -> None:
    found = dict(Tracker.objects.values_list("parcel__tracking_number", "status"))
    assert found == {number: ENDS[story] for number, story in carrier.stories.items()}
    delivered = sum(ENDS[story] == "DELIVERED" for story in carrier.stories.values())
    assert Order.objects.filter(status="DELIVERED").count() == delivered
    attempts = dict(Tracker.objects.values_list("parcel__tracking_number", "attempts"))
    assert {number for number, count in attempts.items() if count} == {
        number for number, story in carrier.stories.items() if story in {"attempt", "tried"}
    }
    told = Counter(Message.objects.exclude(kind=Message.Kind.ATTEMPT_FAILED).values_list("order", "kind"))
    assert set(told.values()) == {1}, "nobody reads anything twice"
    tries = Counter(
        Message.objects.filter(kind=Message.Kind.ATTEMPT_FAILED).values_list(
            "order__shipments__parcels__tracking_number", flat=True
        )
    )
    assert all(count <= attempts[number] for number, count in tries.items())
    assert list(ledger.verify()) == []
    for order in Order.objects.all():
        assert order.version == order.events.count()


def _the_detector_says_so(carrier: BadCarrier) -> None:
    contact = Contact.objects.get()
    assert contact.alarm == "LOSES", list(Heard.objects.values_list("deliveries", "answers", "news"))
    assert "had news that no webhook told us" in contact.alarm_words
    assert [problem.message for problem in carriers_not_heard()] == [contact.alarm_words]
    run = run_audit()
    assert (run.errors, run.checks["carriers_not_heard"]["found"]) == (0, 1)


def _the_board_says_what_to_do(carrier: BadCarrier, expected: dict[str, set[tuple[str, str]]]) -> None:
    """Exactly these parcels, each with its alarms and their next action, and no other, on the page itself."""
    page = client_of("support").get("/admin/tracking/alarm/")
    shown: dict[str, set[tuple[str, str]]] = {}
    for row in page.context["cl"].result_list:
        next_action = strip_tags(str(page.context["cl"].model_admin.next_action(row)))
        assert next_action in page.content.decode()
        shown.setdefault(row.parcel.tracking_number, set()).add((row.kind, next_action))
    stories = carrier.stories.items()
    assert shown == {number: expected[story] for number, story in stories if story in expected}


def _nothing_sound_was_ever_on_it(carrier: BadCarrier) -> None:
    """But for the words that nobody knew, as long as the parcel was under way."""
    sound = [number for number, story in carrier.stories.items() if story in {"straight", "attempt"}]
    cried = Alarm.objects.filter(parcel__tracking_number__in=sound)
    assert set(cried.values_list("kind", flat=True)) <= {"UNKNOWN_WORD"}
    assert {int(number[2:]) % 20 for number in cried.values_list("parcel__tracking_number", flat=True)} <= {3}
    back = {number for number, story in carrier.stories.items() if story == "back"}
    assert set(Return.objects.values_list("parcel__tracking_number", flat=True)) == back


def _three_words_are_asked_about_and_then_known(carrier: BadCarrier) -> None:
    assert set(UnmappedCode.objects.values_list("code", flat=True)) == set(STRANGE)
    for word in STRANGE:
        set_meaning(Key("easypost", "", "detail", word), Row("", "arrived"), by=BY)
    while replay_history():
        pass
    assert not UnmappedCode.objects.exists()
    assert not any("unmapped_value" in codes for codes in Tracker.objects.values_list("needs_review", flat=True))
    _everything_is_right(carrier)
