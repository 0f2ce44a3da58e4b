"""Asking providers of parcels, over real HTTP: when, with what, what comes of the answer, and of none."""

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from fulfillment.models import Shipment
from orders.models import Channel, Endpoint, Inbox
from orders.services import close_endpoint
from tests.factories import Shop
from tests.plans import planned_by_sqlite, plans_of
from tests.senders import Sender
from tests.staff import superuser
from tests.tracking.house import ProviderApi, serving
from tests.tracking.payloads import PAYLOADS, steps
from tests.tracking.test_understand import shipped
from tracking import tasks
from tracking.carriers.asking import WAYS
from tracking.models import Contact, Heard, Question, Snapshot, Tracker
from tracking.models.tracker import Status
from tracking.services import (
    AskedToWait,
    CannotBeAsked,
    NotAsked,
    WeakKey,
    ask_for_missing,
    ask_providers,
    begin_asking,
    end_asking,
    understand_inbox,
)
from tracking.services.ask.line import backoff
from tracking.services.ask.plan import plan_questions, under_way
from tracking.services.ask.rhythm import ORDINARILY, Case, end_of, next_ask

pytestmark = pytest.mark.django_db
KEY = "a-key-of-their-api"
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
LEFT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ASKED = sorted(WAYS)
DAY = timedelta(days=1)


class Line:
    """A provider that can be asked, its endpoint, and a clock that stands."""

    def __init__(self, provider: str, settings: Any, url: str, api: ProviderApi, clock: Any) -> None:
        settings.PROVIDER_URLS = settings.PROVIDER_URLS | {provider: url}
        self.provider, self.api, self.clock, self.sender = provider, api, clock, Sender(provider)
        self.endpoint = self.sender.endpoint
        begin_asking(self.endpoint, KEY)

    def ask(self) -> int:
        """Let the worker ask, and understand what came."""
        asked = ask_providers()
        while understand_inbox():
            pass
        return asked

    def pass_(self, time: timedelta) -> None:
        self.clock.shift(time)

    @property
    def contact(self) -> Contact:
        return Contact.objects.get(endpoint=self.endpoint)

    @property
    def question(self) -> Question:
        return Question.objects.get(endpoint=self.endpoint)


@pytest.fixture(autouse=True)
def _without_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracking.services.ask.round.WAYS", {
        name: way._replace(gap_seconds=0) for name, way in WAYS.items()
    })  # fmt: skip


@pytest.fixture(params=ASKED)
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def line(provider: str, settings: Any) -> Iterator[Line]:
    api = ProviderApi(provider)
    with serving(api) as url, time_machine.travel(NOW, tick=False) as clock:
        yield Line(provider, settings, url, api, clock)


easypost = pytest.mark.parametrize("provider", ["easypost"], indirect=True)
seventeentrack = pytest.mark.parametrize("provider", ["17track"], indirect=True)


# --- what an answer brings -----------------------------------------------------------------------------------------


def test_what_no_webhook_told_is_found_by_asking(shop: Shop, line: Line) -> None:
    order = shipped(shop, "JD1", at=LEFT)
    line.api.ways["JD1"] = steps("label", "accepted", "moving", "out", "delivered", start=LEFT)
    assert line.ask() == 1
    tracker = Tracker.objects.get()
    assert (tracker.status, len(tracker.timeline)) == ("DELIVERED", 5)
    row = Inbox.objects.get()
    assert (row.is_asked, row.status, row.endpoint) == (True, "PROCESSED", line.endpoint)
    assert Snapshot.objects.get().is_asked
    assert Shipment.objects.get(order=order).status == "DELIVERED"
    assert (line.contact.trouble, line.contact.failures, line.contact.asked_at) == ("", 0, NOW)
    assert list(Heard.objects.values_list("deliveries", "answers", "news")) == [(0, 1, 1)]
    assert Endpoint.objects.get().last_received_at is None, "nobody sent it"


def test_an_answer_is_the_same_picture_that_the_hook_would_have_brought(shop: Shop, line: Line) -> None:
    shipped(shop, "JD1", "JD2", at=LEFT)
    way = steps("label", "accepted", "moving", start=LEFT)
    line.api.ways["JD1"] = way
    line.sender.send(PAYLOADS[line.provider]("JD2", way))
    line.ask()
    one, other = Tracker.objects.order_by("parcel__tracking_key")
    fields = [field.name for field in Tracker._meta.fields if field.name not in {"id", "parcel", "updated_at"}]
    assert [getattr(one, name) for name in fields] == [getattr(other, name) for name in fields]
    assert one.status == "IN_TRANSIT"


def test_an_unchanged_answer_changes_nothing(shop: Shop, line: Line) -> None:
    order = shipped(shop, "JD1", at=LEFT)
    line.api.ways["JD1"] = steps("label", "accepted", start=LEFT)
    line.ask()
    order.refresh_from_db(fields=["version"])
    before = (order.version, Inbox.objects.count(), Snapshot.objects.count(), Tracker.objects.get().updated_at)
    for _ in range(3):
        line.pass_(2 * DAY)
        assert line.ask() == 1
    order.refresh_from_db(fields=["version"])
    assert (order.version, Inbox.objects.count(), Snapshot.objects.count(), Tracker.objects.get().updated_at) == before
    assert Heard.objects.filter(news__gt=0).count() == 1


def test_the_key_goes_in_a_header_and_the_address_names_no_person(shop: Shop, line: Line, caplog: Any) -> None:
    order = shipped(shop, "JD1", at=LEFT)
    line.api.ways["JD1"] = steps("label", "accepted", start=LEFT)
    line.ask()
    line.pass_(2 * DAY)
    line.ask()
    sent = [f"{each.path} {each.query} {each.body}" for each in line.api.asked]
    assert len(sent) == 2
    told = [word for word in (KEY, order.customer.name, order.customer.email, order.number) if word in str(sent)]
    assert told == []
    assert "JD1" not in caplog.text
    with connection.cursor() as cursor:
        cursor.execute("SELECT keys FROM tracking_contact")
        assert KEY not in str(cursor.fetchone())
    assert line.contact.keys == [KEY]


@easypost
def test_by_its_own_name_once_that_is_known(shop: Shop, line: Line) -> None:
    shipped(shop, "JD1", at=LEFT)
    line.api.ways["JD1"] = steps("label", "accepted", start=LEFT)
    line.ask()
    line.pass_(2 * DAY)
    line.ask()
    paths = [(each.path, each.query) for each in line.api.asked]
    assert paths == [("/v2/trackers", {"tracking_code": "JD1"}), ("/v2/trackers/trk_JD1", {})]


@seventeentrack
def test_forty_numbers_are_one_question(shop: Shop, line: Line) -> None:
    shipped(shop, *[f"JD{n}" for n in range(45)], at=LEFT)
    line.api.ways |= {f"JD{n}": steps("label", "accepted", start=LEFT) for n in range(45)}
    assert line.ask() == 45
    assert [len(each.body) for each in line.api.asked] == [40, 5]
    assert Tracker.objects.filter(status="IN_TRANSIT").count() == 45


def of_another_carrier(number: str) -> dict[str, Any]:
    """Return what 17TRACK says of a parcel of another carrier that has the same number."""
    other: dict[str, Any] = PAYLOADS["17track"](number, steps("accepted", "out", "delivered", start=LEFT))["data"]
    return other | {"carrier": 21051}


@seventeentrack
def test_once_the_carrier_is_known_its_number_alone_is_asked_of(shop: Shop, line: Line) -> None:
    shipped(shop, "JD1", at=LEFT)
    line.api.ways["JD1"] = steps("label", "accepted", start=LEFT)
    line.ask()
    line.api.of_others = [of_another_carrier("JD1")]
    line.pass_(2 * DAY)
    line.ask()
    assert [each.body for each in line.api.asked] == [[{"number": "JD1"}], [{"number": "JD1", "carrier": 100001}]]
    assert (Tracker.objects.get().status, Snapshot.objects.exclude(carrier="100001").count()) == ("IN_TRANSIT", 0)


@seventeentrack
def test_what_two_carriers_say_of_one_number_is_nobodys(shop: Shop, line: Line) -> None:
    shipped(shop, "JD1", "JD2", at=LEFT)
    line.api.ways |= dict.fromkeys(("JD1", "JD2"), steps("label", "accepted", start=LEFT))
    line.api.of_others = [of_another_carrier("JD1")]
    assert line.ask() == 2
    assert list(Tracker.objects.values_list("parcel__tracking_number", "status")) == [("JD2", "IN_TRANSIT")]
    assert list(Snapshot.objects.values_list("tracking_number", flat=True)) == ["JD2"]
    misses = Question.objects.order_by("parcel__tracking_key").values_list("misses", flat=True)
    assert list(misses) == [1, 0]
    line.sender.send(PAYLOADS["17track"]("JD1", steps("label", "accepted", "moving", start=LEFT)))
    line.pass_(2 * DAY)
    line.ask()
    assert Tracker.objects.get(parcel__tracking_number="JD1").status == "IN_TRANSIT"
    assert not Snapshot.objects.filter(carrier="21051").exists()


@easypost
def test_of_what_moves_again_after_its_delivery_is_asked(shop: Shop, line: Line) -> None:
    order = shipped(shop, "JD1", at=LEFT)
    line.api.ways["JD1"] = steps("label", "accepted", "out", "delivered", start=LEFT)
    line.ask()
    line.pass_(DAY)
    assert line.ask() == 0
    assert line.question.ended == Question.End.ARRIVED
    line.pass_(DAY)
    line.api.ways["JD1"] = steps("label", "accepted", "out", "delivered", "returning", start=LEFT)
    line.sender.send(PAYLOADS["easypost"]("JD1", line.api.ways["JD1"]))
    while understand_inbox():
        pass
    assert (Shipment.objects.get(order=order).status, Tracker.objects.get().is_reopened) == ("DELIVERED", True)
    line.ask()
    assert line.question.ended == Question.End.OPEN
    line.api.ways["JD1"] = steps("label", "accepted", "out", "delivered", "returning", "out", start=LEFT)
    line.pass_(2 * DAY)
    assert line.ask() == 1
    assert len(Tracker.objects.get().timeline) == 6


@planned_by_sqlite
@easypost
def test_of_what_has_arrived_what_moves_again_is_found_by_its_index(shop: Shop, line: Line) -> None:
    assert "tracker_reopened" in str(plans_of(lambda: under_way(line.endpoint, NOW).first()))


# --- when ----------------------------------------------------------------------------------------------------------


def case(silent: timedelta, status: str = "IN_TRANSIT", **more: Any) -> Case:
    return Case(status, **{"shipped_at": NOW - 30 * DAY, "heard_at": NOW - silent} | more)


@pytest.mark.parametrize(
    ("known", "wait"),
    [
        (case(timedelta(0)), DAY),
        (case(timedelta(0), "OUT_FOR_DELIVERY"), timedelta(hours=6)),
        (case(DAY, asked_at=NOW), DAY),
        (case(8 * DAY, asked_at=NOW), 2 * DAY),
        (case(25 * DAY, asked_at=NOW), 3 * DAY),
    ],
)
def test_the_longer_it_is_silent_the_more_seldom_it_is_asked(known: Case, wait: timedelta) -> None:
    assert next_ask(known) == NOW + wait


@pytest.mark.parametrize(
    ("known", "end"),
    [
        *[(case(DAY, status), Question.End.ARRIVED) for status in ("DELIVERED", "RETURNED_TO_SENDER")],
        *[
            (case(DAY, status), Question.End.OPEN)
            for status in ("LOST", "CANCELLED", "EXPIRED", "UNKNOWN", "EXCEPTION")
        ],
        (case(DAY, shipped_at=NOW - 91 * DAY), Question.End.OLD),
        (case(DAY, misses=5), Question.End.UNKNOWN),
        (case(DAY, misses=4), Question.End.OPEN),
        (case(DAY, misses=9, shipped_at=NOW - 2 * DAY), Question.End.OPEN),
    ],
)
def test_who_has_arrived_is_too_old_or_not_known_is_not_asked_of(known: Case, end: str) -> None:
    assert end_of(known, NOW) == end


@easypost
def test_what_a_webhook_tells_puts_the_question_off(shop: Shop, line: Line) -> None:
    shipped(shop, "JD1", at=NOW)
    assert line.ask() == 0
    assert line.question.next_at == NOW + ORDINARILY
    line.pass_(timedelta(hours=20))
    line.sender.send(PAYLOADS["easypost"]("JD1", steps("label", "accepted", start=NOW, hours=1)))
    line.ask()
    line.pass_(timedelta(hours=10))
    assert (line.ask(), line.api.asked) == (0, [])
    assert line.question.next_at == NOW + timedelta(hours=44)


@easypost
def test_a_parcel_that_has_arrived_is_never_asked_of_again(shop: Shop, line: Line) -> None:
    shipped(shop, "JD1", at=LEFT)
    line.api.ways["JD1"] = steps("accepted", "delivered", start=LEFT)
    assert line.ask() == 1
    for _ in range(3):
        line.pass_(5 * DAY)
        assert line.ask() == 0
    assert (line.question.ended, line.question.next_at, len(line.api.asked)) == ("ARRIVED", None, 1)


def test_a_number_that_nobody_knows_is_given_up_after_five_times(shop: Shop, line: Line) -> None:
    shipped(shop, "JD1", at=LEFT)
    for _ in range(20):
        line.ask()
        line.pass_(3 * DAY)
    questions = [each for each in line.api.asked if not each.path.endswith("register")]
    assert (len(questions), line.question.ended, Inbox.objects.count()) == (5, "UNKNOWN", 0)
    assert (line.contact.trouble, Tracker.objects.count()) == ("", 0)


@easypost
def test_only_of_what_is_the_channels_and_nobody_else_speaks_of(shop: Shop, line: Line) -> None:
    other = Sender("shippo")
    shipped(shop, "JD1", "JD2", at=LEFT)
    other.send(PAYLOADS["shippo"]("JD1", steps("label", "accepted", start=LEFT)))
    understand_inbox()
    line.ask()
    assert [each.query for each in line.api.asked] == [{"tracking_code": "JD2"}]
    Endpoint.objects.filter(pk=line.endpoint.pk).update(channel=Channel.objects.create(name="elsewhere"))
    shipped(shop, "JD3", at=LEFT)
    line.pass_(DAY)
    line.ask()
    assert "JD3" not in {each.query.get("tracking_code") for each in line.api.asked}


@easypost
def test_a_closed_endpoint_is_not_asked(shop: Shop, line: Line) -> None:
    shipped(shop, "JD1", at=LEFT)
    close_endpoint(line.endpoint)
    assert (line.ask(), line.api.asked) == (0, [])


# --- no answer ------------------------------------------------------------------------------------------------------

SLOW = (429, {"error": "slow down"}, {"Retry-After": "120"})
DATED = (503, b"later", {"Retry-After": format_datetime(NOW + timedelta(minutes=7), usegmt=True)})


@pytest.mark.parametrize(
    ("trouble", "sentence", "wait"),
    [
        (SLOW, "EasyPost asks us to wait.", timedelta(minutes=2)),
        (DATED, "EasyPost has trouble of its own (it answers 503).", timedelta(minutes=7)),
        ((429, {}, {"Retry-After": "999999999999"}), "EasyPost asks us to wait.", DAY),
        ((429, {}, {"Retry-After": "soon"}), "EasyPost asks us to wait.", timedelta(minutes=1)),
        ((500, b"", {}), "EasyPost has trouble of its own (it answers 500).", timedelta(minutes=1)),
        ((401, {}, {}), "EasyPost does not take our key: enter a new one.", timedelta(hours=1)),
        ((403, {}, {}), "EasyPost does not take our key: enter a new one.", timedelta(hours=1)),
        ((400, {}, {}), "EasyPost refuses our question (it answers 400).", timedelta(hours=1)),
        ((302, b"", {"Location": "/"}), "EasyPost refuses our question (it answers 302).", timedelta(hours=1)),
        ((200, b"<html>", {}), "EasyPost answers what is no JSON.", timedelta(minutes=1)),
        ((200, b"[" * 100_000, {}), "EasyPost answers what is no JSON.", timedelta(minutes=1)),
        ((200, b" " * 6 * 2**20, {}), "EasyPost answers more than we can read.", timedelta(minutes=1)),
    ],
)
@easypost
def test_trouble_is_said_in_words_and_waited_for(
    shop: Shop, line: Line, trouble: Any, sentence: str, wait: timedelta
) -> None:
    shipped(shop, "JD1", at=LEFT)
    line.api.ways["JD1"] = steps("accepted", "delivered", start=LEFT)
    line.api.trouble.append(trouble)
    line.ask()
    contact = line.contact
    assert (contact.trouble, contact.next_at, contact.failures) == (sentence, NOW + wait, 1)
    assert (Inbox.objects.count(), contact.lease_until) == (0, None)
    line.pass_(wait - timedelta(seconds=1))
    assert line.ask() == 0
    assert len(line.api.asked) == 1, "it waits as long as it is told to"
    line.pass_(timedelta(seconds=1))
    assert line.ask() == 1
    assert (line.contact.trouble, line.contact.failures, Tracker.objects.get().status) == ("", 0, "DELIVERED")


def test_a_line_that_is_dead_is_tried_less_and_less_often(shop: Shop, settings: Any) -> None:
    sender = Sender("karrio")
    settings.PROVIDER_URLS = settings.PROVIDER_URLS | {"karrio": "http://127.0.0.1:1"}
    begin_asking(sender.endpoint, KEY)
    shipped(shop, "JD1", at=LEFT)
    with time_machine.travel(NOW, tick=False) as clock:
        for failures in range(1, 10):
            ask_providers()
            contact = Contact.objects.get()
            assert (contact.failures, contact.trouble) == (failures, "Karrio cannot be reached.")
            assert contact.next_at is not None
            clock.move_to(contact.next_at)
    assert [backoff(n).total_seconds() / 60 for n in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_wrong_address_is_trouble_and_no_number_that_nobody_knows(shop: Shop, line: Line) -> None:
    shipped(shop, "JD1", at=LEFT)
    for failures in range(1, 8):
        line.api.trouble.append((404, b"<html>", {}))
        line.ask()
        assert line.contact.trouble.endswith("knows no such address (it answers 404).")
        assert (line.contact.failures, line.question.misses, line.question.ended) == (failures, 0, "")
        line.pass_(DAY)
    line.api.ways["JD1"] = steps("accepted", start=LEFT)
    assert line.ask() == 1
    assert (line.contact.trouble, Tracker.objects.get().status) == ("", "IN_TRANSIT")


@pytest.mark.parametrize("provider", ["easypost", "aftership", "karrio"], indirect=True)
def test_a_name_that_it_does_not_know_any_more_is_asked_of_by_its_number(shop: Shop, line: Line) -> None:
    shipped(shop, "JD1", at=LEFT)
    line.api.ways["JD1"] = steps("accepted", start=LEFT)
    line.ask()
    line.api.trouble.append((404, {"error": "no such tracker"}, {}))
    line.api.ways["JD1"] = steps("accepted", "moving", "out", start=LEFT)
    line.pass_(2 * DAY)
    assert line.ask() == 1
    assert [bool(each.query) for each in line.api.asked] == [True, False, True]
    assert (line.contact.trouble, line.question.misses) == ("", 0)
    assert Tracker.objects.get().status == "OUT_FOR_DELIVERY"
    line.api.trouble += [(404, {}, {}), (404, {}, {})]
    line.pass_(2 * DAY)
    line.ask()
    assert (line.contact.failures, line.question.misses) == (1, 0), "nothing is where we ask"
    line.pass_(DAY)
    line.api.ways.clear()
    line.ask()
    assert (line.contact.trouble, line.question.misses) == ("", 1)


@seventeentrack
@pytest.mark.parametrize("path", ["register", "retrack"])
def test_a_404_of_whatever_is_asked_beside_holds_up_nobody(
    shop: Shop, line: Line, settings: Any, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(ProviderApi("karrio")) as url:
        other = Line("karrio", settings, url, ProviderApi("karrio"), line.clock)
        shipped(shop, "JD1", at=LEFT)
        answer, found = line.api.answer, {"accepted": [], "rejected": []}
        line.api.answer = lambda asked: (  # type: ignore[method-assign]
            (404, b"", {}) if asked.path.endswith(path) else (200, {"code": 0, "data": found}, {})
        )
        if path == "retrack":
            line.ask()
            Question.objects.filter(endpoint=line.endpoint).update(stopped_at=NOW)
            line.pass_(5 * DAY)
        line.ask()
        assert line.contact.trouble == "17TRACK knows no such address (it answers 404)."
        assert (line.contact.lease_until, other.contact.asked_at is not None) == (None, True)
        assert "Traceback" not in caplog.text
        line.api.answer = answer  # type: ignore[method-assign]


def test_what_is_heard_of_a_number_that_was_given_up_has_it_asked_again(shop: Shop, line: Line) -> None:
    shipped(shop, "JD1", at=LEFT)
    for _ in range(8):
        line.ask()
        line.pass_(3 * DAY)
    assert (line.question.ended, line.ask()) == ("UNKNOWN", 0)
    line.sender.send(PAYLOADS[line.provider]("JD1", steps("label", "accepted", start=timezone.now(), hours=1)))
    understand_inbox()
    line.pass_(2 * DAY)
    line.api.ways["JD1"] = steps("label", "accepted", "moving", "out", start=timezone.now() - DAY)
    assert line.ask() == 1
    assert (line.question.ended, line.question.misses) == ("", 0)
    assert Tracker.objects.get().status == "OUT_FOR_DELIVERY"


@easypost
def test_one_that_fails_is_left_for_a_while_and_holds_up_no_other(
    shop: Shop, line: Line, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    api = ProviderApi("karrio")
    with serving(api) as url:
        other = Line("karrio", settings, url, api, line.clock)
        shipped(shop, "JD1", at=LEFT)
        api.ways["JD1"] = steps("accepted", start=LEFT)

        def stumble(endpoint: Endpoint, now: datetime) -> int:
            if endpoint == line.endpoint:
                raise ValueError("a bug of ours")
            return plan_questions(endpoint, now)

        monkeypatch.setattr("tracking.services.ask.round.plan_questions", stumble)
        assert line.ask() == 1
    assert (Tracker.objects.get().status, other.contact.trouble) == ("IN_TRANSIT", "")
    assert "a bug of ours" in caplog.text
    contact = line.contact
    assert contact.trouble == "Something went wrong here while we asked: the log says what."
    assert (contact.failures, contact.next_at, contact.lease_until) == (1, NOW + timedelta(minutes=1), None)


@easypost
def test_whose_turn_did_not_come_is_the_first_of_the_next_round(
    shop: Shop, line: Line, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = ProviderApi("karrio")
    with serving(api) as url:
        other = Line("karrio", settings, url, api, line.clock)
        shipped(shop, "JD1", at=LEFT)
        spent = itertools.count(step=6)
        monkeypatch.setattr("tracking.services.ask.round.time", SimpleNamespace(monotonic=lambda: next(spent),
                                                                               sleep=lambda _: None))  # fmt: skip
        ask_providers()
        first = [each.asked_at is not None for each in (line.contact, other.contact)]
        Contact.objects.update(next_at=None)
        line.pass_(5 * DAY)
        ask_providers()
        assert sorted(first) == [False, True], "the time was over after one of them"
        assert all(each.asked_at for each in (line.contact, other.contact))


@pytest.mark.parametrize("begun", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_an_answer_that_trickles_is_hung_up_on(
    shop: Shop, settings: Any, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    """No single byte takes long, so that no time-out of the reading would ever come."""
    monkeypatch.setattr("tracking.services.ask.line.ANSWER_SECONDS", 0.5)
    is_over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle() -> None:
            caller, _ = server.accept()
            with caller, contextlib.suppress(OSError):
                caller.sendall(begun)
                while not is_over.wait(0.05):
                    caller.sendall(b"a")

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        settings.PROVIDER_URLS = settings.PROVIDER_URLS | {"karrio": f"http://127.0.0.1:{server.getsockname()[1]}"}
        begin_asking(Sender("karrio").endpoint, KEY)
        shipped(shop, "JD1", at=timezone.now() - 3 * DAY)
        started = time.monotonic()
        ask_providers()
        assert time.monotonic() - started < 10
        is_over.set()
        thread.join()
    assert Contact.objects.get().trouble == "Karrio did not finish its answer within 0.5 seconds."
    assert Question.objects.get().misses == 0


@easypost
def test_one_that_does_not_answer_in_time_is_left(shop: Shop, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracking.services.ask.line.TIMEOUT_SECONDS", 0.2)
    shipped(shop, "JD1", at=LEFT)
    is_over = threading.Event()
    line.api.before = lambda: is_over.wait(5)
    line.ask()
    is_over.set()
    assert line.contact.trouble.startswith("EasyPost did not answer within")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"3", b"{}", b'{"data": 3}', b'{"trackers": [3, null]}'])
def test_an_answer_of_another_shape_is_nothing_that_it_knows(shop: Shop, line: Line, body: bytes) -> None:
    shipped(shop, "JD1", at=LEFT)
    line.api.trouble.append((200, body, {}))
    line.ask()
    assert (Inbox.objects.count(), line.question.misses, line.contact.trouble) == (0, 1, "")


@easypost
def test_a_field_of_the_wrong_type_is_set_aside_by_name(shop: Shop, line: Line) -> None:
    shipped(shop, "JD1", at=LEFT)
    line.api.trouble.append((200, {"trackers": [{"id": "trk_JD1", "tracking_code": "JD1", "status": [3],
                                                "object": "Tracker"}]}, {}))  # fmt: skip
    line.ask()
    row = Inbox.objects.get()
    assert (row.status, row.problems[0]["column"]) == ("QUARANTINED", "result.status")
    assert Tracker.objects.count() == 0


# --- who asks -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@easypost
def test_two_workers_never_ask_the_same_and_nobody_waits_in_a_transaction(shop: Shop, line: Line) -> None:
    """While the provider takes its time, another worker comes by, and somebody else writes."""
    shipped(shop, "JD1", at=LEFT)
    line.api.ways["JD1"] = steps("accepted", start=LEFT)
    others: list[int] = []

    def meanwhile() -> None:
        Channel.objects.create(name="written-meanwhile")
        others.append(ask_providers())
        connection.close()

    line.api.before = meanwhile
    assert line.ask() == 1
    assert (others, len(line.api.asked), Channel.objects.filter(name="written-meanwhile").count()) == ([0], 1, 1)
    assert line.contact.lease_until is None


@easypost
def test_who_died_while_asking_is_followed_after_five_minutes_and_has_not_asked_twice(
    shop: Shop, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped(shop, "JD1", at=LEFT)
    line.api.ways["JD1"] = steps("accepted", start=LEFT)
    Contact.objects.update(lease_until=NOW + timedelta(minutes=5))
    assert line.ask() == 0
    line.pass_(timedelta(minutes=5, seconds=1))
    assert line.ask() == 1

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    line.pass_(2 * DAY)
    line.api.before = lambda: None
    monkeypatch.setattr("tracking.services.ask.round.keep_answer", die)
    line.api.ways["JD1"] = steps("accepted", "moving", start=LEFT)
    with pytest.raises(KeyboardInterrupt):
        ask_providers()
    monkeypatch.undo()
    assert line.ask() == 0, "it is asked again in its rhythm"


# --- stopped, registered --------------------------------------------------------------------------------------------


@seventeentrack
def test_an_unknown_number_is_registered_once(shop: Shop, line: Line) -> None:
    shipped(shop, "JD1", at=LEFT)
    line.ask()
    line.api.ways["JD1"] = steps("accepted", start=LEFT)
    line.pass_(DAY)
    line.ask()
    assert [each.path.rsplit("/", 1)[1] for each in line.api.asked] == ["gettrackinfo", "register", "gettrackinfo"]
    assert (line.question.misses, Tracker.objects.get().status) == (0, "IN_TRANSIT")


@seventeentrack
def test_a_number_that_is_not_watched_any_more_keeps_its_status_and_is_watched_again(shop: Shop, line: Line) -> None:
    order = shipped(shop, "JD1", at=LEFT)
    line.api.ways["JD1"] = steps("accepted", "out", start=LEFT)
    line.ask()
    order.refresh_from_db(fields=["version"])
    before = (order.version, Tracker.objects.get().status)
    stop = {"event": "TRACKING_STOPPED", "data": {"number": "JD1", "carrier": 100001, "param": None, "tag": "OT-1"}}
    assert line.sender.send(stop).status_code == 200
    understand_inbox()
    order.refresh_from_db(fields=["version"])
    assert (order.version, Tracker.objects.get().status) == before
    assert (Inbox.objects.filter(status="IGNORED").count(), line.question.stopped_at) == (1, NOW)
    page = superuser().get(f"/admin/tracking/tracker/{Tracker.objects.get().pk}/change/").content.decode()
    assert "17TRACK has not watched this parcel since 26 Nov 2026, 12:00" in " ".join(page.split())
    line.pass_(timedelta(minutes=5))
    line.ask()
    assert [each.path.rsplit("/", 1)[1] for each in line.api.asked] == ["gettrackinfo", "retrack", "gettrackinfo"]
    assert line.question.stopped_at is None


@seventeentrack
@pytest.mark.parametrize("data", [{}, {"number": None}, {"number": [3]}, {"number": "NOBODY"}])
def test_a_stop_of_nobody_stops_nothing(shop: Shop, line: Line, data: dict[str, Any]) -> None:
    shipped(shop, "JD1", at=LEFT)
    line.sender.send({"event": "TRACKING_STOPPED", "data": data})
    understand_inbox()
    assert Inbox.objects.get().status in {"QUARANTINED", "IGNORED"}
    assert not Question.objects.exists()


# --- what people decide ----------------------------------------------------------------------------------------------


@easypost
def test_whatever_is_missing_can_be_asked_for_at_once(shop: Shop, line: Line) -> None:
    shipped(shop, "JD1", at=NOW)
    assert line.ask() == 0
    line.api.ways["JD1"] = steps("accepted", "out", start=LEFT)
    assert ask_for_missing(line.endpoint) == 1
    assert line.ask() == 1
    assert Tracker.objects.get().status == Status.OUT_FOR_DELIVERY
    assert (line.ask(), line.question.is_urgent) == (0, False)


@easypost
def test_who_is_to_wait_is_not_pressed(shop: Shop, line: Line) -> None:
    shipped(shop, "JD1", at=LEFT)
    line.api.trouble.append(SLOW)
    line.ask()
    with pytest.raises(AskedToWait, match=r"EasyPost asks us to wait\. We ask again on 26 Nov, 12:02\."):
        ask_for_missing(line.endpoint)
    assert (line.ask(), len(line.api.asked), line.question.is_urgent) == (0, 1, False)


def test_of_some_we_can_only_hear_and_a_key_is_no_word(shop: Shop) -> None:
    for provider in ("shippo", "generic"):
        endpoint = Endpoint.objects.create(provider=provider)
        with pytest.raises(CannotBeAsked):
            begin_asking(endpoint, KEY)
        with pytest.raises(NotAsked):
            ask_for_missing(endpoint)
        with pytest.raises(NotAsked):
            end_asking(endpoint)
    endpoint = Sender("karrio").endpoint
    for key in ("", "short", "schlüssel-der-welt", "a key\nof two lines"):
        with pytest.raises(WeakKey):
            begin_asking(endpoint, key)
    assert (Contact.objects.count(), Question.objects.count()) == (0, 0)


@easypost
def test_who_is_not_asked_any_more_has_no_key_of_ours(shop: Shop, line: Line) -> None:
    shipped(shop, "JD1", at=LEFT)
    end_asking(line.endpoint)
    assert (line.contact.keys, line.ask(), line.api.asked) == ([], 0, [])


def test_every_provider_that_can_be_asked_has_an_address(settings: Any) -> None:
    assert set(settings.PROVIDER_URLS) == set(WAYS)
    assert {httpx.URL(url).scheme for url in settings.PROVIDER_URLS.values()} == {"https"}
    assert timezone.is_aware(NOW)


# --- beside what else the worker does ---------------------------------------------------------------------------------


def test_what_takes_its_time_holds_one_thread_and_who_comes_meanwhile_leaves_it_its_work() -> None:
    is_begun, is_let_go, done = threading.Event(), threading.Event(), list[tuple[str, str]]()

    def slow() -> None:
        is_begun.set()
        is_let_go.wait(10)
        done.append(("slow", threading.current_thread().name))

    def other() -> None:
        done.append(("other", threading.current_thread().name))

    thread = threading.Thread(target=tasks._aside_of_the_rest, args=[slow], name="the first")
    thread.start()
    assert is_begun.wait(10)
    for _ in range(2):
        tasks._aside_of_the_rest(other)
    assert done == []
    is_let_go.set()
    thread.join(10)
    assert done == [("slow", "the first"), ("other", "the first")]


def test_one_that_fails_leaves_the_thread_to_the_next() -> None:
    def fails() -> None:
        raise ValueError("a bug of ours")

    done: list[str] = []
    with pytest.raises(ValueError, match="a bug of ours"):
        tasks._aside_of_the_rest(fails)
    tasks._aside_of_the_rest(lambda: done.append("next"))
    assert done == ["next"]
