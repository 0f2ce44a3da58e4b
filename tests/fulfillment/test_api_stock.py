"""`/api/v1/stock`: balances, receipts, adjustments."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfillment import ledger
from fulfillment.models import Count, StockItem, StockMovement
from fulfillment.services import allocate_waiting
from orders.models import Order
from tests.api import Api, problem_of, row_counts
from tests.factories import ALICE, ProductFactory, Shop, stages


def receipt(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"warehouse": "MAIN", "reference": "D-1", "lines": list(lines)} | more


def test_a_receipt_is_booked_and_gives_waiting_orders_what_they_wait_for(shop: Shop, api: Api) -> None:
    api.place(("MUG-01", 3))
    answer = api.post(
        "/stock/receipts",
        receipt(
            {"sku": "TEA-01", "quantity": 1},
            {"sku": "MUG-01", "quantity": 4, "bin": "A-01"},
            {"sku": "MUG-01", "quantity": 1, "bin": "A-01"},
        ),
    )
    mug, tea = ({"warehouse": "MAIN", "reserved": 0, "blocked": 0} for _ in range(2))
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "warehouse": "MAIN",
            "reference": "D-1",
            "units": 6,
            "stock": [
                mug | {"sku": "MUG-01", "name": "Enamel mug", "on_hand": 5, "free": 5},
                tea | {"sku": "TEA-01", "name": "Teapot", "on_hand": 1, "free": 1},
            ],
        },
    )
    assert set(StockMovement.objects.values_list("by", "cause", "to_bin__code")) == {
        (f"key:{api.key.pk}", "D-1", "A-01"),
        (f"key:{api.key.pk}", "D-1", "STOCK"),
    }
    assert allocate_waiting(by=ALICE) == 1
    assert (stages(Order.objects.get()), list(ledger.verify())) == ([{"reserved": 3}], [])


def test_stock_is_of_the_house_and_listed_in_pages(shop: Shop, api: Api) -> None:
    north = ledger.open_warehouse("NORTH")
    shop.receive(shop.mug, 5)
    shop.receive(shop.teapot, 2)
    shop.receive(shop.mug, 7, warehouse=north)
    shop.order((shop.mug, 2))
    other = Api("till")

    def rows(query: str) -> list[tuple[Any, ...]]:
        items = other.get(f"/stock?{query}").json()["items"]
        return [(each["sku"], each["warehouse"], each["on_hand"], each["reserved"], each["free"]) for each in items]

    assert rows("sku=MUG-01") == [("MUG-01", "MAIN", 5, 2, 3), ("MUG-01", "NORTH", 7, 0, 7)]
    assert rows("warehouse=NORTH") == [("MUG-01", "NORTH", 7, 0, 7)]
    assert rows("sku=MUG-01&warehouse=MAIN") == [("MUG-01", "MAIN", 5, 2, 3)]
    assert rows("sku=none") == []
    first = other.get("/stock?limit=2").json()
    rest = other.get(first["next"]).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)


def test_listing_stock_costs_two_queries_whether_one_or_three(shop: Shop, api: Api) -> None:
    for count in (1, 2):
        for _ in range(count):
            shop.receive(ProductFactory(), 1)
        with CaptureQueriesContext(connection) as seen:
            api.get("/stock")
        assert len(seen) == 2


def test_an_adjustment_corrects_a_bin_and_says_why(shop: Shop, api: Api) -> None:
    shop.receive(shop.mug, 5)
    asked = {"warehouse": "MAIN", "sku": "MUG-01", "bin": "A-01-01", "delta": -2, "reason": "DAMAGED"}
    answer = api.post("/stock/adjustments", asked)
    assert (answer.status_code, answer.json()["on_hand"], answer.json()["free"]) == (200, 3, 3)
    last = StockMovement.objects.first()
    assert last is not None
    assert (last.kind, last.cause, last.by) == ("ADJUST", "damaged", f"key:{api.key.pk}")
    more = api.post("/stock/adjustments", asked | {"delta": 4, "bin": "NEW-1", "reason": "found"})
    assert (more.json()["on_hand"], list(ledger.verify())) == (7, [])


def test_what_is_reserved_or_not_there_cannot_be_taken_away(shop: Shop, api: Api) -> None:
    shop.receive(shop.mug, 5)
    shop.order((shop.mug, 4))
    before = row_counts()
    asked = {"warehouse": "MAIN", "sku": "MUG-01", "bin": "A-01-01", "delta": -2, "reason": "DAMAGED"}
    answer = api.post("/stock/adjustments", asked)
    assert (problem_of(answer), answer.json()["free"]) == ((409, "not_enough_stock", []), 1)
    assert problem_of(api.post("/stock/adjustments", asked | {"bin": "EMPTY", "delta": -1})) == (
        409,
        "not_enough_stock",
        [],
    )
    assert (row_counts(), shop.stock(shop.mug)) == (before | {"fulfillment.Count": 2}, (5, 4))
    causes = Count.objects.order_by("pk").values_list("bin__code", "cause")
    assert list(causes) == [("A-01-01", "SURPRISE"), (None, "SURPRISE")], "somebody looks"


@pytest.mark.parametrize("reason", ["for Ms Miller, room 7", "", None, 7])
def test_a_correction_has_one_of_the_reasons_and_nobodys_words(shop: Shop, api: Api, reason: Any) -> None:
    shop.receive(shop.mug, 5)
    before = row_counts()
    asked = {"warehouse": "MAIN", "sku": "MUG-01", "bin": "A-01-01", "delta": -2, "reason": reason}
    answer = api.post("/stock/adjustments", asked)
    assert problem_of(answer) == (422, "reason_unknown", ["reason"])
    assert "counted, damaged, lost, found, expired, own use, other." in answer.json()["detail"]
    assert (row_counts(), shop.stock(shop.mug)) == (before, (5, 0))


def test_more_than_can_be_counted_is_refused(shop: Shop, api: Api) -> None:
    shop.receive(shop.mug, 2_147_000_000)
    before = row_counts()
    for path, body in (
        ("/stock/receipts", receipt(*[{"sku": "MUG-01", "quantity": 400_000}] * 2)),
        ("/stock/adjustments", {"warehouse": "MAIN", "sku": "MUG-01", "delta": 500_000, "reason": "found"}),
    ):
        assert problem_of(api.post(path, body)) == (409, "too_much_stock", [])
    assert (row_counts(), StockItem.objects.get().on_hand) == (before, 2_147_000_000)


@pytest.mark.parametrize(
    ("body", "code", "paths"),
    [
        (receipt({"sku": "MUG-01", "quantity": 0}), "quantity_invalid", ["lines.0.quantity"]),
        (receipt({"sku": "MUG-01", "quantity": -5}), "quantity_invalid", ["lines.0.quantity"]),
        (receipt({"sku": "MUG-01", "quantity": 1, "bin": "B" * 33}), "too_long", ["lines.0.bin"]),
        (receipt({"sku": "MUG-01", "quantity": 1, "bin": ""}), "empty", ["lines.0.bin"]),
        (receipt(), "too_few", ["lines"]),
        (receipt({"sku": "MUG-01", "quantity": 1}, reference=""), "empty", ["reference"]),
        (receipt({"sku": "MUG-01", "quantity": 1}, warehouse="a\0"), "text_invalid", ["warehouse"]),
        (
            receipt({"sku": "X", "quantity": 1}, {"sku": "MUG-01", "quantity": 1}, {"sku": "Y", "quantity": 1}),
            "sku_unknown",
            ["lines.0.sku", "lines.2.sku"],
        ),
        (
            receipt({"sku": "X", "quantity": 1}, warehouse="MOON"),
            "warehouse_unknown",
            ["warehouse", "lines.0.sku"],
        ),
    ],
)
def test_a_receipt_with_a_mistake_is_422_and_books_nothing(api: Api, body: Any, code: str, paths: list[str]) -> None:
    before = row_counts()
    assert (problem_of(api.post("/stock/receipts", body)), row_counts()) == ((422, code, paths), before)


@pytest.mark.parametrize("delta", [0, 10**12, "2", 1.5, None, True])
def test_an_adjustment_by_no_number_is_422(api: Api, delta: Any) -> None:
    before = row_counts()
    body = {"warehouse": "MAIN", "sku": "MUG-01", "delta": delta, "reason": "found"}
    assert problem_of(api.post("/stock/adjustments", body)) == (422, "quantity_invalid", ["delta"])
    assert problem_of(api.post("/stock/adjustments", body | {"delta": 1, "sku": "X"})) == (422, "sku_unknown", ["sku"])
    assert row_counts() == before
