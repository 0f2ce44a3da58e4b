"""Whatever is thrown at `POST /orders`, it is no 5xx: an order, or a problem and nothing written."""

import json
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from orders.models import Event, Order
from tests.api import Api, order, problem_of
from tests.factories import Shop

ODD_TEXTS = [
    "", "\0", "\ud800", "MUG-01", "EUR", "ES", "-0", "1e9", "NaN", "Infinity", "0E-999999", "1" * 40, "é" * 300,
    "2026-11-22T10:00:00Z", "2199-12-31T23:59:59-23:59", "1970-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z", "@",
]  # fmt: skip
ODD_NUMBERS = [0, -1, 1, 10**6, 10**12, 2**31, 2**63, 10**999, 1e308, -0.0, 0.1, 12.505]
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(ODD_NUMBERS),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(ODD_TEXTS),
    st.text(max_size=30),
)
NAMES = st.sampled_from(["sku", "quantity", "unit_price", "name", "email", "country", "external_id", "path"]) | st.text(
    max_size=8
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to everything in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *[place for key, each in inner for place in places(each, (*way, key))]]


FULL = order(
    ("MUG-01", 2),
    ("TEA-01", 1),
    total="25.00",
    is_ship_complete=False,
    customer={"name": "Ana", "email": "ana@example.com", "phone": "1", "locale": "es"},
    ship_to={
        "name": "Ana", "line1": "a", "line2": "b", "city": "c", "region": "d", "postal_code": "e", "country": "ES",
        "phone": "f",
    },
)  # fmt: skip


@st.composite
def nearly_orders(draw: st.DrawFn) -> Any:
    """Return a good order in which up to three things were replaced, added or taken away."""
    body: Any = json.loads(json.dumps(FULL)) | {"external_id": draw(st.uuids().map(str))}
    for _ in range(draw(st.integers(0, 3))):
        way = draw(st.sampled_from(places(body)))
        if not way:
            return draw(JSON)
        *above, last = way
        place = body
        for step in above:
            place = place[step]
        if draw(st.booleans()) or isinstance(place, list):
            place[last] = draw(JSON)
        else:
            del place[last]
    return body


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(body=nearly_orders() | JSON)
def test_no_json_makes_the_api_fail(shop: Shop, api: Api, body: Any) -> None:
    orders = Order.objects.count()
    answer = api.post("/orders", json.dumps(body))
    event(str(answer.status_code))
    assert Order.objects.count() == Event.objects.values("order").distinct().count()
    if answer.status_code == 201:
        assert answer.content == api.get(f"/orders/{answer.json()['number']}").content
    else:
        status, code, _paths = problem_of(answer)
        assert (status in {400, 409, 422}, bool(code), Order.objects.count()) == (True, True, orders)
