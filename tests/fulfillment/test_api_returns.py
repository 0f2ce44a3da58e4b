"""`/api/v1/returns`: announced by the shop, shown with what became of each unit."""

import pytest

from fulfillment.models import Return
from fulfillment.services import ship_shipment
from fulfillment.services.returns import Outcome, finish_return
from orders.models import Order
from tests.api import Api, problem_of, row_counts
from tests.factories import ALICE, BOB, Shop, shipment
from tests.fulfillment.at_desk import decide, take_in


@pytest.fixture
def number(api: Api, shop: Shop) -> str:
    """The number of an order of three mugs that were shipped."""
    shop.receive(shop.mug, 3)
    placed: str = api.place(("MUG-01", 3))["number"]
    ship_shipment(shipment(Order.objects.get(number=placed)), by=ALICE)
    return placed


def test_a_return_is_announced_and_followed_to_its_end(api: Api, number: str, shop: Shop) -> None:
    asked = {"order": number, "reason": "DAMAGED", "lines": [{"line": 1, "quantity": 2}]}
    answer = api.post("/returns", asked)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["number"], body["status"], body["lines"][0]["quantity"]) == (f"{number}-R1", "REQUESTED", 2)
    back = Return.objects.get()
    take_in(back, 2)
    decide(back.lines.get(), Outcome.RESTOCK, into="A-01-01")
    decide(back.lines.get(), Outcome.SCRAP)
    finish_return(back, by=BOB)
    shown = api.get(f"/returns/{number}-R1").json()
    assert (shown["status"], shown["warehouse"]) == ("CLOSED", "MAIN")
    counts = {"quantity": 2, "received": 2, "restocked": 1, "quarantined": 0, "scrapped": 1}
    assert shown["lines"] == [{"line": 1, "sku": "MUG-01", "name": "Enamel mug"} | counts]


def test_all_that_left_comes_back_where_no_lines_are_named(api: Api, number: str) -> None:
    assert api.post("/returns", {"order": number}).json()["lines"][0]["quantity"] == 3


def test_a_return_of_too_many_or_of_nothing_is_refused_and_nothing_is_kept(api: Api, number: str) -> None:
    before = row_counts()
    asked = {"order": number, "lines": [{"line": 1, "quantity": 4}]}
    assert problem_of(api.post("/returns", asked))[:2] == (409, "not_returnable")
    assert problem_of(api.post("/returns", {"order": number, "reason": "BORED"}))[0] == 422
    assert problem_of(api.post("/returns", {"order": "OT-00000000"}))[0] == 404
    assert row_counts() == before


def test_a_key_sees_and_announces_returns_of_its_own_channel_only(api: Api, number: str) -> None:
    api.post("/returns", {"order": number})
    other = Api("app")
    assert other.get(f"/returns/{number}-R1").status_code == 404
    assert other.post("/returns", {"order": number}).status_code == 404
    assert Return.objects.count() == 1


def test_a_return_sent_twice_under_one_key_is_announced_once(api: Api, number: str) -> None:
    sent = [api.post("/returns", {"order": number}, idempotency_key="one") for _ in range(2)]
    assert (sent[0].content, Return.objects.count()) == (sent[1].content, 1)
