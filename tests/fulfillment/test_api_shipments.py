"""`/api/v1/shipments`: through the API alone an order goes from placed to shipped."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfillment import ledger
from fulfillment.models import Parcel, Shipment
from orders.models import Order
from tests.api import Api, problem_of, row_counts
from tests.factories import Shop, shipment, stages


def test_through_the_api_alone_an_order_is_placed_picked_packed_and_shipped(api: Api) -> None:
    api.post("/products", [{"sku": "CUP-01", "name": "Cup"}])
    api.post("/stock/receipts", {"warehouse": "MAIN", "reference": "D-1", "lines": [{"sku": "CUP-01", "quantity": 5}]})
    number = api.place(("CUP-01", 3))["number"]
    reached = [api.post(f"/shipments/{number}-1/{verb}", {}) for verb in ("pick", "pack")]
    boxes = [{"carrier": "DHL", "tracking_number": "JD 014 600", "weight_grams": 900}]
    reached.append(api.post(f"/shipments/{number}-1/ship", {"parcels": boxes}))
    assert [(each.status_code, each.json()["status"]) for each in reached] == [
        (200, "PICKED"),
        (200, "PACKED"),
        (200, "SHIPPED"),
    ]
    assert reached[-1].content == api.get(f"/shipments/{number}-1").content
    shown = api.get(f"/orders/{number}").json()
    assert (shown["status"], shown["lines"][0]["shipped"], shown["blockers"]) == ("SHIPPED", 3, [])
    parcel = {"number": f"{number}-1-1", "carrier": "dhl", "tracking_number": "JD 014 600", "status": None, "eta": None}
    part = {
        "number": f"{number}-1",
        "status": "SHIPPED",
        "warehouse": "MAIN",
        "lines": [{"line": 1, "quantity": 3}],
        "parcels": [parcel],
    }
    assert shown["shipments"] == [part]
    assert reached[-1].json() == part | {"order": number}
    assert api.get("/stock?sku=CUP-01").json()["items"][0]["on_hand"] == 2
    assert (list(ledger.verify()), {each.by for each in Order.objects.get().events.all()}) == (
        [],
        {f"key:{api.key.pk}"},
    )


def test_a_warehouse_run_by_others_may_ship_at_once_in_many_parcels(shop: Shop, api: Api) -> None:
    shop.receive(shop.mug, 3)
    shop.receive(shop.teapot, 1)
    number = api.place(("MUG-01", 3), ("TEA-01", 1))["number"]
    boxes = [
        {"carrier": "ups", "tracking_number": "1Z1", "lines": [{"line": 1, "quantity": 2}]},
        {"carrier": "ups", "tracking_number": "1Z2", "lines": [{"line": 1, "quantity": 1}, {"line": 2, "quantity": 1}]},
    ]
    answer = api.post(f"/shipments/{number}-1/ship", {"parcels": boxes})
    assert (answer.status_code, [each["number"] for each in answer.json()["parcels"]]) == (
        200,
        [f"{number}-1-1", f"{number}-1-2"],
    )
    contents = [sorted((line.shipment_line.order_line.number, line.quantity) for line in parcel.lines.all())
                for parcel in Parcel.objects.order_by("pk")]  # fmt: skip
    assert contents == [[(1, 2)], [(1, 1), (2, 1)]]


def test_parcels_that_do_not_add_up_are_refused_and_nothing_leaves(shop: Shop, api: Api) -> None:
    shop.receive(shop.mug, 3)
    number = api.place(("MUG-01", 3))["number"]
    before = row_counts()
    answer = api.post(f"/shipments/{number}-1/ship", {"parcels": [{"lines": [{"line": 1, "quantity": 2}]}]})
    assert (problem_of(answer), row_counts()) == ((409, "parcels_do_not_add_up", []), before)
    assert (shipment(Order.objects.get()).status, shop.stock(shop.mug)) == ("READY", (3, 3))


def test_parts_are_picked_and_packed_one_after_the_other(shop: Shop, api: Api) -> None:
    shop.receive(shop.mug, 3)
    number = api.place(("MUG-01", 3))["number"]
    some = {"lines": [{"line": 1, "quantity": 2}]}
    assert api.post(f"/shipments/{number}-1/pick", some).json()["status"] == "PICKING"
    assert api.post(f"/shipments/{number}-1/pick").json()["status"] == "PICKED"
    assert api.post(f"/shipments/{number}-1/pack", some).json()["status"] == "PICKED"
    assert stages(Order.objects.get()) == [{"picked": 1, "packed": 2}]
    too_many = api.post(f"/shipments/{number}-1/pack", some)
    assert (problem_of(too_many), too_many.json()["left"]) == ((409, "not_that_many", []), 1)
    assert api.client.generic("POST", f"/api/v1/shipments/{number}-1/pack").json()["status"] == "PACKED"


@pytest.mark.parametrize("verb", ["pick", "pack", "ship"])
def test_what_is_not_possible_now_is_409_with_the_reason_and_changes_nothing(shop: Shop, api: Api, verb: str) -> None:
    number = api.place(("MUG-01", 3))["number"]  # nothing is there
    before = row_counts()
    answer = api.post(f"/shipments/{number}-1/{verb}", {})
    assert (problem_of(answer), answer.json()["reasons"]) == ((409, "not_allowed", []), ["wrong_status"])
    assert "waiting for stock" in answer.json()["detail"]
    assert (row_counts(), Shipment.objects.get().status) == (before, "PLANNED")


@pytest.mark.parametrize(
    ("verb", "body", "code", "path"),
    [
        ("pick", {"lines": []}, "too_few", "lines"),
        ("pick", {"lines": [{"line": 0, "quantity": 1}]}, "out_of_range", "lines.0.line"),
        ("pick", {"lines": [{"line": "1", "quantity": 1}]}, "number_invalid", "lines.0.line"),
        ("pick", {"lines": [{"line": 1, "quantity": 0}]}, "quantity_invalid", "lines.0.quantity"),
        ("pack", {"lines": [{"line": 1}]}, "missing", "lines.0.quantity"),
        ("pack", {"lines": [{"line": 1, "quantity": 1}] * 2}, "line_repeated", "lines.1.line"),
        ("pack", {"line": 1}, "unknown_field", "line"),
        ("ship", {"parcels": []}, "too_few", "parcels"),
        ("ship", {"parcels": [{}] * 101}, "too_many", "parcels"),
        ("ship", {"parcels": [{"weight_grams": 0}]}, "out_of_range", "parcels.0.weight_grams"),
        ("ship", {"parcels": [{"carrier": "x" * 65}]}, "too_long", "parcels.0.carrier"),
        ("ship", {"parcels": [{"tracking_number": "a\0"}]}, "text_invalid", "parcels.0.tracking_number"),
        (
            "ship",
            {"parcels": [{}, {"lines": [{"line": 1, "quantity": 1}, {"line": 1, "quantity": 2}]}]},
            "line_repeated",
            "parcels.1.lines.1.line",
        ),
    ],
)
def test_a_body_that_asks_for_nonsense_is_422(shop: Shop, api: Api, verb: str, body: Any, code: str, path: str) -> None:
    shop.receive(shop.mug, 3)
    number = api.place(("MUG-01", 3))["number"]
    before = row_counts()
    answer = api.post(f"/shipments/{number}-1/{verb}", body)
    assert (problem_of(answer), row_counts()) == ((422, code, [path]), before)


def test_showing_a_shipment_costs_four_queries_whatever_is_in_it(shop: Shop, api: Api) -> None:
    shop.receive(shop.mug, 9)
    shop.receive(shop.teapot, 9)
    for lines in ([("MUG-01", 1)], [("MUG-01", 1), ("TEA-01", 2), ("MUG-01", 3)]):
        number = api.place(*lines)["number"]
        with CaptureQueriesContext(connection) as seen:
            api.get(f"/shipments/{number}-1")
        assert len(seen) == 4
