"""What comes back is expected, once; what is lost or damaged may go again, once; corrections take both back."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, transaction

from fulfillment import ledger
from fulfillment.models import Parcel, Reship, Return
from fulfillment.services import ParcelDraft, UnknownContents, decline_reship, send_again, ship_shipment
from fulfillment.services.returns import cancel_return, find_return
from notifications.models import Message
from notifications.relay import relay_batch
from orders.lifecycle import NotAllowed
from orders.models import Event, Order
from tests.factories import ALICE, BOB, MONDAY, Shop, shipment, stages
from tests.fulfillment.at_desk import take_in
from tests.hooks import event
from tests.staff import client_of, flashes
from tracking.models import Alarm
from tracking.services import enter_scan, replay_everything, sweep_alarms, take_carrier_events
from tracking.timeline import page_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def order(shop: Shop) -> Order:
    """Two mugs and a teapot on their way."""
    shop.receive(shop.mug, 3)
    shop.receive(shop.teapot, 1)
    order = shop.order((shop.mug, 2), (shop.teapot, 1))
    ship_shipment(shipment(order), by=BOB, parcels=[ParcelDraft("dhl", "123")], at=MONDAY)
    return order


def says(code: str, at: datetime, number: str = "123") -> None:
    with time_machine.travel(at, tick=False):
        assert [each.result for each in take_carrier_events([event(number, code, at=at)], by=ALICE)] == ["accepted"]


def kinds(*starts: str) -> list[str]:
    found = Event.objects.order_by("pk").values_list("kind", flat=True)
    return [kind for kind in found if kind.startswith(starts)]


def fold_again() -> None:
    """All of history says what it said: nothing may follow of it anew."""
    before = Event.objects.count()
    with time_machine.travel(MONDAY + 30 * DAY, tick=False):
        assert sum(len(each.failed) for each in replay_everything(by=BOB)) == 0
    assert Event.objects.count() == before


def units(back: Return) -> dict[int, int]:
    return dict(back.lines.values_list("order_line__number", "quantity"))


# --- what comes back ----------------------------------------------------------------------------------------------


def test_what_its_carrier_brings_back_is_expected_once_and_the_desk_knows_it(order: Order) -> None:
    says("RETURNING_TO_SENDER", MONDAY + DAY)
    says("RETURNED_TO_SENDER", MONDAY + 2 * DAY)
    back, parcel = Return.objects.get(), Parcel.objects.get()
    assert (back.status, back.reason, back.parcel, back.shipment) == (
        "IN_TRANSIT",
        "UNDELIVERED",
        parcel,
        parcel.shipment,
    )
    assert (back.number, units(back)) == (f"{order}-R1", {1: 2, 2: 1})
    assert kinds("return.", "reship.") == ["return.expected"]
    for text in ("123", parcel.number, order.number, str(parcel.shipment), back.number):
        assert find_return(text) == back
    fold_again()
    assert take_in(find_return("123"), 2) == back
    assert (Return.objects.get().status, shipment(order).status) == ("RECEIVED", "RETURNED_TO_SENDER")
    says("RETURNED_TO_SENDER", MONDAY + 3 * DAY)
    fold_again()
    assert (Return.objects.count(), list(ledger.verify())) == (1, [])


def test_what_goes_its_way_after_all_is_expected_no_more_and_may_come_back_later(order: Order) -> None:
    says("RETURNING_TO_SENDER", MONDAY + DAY)
    says("LOST", MONDAY + 2 * DAY)
    assert Return.objects.values_list("status", "parcel").get() == ("CANCELLED", None)
    says("RETURNED_TO_SENDER", MONDAY + 3 * DAY)
    assert list(Return.objects.order_by("pk").values_list("status", flat=True)) == ["CANCELLED", "IN_TRANSIT"]
    assert kinds("return.", "reship.") == [
        "return.expected",
        "return.cancelled",
        "reship.proposed",
        "return.expected",
        "reship.withdrawn",
    ]
    fold_again()


def test_a_return_that_people_called_off_is_not_expected_again(order: Order) -> None:
    says("RETURNING_TO_SENDER", MONDAY + DAY)
    cancel_return(Return.objects.get(), by=BOB)
    says("RETURNED_TO_SENDER", MONDAY + 2 * DAY)
    fold_again()
    assert Return.objects.get().status == "CANCELLED"
    assert find_return("123") == shipment(order), "what is here all the same comes in by its number"


def test_what_its_carrier_brings_back_may_be_here_before_it_says_so(order: Order) -> None:
    says("RETURNING_TO_SENDER", MONDAY + DAY)
    assert shipment(order).status == "SHIPPED"
    back = take_in(find_return("123"))
    assert (back, back.status, Return.objects.count()) == (Return.objects.get(parcel__isnull=False), "RECEIVED", 1)
    assert shipment(order).status == "RETURNED_TO_SENDER"
    assert list(ledger.verify()) == []


def test_what_lies_on_the_desk_already_is_not_expected(order: Order) -> None:
    back = take_in(shipment(order))
    says("RETURNED_TO_SENDER", MONDAY + DAY)
    assert (Return.objects.get(), kinds("return.expected")) == (back, [])


def two_boxes(shop: Shop, *, written: bool = True) -> Order:
    shop.receive(shop.mug, 3)
    shop.receive(shop.teapot, 1)
    order = shop.order((shop.mug, 2), (shop.teapot, 1))
    contents: list[dict[int, int]] = [{1: 2}, {2: 1}] if written else [{}, {}]
    boxes = [ParcelDraft("dhl", f"12{n}", lines=lines) for n, lines in enumerate(contents, start=3)]
    ship_shipment(shipment(order), by=BOB, parcels=boxes, at=MONDAY)
    return order


def test_of_two_parcels_each_is_expected_by_itself(shop: Shop) -> None:
    order = two_boxes(shop)
    says("RETURNING_TO_SENDER", MONDAY + DAY, "124")
    back = Return.objects.get()
    assert (back.parcel, back.shipment, units(back)) == (Parcel.objects.get(tracking_number="124"), None, {2: 1})
    assert (find_return("124"), find_return(order.number)) == (back, back)
    says("RETURNED_TO_SENDER", MONDAY + 2 * DAY, "123")
    other = Return.objects.exclude(pk=back.pk).get()
    assert (find_return("123"), find_return("124"), units(other)) == (other, back, {1: 2})
    assert take_in(other, 2).status == take_in(back, sku="TEA-01").status == "RECEIVED"
    assert (shipment(order).status, list(ledger.verify())) == ("SHIPPED", [])
    fold_again()


# --- parcels of one shipment that end differently -----------------------------------------------------------------


def letters() -> set[tuple[str, str]]:
    while relay_batch():
        pass
    return set(Message.objects.filter(kind="parcel.delivered").values_list("kind", "milestone"))


@pytest.mark.parametrize("first", ["DELIVERED", "RETURNED_TO_SENDER"])
def test_of_a_shipment_that_came_in_part_the_rest_of_which_is_back_all_is_told(shop: Shop, first: str) -> None:
    order = two_boxes(shop)
    ends = {"DELIVERED": ("123", MONDAY + DAY), "RETURNED_TO_SENDER": ("124", MONDAY + 2 * DAY)}
    for code in sorted(ends, key=lambda each: each != first):
        assert shipment(order).status == "SHIPPED"
        says(code, ends[code][1], ends[code][0])
    assert (shipment(order).status, Order.objects.get().status) == ("DELIVERED", "DELIVERED")
    assert (shipment(order).delivered_at, Order.objects.get().delivered_at) == (MONDAY + DAY, MONDAY + DAY)
    door, back = (Parcel.objects.get(tracking_number=number) for number in ("123", "124"))
    assert Event.objects.get(kind="shipment.delivered").facts["parcels"] == [door.number]
    assert letters() == {("parcel.delivered", door.number)}
    assert (Return.objects.get().parcel, units(Return.objects.get())) == (back, {2: 1})
    assert (stages(order), list(ledger.verify())) == ([{"delivered": 2}, {"delivered": 1}], [])
    assert take_in(find_return("124"), sku="TEA-01").status == "RECEIVED"
    assert (list(ledger.verify()), sweep_alarms(now=MONDAY + 60 * DAY)) == ([], 0)
    page = page_of(order.pk).headline
    assert page.sentence == "Part of your order was delivered"
    fold_again()


@pytest.mark.parametrize("other", ["DELIVERED", "RETURNED_TO_SENDER"])
def test_of_a_shipment_with_a_lost_parcel_the_others_of_which_have_ended_the_loss_is_told(
    shop: Shop, other: str
) -> None:
    order = two_boxes(shop)
    says("LOST", MONDAY + DAY, "124")
    assert shipment(order).status == "SHIPPED"
    says(other, MONDAY + 2 * DAY, "123")
    assert (shipment(order).status, Order.objects.get().status) == ("LOST", "SHIPPED")
    says(other, MONDAY + 3 * DAY, "124")
    assert shipment(order).status == other
    fold_again()


def test_of_what_comes_back_nobody_reads_that_it_arrived_when_a_person_says_that_the_rest_did(shop: Shop) -> None:
    order = two_boxes(shop)
    says("RETURNING_TO_SENDER", MONDAY + DAY, "124")
    assert "is delivered." in press(shipment(order), "deliver")
    assert letters() == {("parcel.delivered", Parcel.objects.get(tracking_number="123").number)}


# --- what may go again --------------------------------------------------------------------------------------------


def test_what_is_lost_is_proposed_once_and_withdrawn_when_it_is_found(order: Order) -> None:
    says("IN_TRANSIT", MONDAY + HOUR)
    assert not Reship.objects.exists()
    says("LOST", MONDAY + DAY)
    reship = Reship.objects.get()
    assert (reship.order, reship.parcel.order, reship.cause, reship.status) == (order, order, "LOST", "PROPOSED")
    assert shipment(order).status == "LOST"
    fold_again()
    says("IN_TRANSIT", MONDAY + 2 * DAY)
    assert (Reship.objects.get().status, shipment(order).status) == ("WITHDRAWN", "SHIPPED")
    with pytest.raises(NotAllowed, match="^The reship is not needed any more, so it cannot be sent.$"):
        send_again(reship, by=BOB)
    says("LOST", MONDAY + 3 * DAY)
    assert Reship.objects.get().status == "PROPOSED"
    assert kinds("reship.") == ["reship.proposed", "reship.withdrawn", "reship.proposed"]
    assert Order.objects.count() == 1


def test_what_goes_again_is_an_order_of_its_own_and_the_books_of_the_lost_stand(shop: Shop, order: Order) -> None:
    says("LOST", MONDAY + DAY)
    sent = send_again(Reship.objects.get(), by=BOB)
    again = Order.objects.get(pk=sent.replacement_id)
    assert (sent.status, again.total, again.customer, again.ship_line1) == ("SENT", 0, order.customer, order.ship_line1)
    assert list(again.lines.values_list("product__sku", "quantity")) == [("MUG-01", 2), ("TEA-01", 1)]
    assert stages(again) == [{"reserved": 1, "waiting": 1}, {"waiting": 1}], "one mug is left, and no teapot"
    assert stages(order) == [{"shipped": 2}, {"shipped": 1}]
    assert (shop.stock(shop.mug), shop.stock(shop.teapot), list(ledger.verify())) == ((1, 1), (0, 0), [])
    assert Event.objects.get(kind="reship.sent").facts == {"reship": sent.parcel.number, "into": again.number}
    before = Event.objects.count(), Order.objects.count()
    with pytest.raises(NotAllowed, match="^The reship is sent already, so it cannot be sent.$"):
        send_again(sent, by=BOB)
    assert (Event.objects.count(), Order.objects.count()) == before
    says("IN_TRANSIT", MONDAY + 2 * DAY)
    assert Reship.objects.get().status == "SENT", "what was decided stands"
    fold_again()


def test_what_staff_declines_stays_so(order: Order) -> None:
    says("LOST", MONDAY + DAY)
    decline_reship(Reship.objects.get(), by=BOB)
    fold_again()
    says("IN_TRANSIT", MONDAY + 2 * DAY)
    says("LOST", MONDAY + 3 * DAY)
    assert (Reship.objects.get().status, Order.objects.count()) == ("DECLINED", 1)


def test_of_two_parcels_the_lost_one_alone_goes_again(shop: Shop) -> None:
    order = two_boxes(shop)
    says("DELIVERED", MONDAY + DAY, "123")
    says("LOST", MONDAY + DAY, "124")
    reship = Reship.objects.get()
    assert (reship.parcel.tracking_number, shipment(order).status) == ("124", "LOST")
    again = send_again(reship, by=BOB).replacement
    assert again is not None
    assert list(again.lines.values_list("product__sku", "quantity")) == [("TEA-01", 1)]


def test_what_nobody_wrote_down_is_sent_again_by_nobody(shop: Shop) -> None:
    two_boxes(shop, written=False)
    says("LOST", MONDAY + DAY, "124")
    with pytest.raises(UnknownContents, match="^Nobody wrote down what was in"):
        send_again(Reship.objects.get(), by=BOB)
    assert (Reship.objects.get().status, Order.objects.count()) == ("PROPOSED", 1)


def test_what_is_damaged_may_go_again_and_need_not_when_it_moves_on(order: Order) -> None:
    parcel = Parcel.objects.get()
    with time_machine.travel(MONDAY + DAY, tick=False):
        enter_scan(parcel, status="EXCEPTION", reason="damaged", at=MONDAY + DAY, by=ALICE, operation=str(uuid4()))
    assert Reship.objects.values_list("cause", "status").get() == ("DAMAGED", "PROPOSED")
    assert (shipment(order).status, Return.objects.count()) == ("SHIPPED", 0)
    with time_machine.travel(MONDAY + 2 * DAY, tick=False):
        enter_scan(parcel, status="IN_TRANSIT", at=MONDAY + 2 * DAY, by=ALICE, operation=str(uuid4()))
    assert Reship.objects.get().status == "WITHDRAWN"


# --- by people ----------------------------------------------------------------------------------------------------


def press(thing: Any, verb: str, role: str = "manager") -> str:
    url = f"/admin/{thing._meta.app_label}/{thing._meta.model_name}/{thing.pk}/do/{verb}/"
    return flashes(client_of(role).post(url, {"operation": uuid4()}))[-1]


def test_what_a_person_calls_lost_may_go_again_until_it_is_found(order: Order) -> None:
    assert "is marked as lost" in press(shipment(order), "lose")
    assert Reship.objects.get().status == "PROPOSED"
    fold_again()
    press(shipment(order), "find")
    assert Reship.objects.get().status == "WITHDRAWN"
    press(shipment(order), "lose")
    press(shipment(order), "deliver")
    assert Reship.objects.get().status == "WITHDRAWN"


def test_the_page_of_the_order_offers_it_and_then_says_what_became_of_it(order: Order) -> None:
    says("LOST", MONDAY + DAY)
    client, url = client_of("support"), f"/admin/orders/order/{order.pk}/change/"
    page = client.get(url).content.decode()
    assert "Lost: it may go again." in page
    assert "Send it again" in page
    assert press(Reship.objects.get(), "send", "support").endswith("goes again.")
    again = Order.objects.exclude(pk=order.pk).get()
    assert f">{again.number}</a>" in client.get(url).content.decode()
    assert "In place of parcel" in client.get(f"/admin/orders/order/{again.pk}/change/").content.decode()
    assert press(Reship.objects.get(), "send") == "The reship is sent already, so it cannot be sent."
    assert Order.objects.count() == 2


def test_the_board_sends_it_again_and_the_alarm_is_over(order: Order) -> None:
    says("LOST", MONDAY + DAY)
    assert sweep_alarms(now=MONDAY + 2 * DAY) == 1
    alarm = Alarm.objects.get()
    assert press(alarm, "send-again", "support") == "What was in it goes again."
    assert Reship.objects.get().status == "SENT"
    assert sweep_alarms(now=MONDAY + 2 * DAY) == 0
    assert Alarm.objects.get().closed_at == MONDAY + 2 * DAY


def test_an_alarm_of_what_is_not_lost_sends_nothing_again(order: Order) -> None:
    alarm = Alarm.objects.create(parcel=Parcel.objects.get(), kind="PAST_WINDOW", since=MONDAY)
    assert press(alarm, "send-again").startswith("It is neither lost nor damaged")
    assert (Order.objects.count(), Reship.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    "more", [{"status": "SENT"}, {"status": "WHATEVER"}, {"cause": "STOLEN"}, {"status": "DECLINED", "is_sent": True}]
)
def test_the_database_takes_no_nonsense(order: Order, more: dict[str, Any]) -> None:
    replacement = order if more.pop("is_sent", False) else None
    given = {"order": order, "parcel": Parcel.objects.get(), "cause": "LOST", "replacement": replacement}
    with pytest.raises(IntegrityError), transaction.atomic():
        Reship.objects.create(**given | more)
    Reship.objects.create(**given | {"replacement": None})
    with pytest.raises(IntegrityError), transaction.atomic():
        Reship.objects.create(**given | {"replacement": None})


def test_a_parcel_is_expected_once(order: Order) -> None:
    parcel = Parcel.objects.get()
    Return.objects.create(order=order, number=f"{order}-R1", parcel=parcel)
    with pytest.raises(IntegrityError), transaction.atomic():
        Return.objects.create(order=order, number=f"{order}-R2", parcel=parcel)
