"""What the customer's page says of a parcel that nothing is heard of: what the board knows, as long as it does."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from fulfillment.services import ParcelDraft, ship_shipment
from orders.models import Event, Order, ShownPromise
from tests.factories import ALICE, BOB, MONDAY, Shop, shipment
from tests.hooks import event
from tests.notifications.stories import delayed
from tests.notifications.test_letters import read
from tests.staff import client_of
from tracking.models import Alarm, LearntLane, Tracker, TrackingLink
from tracking.models.alarm import OLDEST
from tracking.services import link_for, snooze_alarm, sweep_alarms, take_carrier_events
from tracking.timeline import page_of

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ON_LIST = "That is too long, and it is on our list to be looked into."
NEVER = f"DHL has not scanned it since it left on Monday 23 November. {ON_LIST}"
QUIET = f"DHL has not scanned it since Tuesday 24 November. {ON_LIST}"


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()


def sent(shop: Shop, *numbers: str) -> Order:
    shop.receive(shop.mug, 2)
    order = shop.order((shop.mug, 2))
    ship_shipment(shipment(order), by=BOB, parcels=[ParcelDraft("dhl", number) for number in numbers], at=MONDAY)
    return order


def says(code: str, after: timedelta, number: str = "123") -> None:
    with time_machine.travel(MONDAY + after, tick=False):
        told = event(number, code, at=MONDAY + after)
        assert [each.result for each in take_carrier_events([told], by=ALICE)] == ["accepted"]


def told(order: Order) -> tuple[str, str]:
    """Return the first sentence of the page, and what stands behind it."""
    page = page_of(order.pk)
    return page.headline.sentence, " ".join(page.headline.details).replace("\u00a0", " ")


def test_what_was_never_scanned_is_not_said_to_take_a_day(shop: Shop) -> None:
    order = sent(shop, "123")
    sweep_alarms(now=MONDAY + DAY)
    assert told(order) == (
        "Your order has left the shop",
        "DHL has not scanned it yet; the first news can take a day.",
    )
    sweep_alarms(now=MONDAY + 12 * DAY)
    assert told(order) == ("Your order has not been seen for a while", NEVER)
    assert page_of(order.pk).promise.startswith("Planned to arrive")
    [card] = page_of(order.pk).parcels
    assert (card.word, card.note) == ("No news", "")


def test_a_silence_is_told_with_the_day_of_the_last_scan_until_it_ends(shop: Shop) -> None:
    order = sent(shop, "123")
    says("IN_TRANSIT", DAY)
    sweep_alarms(now=MONDAY + 12 * DAY)
    assert told(order) == ("Your order has not been seen for a while", QUIET)
    says("IN_TRANSIT", 12 * DAY)
    assert told(order) == ("Your order is on its way", "DHL has it.")


def test_what_was_on_the_van_long_ago_is_not_said_to_be_there(shop: Shop) -> None:
    order = sent(shop, "123")
    says("OUT_FOR_DELIVERY", DAY)
    assert told(order)[0] == "Your order is out for delivery"
    assert page_of(order.pk).promise.replace("\u00a0", " ") == "Arriving Tuesday 24 November"
    sweep_alarms(now=MONDAY + 12 * DAY)
    assert told(order) == ("Your order has not been seen for a while", QUIET)
    assert "24 November" not in page_of(order.pk).promise.replace("\u00a0", " ")


def test_what_the_customer_has_to_do_comes_before_the_silence(shop: Shop) -> None:
    order = sent(shop, "123")
    says("IN_TRANSIT", DAY)
    sweep_alarms(now=MONDAY + 12 * DAY)
    Tracker.objects.update(is_action_required=True)
    assert "Please get in touch with DHL" in told(order)[1]
    assert ON_LIST not in told(order)[1]


def test_a_silent_parcel_among_others_is_the_one_spoken_of(shop: Shop) -> None:
    order = sent(shop, "123", "124", "125")
    says("IN_TRANSIT", DAY)
    says("IN_TRANSIT", 11 * DAY, "124")
    says("DELIVERED", 11 * DAY, "125")
    sweep_alarms(now=MONDAY + 12 * DAY)
    sentence, details = told(order)
    assert sentence == "One of your three parcels has not been seen for a while"
    assert details == f"{QUIET} One is on its way. One was delivered."
    notes = [card.note.replace("\u00a0", " ") for card in page_of(order.pk).parcels]
    assert notes == [QUIET, "", ""]


def version(order: Order) -> int:
    return Order.objects.values_list("version", flat=True).get(pk=order.pk)


def page(client: Client, link: TrackingLink) -> str:
    return client.get(f"/track/{link.token}/").content.decode()


def news(client: Client, link: TrackingLink, seen: int) -> str:
    """Return what a page that was open all the time gets, "" where it is told that nothing changed."""
    answer = client.get(f"/track/{link.token}/live", {"seen": seen})
    assert answer.status_code in {200, 204}
    return answer.content.decode()


def end_by_scan() -> None:
    says("IN_TRANSIT", 12 * DAY)


def end_by_what_is_learnt() -> None:
    lane = {"carrier": "dhl", "service": "standard", "origin": "MAIN", "country": "ES", "region": "28"}
    slow = {"parcels": 200, "p50": 400, "p90": 600, "late": 1000, "quiet_p95": 900, "quiet_limit": 999}
    LearntLane.objects.create(**lane, **slow)
    sweep_alarms(now=MONDAY + 12 * DAY)


@pytest.mark.parametrize("end", [end_by_scan, end_by_what_is_learnt])
def test_a_page_that_is_kept_is_made_anew_when_a_silence_begins_and_ends(
    shop: Shop, client: Client, end: Callable[[], None]
) -> None:
    order = sent(shop, "123")
    says("IN_TRANSIT", DAY)
    link, silent = link_for(order), "has not been seen for a while"
    seen = version(order)
    assert (silent in page(client, link), news(client, link, seen)) == (False, "")
    sweep_alarms(now=MONDAY + 12 * DAY)
    assert silent in news(client, link, seen)
    assert silent in page(client, link)
    seen = version(order)
    assert news(client, link, seen) == ""
    end()
    assert not Alarm.objects.standing().exists()
    assert "is on its way" in news(client, link, seen)
    assert silent not in page(client, link)
    assert Event.objects.filter(kind="parcel.silence_ended").count() == 1


def test_a_sweep_that_changes_nothing_makes_no_page_anew(shop: Shop) -> None:
    order = sent(shop, "123")
    sweep_alarms(now=MONDAY + 12 * DAY)
    before = Event.objects.filter(order=order).count()
    for hours in (1, 2):
        sweep_alarms(now=MONDAY + 12 * DAY + hours * HOUR)
    assert Event.objects.filter(order=order).count() == before


def test_the_letter_about_a_delay_tells_of_the_silence_too(shop: Shop) -> None:
    order = sent(shop, "123")
    sweep_alarms(now=MONDAY + 12 * DAY)
    with time_machine.travel(MONDAY + 12 * DAY, tick=False):
        delayed(order, "deliver_by")
        _, text, html = read(order, "order.delayed")
    assert f"Your order has not been seen for a while. {NEVER}" in text
    assert NEVER in html


def test_a_silence_that_becomes_another_stays_whose_it_was_and_snoozed(shop: Shop) -> None:
    order = sent(shop, "123")
    sweep_alarms(now=MONDAY + 12 * DAY)
    alarm = Alarm.objects.get()
    snooze_alarm(alarm, days=3, note="DHL looks for it.", by=BOB, now=MONDAY + 12 * DAY)
    with time_machine.travel(MONDAY + 12 * DAY + HOUR, tick=False):
        take_carrier_events([event("123", "IN_TRANSIT", at=MONDAY + DAY)], by=ALICE)
        sweep_alarms(now=MONDAY + 12 * DAY + 2 * HOUR)
    now = Alarm.objects.get()
    assert (now.pk, now.kind, now.owner, now.note) == (alarm.pk, "NO_SCAN_SINCE", str(BOB), "DHL looks for it.")
    assert (now.snoozed_until, now.closed_at) == (MONDAY + 15 * DAY, None)
    assert told(order) == ("Your order has not been seen for a while", QUIET)
    assert not Event.objects.filter(kind="parcel.silence_ended").exists()
    silent = Event.objects.filter(kind="parcel.silent").order_by("seq").values_list("facts__alarm", flat=True)
    assert list(silent) == ["NO_FIRST_SCAN", "NO_SCAN_SINCE"], "the customer hears of the second"


def test_the_day_that_a_page_names_once_a_silence_ended_is_kept(shop: Shop) -> None:
    order = sent(shop, "123")
    says("IN_TRANSIT", DAY)
    sweep_alarms(now=MONDAY + 12 * DAY)
    says("OUT_FOR_DELIVERY", 12 * DAY + HOUR)
    today = (MONDAY + 12 * DAY).date()
    shown = ShownPromise.objects.filter(order=order).order_by("pk").last()
    assert (shown.first, shown.last, shown.where) == (today, today, "CARRIER")


def test_a_day_that_a_carrier_named_before_it_fell_silent_is_not_waited_for(shop: Shop) -> None:
    order = sent(shop, "123")
    says("IN_TRANSIT", DAY)
    Tracker.objects.update(eta_to=(MONDAY + 3 * DAY).date())
    assert "expects to deliver" in page_of(order.pk).promise
    sweep_alarms(now=MONDAY + 12 * DAY)
    assert "expects to deliver" not in page_of(order.pk).promise


def test_what_nobody_looks_after_any_more_is_still_not_said_to_be_on_its_way(shop: Shop) -> None:
    order = sent(shop, "123")
    says("IN_TRANSIT", DAY)
    sweep_alarms(now=MONDAY + 12 * DAY)
    sweep_alarms(now=MONDAY + OLDEST)
    assert not Alarm.objects.standing().exists()
    with time_machine.travel(MONDAY + OLDEST, tick=False):
        assert told(order) == ("Your order has not been seen for a while", QUIET.removesuffix(f" {ON_LIST}"))
    says("IN_TRANSIT", OLDEST + DAY)
    with time_machine.travel(MONDAY + OLDEST + DAY, tick=False):
        assert told(order)[0] == "Your order is on its way"


def test_staff_read_of_no_day_that_a_carrier_named_before_it_fell_silent(shop: Shop) -> None:
    order = sent(shop, "123")
    says("IN_TRANSIT", DAY)
    Tracker.objects.update(eta_to=(MONDAY + 3 * DAY).date())
    page = f"/admin/orders/order/{order.pk}/change/"
    assert "says the carrier" in client_of("support").get(page).content.decode()
    sweep_alarms(now=MONDAY + 12 * DAY)
    assert "says the carrier" not in client_of("support").get(page).content.decode()
