"""The page of an order: what stands on it, what its buttons do, and what is said when they cannot."""

import re
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from fulfillment import ledger
from fulfillment.services import pick_shipment, ship_shipment
from notifications.models import Message
from orders.models import Actor, Hold, Order, ShownPromise
from orders.services import hold_order, note_order, release_order
from tests.factories import ALICE, BOB, Shop, shipment, stages
from tests.staff import client_of, flashes, superuser, trail, user_of
from tracking.models import Tracker


def page_of(order: Order) -> str:
    return f"/admin/orders/order/{order.pk}/change/"


def press(client: Client, thing: Any, verb: str, **data: Any) -> Any:
    url = f"/admin/{thing._meta.app_label}/{thing._meta.model_name}/{thing.pk}/do/{verb}/"
    return client.post(url, {"operation": uuid4()} | data)


def text_of(response: Any) -> str:
    """What a reader sees, without tags and with single blanks."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_an_order_is_brought_to_the_door_by_its_buttons(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 2))
    client = client_of("manager")
    for verb, data in (
        ("pick", {}),
        ("pack", {}),
        ("ship", {"carrier_1": "DHL", "tracking_number_1": "0034 04", "weight_grams_1": "1200"}),
        ("deliver", {}),
    ):
        response = press(client, shipment(order), verb, **data)
        assert response["Location"] == f"{page_of(order)}#shipment-{shipment(order).pk}"
    assert (Order.objects.get().status, stages(order), list(ledger.verify())) == ("DELIVERED", [{"delivered": 2}], [])
    parcel = shipment(order).parcels.get()
    assert (parcel.carrier, parcel.tracking_number, parcel.weight_grams) == ("dhl", "0034 04", 1200)
    assert {event.by for event in order.events.filter(kind__startswith="shipment.pick")} == {
        f"user:{user_of('manager').pk}"
    }


def test_a_refusal_says_its_sentence_on_the_order_s_page_and_nothing_happens(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 2))
    hold_order(order, by=BOB, reason="PAYMENT")
    before = (trail(order), stages(order), shop.stock(shop.mug))
    response = press(client_of("manager"), shipment(order), "pick")
    assert (response.status_code, flashes(response)) == (302, ["On hold: the payment has not arrived."])
    assert (trail(order), stages(order), shop.stock(shop.mug)) == before


@pytest.mark.parametrize("verb", ["pick", "ship", "cancel"])
def test_a_transition_pressed_twice_is_done_once(shop: Shop, verb: str) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 2))
    client, data = client_of("manager"), {"operation": uuid4(), "reason": "Another reason"}
    thing = order if verb == "cancel" else shipment(order)
    press(client, thing, verb, **data)
    after_one = (trail(order), stages(order))
    press(client, thing, verb, **data)
    assert (trail(order), stages(order)) == after_one


@pytest.mark.parametrize(
    ("verb", "data"),
    [
        ("note", {"text": "Rang twice."}),
        ("hold", {"reason": "ADDRESS"}),
        ("cancel-lines", {"reason": "Another reason", "line_1": "1"}),
    ],
)
def test_the_same_form_sent_twice_is_applied_once(shop: Shop, verb: str, data: dict[str, Any]) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 3))
    client, operation = client_of("support"), uuid4()
    press(client, order, verb, operation=operation, **data)
    after_one = (trail(order), stages(order), order.notes.count(), order.holds.count())
    response = press(client, order, verb, operation=operation, **data)
    assert flashes(response)[-1] == "This was done already, and was not done twice."
    assert (trail(order), stages(order), order.notes.count(), order.holds.count()) == after_one


def test_a_form_filled_in_wrongly_stands_open_again_with_what_was_written(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 2))
    before = trail(order)
    client = client_of("manager")
    response = press(client, order, "cancel-lines", reason="Another reason", line_1="9")
    assert response.status_code == 422
    assert 'value="9"' in response.content.decode()
    response = press(client, order, "cancel-lines", reason="Another reason")
    assert (response.status_code, "Say of which line, and how many." in text_of(response)) == (422, True)
    response = press(client, shipment(order), "ship", tracking_number_1="0034")
    assert (response.status_code, "Say whose number that is." in text_of(response)) == (422, True)
    response = press(client, order, "hold", reason="OTHER", until="2020-01-01")
    assert (response.status_code, "Choose a day that is still to come." in text_of(response)) == (422, True)
    assert trail(order) == before


def test_an_act_is_a_post_and_an_unknown_one_or_an_unknown_thing_is_not_found(shop: Shop) -> None:
    order = shop.order((shop.mug, 1))
    client = superuser()
    base = f"/admin/orders/order/{order.pk}/do"
    assert client.get(f"{base}/cancel/").status_code == 405
    assert client.post(f"{base}/deliver/").status_code == 404
    assert client.post("/admin/orders/order/999999/do/cancel/", {"reason": "Another reason"}).status_code == 404
    assert client.get("/admin/orders/order/999999/change/").status_code == 404
    assert client.get("/admin/orders/order/x/change/").status_code == 404
    assert Order.objects.get().status == "CONFIRMED"


def test_an_act_without_its_csrf_token_is_refused(shop: Shop) -> None:
    order = shop.order((shop.mug, 1))
    client = Client(enforce_csrf_checks=True)
    client.force_login(user_of("support"))
    assert press(client, order, "cancel", reason="Another reason").status_code == 403
    assert Order.objects.get().status == "CONFIRMED"


def test_what_cannot_be_done_now_is_grey_with_the_reason_beside(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 2))
    hold_order(order, by=BOB, reason="ADDRESS")
    response = client_of("manager").get(page_of(order))
    card = response.context["shipments"][0]
    assert {offer.act.label: offer.reasons[0].message for offer in card.next_up if offer.reasons} == {
        "Pick all": "On hold: the address has to be checked.",
        "Ship": "On hold: the address has to be checked.",
    }
    assert [offer.act.label for offer in card.not_now] == [
        "Pack all",
        "Merge",
        "Delivered",
        "Lost",
        "Found",
        "Came back",
        "Enter what the carrier said",
    ]
    assert "The shipment is ready but not picked, so it cannot be delivered." in text_of(response)

    ship_shipment(shipment(release_order(order, by=BOB)), by=BOB)
    offers = {offer.act.label: offer for offer in client_of("manager").get(page_of(order)).context["offers"]}
    assert "has left the warehouse already" in offers["Cancel the order"].reasons[0].message
    assert not offers["Cancel lines"].is_now
    assert not offers["Hold"].is_now
    assert offers["Write a note"].is_now


def test_the_page_says_where_each_unit_is_and_what_it_waits_for(shop: Shop) -> None:
    shop.receive(shop.mug, 3)
    order = shop.order((shop.mug, 5))
    response = client_of("support").get(page_of(order))
    row = response.context["rows"][0]
    assert [(stage.label, stage.offset, stage.count) for stage in row.stages] == [
        ("waiting for stock", 0, 2),
        ("reserved", 2, 3),
    ]
    assert "Waits for stock: 2 × Enamel mug. Shop" in text_of(response)


def test_each_hold_has_its_own_button(shop: Shop) -> None:
    order = shop.order((shop.mug, 1))
    first = hold_order(order, by=BOB, reason="ADDRESS")
    second = hold_order(order, by=BOB, reason="FRAUD")
    client = client_of("support")
    response = client.get(page_of(order))
    assert [card.release.form["hold"].value() for card in response.context["holds"]] == [first.pk, second.pk]
    press(client, order, "release", hold=first.pk, note="Ana wrote back.")
    assert list(Hold.objects.standing()) == [second]
    assert "Ana wrote back." in text_of(client.get(page_of(order)))


def test_the_trail_tells_each_event_in_a_line_and_messages_scans_and_notes_among_them(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 2))
    pick_shipment(shipment(order), by=Actor.of("user", user_of("picker")))
    ship_shipment(shipment(order), by=Actor.system("calendar"))
    note_order(order, by=Actor.of("user", user_of("support")), text="Wants it by Friday.")
    Message.objects.create(
        order=order, event=order.events.first(), kind="order.placed", recipient="customer", channel="email"
    )
    scan = {"at": "2026-11-24T09:00:00+00:00", "status": "IN_TRANSIT", "message": "Left the depot", "place": "Lyon, FR"}
    Tracker.objects.create(parcel=shipment(order).parcels.get(), status="IN_TRANSIT", timeline=[scan])

    response = superuser().get(page_of(order))
    lines = response.context["trail"]
    assert len(lines) == order.events.count() + 2  # the note is told by its event
    told = {line.what: line for line in lines}
    assert (told["Order confirmed"].before, told["Order confirmed"].after) == ("Placed", "Confirmed")
    picked = told[f"Shipment {shipment(order)} picked"]
    assert (picked.who, picked.before, picked.after, picked.details) == (
        "picker",
        "Being picked",
        "Picked",
        ["2 units"],
    )
    assert told[f"Shipment {shipment(order)} has left"].who == "the calendar"
    assert told["Wants it by Friday."].who == "support"
    assert told["Mail: we have your order"].details == ["Queued"]
    assert told["Left the depot"].details[:2] == ["Lyon, FR", f"{shipment(order)}-1"]
    assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)


def test_why_an_order_was_cancelled_stands_beside_it_for_those_who_read_notes(shop: Shop) -> None:
    order = shop.order((shop.mug, 2))
    press(client_of("support"), order, "cancel", reason="We cannot get it")
    lines = {line.what: line for line in superuser().get(page_of(order)).context["trail"]}
    assert "We cannot get it" in lines["Order cancelled"].details
    assert Order.objects.get().status == "CANCELLED"
    assert "We cannot get it" not in str(list(order.events.values_list("facts", flat=True)))


def test_the_trail_can_be_narrowed_to_what_one_looks_for(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 2))
    pick_shipment(shipment(order), by=BOB)
    note_order(order, by=ALICE, text="Wants it by Friday.")
    client = superuser()
    for group, expected in (("warehouse", {"warehouse"}), ("note", {"note"}), ("order", {"order"}), ("message", set())):
        shown = client.get(page_of(order), {"show": group}).context["trail"]
        assert {line.group for line in shown} == expected


PERSONAL = ("Ana Ruiz", "ana@example.com", "+34600000000", "Calle Mayor", "28013", "Asked Ana herself")


@pytest.mark.parametrize("role", ["picker", "packer"])
def test_the_floor_reads_nothing_personal(shop: Shop, role: str) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 2))
    hold_order(order, by=BOB, reason="ADDRESS", note="Asked Ana herself")
    client = client_of(role)
    for url in (page_of(order), "/admin/orders/order/", "/admin/"):
        page = client.get(url).content.decode()
        assert not [secret for secret in PERSONAL if secret in page]
    assert "Enamel mug" in client.get(page_of(order)).content.decode()
    assert client.post(f"/admin/orders/order/{order.pk}/customer-page/").status_code == 403


def test_support_reads_whom_it_goes_to_and_opens_the_customer_s_page(shop: Shop) -> None:
    order = shop.order((shop.mug, 2))
    client = client_of("support")
    page = client.get(page_of(order)).content.decode()
    assert all(detail in page for detail in PERSONAL[:5])
    response = client.post(f"/admin/orders/order/{order.pk}/customer-page/")
    assert response["Location"] == f"/track/{order.links.get().token}/"
    assert client.get(f"/admin/orders/order/{order.pk}/customer-page/").status_code == 405


def test_the_days_that_the_customer_was_shown_stand_there_and_where(shop: Shop) -> None:
    shop.receive(shop.mug, 2)
    order = shop.order((shop.mug, 1))
    shown = order.shown_promises.get()
    parcel = {"order": order, "parcel": "OT-1-1-1", "first": date(2026, 12, 3), "last": date(2026, 12, 4)}
    ShownPromise.objects.create(**parcel, where=ShownPromise.Where.MAIL)
    page = superuser().get(page_of(order)).content.decode()
    told = " ".join(page.split('id="dates-title"')[1].split("</section>")[0].split())
    assert f"{shown.first:%a} {shown.first.day} {shown.first:%b %Y}" in told
    assert "The promise of the order" in told
    assert "Thu 3 Dec 2026 – Fri 4 Dec 2026" in told
    assert told.count("<tr>") == 2
    assert "In a mail · " in told


def test_days_that_were_shown_again_stand_in_one_line(shop: Shop) -> None:
    shop.receive(shop.mug, 2)
    order = shop.order((shop.mug, 1))
    row = order.shown_promises.get()
    for where in (ShownPromise.Where.MAIL, ShownPromise.Where.MAIL):
        ShownPromise.objects.create(order=order, first=row.first, last=row.last, where=where)
    page = superuser().get(page_of(order)).content.decode()
    told = page.split('id="dates-title"')[1].split("</section>")[0]
    assert (told.count("<tr>"), told.count("<li>"), told.count("In a mail")) == (1, 3, 2)


def test_the_page_takes_the_same_number_of_queries_however_much_is_on_it(
    shop: Shop, django_assert_num_queries: Any
) -> None:
    north = ledger.open_warehouse("NORTH")
    shop.receive(shop.mug, 50)
    shop.receive(shop.teapot, 50, warehouse=north)
    small = shop.order((shop.mug, 1))
    big = shop.order((shop.mug, 2), (shop.teapot, 3), (shop.mug, 4))
    for order in (small, big):
        hold = hold_order(order, by=BOB, reason="ADDRESS")
        release_order(order, by=BOB, hold=hold.pk)
        for each in order.shipments.all():
            ship_shipment(each, by=BOB)
            Tracker.objects.create(parcel=each.parcels.get())
    client = superuser()
    client.get(page_of(small))
    for order in (small, big):
        with django_assert_num_queries(18):
            client.get(page_of(order))
