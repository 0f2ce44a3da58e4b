"""What is usual on a parcel's lane is told where its carrier says no day: when it leaves, and until it has passed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client

from fulfillment.models import Shipment
from fulfillment.services import ParcelDraft, allocate_waiting, deliver_shipment, ship_shipment
from notifications.models import Content, Message
from notifications.tasks import relay
from orders.models import Event, Order, ShownPromise
from orders.services import record_delays
from tests.factories import BOB, MONDAY, Shop, shipment
from tests.hooks import event
from tests.plans import plans_of, reads_whole
from tests.staff import client_of
from tests.tracking.test_promises import expects, ledger
from tracking.models import Estimate, LearntLane
from tracking.reports.period import Period
from tracking.reports.promises import Kept, shown
from tracking.services import end_estimates, estimate_departed, link_for, move_shipment, take_carrier_events
from tracking.services.estimate import JUST_NOW
from tracking.timeline.journey import journey_of
from tracking.timeline.promise import promise_of

DAY = timedelta(days=1)
PROMISED = (date(2026, 11, 25), date(2026, 11, 27))
USUAL = (date(2026, 11, 26), date(2026, 11, 28))
WORDS = "Expected between Thursday\u00a026 and Saturday\u00a028\u00a0November"


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def order(shop: Shop) -> Order:
    shop.receive(shop.mug, 9)
    return shop.order((shop.mug, 2))


def learnt(**more: Any) -> LearntLane:
    """Let half of the parcels from MAIN to ES-28 take three days, and nine of ten five."""
    lane = {"carrier": "dhl", "service": "standard", "origin": "MAIN", "country": "ES", "region": "28"}
    hours = {"parcels": 312, "p50": 72, "p90": 120, "late": 200, "quiet_p95": 20, "quiet_limit": 30}
    return LearntLane.objects.create(**lane | hours | more)


def leave(order: Order, *numbers: str, carrier: str = "dhl") -> None:
    boxes = [ParcelDraft(carrier, number, lines={1: 1} if len(numbers) > 1 else {}) for number in numbers or ["JD1"]]
    ship_shipment(shipment(order), by=BOB, parcels=boxes, at=MONDAY)


def scan(status: str, at: datetime, number: str = "JD1") -> None:
    with time_machine.travel(at, tick=False):
        take_carrier_events([event(number, status, at=at)], by=BOB)


def told(order: Order) -> str:
    return promise_of(journey_of(order.pk))


def rows() -> list[tuple[Any, ...]]:
    return [(where, first, last) for where, _, first, last in ledger()]


def test_what_has_left_is_told_what_is_usual_on_its_lane_and_that_is_kept(order: Order) -> None:
    learnt()
    leave(order)
    before = told(order)
    assert estimate_departed() == 1
    assert (before, told(order)) == ("Arriving Wednesday\u00a025\u00a0– Friday\u00a027\u00a0November", WORDS)
    parcel = shipment(order).parcels.get().number
    assert ledger() == [("ORDER", "", *PROMISED), ("LANE", parcel, *USUAL)]
    [found] = Event.objects.filter(kind="parcel.estimated")
    assert found.facts == {"parcel": parcel, "usual": ["2026-11-26", "2026-11-28"]}
    assert estimate_departed() == 0, "it is looked at once"
    assert len(ledger()) == 2


def test_wider_lanes_speak_where_the_narrow_one_is_too_young(order: Order) -> None:
    learnt(region="", origin="", service="", p50=24, p90=24)
    learnt(region="45", p50=200, p90=200)
    leave(order)
    estimate_departed()
    assert told(order) == "Expected on Tuesday\u00a024\u00a0November"
    assert Estimate.objects.get().lane == "dhl · ES"


@pytest.mark.parametrize("carrier", ["ups", ""])
def test_without_history_the_promise_stands_and_staff_read_why(order: Order, carrier: str) -> None:
    learnt(carrier="dhl")
    learnt(carrier="")
    leave(order, carrier=carrier)
    assert estimate_departed() == 1
    assert told(order) == "Arriving Wednesday\u00a025\u00a0– Friday\u00a027\u00a0November"
    assert (rows(), Event.objects.filter(kind="parcel.estimated").count()) == ([("ORDER", *PROMISED)], 0)
    page = client_of("support").get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    assert ("Not enough history of this lane: the promise" if carrier else "No carrier is named: the promise") in page


def test_staff_read_the_days_and_what_they_were_learnt_from(order: Order) -> None:
    learnt()
    leave(order)
    estimate_departed()
    page = client_of("support").get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    assert f"{WORDS}: of the last 312 parcels (dhl · standard · MAIN · ES-28) half came by the first day" in page
    expects(date(2026, 11, 25), date(2026, 11, 25), MONDAY + DAY)
    page = client_of("support").get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    assert "Expected on Wednesday\u00a025\u00a0November, says the carrier." in page


def test_what_is_learnt_every_night_moves_nobodys_days_before_the_parcel_gets_on(order: Order) -> None:
    lane = learnt()
    leave(order)
    estimate_departed()
    LearntLane.objects.filter(pk=lane.pk).update(p50=96, p90=144)
    with time_machine.travel(MONDAY + DAY, tick=False):
        estimate_departed()
        end_estimates()
    assert told(order) == WORDS
    scan("IN_TRANSIT", MONDAY + DAY)
    assert told(order) == "Expected between Friday\u00a027 and Monday\u00a030\u00a0November"
    LearntLane.objects.all().delete()
    scan("PRE_TRANSIT", MONDAY + DAY * 1.5)
    scan("EXCEPTION", MONDAY + DAY * 2)
    assert rows()[2:] == [("LANE", date(2026, 11, 27), date(2026, 11, 30))], "what is known no more moves nothing"
    assert told(order).startswith("Planned to arrive between Friday\u00a027")


def test_a_parcel_whose_leaving_nobody_noticed_is_told_when_it_gets_on(order: Order) -> None:
    leave(order)
    learnt()
    scan("IN_TRANSIT", MONDAY + DAY)
    assert told(order) == WORDS
    assert rows()[1:] == [("LANE", *USUAL)]


def test_no_day_before_today_is_named(order: Order) -> None:
    learnt()
    leave(order)
    scan("IN_TRANSIT", MONDAY + 4 * DAY)
    assert rows()[1:] == [("LANE", date(2026, 11, 27), USUAL[1])]
    Estimate.objects.all().delete()
    scan("EXCEPTION", MONDAY + 8 * DAY)
    assert Estimate.objects.get().is_over
    assert "Saturday" not in told(order)


def test_the_carriers_word_comes_before_the_lanes(order: Order) -> None:
    learnt()
    leave(order)
    estimate_departed()
    expects(date(2026, 11, 25), date(2026, 11, 25), MONDAY + DAY)
    assert told(order) == "DHL expects to deliver Wednesday\u00a025\u00a0November"
    scan("OUT_FOR_DELIVERY", MONDAY + 2 * DAY)
    assert told(order) == "Arriving Wednesday\u00a025\u00a0November"
    assert [where for where, *_ in rows()] == ["ORDER", "LANE", "CARRIER"]


def test_of_several_parcels_the_days_of_both_are_named_and_the_word_is_ours(order: Order) -> None:
    learnt()
    leave(order, "JD1", "JD2")
    estimate_departed()
    expects(date(2026, 11, 25), date(2026, 11, 25), MONDAY + DAY)
    assert told(order) == "Expected between Wednesday\u00a025 and Saturday\u00a028\u00a0November"
    assert rows()[1:] == [("LANE", *USUAL), ("LANE", date(2026, 11, 25), USUAL[1])]


def test_once_its_days_have_passed_nobody_is_told_of_them_any_more(order: Order) -> None:
    learnt(p50=24, p90=48)
    leave(order)
    estimate_departed()
    assert end_estimates(now=MONDAY + 2 * DAY) == 0
    version = Order.objects.get().version
    with time_machine.travel(MONDAY + 3 * DAY, tick=False):
        assert (end_estimates(), end_estimates()) == (1, 0)
    assert told(order) == "Arriving Wednesday\u00a025\u00a0– Friday\u00a027\u00a0November"
    assert rows() == [("ORDER", *PROMISED), ("LANE", date(2026, 11, 24), PROMISED[0]), ("ORDER", *PROMISED)]
    assert Order.objects.get().version == version + 1, "whoever has the page open sees it"
    with time_machine.travel(MONDAY + 5 * DAY, tick=False):
        record_delays()
        assert told(order) == "It was to arrive by Friday\u00a027\u00a0November. There is no new date yet."
        page = client_of("support").get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    assert "It has not come by Wed 25 Nov, as nine of ten of the last 312 parcels" in page


def test_what_is_late_and_usual_later_is_told_the_new_days(order: Order) -> None:
    learnt(p50=120, p90=168)
    leave(order)
    estimate_departed()
    with time_machine.travel(MONDAY + 5 * DAY, tick=False):
        record_delays()
    usual = "Expected between Saturday\u00a028\u00a0November and Tuesday\u00a01\u00a0December"
    assert told(order) == f"It was to arrive by Friday\u00a027\u00a0November. {usual}."


def test_what_has_arrived_ends_without_a_word(order: Order) -> None:
    learnt()
    leave(order)
    estimate_departed()
    deliver_shipment(shipment(order), by=BOB, at=MONDAY + DAY)
    version = Order.objects.get().version
    assert end_estimates(now=MONDAY + 9 * DAY) == 0
    assert (Estimate.objects.get().is_over, Order.objects.get().version) == (True, version)


def in_two(shop: Shop) -> tuple[Order, Shipment]:
    """Let a part leave, of which the carrier names a day, and then the rest."""
    shop.receive(shop.mug, 1)
    order = shop.order((shop.mug, 1), (shop.teapot, 1))
    rest, first = shipment(order, 0), shipment(order, 1)
    ship_shipment(first, by=BOB, parcels=[ParcelDraft("dhl", "JD1")], at=MONDAY)
    expects(date(2026, 11, 26), date(2026, 11, 26), MONDAY + DAY)
    shop.receive(shop.teapot, 1)
    allocate_waiting(by=BOB)
    ship_shipment(rest, by=BOB, parcels=[ParcelDraft("dhl", "JD2")], at=MONDAY + 2 * DAY)
    assert estimate_departed(now=MONDAY + 2 * DAY) == 1
    return order, rest


def test_a_second_parcel_without_a_day_brings_the_promise_back_and_that_is_kept(shop: Shop) -> None:
    order, _ = in_two(shop)
    assert told(order) == "Arriving Wednesday\u00a025\u00a0– Friday\u00a027\u00a0November"
    assert rows()[1:] == [("CARRIER", date(2026, 11, 26), date(2026, 11, 26)), ("ORDER", *PROMISED)]


def test_what_a_person_says_of_a_shipment_is_kept_as_well(shop: Shop) -> None:
    order, rest = in_two(shop)
    with time_machine.travel(MONDAY + 3 * DAY, tick=False):
        move_shipment(rest, "deliver", by=BOB)
    assert told(order) == "DHL expects to deliver Thursday\u00a026\u00a0November"
    assert rows()[3:] == [("CARRIER", date(2026, 11, 26), date(2026, 11, 26))]


def test_on_time_counts_by_the_lanes_days_as_by_any(order: Order) -> None:
    learnt()
    leave(order)
    estimate_departed()
    deliver_shipment(shipment(order), by=BOB, at=datetime(2026, 11, 28, 15, 0, tzinfo=UTC))
    now, _ = shown(Period(MONDAY, MONDAY + 28 * DAY))
    assert (now.by_first, now.by_last) == (Kept(1, 0), Kept(1, 1))


def test_the_mail_that_says_it_left_names_the_same_days(order: Order) -> None:
    learnt()
    leave(order)
    relay()
    letter = Content.objects.get(message__kind=Message.Kind.PARCEL_SHIPPED)
    assert "Thursday 26 – Saturday 28 November" in letter.text
    assert ("MAIL", *USUAL) in rows()


def test_an_open_page_notices(order: Order, client: Client) -> None:
    learnt()
    leave(order)
    path = f"/track/{link_for(order).token}/"
    assert "Expected between" not in client.get(path).content.decode()
    seen = Order.objects.get().version
    estimate_departed()
    assert WORDS in client.get(f"{path}live", {"seen": seen}).content.decode()
    assert WORDS in client.get(path).content.decode()


def test_one_order_that_fails_does_not_hold_up_the_others(
    shop: Shop, order: Order, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from tracking.services import estimate

    other = shop.order((shop.mug, 1))
    learnt()
    leave(order)
    leave(other, "JD2")
    keep = estimate.keep_promise

    def fails(given: Order, *, now: datetime) -> None:
        if given == order:
            raise ValueError("of this one alone")
        keep(given, now=now)

    monkeypatch.setattr(estimate, "keep_promise", fails)
    assert estimate_departed() == 1
    assert list(Estimate.objects.values_list("parcel__shipment__order", flat=True)) == [other.pk]
    assert "of this one alone" in caplog.text
    monkeypatch.undo()
    assert estimate_departed(JUST_NOW) == 1


@pytest.mark.parametrize("days", [(USUAL[1], USUAL[0]), (USUAL[0], None)])
def test_an_estimate_is_a_range_or_nothing(order: Order, days: tuple[date, date | None]) -> None:
    leave(order)
    with pytest.raises(IntegrityError), transaction.atomic():
        Estimate.objects.create(parcel=shipment(order).parcels.get(), first=days[0], last=days[1])
    assert not Estimate.objects.exists()


def test_looking_costs_the_same_however_many_parcels(order: Order, django_assert_num_queries: Any) -> None:
    learnt()
    leave(order, "JD1", "JD2")
    with django_assert_num_queries(15):
        assert estimate_departed() == 1
    with django_assert_num_queries(1):
        assert estimate_departed() == 0
    with django_assert_num_queries(1):
        assert end_estimates() == 0
    assert ShownPromise.objects.count() == 2


@pytest.mark.parametrize("orders", [1, 3])
def test_where_nothing_is_known_many_are_looked_at_at_once_and_nobody_is_locked(
    shop: Shop, orders: int, django_assert_num_queries: Any
) -> None:
    shop.receive(shop.mug, orders)
    found = [shop.order((shop.mug, 1)) for _ in range(orders)]
    for n, each in enumerate(found):
        leave(each, f"JD{n}")
    versions = list(Order.objects.order_by("pk").values_list("version", flat=True))
    with django_assert_num_queries(4):
        assert estimate_departed() == orders
    assert Estimate.objects.filter(first=None).count() == orders
    assert list(Order.objects.order_by("pk").values_list("version", flat=True)) == versions


def test_who_left_and_what_has_passed_is_found_by_an_index(order: Order) -> None:
    learnt()
    leave(order)
    found = plans_of(estimate_departed) + plans_of(end_estimates) + plans_of(estimate_departed)
    assert not [plan for plan in found if reads_whole(plan, {"fulfillment_parcel", "tracking_estimate"})]
