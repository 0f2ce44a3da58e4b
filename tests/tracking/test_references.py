"""What a source calls our order or parcel; and Shopify, which tells nothing else."""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from orders.models import Channel, Endpoint, Inbox
from orders.services import open_endpoint
from tests.factories import Shop
from tests.senders import Sender
from tests.tracking.payloads import PAYLOADS, put, steps
from tests.tracking.test_understand import NOW, ago, shipped, tracker
from tracking.carriers.codes.shopify import STATUSES
from tracking.models import Snapshot, Tracker
from tracking.services import adopt_unmatched, understand_inbox

pytestmark = pytest.mark.django_db
SECRET = "shopify-secret-of-ours"
REFERENCES = {
    "shippo": ("data", "metadata"),
    "aftership": ("msg", "order_id"),
    "karrio": ("data", "metadata", "order_id"),
    "17track": ("data", "tag"),
}


# --- references ------------------------------------------------------------------------------------------------------


def told(provider: str, number: str, reference: str, *, channel: Channel | None = None) -> str:
    body = PAYLOADS[provider](number, steps("accepted", "moving", start=ago(20), hours=1))
    put(body, REFERENCES[provider], reference)
    sender = Sender(provider, channel=channel)
    assert sender.send(body).status_code == 200
    understand_inbox()
    row = Inbox.objects.get(endpoint=sender.endpoint)
    return str(row.note or row.status)


@pytest.mark.parametrize("provider", REFERENCES)
def test_of_two_parcels_with_one_number_the_reference_tells_which(shop: Shop, provider: str) -> None:
    orders = [shipped(shop, "JD1"), shipped(shop, "JD1")]
    assert "need a person" in told(provider, "JD1", "nobody's")
    assert told(provider, "JD1", orders[1].number) == "PROCESSED"
    assert Tracker.objects.get().parcel.order == orders[1]


def test_the_shops_own_id_is_known_within_its_channel_alone(shop: Shop) -> None:
    orders = [shipped(shop, "JD1"), shipped(shop, "JD1")]
    assert "need a person" in told("aftership", "JD1", orders[0].external_id)
    assert told("aftership", "JD1", orders[0].external_id, channel=shop.channel) == "PROCESSED"
    assert Tracker.objects.get().parcel.order == orders[0]
    assert "of no parcel" in told("aftership", "JD1", orders[0].number, channel=Channel.objects.create(name="other"))


def test_the_parcels_own_number_tells_it_whatever_its_carrier_calls_it_now(shop: Shop) -> None:
    order = shipped(shop, "JD1")
    parcel = order.shipments.get().parcels.get()
    assert told("shippo", "HANDED-OVER-9", parcel.number) == "PROCESSED"
    assert Tracker.objects.get().parcel == parcel


def test_the_order_does_not_tell_what_has_another_number_as_it_may_be_on_its_way_back(shop: Shop) -> None:
    order = shipped(shop, "JD1")
    assert "of no parcel" in told("shippo", "RETURN-LABEL-1", order.number)
    assert not Tracker.objects.exists()


def test_a_picture_without_a_reference_keeps_the_name_it_had_before_there_were_any() -> None:
    from tracking.status import Snapshot as Picture

    one = Picture(tracking_number="JD1")
    assert one.digest() == "ae436e0a8d462e0125bc4bdfb1f5887ffb4d72398a7c245bf0f6c0a51de8e806"
    assert one.digest() != Picture(tracking_number="JD1", reference="OT-1").digest()


# --- Shopify ---------------------------------------------------------------------------------------------------------


class Store:
    """A shop at Shopify that sends what happens to its fulfilments."""

    def __init__(self, channel: Channel | None, mode: str = Endpoint.Mode.LIVE) -> None:
        self.endpoint = open_endpoint(provider="shopify", channel=channel, secrets=[SECRET], mode=mode)

    def send(self, body: Any, *, topic: str = "fulfillment_events/create", secret: str = SECRET, **more: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.post(raw, self.headers(raw, topic=topic, secret=secret, **more))

    @staticmethod
    def headers(
        raw: bytes,
        *,
        topic: str = "fulfillment_events/create",
        secret: str = SECRET,
        at: datetime | None = None,
        **more: str,
    ) -> dict[str, str]:
        """Sign the body; `at` stands beside it, and is not signed."""
        mac = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
        prefix = more.pop("prefix", "X-")
        moment = {"Shopify-Triggered-At": at.isoformat()} if at else {}
        headers = {
            "Shopify-Topic": topic,
            "Shopify-Hmac-Sha256": mac,
            "Shopify-Shop-Domain": "mugs.example",
            **moment,
            **more,
        }
        return {f"{prefix}{name}": value for name, value in headers.items()}

    def post(self, raw: bytes, headers: dict[str, str]) -> HttpResponse:
        client = Client(enforce_csrf_checks=True)
        return client.post(self.endpoint.path, raw, content_type="application/json", headers=headers)

    @property
    def row(self) -> Inbox:
        return Inbox.objects.order_by("-received_at", "-pk")[0]


def happened(order: str, status: str, hours: float, **more: Any) -> dict[str, Any]:
    return {
        "id": int(hours * 1000) + 4_000_000_000_000_000_000,
        "fulfillment_id": 5_000_000_000_000_000_001,
        "order_id": order,
        "status": status,
        "message": f"Parcel: {status}",
        "happened_at": (ago(hours)).isoformat(),
        "estimated_delivery_at": (NOW + timedelta(days=1)).isoformat(),
        "city": "Leipzig",
        "province": None,
        "zip": "04103",
        "country": "DE",
    } | more


@pytest.fixture
def store(shop: Shop) -> Store:
    return Store(shop.channel)


def understood(store: Store, *bodies: dict[str, Any], **more: str) -> list[str]:
    for body in bodies:
        assert store.send(body, **more).status_code == 200
    understand_inbox()
    return list(Inbox.objects.order_by("received_at").values_list("status", flat=True))


def test_events_of_a_fulfilment_in_any_order_bring_its_parcel_to_the_door(shop: Shop, store: Store) -> None:
    order = shipped(shop, "JD1")
    ways = [("out_for_delivery", 5), ("carrier_picked_up", 30), ("delivered", 2), ("confirmed", 40), ("in_transit", 20)]
    sent = [happened(order.external_id, status, hours) for status, hours in ways]
    assert set(understood(store, *sent, *sent)) == {"PROCESSED"}
    found = tracker("JD1")
    assert (found.status, len(found.timeline), found.eta_from is not None) == ("DELIVERED", 5, True)
    assert Inbox.objects.count() == 5, "the same body is a redelivery"


@pytest.mark.parametrize("status", STATUSES)
def test_every_word_of_shopify_is_known(shop: Shop, store: Store, status: str) -> None:
    order = shipped(shop, "JD1")
    understood(store, happened(order.external_id, status, 3))
    assert "unmapped_value" not in tracker("JD1").needs_review
    assert tracker("JD1").status == getattr(STATUSES[status], "status", STATUSES[status])


def test_a_word_never_seen_is_kept_and_asked_about(shop: Shop, store: Store) -> None:
    order = shipped(shop, "JD1")
    understood(store, happened(order.external_id, "teleported", 3))
    assert tracker("JD1").needs_review == ["unmapped_value"]


def test_an_order_with_two_parcels_needs_a_person_and_one_that_comes_later_is_waited_for(
    shop: Shop, store: Store
) -> None:
    order = shipped(shop, "JD1", "JD2")
    understood(store, happened(order.external_id, "in_transit", 3))
    assert (store.row.status, Tracker.objects.count()) == ("QUARANTINED", 0)
    shop.receive(shop.mug, 1)
    early = shop.order((shop.mug, 1))
    understood(store, happened(early.external_id, "in_transit", 3, fulfillment_id=77))
    assert (store.row.status, store.row.note) == ("PROCESSED", "1 of 1 events are of no parcel yet.")
    from fulfillment.services import ParcelDraft, ship_shipment
    from tests.factories import BOB, shipment

    ship_shipment(shipment(early), by=BOB, parcels=[ParcelDraft("dhl", "")], at=ago(4))
    adopt_unmatched()
    assert Tracker.objects.get().parcel.order == early


@pytest.mark.parametrize("prefix", ["X-", ""])
def test_both_ways_to_name_the_headers_are_known(shop: Shop, store: Store, prefix: str) -> None:
    order = shipped(shop, "JD1")
    assert understood(store, happened(order.external_id, "in_transit", 3), prefix=prefix) == ["PROCESSED"]


@pytest.mark.parametrize("change", ["body", "secret", "unsigned", "empty"])
def test_what_is_not_genuine_is_401_and_nothing_is_kept(store: Store, change: str) -> None:
    raw = json.dumps(happened("1", "delivered", 1)).encode()
    good = base64.b64encode(hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()).decode()
    headers = {"X-Shopify-Topic": "fulfillment_events/create", "X-Shopify-Hmac-Sha256": good}
    if change == "body":
        raw += b" "
    elif change == "secret":
        headers["X-Shopify-Hmac-Sha256"] = good[::-1]
    elif change == "unsigned":
        del headers["X-Shopify-Hmac-Sha256"]
    else:
        headers["X-Shopify-Hmac-Sha256"] = ""
    assert (store.post(raw, headers).status_code, Inbox.objects.count()) == (401, 0)


@pytest.mark.parametrize("topic", ["orders/create", "fulfillments/update", ""])
def test_another_topic_is_kept_and_ignored(shop: Shop, store: Store, topic: str) -> None:
    assert understood(store, {"id": 1}, topic=topic) == ["IGNORED"]


def test_a_happening_is_taken_once_by_its_event_and_again_from_another_shop(shop: Shop, store: Store) -> None:
    order = shipped(shop, "JD1")
    body = happened(order.external_id, "in_transit", 3)
    for more in ({}, {"Shopify-Webhook-Id": "other"}, {"Shopify-Shop-Domain": "pots.example"}):
        store.send(body, **{"Shopify-Event-Id": "e-1"} | more)
    assert Inbox.objects.count() == 2


def test_a_test_notice_on_a_live_endpoint_is_ignored(shop: Shop, store: Store) -> None:
    order = shipped(shop, "JD1")
    assert understood(store, happened(order.external_id, "delivered", 3), **{"Shopify-Test": "true"}) == ["IGNORED"]
    assert not Snapshot.objects.exists()


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"x"', b"{}", b"\xff", b"{"])
def test_what_is_no_event_is_200_and_set_aside(store: Store, body: bytes) -> None:
    assert store.send(body).status_code == 200
    understand_inbox()
    assert store.row.status == "QUARANTINED"


@pytest.mark.parametrize("field", ["status", "fulfillment_id", "order_id"])
@pytest.mark.parametrize("value", [None, "", [3], {"a": 1}, True])
def test_what_cannot_be_done_without_is_named(shop: Shop, store: Store, field: str, value: Any) -> None:
    shipped(shop, "JD1")
    understood(store, happened("1", "in_transit", 3) | {field: value})
    assert (store.row.status, store.row.problems[0]["column"]) == ("QUARANTINED", field)


@pytest.mark.parametrize("field", ["message", "city", "province", "zip", "country", "estimated_delivery_at"])
@pytest.mark.parametrize("value", [None, "", [3], {"a": 1}, True, 5])
def test_what_only_adorns_may_be_anything(shop: Shop, store: Store, field: str, value: Any) -> None:
    order = shipped(shop, "JD1")
    assert understood(store, happened(order.external_id, "in_transit", 3) | {field: value}) == ["PROCESSED"]
    assert tracker("JD1").status == "IN_TRANSIT"
