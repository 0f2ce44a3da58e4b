"""`POST /carrier-events` as its router answers; keys, scopes and problems are the whole API's and tested there."""

import copy
from typing import Any

import pytest
from ninja import NinjaAPI
from ninja.testing import TestClient

from fulfillment.services import ParcelDraft, ship_shipment
from orders.models import ApiKey, Order
from tests.factories import BOB, Shop, shipment
from tests.hooks import event
from tracking.api import SCOPE, router
from tracking.models import Snapshot

PATH = "/carrier-events"


@pytest.fixture
def client(shop: Shop) -> TestClient:
    key = ApiKey.objects.create(channel=shop.channel, prefix="otk_", digest="x", scopes=[SCOPE])
    api = NinjaAPI(urls_namespace="carrier-events", auth=lambda _request: key)
    api.add_router("", copy.deepcopy(router))
    shop.receive(shop.mug, 1)
    order = shop.order((shop.mug, 1))
    ship_shipment(shipment(order), by=BOB, parcels=[ParcelDraft("dhl", "JD1")])
    return TestClient(api)


def results(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [each["result"] for each in answer.json()["results"]]


def test_every_event_is_answered_for_itself_in_its_order(client: TestClient) -> None:
    good = event("JD1", "IN_TRANSIT", location={"city": "Leipzig", "country": "DE"})
    bad = event("JD1", "IN_TRANSIT", "2026-11-25T10:00:00")
    answer = client.post(PATH, json=[good, good, event("JD2"), bad, None, event("JD1", "DELIVERED")])
    assert answer.json()["results"] == [
        {"result": "accepted", "path": "", "reason": ""},
        {"result": "duplicate", "path": "", "reason": ""},
        {"result": "unmatched", "path": "tracking_number", "reason": ""},
        {"result": "invalid", "path": "occurred_at", "reason": "The time has no offset from UTC."},
        {"result": "invalid", "path": "", "reason": "An event is an object."},
        {"result": "accepted", "path": "", "reason": ""},
    ]
    assert Order.objects.get().status == "DELIVERED"


def test_one_event_may_come_alone(client: TestClient) -> None:
    assert results(client.post(PATH, json=event("JD1", "OUT_FOR_DELIVERY"))) == ["accepted"]
    assert Snapshot.objects.get().source == f"key:{ApiKey.objects.get().pk}"


def test_a_field_that_there_is_not_is_named(client: TestClient) -> None:
    answer = client.post(PATH, json=event("JD1", mesage="typo"))
    (result,) = answer.json()["results"]
    assert (result["result"], result["path"], result["reason"]) == ("invalid", "mesage", "There is no such field.")
    assert Snapshot.objects.count() == 0


def test_five_hundred_events_are_taken_and_one_more_is_refused(client: TestClient) -> None:
    events = [event("JD1", message=str(number)) for number in range(500)]
    assert set(results(client.post(PATH, json=events))) == {"accepted"}
    before = (Snapshot.objects.count(), Order.objects.get().version)
    assert client.post(PATH, json=[*events, event("JD1")]).status_code == 422
    assert (Snapshot.objects.count(), Order.objects.get().version) == before


@pytest.mark.parametrize("body", [None, 5, "x"])
def test_a_body_that_is_no_event_is_refused(client: TestClient, body: object) -> None:
    assert client.post(PATH, json=body).status_code == 422
    assert Snapshot.objects.count() == 0


def test_a_list_without_events_is_answered_with_none(client: TestClient) -> None:
    assert results(client.post(PATH, json=[])) == []
