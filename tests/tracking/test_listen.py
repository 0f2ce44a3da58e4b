"""Does a provider still tell us by itself? Judged by its own habits, said in words, and a gap is filled by asking."""

import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from fulfillment.models import Holiday
from orders.audit import Problem
from orders.models import Endpoint
from tests.factories import Shop
from tests.senders import Sender
from tests.tracking.house import ProviderApi, serving
from tests.tracking.payloads import PAYLOADS, steps
from tests.tracking.test_understand import shipped
from tracking.audit import carriers_not_heard
from tracking.models import Contact, Heard, Question, Tracker
from tracking.services import ask_providers, begin_asking, listen, understand_inbox
from tracking.services.ask.silence import UNLIKELY, chance_of_silence

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)


def habit(days: int, *, each: float = 0.9, until: datetime = MONDAY, seed: int = 7) -> set[datetime]:
    """Hours in which something came: on working days from six to eight in the evening, and a little on Saturdays."""
    dice = random.Random(seed)
    hours = [until - n * HOUR for n in range(1, days * 24)]
    return {at for at in hours if 6 <= at.hour < 20 and dice.random() < _often(at, each)}


def _often(at: datetime, each: float) -> float:
    return {5: each / 4, 6: 0.0}.get(at.weekday(), each)


# --- the judgement --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [16, 28])
def test_a_working_day_without_a_word_is_unlikely(days: int) -> None:
    heard = habit(days)
    assert chance_of_silence(heard, MONDAY + timedelta(hours=7)) > UNLIKELY, "it is Monday morning"
    assert chance_of_silence(heard, MONDAY + timedelta(hours=18)) < UNLIKELY


def test_a_night_and_a_sunday_without_a_word_are_nothing() -> None:
    heard = habit(28, until=MONDAY - 2 * DAY)  # until Saturday morning
    assert chance_of_silence(heard, MONDAY - timedelta(hours=1)) > UNLIKELY
    assert chance_of_silence(habit(28, until=MONDAY + 20 * HOUR), MONDAY + 30 * HOUR) > UNLIKELY


def test_who_tells_little_may_be_silent_for_long() -> None:
    often, seldom = habit(28), habit(28, each=0.1)
    noon = MONDAY + timedelta(hours=16)
    assert chance_of_silence(often, noon) < UNLIKELY < chance_of_silence(seldom, noon)
    assert chance_of_silence(seldom, MONDAY + 12 * DAY) < UNLIKELY


def test_a_holiday_is_as_quiet_as_a_sunday() -> None:
    evening = MONDAY + 18 * HOUR
    rests = lambda hour: hour.date() == MONDAY.date()  # noqa: E731
    assert chance_of_silence(habit(28), evening) < UNLIKELY < chance_of_silence(habit(28), evening, rests)
    assert chance_of_silence(habit(28), evening + DAY, rests) < UNLIKELY, "and on Tuesday something ought to come"


@pytest.mark.parametrize("heard", [set(), habit(12), {MONDAY - 20 * DAY, MONDAY}])
def test_with_little_history_nobody_can_tell(heard: set[datetime]) -> None:
    assert chance_of_silence(heard, MONDAY + 30 * DAY) == 1


def test_sound_hooks_are_hardly_ever_suspected() -> None:
    """Every hour of a quarter, of houses that tell much and little: none of them was ever switched off."""
    wrong = looked = 0
    for each in (0.9, 0.5, 0.2):
        heard = habit(13 * 7, each=each, seed=int(each * 10))
        for n in range(28 * 24, 13 * 7 * 24):
            now = MONDAY - 13 * 7 * DAY + n * HOUR
            known = {at for at in heard if now - 28 * DAY < at < now}
            looked += 1
            wrong += chance_of_silence(known, now) < UNLIKELY
    assert wrong / looked < 0.005


# --- the alarm ------------------------------------------------------------------------------------------------------


@pytest.fixture
def sender(db: None) -> Iterator[Sender]:
    with time_machine.travel(MONDAY + 18 * HOUR, tick=False):
        yield Sender("easypost")


def heard(endpoint: Endpoint, **more: int) -> None:
    Heard.objects.bulk_create(
        Heard(endpoint=endpoint, hour_at=hour, **{"deliveries": 3} | more) for hour in sorted(habit(28))
    )


def verdict(endpoint: Endpoint) -> tuple[str, str]:
    contact = Contact.objects.get(endpoint=endpoint)
    return contact.alarm, contact.alarm_words


def test_a_hook_that_was_switched_off_is_said_in_words_and_found_by_the_audit(shop: Shop, sender: Sender) -> None:
    shipped(shop, "JD1", at=MONDAY)
    heard(sender.endpoint)
    assert (listen(), listen()) == (1, 0)
    words = "Nothing has come since 20 Nov, 20:00, which is not its habit: "
    words += "EasyPost has probably switched our hook off."
    assert verdict(sender.endpoint)[0] == "SILENT"
    assert verdict(sender.endpoint)[1].split(" since ")[1].split(", which")[1] == words.split(", which")[1]
    assert list(carriers_not_heard()) == [Problem(str(sender.endpoint), verdict(sender.endpoint)[1])]


def test_on_a_day_on_which_the_house_is_closed_nobody_is_suspected(shop: Shop, sender: Sender) -> None:
    shipped(shop, "JD1", at=MONDAY)
    heard(sender.endpoint)
    holiday = Holiday.objects.create(warehouse=shop.warehouse, day=MONDAY.date())
    assert (listen(), verdict(sender.endpoint)) == (0, ("", ""))
    holiday.delete()
    assert listen() == 1


def test_the_alarm_ends_when_something_comes(shop: Shop, sender: Sender) -> None:
    shipped(shop, "JD1", at=MONDAY)
    heard(sender.endpoint)
    listen()
    sender.send(PAYLOADS["easypost"]("JD1", steps("label", start=MONDAY)))
    understand_inbox()
    assert listen() == 1
    assert (verdict(sender.endpoint), Contact.objects.get().alarm_at) == (("", ""), None)
    assert list(carriers_not_heard()) == []


def test_where_nothing_is_under_way_nothing_is_missed(shop: Shop, sender: Sender) -> None:
    heard(sender.endpoint)
    assert (listen(), verdict(sender.endpoint)) == (0, ("", ""))


def test_an_endpoint_that_cannot_be_judged_holds_up_no_other(
    shop: Shop, sender: Sender, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shipped(shop, "JD1", at=MONDAY)
    broken = sender.endpoint
    other = Sender("karrio").endpoint
    heard(other)
    module = sys.modules["tracking.services.ask.listen"]
    judge = module.judge

    def stumble(endpoint: Endpoint, now: datetime) -> tuple[str, str]:
        if endpoint == broken:
            raise RuntimeError("this endpoint is broken")
        verdict: tuple[str, str] = judge(endpoint, now)
        return verdict

    monkeypatch.setattr(module, "judge", stumble)
    assert (listen(), verdict(other)[0]) == (1, "SILENT")
    assert f"endpoint {broken.pk} could not be judged" in caplog.text
    assert not Contact.objects.filter(endpoint=broken).exists()


@pytest.mark.parametrize("change", [{"is_active": False}, {"mode": "TEST"}])
def test_of_a_closed_hook_and_one_for_tests_nothing_is_expected(
    shop: Shop, sender: Sender, change: dict[str, Any]
) -> None:
    shipped(shop, "JD1", at=MONDAY)
    heard(sender.endpoint)
    Endpoint.objects.update(**change)
    assert (listen(), Contact.objects.count()) == (0, 0)


def test_the_gap_is_filled_by_asking_at_once(shop: Shop, sender: Sender, settings: Any) -> None:
    api = ProviderApi("easypost")
    with serving(api) as url:
        settings.PROVIDER_URLS = settings.PROVIDER_URLS | {"easypost": url}
        begin_asking(sender.endpoint, "a-key-of-their-api")
        numbers = [f"JD{n}" for n in range(4)]
        shipped(shop, *numbers, at=MONDAY + 10 * HOUR)
        api.ways |= {number: steps("accepted", "delivered", start=MONDAY, hours=11) for number in numbers}
        heard(sender.endpoint)
        assert ask_providers() == 0, "by its rhythm it is not time yet"
        listen()
        assert Question.objects.filter(is_urgent=True).count() == 4
        ask_providers()
        while understand_inbox():
            pass
    assert set(Tracker.objects.values_list("status", flat=True)) == {"DELIVERED"}
    Heard.objects.create(endpoint=sender.endpoint, hour_at=MONDAY + 17 * HOUR, deliveries=1)
    listen()
    assert verdict(sender.endpoint) == (
        "LOSES",
        "In the last seven days 4 parcels had news that no webhook told us: we asked.",
    )


def test_webhooks_are_counted_once_by_their_hour(shop: Shop, sender: Sender) -> None:
    shipped(shop, "JD1", at=MONDAY)
    for n in (1, 2, 2, 3):
        sender.send(PAYLOADS["easypost"]("JD1", steps("label", "accepted", "moving", start=MONDAY, hours=1)[:n]))
    while understand_inbox():
        pass
    assert list(Heard.objects.values_list("hour_at", "deliveries", "answers", "news")) == [
        (MONDAY + 18 * HOUR, 3, 0, 0)
    ]
