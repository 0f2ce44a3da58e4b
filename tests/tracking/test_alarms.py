"""Parcels that need a person: opened by what is so, closed by the next scan, taken and snoozed by people."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from fulfillment.models import Parcel
from fulfillment.services import ParcelDraft, deliver_shipment, ship_shipment
from notifications.models import Message
from notifications.relay import relay_batch
from orders.models import Event, Order
from tests.factories import ALICE, BOB, MONDAY, Shop, shipment
from tests.hooks import event
from tests.plans import planned_by_sqlite, plans_of
from tests.staff import client_of, flashes
from tracking.lanes import Lane, Lanes, Quiet, Stats, Watched, watch
from tracking.models import Alarm, LearntLane, Tracker
from tracking.models.alarm import OLDEST
from tracking.services import (
    AlarmClosed,
    AlreadyTheirs,
    NotSnoozed,
    alarms,
    leave_alarm,
    snooze_alarm,
    sweep_alarms,
    take_alarm,
    take_carrier_events,
    wake_alarm,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LANE = Lane.to("dhl", "standard", "MAIN", "ES", "28013")
KNOWN = Lanes({LANE: Stats(200, 40, 60, 100, Quiet(20, 30))})


def watched(**more: Any) -> Watched:
    given = {
        "lane": LANE,
        "carrier": "DHL",
        "shipped_at": MONDAY,
        "last_scan_at": MONDAY + 5 * HOUR,
        "status": "IN_TRANSIT",
        "reason": "",
        "attempts": 0,
        "is_action_required": False,
        "is_unmapped": False,
    }
    return Watched(**given | more)


def kinds(parcel: Watched, after: timedelta, lanes: Lanes = KNOWN) -> list[str]:
    return [cry.kind for cry in watch(parcel, lanes, MONDAY + after, UTC)]


def test_silence_cries_when_the_lane_says_so() -> None:
    assert kinds(watched(), 34 * HOUR) == []
    assert kinds(watched(), 35 * HOUR) == ["NO_SCAN_SINCE"]
    assert kinds(watched(last_scan_at=None, status="PRE_TRANSIT"), 29 * HOUR) == []
    assert kinds(watched(last_scan_at=None, status="PRE_TRANSIT"), 30 * HOUR) == ["NO_FIRST_SCAN"]
    assert kinds(watched(last_scan_at=MONDAY + 99 * HOUR), 100 * HOUR) == ["PAST_WINDOW"]


def test_without_history_five_days_are_long_and_the_reason_says_so() -> None:
    assert kinds(watched(), 5 * DAY, Lanes({})) == []
    [cry] = watch(watched(), Lanes({}), MONDAY + 5 * HOUR + 5 * DAY, UTC)
    assert cry.reason.endswith("There is not enough history of its lane: five days are long anywhere.")
    [known] = watch(watched(), KNOWN, MONDAY + 35 * HOUR, UTC)
    assert known.reason.endswith("19 of 20 parcels from MAIN to ES-28 are never quiet for more than 20 hours.")
    assert known.since == MONDAY + 5 * HOUR


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"status": "EXCEPTION", "reason": "weather_delay"}, []),
        ({"status": "EXCEPTION", "reason": "damaged"}, ["EXCEPTION"]),
        ({"status": "EXCEPTION", "reason": ""}, ["EXCEPTION"]),
        ({"status": "IN_TRANSIT", "reason": "duties_unpaid", "is_action_required": True}, ["EXCEPTION"]),
        ({"status": "DELIVERY_ATTEMPT_FAILED", "attempts": 1}, []),
        ({"status": "DELIVERY_ATTEMPT_FAILED", "attempts": 2}, ["ATTEMPTS"]),
        ({"status": "OUT_FOR_DELIVERY", "attempts": 2}, []),
        ({"is_unmapped": True}, ["UNKNOWN_WORD"]),
        ({"status": "LOST"}, ["LOST"]),
    ],
)
def test_what_a_carrier_says_cries_at_once(more: dict[str, Any], found: list[str]) -> None:
    assert kinds(watched(**more), 6 * HOUR) == found


@pytest.mark.parametrize(
    ("status", "days", "kind"),
    [("AVAILABLE_FOR_PICKUP", 5, "UNCOLLECTED"), ("RETURNING_TO_SENDER", 14, "RETURN_SILENT")],
)
def test_what_waits_or_comes_back_may_be_silent_and_not_for_ever(status: str, days: int, kind: str) -> None:
    parcel = watched(status=status)
    assert kinds(parcel, days * DAY + 4 * HOUR) == []
    [cry] = watch(parcel, KNOWN, MONDAY + days * DAY + 5 * HOUR, UTC)
    assert (cry.kind, cry.since) == (kind, parcel.last_scan_at)
    assert f"{days} days" in cry.reason
    assert cry.reason.startswith(("DHL has", "It is on its way back, and DHL"))
    assert kinds(parcel._replace(last_scan_at=MONDAY + days * DAY), days * DAY + 5 * HOUR) == []


def test_what_its_carrier_cancelled_after_it_left_is_looked_for_at_once_and_is_no_silence() -> None:
    for after in (6 * HOUR, 30 * DAY):
        assert kinds(watched(status="CANCELLED"), after) == ["CANCELLED"]


# --- the board ----------------------------------------------------------------------------------------------


@pytest.fixture
def order(shop: Shop) -> Order:
    shop.receive(shop.mug, 2)
    order = shop.order((shop.mug, 1))
    ship_shipment(shipment(order), by=BOB, parcels=[ParcelDraft("dhl", "123")], at=MONDAY)
    return order


def says(code: str, at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        assert [each.result for each in take_carrier_events([event("123", code, at=at)], by=ALICE)] == ["accepted"]


def standing() -> list[str]:
    return sorted(Alarm.objects.standing().values_list("kind", flat=True))


def silences() -> list[str]:
    return [each.facts["alarm"] for each in Event.objects.filter(kind="parcel.silent").order_by("pk")]


def test_silence_opens_once_is_told_once_and_closes_with_the_next_scan(order: Order) -> None:
    says("IN_TRANSIT", MONDAY + HOUR)
    for _ in range(2):
        assert sweep_alarms(now=MONDAY + 6 * DAY) == 1
    assert (standing(), silences()) == (["NO_SCAN_SINCE"], ["NO_SCAN_SINCE"])
    says("IN_TRANSIT", MONDAY + 6 * DAY)
    assert standing() == []
    assert Alarm.objects.get().closed_at == MONDAY + 6 * DAY
    sweep_alarms(now=MONDAY + 12 * DAY)
    assert (standing(), len(silences())) == (["NO_SCAN_SINCE"], 2)
    while relay_batch():
        pass
    assert Message.objects.filter(kind="parcel.silent").count() == 1


def test_an_old_scan_that_comes_late_leaves_a_silence_to_who_looks_after_it(order: Order) -> None:
    says("IN_TRANSIT", MONDAY + HOUR)
    now = MONDAY + 12 * DAY
    sweep_alarms(now=now)
    snooze_alarm(Alarm.objects.get(), days=3, note="I telephone them", by=BOB, now=now)
    before = list(Alarm.objects.values_list("pk", "owner", "note", "snoozed_until", "closed_at"))
    old = event("123", "IN_TRANSIT", at=MONDAY + 2 * DAY)
    take_carrier_events([old], by=ALICE, now=now)
    sweep_alarms(now=now)
    assert list(Alarm.objects.values_list("pk", "owner", "note", "snoozed_until", "closed_at")) == before
    assert (Alarm.objects.get().since, silences()) == (MONDAY + 2 * DAY, ["NO_SCAN_SINCE"])
    take_carrier_events([event("123", "IN_TRANSIT", at=now)], by=ALICE, now=now)
    assert standing() == []


def test_what_was_never_scanned_is_looked_for_before_the_customer_hears(order: Order) -> None:
    sweep_alarms(now=MONDAY + 6 * DAY)
    assert (standing(), silences()) == (["NO_FIRST_SCAN"], ["NO_FIRST_SCAN"])
    while relay_batch():
        pass
    assert not Message.objects.filter(kind="parcel.silent").exists()


def test_what_was_learnt_of_the_lane_is_what_cries(order: Order) -> None:
    says("IN_TRANSIT", MONDAY + HOUR)
    numbers = {"parcels": 200, "p50": 40, "p90": 60, "late": 100, "quiet_p95": 20, "quiet_limit": 30}
    LearntLane.objects.create(**LANE._asdict(), **numbers)
    sweep_alarms(now=MONDAY + 30 * HOUR)
    assert standing() == []
    sweep_alarms(now=MONDAY + 32 * HOUR)
    assert standing() == ["NO_SCAN_SINCE"]
    says("IN_TRANSIT", MONDAY + 99 * HOUR)
    sweep_alarms(now=MONDAY + 100 * HOUR)
    assert standing() == ["PAST_WINDOW"]


def test_what_arrives_closes_all_its_alarms(order: Order) -> None:
    says("EXCEPTION", MONDAY + HOUR)
    sweep_alarms(now=MONDAY + 6 * DAY)
    assert standing() == ["EXCEPTION", "NO_SCAN_SINCE"]
    says("DELIVERED", MONDAY + 6 * DAY)
    assert sweep_alarms(now=MONDAY + 6 * DAY) == 0
    assert standing() == []


@pytest.mark.parametrize(
    ("code", "after", "kind", "next_step"),
    [
        ("AVAILABLE_FOR_PICKUP", 6 * DAY, "UNCOLLECTED", "Remind the customer"),
        ("RETURNING_TO_SENDER", 15 * DAY, "RETURN_SILENT", "Look whether it is at the returns desk"),
        ("CANCELLED", 2 * DAY, "CANCELLED", "Ask the carrier whether it has it"),
    ],
)
def test_what_has_left_and_is_not_at_its_end_is_on_the_board(
    order: Order, code: str, after: timedelta, kind: str, next_step: str
) -> None:
    says(code, MONDAY + DAY)
    sweep_alarms(now=MONDAY + after + HOUR)
    assert (standing(), silences()) == ([kind], [])
    assert next_step in client_of("support").get("/admin/tracking/alarm/").content.decode()
    says("IN_TRANSIT", MONDAY + after + 2 * HOUR) if code == "CANCELLED" else says("DELIVERED", MONDAY + after)
    sweep_alarms(now=MONDAY + after + 3 * HOUR)
    assert standing() == []


def test_what_somebody_finds_out_is_entered_on_the_board_and_ends_the_alarm(order: Order) -> None:
    says("RETURNING_TO_SENDER", MONDAY + DAY)
    sweep_alarms(now=MONDAY + 20 * DAY)
    url, at = f"/admin/tracking/alarm/{Alarm.objects.get().pk}/do/enter/", MONDAY + 19 * DAY
    told = {"operation": uuid4(), "status": "RETURNED_TO_SENDER", "at": f"{at:%Y-%m-%dT%H:%M}"}
    with time_machine.travel(MONDAY + 20 * DAY, tick=False):
        assert client_of("auditor").post(url, told).status_code == 403
        assert flashes(client_of("support").post(url, told))[-1].startswith("What happened is entered.")
    assert shipment(order).status == "RETURNED_TO_SENDER"
    sweep_alarms(now=MONDAY + 20 * DAY)
    assert standing() == []


def test_what_has_no_number_or_is_here_cries_for_nobody(shop: Shop) -> None:
    shop.receive(shop.mug, 4)
    ship_shipment(shipment(shop.order((shop.mug, 1))), by=BOB, at=MONDAY)
    there = shop.order((shop.mug, 1))
    ship_shipment(shipment(there), by=BOB, parcels=[ParcelDraft("dhl", "9")], at=MONDAY)
    deliver_shipment(shipment(there), by=BOB)
    shop.order((shop.mug, 1))
    assert sweep_alarms(now=MONDAY + 60 * DAY) == 0


def test_an_alarm_stands_once_a_parcel_and_kind(order: Order) -> None:
    parcel = Parcel.objects.get()
    Alarm.objects.create(parcel=parcel, kind="LOST", since=MONDAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Alarm.objects.create(parcel=parcel, kind="LOST", since=MONDAY)
    Alarm.objects.update(closed_at=MONDAY)
    Alarm.objects.create(parcel=parcel, kind="LOST", since=MONDAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Alarm.objects.create(parcel=parcel, kind="WHATEVER", since=MONDAY)


def test_a_sweep_asks_the_database_as_often_for_one_parcel_as_for_many(
    shop: Shop, django_assert_num_queries: Any
) -> None:
    shop.receive(shop.mug, 9)
    for number in ("1", "2", "3"):
        ship_shipment(shipment(shop.order((shop.mug, 1))), by=BOB, parcels=[ParcelDraft("dhl", number)], at=MONDAY)
        sweep_alarms(now=MONDAY + 6 * DAY)
        with django_assert_num_queries(4):
            sweep_alarms(now=MONDAY + 6 * DAY)


@planned_by_sqlite
def test_of_what_has_arrived_a_sweep_reads_what_was_corrected_since_alone(shop: Shop) -> None:
    assert "tracker_reopened" in str(plans_of(sweep_alarms))


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_tell_of_a_silence_once(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    says("IN_TRANSIT", MONDAY + HOUR)
    both, go_on = threading.Barrier(2, timeout=30), alarms._open

    def together(*given: Any) -> None:
        both.wait()  # each has seen that no alarm stands yet
        go_on(*given)

    def sweep() -> None:
        sweep_alarms(now=MONDAY + 12 * DAY)
        connection.close()

    monkeypatch.setattr(alarms, "_open", together)
    sweeps = [threading.Thread(target=sweep) for _ in range(2)]
    for each in sweeps:
        each.start()
    for each in sweeps:
        each.join()
    assert (standing(), silences()) == (["NO_SCAN_SINCE"], ["NO_SCAN_SINCE"])


def test_an_order_that_fails_holds_up_nobody_and_comes_up_with_the_next_sweep(
    shop: Shop, order: Order, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shop.receive(shop.mug, 1)
    other = shop.order((shop.mug, 1))
    ship_shipment(shipment(other), by=BOB, parcels=[ParcelDraft("dhl", "124")], at=MONDAY)
    tell = alarms.record

    def stumble(fresh: Order, *given: Any, **more: Any) -> Any:
        if fresh == order:
            raise RuntimeError("this order is broken")
        return tell(fresh, *given, **more)

    with monkeypatch.context() as patched:
        patched.setattr(alarms, "record", stumble)
        sweep_alarms(now=MONDAY + 6 * DAY)
    assert Alarm.objects.get().parcel.order == other
    assert f"the alarms of order {order.pk} could not be brought in line" in caplog.text
    assert not order.events.filter(kind="parcel.silent").exists()
    sweep_alarms(now=MONDAY + 6 * DAY)
    assert (standing(), len(silences())) == (["NO_FIRST_SCAN"] * 2, 2)


def lost(order: Order) -> Alarm:
    return Alarm.objects.create(parcel=Parcel.objects.get(), kind="LOST", reason="DHL lost it.", since=MONDAY)


def test_an_alarm_is_taken_snoozed_and_given_back(order: Order) -> None:
    alarm = lost(order)
    take_alarm(alarm, by=BOB)
    snooze_alarm(Alarm.objects.get(), days=2, note="they search", by=ALICE, now=MONDAY)
    found = Alarm.objects.get()
    assert (found.owner, found.snoozed_until, found.note) == (str(BOB), MONDAY + 2 * DAY, "they search")
    assert not Alarm.objects.awake(MONDAY + DAY).exists()
    assert Alarm.objects.awake(MONDAY + 2 * DAY).exists()
    leave_alarm(alarm)
    assert Alarm.objects.get().owner == ""


def test_a_snooze_is_ended_early_and_what_is_awake_is_not_woken(order: Order) -> None:
    alarm = lost(order)
    with pytest.raises(NotSnoozed, match="^It is not snoozed"):
        wake_alarm(alarm, now=MONDAY)
    snooze_alarm(alarm, days=2, note="they search", by=ALICE, now=MONDAY)
    wake_alarm(alarm, now=MONDAY + HOUR)
    found = Alarm.objects.get()
    assert (found.snoozed_until, found.note, found.owner) == (None, "they search", str(ALICE))
    snooze_alarm(alarm, days=2, by=ALICE, now=MONDAY)
    Alarm.objects.update(closed_at=MONDAY)
    with pytest.raises(AlarmClosed):
        wake_alarm(alarm, now=MONDAY + HOUR)
    assert Alarm.objects.get().snoozed_until == MONDAY + 2 * DAY


def test_its_page_leads_to_scans_order_customer_and_what_goes_again(order: Order) -> None:
    says("LOST", MONDAY + HOUR)
    alarm, tracker = lost(order), Tracker.objects.get()
    client, url = client_of("support"), f"/admin/tracking/alarm/{alarm.pk}/"
    page = client.get(f"{url}change/").content.decode()
    assert f'href="/admin/tracking/tracker/{tracker.pk}/change/"' in page
    assert f'href="/admin/orders/order/{order.pk}/change/"' in page
    assert f'action="/admin/orders/order/{order.pk}/customer-page/"' in page
    assert "It goes again as" not in page
    assert client.post(f"{url}do/snooze/", {"operation": uuid4(), "days": "3"}).status_code == 302
    assert "wake" in {offer.act.verb for offer in client.get(f"{url}change/").context["offers"]}
    client.post(f"{url}do/wake/", {"operation": uuid4()})
    assert Alarm.objects.get().snoozed_until is None
    assert flashes(client.post(f"{url}do/wake/", {"operation": uuid4()}))[-1].startswith("It is not snoozed")
    client.post(f"{url}do/send-again/", {"operation": uuid4()})
    again = Order.objects.exclude(pk=order.pk).get()
    page = client.get(f"{url}change/").content.decode()
    assert f'href="/admin/orders/order/{again.pk}/change/">{again}</a>' in page


def test_the_word_that_was_not_understood_is_named_and_who_may_is_led_to_it(order: Order) -> None:
    says("moved_by_dragon", MONDAY + HOUR)
    sweep_alarms(now=MONDAY + 2 * HOUR)
    alarm = Alarm.objects.get(kind="UNKNOWN_WORD")
    pages = {
        role: client_of(role).get(f"/admin/tracking/alarm/{alarm.pk}/change/").content.decode()
        for role in ("support", "manager")
    }
    to_meaning = "/admin/tracking/carriercode/meaning/?provider=generic"
    assert {role: (to_meaning in page, "moved_by_dragon" in page) for role, page in pages.items()} == {
        "support": (False, True),
        "manager": (True, True),
    }
    assert "Ask a manager to say what the word means." in pages["support"]
    assert "/admin/tracking/unmappedcode/" not in client_of("support").get("/admin/tracking/alarm/").content.decode()


def test_who_has_an_alarm_does_not_take_it_and_others_may(order: Order) -> None:
    alarm = lost(order)
    take_alarm(alarm, by=BOB)
    with pytest.raises(AlreadyTheirs, match="^You look after it already.$"):
        take_alarm(alarm, by=BOB)
    take_alarm(alarm, by=ALICE)
    assert Alarm.objects.get().owner == str(ALICE)


def test_the_page_offers_it_to_all_but_who_has_it(order: Order) -> None:
    alarm = lost(order)
    client, url = client_of("support"), f"/admin/tracking/alarm/{alarm.pk}/"

    def offered(to: Any) -> bool:
        return "take" in {offer.act.verb for offer in to.get(f"{url}change/").context["offers"]}

    assert offered(client)
    client.post(f"{url}do/take/", {"operation": uuid4()})
    assert (offered(client), offered(client_of("manager"))) == (False, True)
    assert flashes(client.post(f"{url}do/take/", {"operation": uuid4()}))[-1] == "You look after it already."


def test_alarms_are_taken_from_the_board(order: Order) -> None:
    alarm = lost(order)
    chosen = {"action": "take_alarms", "_selected_action": [alarm.pk], "index": "0"}
    client = client_of("support")
    assert 'value="take_alarms"' in client.get("/admin/tracking/alarm/").content.decode()
    assert flashes(client.post("/admin/tracking/alarm/", chosen)) == ["1 taken."]
    assert flashes(client.post("/admin/tracking/alarm/", chosen))[-1] == "You look after it already."
    auditor = client_of("auditor")
    assert 'value="take_alarms"' not in auditor.get("/admin/tracking/alarm/").content.decode()
    auditor.post("/admin/tracking/alarm/", chosen)
    assert Alarm.objects.get().owner == f"user:{User.objects.get(username='support').pk}"


def test_what_left_so_long_ago_that_nobody_asks_any_more_is_over(order: Order) -> None:
    says("LOST", MONDAY + HOUR)
    assert sweep_alarms(now=MONDAY + OLDEST - HOUR) == 1
    assert sweep_alarms(now=MONDAY + OLDEST) == 0
    assert Alarm.objects.get().closed_at == MONDAY + OLDEST


def test_what_is_over_is_taken_by_nobody(order: Order) -> None:
    alarm = lost(order)
    Alarm.objects.update(closed_at=MONDAY)
    for act in (
        lambda: take_alarm(alarm, by=BOB),
        lambda: leave_alarm(alarm),
        lambda: snooze_alarm(alarm, days=1, by=BOB),
    ):
        with pytest.raises(AlarmClosed, match="That is over"):
            act()
    assert Alarm.objects.values_list("owner", "snoozed_until").get() == ("", None)


def test_the_board_says_what_is_wrong_what_to_do_and_whose_it_is(order: Order) -> None:
    alarm = lost(order)
    client = client_of("support")
    page = client.get("/admin/tracking/alarm/").content.decode()
    for words in ("DHL lost it.", "Claim it from the carrier, and decide whether it goes again.", "Nobody yet"):
        assert words in page
    url = f"/admin/tracking/alarm/{alarm.pk}/"
    assert flashes(client.post(f"{url}do/take/", {"operation": uuid4()}))[-1].startswith("You look after")
    assert client.post(f"{url}do/snooze/", {"operation": uuid4(), "days": "3", "note": "a search"}).status_code == 302
    assert "a search" in client.get(f"{url}change/").content.decode()

    def listed(**chosen: str) -> int:
        return len(client.get("/admin/tracking/alarm/", chosen).context["cl"].result_list)

    assert [listed(), *(listed(state=state) for state in ("mine", "free", "snoozed", "over"))] == [0, 1, 0, 1, 0]
    assert listed(state="mine", q=order.number) == 1
    assert listed(state="mine", q="999") == 0
    Alarm.objects.update(closed_at=timezone.now())
    assert [listed(), *(listed(state=state) for state in ("mine", "free", "snoozed", "over"))] == [0, 0, 0, 0, 1]
    over = client.get("/admin/tracking/alarm/", {"state": "over"}).content.decode()
    assert ("Over since" in over, "Claim it from the carrier" in over) == (True, False)
    assert "That is over" in flashes(client.post(f"{url}do/take/", {"operation": uuid4()}))[-1]


def test_a_tracker_of_before_has_alarms_too(order: Order) -> None:
    Tracker.objects.create(parcel=Parcel.objects.get(), status="IN_TRANSIT", needs_review=["unmapped_value"])
    sweep_alarms(now=MONDAY + HOUR)
    assert standing() == ["UNKNOWN_WORD"]
