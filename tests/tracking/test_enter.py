"""What staff knows of a parcel, entered on its page: kept raw, folded as a carrier's word, corrected by more words."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from fulfillment.models import Parcel
from orders.lifecycle import AlreadyApplied, Refused
from orders.models import Actor, Event, Inbox, Order
from tests.factories import BOB, Shop, shipment
from tests.senders import Sender
from tests.staff import client_of, flashes
from tests.tracking.payloads import PAYLOADS, steps
from tests.tracking.test_understand import NOW, ago, shipped
from tracking.models import Snapshot, Tracker
from tracking.services import NoReasonForThat, NotLeft, NotYet, TooEarly, enter_scan, understand_inbox

pytestmark = pytest.mark.django_db


def parcel_of(order: Order) -> Parcel:
    return Parcel.objects.get(shipment__order=order)


def enter(parcel: Parcel, status: str, hours: float, **more: Any) -> None:
    given = {"by": BOB, "operation": str(uuid4()), "now": NOW} | more
    enter_scan(parcel, status=status, at=ago(hours), **given)


def test_what_is_entered_is_folded_and_its_speaker_is_named(shop: Shop) -> None:
    order = shipped(shop, "JD1")
    enter(parcel_of(order), "EXCEPTION", 3, reason="damaged", message="The driver rang.", city="Leipzig", country="DE")
    found = Tracker.objects.get()
    assert (found.status, found.reason, found.timeline[0]["place"]) == ("EXCEPTION", "damaged", "Leipzig, DE")
    assert list(order.events.filter(kind="parcel.exception").values_list("by", flat=True)) == [str(BOB)]
    row = Inbox.objects.get()
    assert (row.source, row.status, row.channel) == ("staff", "PROCESSED", order.channel)
    assert Snapshot.objects.get().inbox == row


def test_a_later_word_corrects_the_one_before_and_both_stay(shop: Shop) -> None:
    order = shipped(shop, "JD1")
    enter(parcel_of(order), "LOST", 30)
    assert (Tracker.objects.get().status, shipment(order).status) == ("LOST", "LOST")
    enter(parcel_of(order), "IN_TRANSIT", 4, message="It turned up.")
    assert (Tracker.objects.get().status, shipment(order).status) == ("IN_TRANSIT", "SHIPPED")
    assert [line["status"] for line in Tracker.objects.get().timeline] == ["LOST", "IN_TRANSIT"]
    kinds = list(order.events.values_list("kind", flat=True))
    assert {"parcel.lost", "shipment.lost", "shipment.found", "parcel.in_transit"} <= set(kinds)


def test_it_stands_beside_what_the_carrier_tells(shop: Shop) -> None:
    order, sender = shipped(shop, "JD1"), Sender("aftership")
    sender.send(PAYLOADS["aftership"]("JD1", steps("accepted", "moving", start=ago(40), hours=2)))
    understand_inbox()
    enter(parcel_of(order), "OUT_FOR_DELIVERY", 3)
    assert Tracker.objects.get().status == "OUT_FOR_DELIVERY"
    sender.send(PAYLOADS["aftership"]("JD1", steps("accepted", "moving", "delivered", start=ago(40), hours=19)))
    understand_inbox()
    assert Tracker.objects.get().status == "DELIVERED"


def test_a_parcel_without_a_number_can_be_spoken_of(shop: Shop) -> None:
    order = shipped(shop, "")
    enter(parcel_of(order), "DELIVERED", 1)
    assert (Tracker.objects.get().status, Order.objects.get().status) == ("DELIVERED", "DELIVERED")


@pytest.mark.parametrize(
    ("status", "hours", "reason", "refusal"),
    [
        ("DELIVERED", 60 + 25, "", TooEarly),
        ("DELIVERED", 24 * 365, "", TooEarly),
        ("DELIVERED", 3, "lost", NoReasonForThat),
        ("DELIVERED", 3, "held", NoReasonForThat),
        ("IN_TRANSIT", 3, "destroyed", NoReasonForThat),
        ("LOST", 3, "signed", NoReasonForThat),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(
    shop: Shop, status: str, hours: float, reason: str, refusal: type[Refused]
) -> None:
    order = shipped(shop, "JD1", at=ago(60))
    with pytest.raises(refusal):
        enter(parcel_of(order), status, hours, reason=reason)
    assert [model.objects.count() for model in (Inbox, Snapshot, Tracker)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("status", "hours", "reason"),
    [("PRE_TRANSIT", 60 + 23, "seller_issue"), ("RETURNING_TO_SENDER", 3, "refused"), ("DELIVERED", 3, "neighbour")],
)
def test_what_can_be_is_taken(shop: Shop, status: str, hours: float, reason: str) -> None:
    enter(parcel_of(shipped(shop, "JD1", at=ago(60))), status, hours, reason=reason)
    assert (Tracker.objects.get().status, Tracker.objects.get().reason) == (status, reason)


def test_pressed_twice_it_is_entered_once(shop: Shop) -> None:
    order, operation = shipped(shop, "JD1"), str(uuid4())
    enter(parcel_of(order), "IN_TRANSIT", 3, operation=operation)
    before = Event.objects.count()
    for again in ({"operation": operation}, {}):
        with pytest.raises(AlreadyApplied):
            enter(parcel_of(order), "IN_TRANSIT", 3, **again)
    assert (Event.objects.count(), Inbox.objects.count(), Snapshot.objects.count()) == (before, 1, 1)


def test_what_is_to_come_and_what_is_still_here_is_refused(shop: Shop) -> None:
    parcel = parcel_of(shipped(shop, "JD1"))
    with pytest.raises(NotYet):
        enter(parcel, "DELIVERED", -1)
    parcel.shipped_at = None
    with pytest.raises(NotLeft):
        enter(parcel, "DELIVERED", 1)
    assert (Inbox.objects.count(), Tracker.objects.count()) == (0, 0)


# --- on the page -----------------------------------------------------------------------------------------------------


def form(**more: str) -> dict[str, Any]:
    at = f"{timezone.localtime() - timedelta(hours=2):%Y-%m-%dT%H:%M}"
    return {"operation": uuid4(), "status": "IN_TRANSIT", "reason": "", "at": at, "country": "de", **more}


def test_on_the_shipments_page_before_any_carrier_spoke_and_on_the_parcels_after(shop: Shop) -> None:
    order = shipped(shop, "JD1", "JD2")
    client, it = client_of("support"), shipment(order)
    parcel = it.parcels.order_by("pk")[1]
    url = f"/admin/fulfillment/shipment/{it.pk}/do/enter/"
    assert flashes(client.post(url, form(parcel=parcel.number)))[-1] == f"What happened is entered: {it}."
    tracker = Tracker.objects.get()
    assert (tracker.parcel, tracker.status) == (parcel, "IN_TRANSIT")
    url = f"/admin/tracking/tracker/{tracker.pk}/do/enter/"
    client.post(url, form(status="AVAILABLE_FOR_PICKUP", at=f"{timezone.localtime():%Y-%m-%dT%H:%M}"))
    assert Tracker.objects.get().status == "AVAILABLE_FOR_PICKUP"
    speaker = Actor.parse(Snapshot.objects.order_by("-pk")[0].source)
    assert speaker.kind == "user"


@pytest.mark.parametrize("wrong", [{"status": "UNKNOWN"}, {"status": ""}, {"at": "soon"}, {"country": "Germany"}])
def test_a_form_that_is_wrong_is_shown_again_and_enters_nothing(shop: Shop, wrong: dict[str, str]) -> None:
    order = shipped(shop, "JD1")
    enter(parcel_of(order), "PRE_TRANSIT", 9)
    url = f"/admin/tracking/tracker/{Tracker.objects.get().pk}/do/enter/"
    assert client_of("support").post(url, form(**wrong)).status_code == 422
    assert (Inbox.objects.count(), Tracker.objects.get().status) == (1, "PRE_TRANSIT")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("at", ["0001-01-01T00:00", "1899-12-31T00:00", "9999-12-31T23:59"])
def test_a_year_that_cannot_be_is_refused(shop: Shop, settings: Any, zone: str, at: str) -> None:
    settings.TIME_ZONE = zone
    order = shipped(shop, "JD1")
    enter(parcel_of(order), "PRE_TRANSIT", 9)
    url = f"/admin/tracking/tracker/{Tracker.objects.get().pk}/do/enter/"
    client = client_of("support")
    client.raise_request_exception = False
    answer = client.post(url, form(at=at))
    assert answer.status_code < 500
    assert any(word in " ".join(flashes(answer)) for word in ("that was before", "still to come", "interpreted"))
    assert (Inbox.objects.count(), Tracker.objects.get().status) == (1, "PRE_TRANSIT")


def test_a_parcel_of_another_shipment_is_not_spoken_of(shop: Shop) -> None:
    one, other = shipped(shop, "JD1"), shipped(shop, "JD2")
    url = f"/admin/fulfillment/shipment/{shipment(one).pk}/do/enter/"
    said = flashes(client_of("support").post(url, form(parcel=parcel_of(other).number)))[-1]
    assert (said, Tracker.objects.count()) == ("There is no such parcel in this shipment.", 0)


def test_before_anything_has_left_the_button_is_grey(shop: Shop) -> None:
    shop.receive(shop.mug, 1)
    order = shop.order((shop.mug, 1))
    response = client_of("support").get(f"/admin/orders/order/{order.pk}/change/")
    offers = [each for card in response.context["shipments"] for each in card.offers if each.act.verb == "enter"]
    assert [each.is_now for each in offers] == [False]
