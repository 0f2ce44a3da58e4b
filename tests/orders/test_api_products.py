"""`/api/v1/products`: the catalogue."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.models import Product
from tests.api import Api, problem_of, row_counts


def test_products_are_added_or_changed_by_their_sku_and_what_is_left_out_stays(api: Api) -> None:
    first = [{"sku": "CUP-01", "name": "Cup", "brand": "Clay", "weight_grams": 300}, {"sku": "JUG-01", "name": "Jug"}]
    assert [each["sku"] for each in api.post("/products", first).json()["items"]] == ["CUP-01", "JUG-01"]
    again = [{"sku": "JUG-01", "name": "Big jug", "department": "Kitchen"}, {"sku": "CUP-01", "name": "Cup, blue"}]
    answer = api.post("/products", again)
    assert (answer.status_code, answer.json()) == (
        200,
        {"items": [row("CUP-01", "Cup, blue", brand="Clay", weight_grams=300),
                   row("JUG-01", "Big jug", department="Kitchen")], "next": None},
    )  # fmt: skip
    assert Product.objects.filter(sku__in=["CUP-01", "JUG-01"]).count() == 2


def row(sku: str, name: str, **more: Any) -> dict[str, Any]:
    return {"sku": sku, "name": name, "department": "", "brand": "", "package_size": "", "weight_grams": None} | more


def test_products_are_listed_by_sku_in_pages(api: Api) -> None:
    api.post("/products", [{"sku": sku, "name": sku} for sku in ("B 1", "A/2", "C&3")])
    seen: list[str] = []
    path: str | None = "/products?limit=2"
    while path:
        with CaptureQueriesContext(connection) as queries:
            page = api.get(path).json()
        assert len(queries) == 2
        seen += [each["sku"] for each in page["items"]]
        path = page["next"]
    assert seen == list(Product.objects.order_by("sku").values_list("sku", flat=True))
    assert [each["sku"] for each in api.get("/products?sku=C%263").json()["items"]] == ["C&3"]


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        ([], "too_few", ""),
        ([{"sku": "X", "name": "x"}] * 2, "sku_repeated", "1.sku"),
        ([{"sku": f"X{n}", "name": "x"} for n in range(501)], "too_many", ""),
        ([{"sku": "X"}], "missing", "0.name"),
        ([{"name": "x"}], "missing", "0.sku"),
        ([{"sku": "X" * 65, "name": "x"}], "too_long", "0.sku"),
        ([{"sku": "X", "name": "x", "weight_grams": -1}], "out_of_range", "0.weight_grams"),
        ([{"sku": "X", "name": "x", "weight_grams": "5"}], "number_invalid", "0.weight_grams"),
        ([{"sku": "X", "name": "x", "price": 5}], "unknown_field", "0.price"),
        ({"sku": "X", "name": "x"}, "list_expected", ""),
    ],
)
def test_products_with_a_mistake_are_422_and_nothing_is_kept(api: Api, body: Any, code: str, path: str) -> None:
    before = row_counts()
    assert (problem_of(api.post("/products", body)), row_counts()) == ((422, code, [path]), before)
