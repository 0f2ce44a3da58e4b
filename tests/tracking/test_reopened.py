"""What arrived by a word that was read wrongly: its shipment stays where it is, and people are told."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from fulfillment.models import Parcel
from fulfillment.services import ParcelDraft, deliver_shipment, ship_shipment
from fulfillment.services.returns import find_return
from notifications.models import Message
from notifications.relay import relay_batch
from orders.models import Order
from tests.factories import ALICE, BOB, MONDAY, Shop, shipment
from tests.fulfillment.at_desk import take_in
from tests.hooks import event
from tests.staff import client_of, flashes
from tests.tracking.test_remap import PAGE
from tracking.audit import shipments_unlike_parcels
from tracking.carriers.meaning import Key, Row
from tracking.models import Alarm, Tracker
from tracking.services import (
    enter_scan,
    replay_history,
    set_meaning,
    sweep_alarms,
    take_carrier_events,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = MONDAY + 2 * DAY
WORD = Key("generic", "dhl", "status", "zz9")


@pytest.fixture
def order(shop: Shop) -> Order:
    shop.receive(shop.mug, 1)
    return sent(shop.order((shop.mug, 1)), "123")


def sent(order: Order, *numbers: str) -> Order:
    boxes = [ParcelDraft("dhl", number, lines={place: 1}) for place, number in enumerate(numbers, start=1)]
    ship_shipment(shipment(order), by=BOB, parcels=boxes, at=MONDAY)
    return order


def says(code: str, number: str = "123", at: Any = MONDAY + DAY) -> None:
    with time_machine.travel(at, tick=False):
        take_carrier_events([event(number, code, at=at)], by=ALICE)


def means(status: str, reason: str = "") -> None:
    """Let the word mean this, and history follow."""
    with time_machine.travel(LATER, tick=False):
        set_meaning(WORD, Row(status, reason), by=BOB)
        while replay_history():
            pass


def board(now: Any = LATER) -> dict[str, str]:
    sweep_alarms(now=now)
    return dict(Alarm.objects.standing().values_list("kind", "reason"))


def found() -> dict[str, str]:
    with time_machine.travel(LATER, tick=False):
        return dict(shipments_unlike_parcels())


@pytest.mark.parametrize(
    ("status", "counts_as"), [("DELIVERED", "delivered"), ("RETURNED_TO_SENDER", "back at the shop")]
)
def test_what_arrived_by_a_word_read_wrongly_is_on_the_board_until_it_is_known(
    order: Order, status: str, counts_as: str
) -> None:
    says("ZZ9")
    means(status)
    assert (shipment(order).status, board(), found()) == (status, {}, {})
    means("IN_TRANSIT")
    assert (Tracker.objects.get().status, Tracker.objects.get().is_reopened) == ("IN_TRANSIT", True)
    assert shipment(order).status == status, "what has come to its end stays there"
    assert board() == {"REOPENED": f"It counts as {counts_as}; by what DHL says now it is not."}
    assert found() == {
        Parcel.objects.get().number: f"It counts as {counts_as}; by what its carrier says now: on its way."
    }
    page = client_of("support").get("/admin/tracking/alarm/").content.decode()
    assert "Ask the customer whether it is there, and the carrier where it is." in page
    assert set(board(MONDAY + 20 * DAY)) == {"REOPENED"}, "no customer hears of silence"
    while relay_batch():
        pass
    assert not Message.objects.filter(kind="parcel.silent").exists()
    url = f"/admin/tracking/alarm/{Alarm.objects.standing().get().pk}/do/enter/"
    with time_machine.travel(LATER, tick=False):
        told = {"operation": uuid4(), "status": status, "at": f"{timezone.localtime(LATER):%Y-%m-%dT%H:%M}"}
        assert flashes(client_of("support").post(url, told))[-1].startswith("What happened is entered.")
    assert (board(), found()) == ({}, {})


def test_what_is_lost_after_all_may_go_again_and_then_is_over(order: Order) -> None:
    says("ZZ9")
    means("DELIVERED")
    means("IN_TRANSIT")
    with time_machine.travel(LATER, tick=False):
        enter_scan(Parcel.objects.get(), status="LOST", at=LATER, by=BOB, operation=str(uuid4()))
    assert board() == {"LOST": "DHL lost it."}
    alarm = Alarm.objects.standing().get()
    client_of("support").post(f"/admin/tracking/alarm/{alarm.pk}/do/send-again/", {"operation": uuid4()})
    assert (Order.objects.count(), board()) == (2, {})


def test_what_lies_at_the_desk_is_back_whatever_its_carrier_says(order: Order) -> None:
    says("ZZ9")
    means("RETURNED_TO_SENDER")
    take_in(find_return("123"))
    means("IN_TRANSIT")
    assert Tracker.objects.get().is_reopened
    assert (board(), found()) == ({}, {})


def test_what_was_delivered_and_comes_back_is_expected_and_cries_when_it_does_not_come(order: Order) -> None:
    says("DELIVERED")
    says("RETURNING_TO_SENDER", at=LATER)
    assert (shipment(order).status, Tracker.objects.get().is_reopened) == ("DELIVERED", True)
    assert (board(), found()) == ({}, {})
    assert set(board(LATER + 14 * DAY)) == {"RETURN_SILENT"}


def test_that_a_person_knows_of_the_delivery_before_its_carrier_is_no_alarm(order: Order) -> None:
    says("IN_TRANSIT")
    deliver_shipment(shipment(order), by=BOB)
    says("OUT_FOR_DELIVERY", at=LATER)
    assert (board(MONDAY + 20 * DAY), found()) == ({}, {})


def test_a_shipment_that_did_not_follow_its_parcels_is_named(order: Order) -> None:
    says("IN_TRANSIT")
    assert found() == {}
    Tracker.objects.update(status="DELIVERED")
    assert found() == {
        shipment(order).number: "All its parcels have come to their end, and it is on its way: fold them again."
    }


# --- beforehand ---------------------------------------------------------------------------------------------------


def preview(status: str, reason: str = "") -> str:
    given = WORD._asdict() | {"status": status, "reason": reason, "operation": uuid4(), "look": ""}
    with time_machine.travel(LATER, tick=False):
        page = client_of("manager").post(PAGE, given).content.decode()
    assert "would look different" in page
    return page


@pytest.mark.parametrize(
    ("status", "ends"),
    [
        ("DELIVERED", "2 shipments would be delivered."),
        ("RETURNED_TO_SENDER", "1 shipment would be delivered and 1 shipment would be back at the shop."),
        ("LOST", "2 shipments would be lost."),
        ("IN_TRANSIT", ""),
    ],
)
def test_the_preview_says_what_no_correction_takes_back(shop: Shop, status: str, ends: str) -> None:
    """One order in one parcel; of another one parcel is at the door; of the third one is still under way."""
    shop.receive(shop.mug, 3)
    shop.receive(shop.teapot, 2)
    sent(shop.order((shop.mug, 1)), "1")
    for numbers in (("21", "22"), ("31", "32")):
        sent(shop.order((shop.mug, 1), (shop.teapot, 1)), *numbers)
    says("DELIVERED", "21")
    says("IN_TRANSIT", "31")
    for number in ("1", "22", "32"):
        says("ZZ9", number)
    page = preview(status)
    assert f"{ends} No later correction takes that back." in page if ends else "takes that back" not in page
    before = {each.pk for each in Tracker.objects.filter(parcel__shipment__status="SHIPPED")}
    assert len(before) == 5, "nothing is done by looking"
    means(status)
    left = Order.objects.filter(shipments__status="SHIPPED").distinct().count()
    assert left == (3 if status == "IN_TRANSIT" else 1), "the preview is what becomes of it"


def test_what_is_lost_already_cannot_be_lost_by_it(order: Order) -> None:
    says("ZZ9")
    assert "1 shipment would be lost." in preview("LOST")
    client_of("manager").post(f"/admin/fulfillment/shipment/{shipment(order).pk}/do/lose/", {"operation": uuid4()})
    assert shipment(order).status == "LOST"
    assert "takes that back" not in preview("LOST")
