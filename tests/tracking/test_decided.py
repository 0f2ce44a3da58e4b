"""What made a parcel's status: which scan, or which message without one, and through whom it came."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from fulfillment.models import Parcel
from orders.models import Actor
from tests.factories import Shop
from tests.hooks import Carrier, event
from tests.senders import Sender
from tests.staff import client_of, user_of
from tests.tracking.payloads import PAYLOADS, steps
from tests.tracking.test_understand import shipped
from tracking.audit import REASONS
from tracking.models import Snapshot, Tracker
from tracking.services import decided_by, enter_scan, understand_inbox


def ago(hours: float) -> Any:
    return timezone.now() - timedelta(hours=hours)


def card(tracker: Tracker) -> str:
    page = client_of("support").get(f"/admin/tracking/tracker/{tracker.pk}/change/").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page.split('id="decided-title">')[1].split("</section>")[0]).split())


def test_the_scan_that_made_the_status_is_told_with_the_webhook_that_first_told_it(shop: Shop) -> None:
    shipped(shop, "JD1", at=ago(30))
    one, other = Carrier(), Carrier()
    out = event("JD1", "OUT_FOR_DELIVERY", ago(2)) | {"message": "On the van", "location": {"city": "Lyon"}}
    for sender, body in ((one, event("JD1", "IN_TRANSIT", ago(9))), (other, out), (one, out)):
        sender.send(body)
        understand_inbox()
    found = decided_by(Tracker.objects.get())
    assert found is not None
    assert (found.decision.scan and found.decision.scan.message, found.message.source) == (
        "On the van",
        found.decision.source,
    )
    text = card(Tracker.objects.get())
    assert "Out for delivery, by this scan: “On the van”, Lyon," in text
    assert "Webhook of Generic, first heard" in text


def test_what_a_person_entered_is_told_to_be_by_their_hand(shop: Shop) -> None:
    parcel = Parcel.objects.get(shipment__order=shipped(shop, "JD1", at=ago(30)))
    carol = user_of("support")
    carol.first_name = "Carol"
    carol.save()
    enter_scan(
        parcel,
        status="EXCEPTION",
        reason="customs_documents",
        at=ago(1),
        message="Papers are missing",
        city="",
        country="",
        by=Actor("user", str(carol.pk)),
        operation=str(uuid4()),
    )
    assert "Held up, by this scan: “Papers are missing”" in card(Tracker.objects.get())
    assert "By hand of Carol, first heard" in card(Tracker.objects.get())


def test_what_was_asked_is_told_to_be_asked(shop: Shop) -> None:
    shipped(shop, "JD1", at=ago(30))
    Carrier().send(event("JD1", "IN_TRANSIT", ago(9)))
    understand_inbox()
    Snapshot.objects.update(is_asked=True)
    assert "Asked of Generic, first heard" in card(Tracker.objects.get())


def test_a_summary_that_no_scan_bears_out_is_told_to_be_one(shop: Shop) -> None:
    shipped(shop, "JD1", at=ago(30))
    body = PAYLOADS["easypost"]("JD1", steps("delivered", start=ago(2)))
    body["result"]["tracking_details"] = []
    Sender("easypost").send(body)
    understand_inbox()
    tracker = Tracker.objects.get()
    assert tracker.status == "DELIVERED"
    text = card(tracker)
    assert "Delivered, by the summary of a message, not by a scan: delivered." in text
    assert "Webhook of EasyPost" in text
    assert f"Look at it: {REASONS['delivered_without_scan']}." in text


def test_where_history_has_still_to_follow_a_change_nothing_is_said_to_have_decided(shop: Shop) -> None:
    shipped(shop, "JD1", at=ago(30))
    Carrier().send(event("JD1", "IN_TRANSIT", ago(9)))
    understand_inbox()
    Tracker.objects.update(status="LOST")
    assert decided_by(Tracker.objects.get()) is None
    page = client_of("support").get(f"/admin/tracking/tracker/{Tracker.objects.get().pk}/change/")
    assert (page.status_code, "Why it stands so" in page.content.decode()) == (200, False)


def test_the_pages_of_a_parcel_and_of_a_message_speak_in_words(shop: Shop) -> None:
    parcel = Parcel.objects.get(shipment__order=shipped(shop, "JD1", at=ago(30)))
    enter_scan(
        parcel,
        status="EXCEPTION",
        reason="customs_documents",
        at=ago(1),
        message="",
        city="",
        country="",
        by=Actor("user", str(user_of("support").pk)),
        operation=str(uuid4()),
    )
    client, tracker = client_of("support"), Tracker.objects.get()
    page = client.get(f"/admin/tracking/tracker/{tracker.pk}/change/").content.decode()
    assert "Customs documents" in page
    assert "Some times are estimated" not in page
    Tracker.objects.update(is_time_estimated=True)
    page = client.get(f"/admin/tracking/tracker/{tracker.pk}/change/").content.decode()
    assert "Some times are estimated: the carrier told what its clocks showed" in page
    told = client.get(f"/admin/tracking/snapshot/{Snapshot.objects.get().pk}/change/").content.decode()
    for raw in ("Stated at", "Is complete", "Eta from", "Eta to"):
        assert raw not in told
    assert "What is new alone" in told
    assert re.search(r'data-label="Carrier\'s clock">\d+ \w+ \d{4}, \d\d:\d\d<', told)
