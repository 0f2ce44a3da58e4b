"""`POST /carrier-events`: every event is answered for itself."""

import json
from typing import Any

import pytest

from fulfillment.services import ParcelDraft, ship_shipment
from orders.models import Order
from tests.api import Api, problem_of, row_counts
from tests.factories import BOB, Shop, shipment
from tests.hooks import event
from tracking.models import Snapshot

PATH = "/carrier-events"


@pytest.fixture
def api(shop: Shop) -> Api:
    shop.receive(shop.mug, 1)
    order = shop.order((shop.mug, 1))
    ship_shipment(shipment(order), by=BOB, parcels=[ParcelDraft("dhl", "JD1")])
    return Api(scopes=("carrier-events:write",))


def results(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [each["result"] for each in answer.json()["results"]]


def test_every_event_is_answered_for_itself_in_its_order(api: Api) -> None:
    good = event("JD1", "IN_TRANSIT", location={"city": "Leipzig", "country": "DE"})
    bad = event("JD1", "IN_TRANSIT", "2026-11-25T10:00:00")
    answer = api.post(PATH, [good, good, event("JD2"), bad, None, event("JD1", "DELIVERED")])
    assert answer.json()["results"] == [
        {"result": "accepted", "path": "", "reason": ""},
        {"result": "duplicate", "path": "", "reason": ""},
        {"result": "unmatched", "path": "tracking_number", "reason": ""},
        {"result": "invalid", "path": "occurred_at", "reason": "The time has no offset from UTC."},
        {"result": "invalid", "path": "", "reason": "An event is an object."},
        {"result": "accepted", "path": "", "reason": ""},
    ]
    assert Order.objects.get().status == "DELIVERED"


def test_one_event_may_come_alone(api: Api) -> None:
    assert results(api.post(PATH, event("JD1", "OUT_FOR_DELIVERY"))) == ["accepted"]
    assert Snapshot.objects.get().source == f"key:{api.key.pk}"


def test_a_field_that_there_is_not_is_named(api: Api) -> None:
    answer = api.post(PATH, event("JD1", mesage="typo"))
    (result,) = answer.json()["results"]
    assert (result["result"], result["path"], result["reason"]) == ("invalid", "mesage", "There is no such field.")
    assert Snapshot.objects.count() == 0


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"\ud800": 1}, "\\ud800"),
        ({"a\0b": 1}, "a\\x00b"),
        ({"location": {"\ud800": 1}}, "location.\\ud800"),
        ({"x" * 70_000: 1}, "x" * 255),
    ],
)
def test_a_field_whose_name_cannot_be_written_is_named_all_the_same(api: Api, more: dict[str, Any], path: str) -> None:
    answer = api.post(PATH, json.dumps([event("JD1") | more, event("JD1")]))
    assert results(answer) == ["invalid", "accepted"]
    assert answer.json()["results"][0]["path"] == path


def test_five_hundred_events_are_taken_and_one_more_is_refused(api: Api) -> None:
    events = [event("JD1", message=str(number)) for number in range(500)]
    assert set(results(api.post(PATH, events))) == {"accepted"}
    before = row_counts()
    assert problem_of(api.post(PATH, [*events, event("JD1")]))[0] == 422
    assert row_counts() == before


@pytest.mark.parametrize("body", ["null", "5", '"x"'])
def test_a_body_that_is_no_event_is_refused(api: Api, body: str) -> None:
    assert problem_of(api.post(PATH, body))[0] == 422
    assert Snapshot.objects.count() == 0


def test_a_key_without_the_scope_writes_nothing(api: Api) -> None:
    before = row_counts()
    other = Api(scopes=("orders:write",))
    assert problem_of(other.post(PATH, event("JD1", "DELIVERED")))[:2] == (403, "scope_missing")
    assert {**row_counts(), "orders.ApiKey": 1} == before


def test_a_key_reaches_the_parcels_of_its_own_channel_alone(api: Api) -> None:
    stranger = Api(channel="other", scopes=("carrier-events:write",))
    assert results(stranger.post(PATH, event("JD1", "DELIVERED"))) == ["unmatched"]
    assert Order.objects.get().status == "SHIPPED"


def test_a_retry_with_the_same_key_gets_the_same_answer(api: Api) -> None:
    body = event("JD1", "DELIVERED")
    first = api.post(PATH, body, idempotency_key="a")
    again = api.post(PATH, body, idempotency_key="a")
    assert (results(first), first.content) == (["accepted"], again.content)
    assert again["Idempotent-Replayed"] == "true"
    assert results(api.post(PATH, body)) == ["duplicate"]


def test_a_list_without_events_is_answered_with_none(api: Api) -> None:
    assert results(api.post(PATH, [])) == []
