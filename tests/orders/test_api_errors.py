"""Bad input to the API: each a problem with a stable code and the path to the field, and nothing is written."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.models import SCOPES, ApiKey, Order
from orders.services import revoke_key
from tests.api import Api, order, problem_of, row_counts
from tests.factories import Shop

LINE = {"sku": "MUG-01", "quantity": 1, "unit_price": "12.50"}
MISSING = object()


def wrong(path: str, value: Any) -> dict[str, Any]:
    """Return a good order in which one thing is wrong."""
    body: Any = json.loads(json.dumps(order()))
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place = body
    for step in way:
        place = place[step]
    if value is MISSING:
        del place[last]
    else:
        place[last] = value
    return body


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("lines.0.sku", "NONE-01", "sku_unknown"),
        ("lines.0.sku", "", "empty"),
        ("lines.0.sku", None, "text_expected"),
        ("lines.0.quantity", 0, "quantity_invalid"),
        ("lines.0.quantity", -1, "quantity_invalid"),
        ("lines.0.quantity", 10**12, "quantity_invalid"),
        ("lines.0.quantity", "2", "quantity_invalid"),
        ("lines.0.quantity", 1.5, "quantity_invalid"),
        ("lines.0.quantity", True, "quantity_invalid"),
        ("lines.0.quantity", MISSING, "missing"),
        ("lines.0.unit_price", "-0.01", "price_invalid"),
        ("lines.0.unit_price", "12,50", "price_invalid"),
        ("lines.0.unit_price", "12.505", "price_invalid"),
        ("lines.0.unit_price", 10**7, "price_invalid"),
        ("lines.0.unit_price", "NaN", "price_invalid"),
        ("lines.0.unit_price", "1_2.50", "price_invalid"),
        ("lines.0.unit_price", "１２.５０", "price_invalid"),
        ("lines.0.colour", "red", "unknown_field"),
        ("lines", [], "too_few"),
        ("lines", [LINE] * 501, "too_many"),
        ("lines", {"0": LINE}, "list_expected"),
        ("lines.0", 5, "object_expected"),
        ("external_id", MISSING, "missing"),
        ("external_id", "x" * 256, "too_long"),
        ("external_id", "a\0b", "text_invalid"),
        ("external_id", "a\ud800b", "text_invalid"),
        ("external_id", "\u200b\u00a0", "empty"),
        ("customer.name", "\u202eziuR anA", "text_invalid"),
        ("customer.name", "Ana\u2028Ruiz", "text_invalid"),
        ("customer.email", "ana@example.com\r\nBcc: bob@example.com", "email_invalid"),
        ("lines.0.sku", "MUG-01\u200b", "sku_unknown"),
        ("customer", MISSING, "missing"),
        ("customer.email", "ana", "email_invalid"),
        ("customer.name", "A\x07na", "text_invalid"),
        ("customer.locale", "español", "format_invalid"),
        ("ship_to.country", "ZZ", "country_unknown"),
        ("currency", MISSING, "missing"),
        ("currency", "XYZ", "currency_unknown"),
        ("currency", "EURO", "currency_unknown"),
        ("currency", "eur", "currency_unknown"),
        ("placed_at", "2026-11-22T10:00:00", "timezone_missing"),
        ("placed_at", "yesterday", "moment_invalid"),
        ("placed_at", 1795341600, "moment_invalid"),
        ("placed_at", "9999-12-31T23:59:59-12:00", "moment_invalid"),
        ("placed_at", "0001-01-01T00:00:00+12:00", "moment_invalid"),
        ("total", "12.505", "price_invalid"),
        ("total", -1, "out_of_range"),
        ("total", "1_000", "price_invalid"),
        ("is_ship_complete", "perhaps", "boolean_expected"),
        ("shipping_method", "teleport", "shipping_method_unknown"),
        ("surprise", 1, "unknown_field"),
    ],
)
def test_an_order_in_which_one_thing_is_wrong_is_422_and_writes_nothing(
    api: Api, path: str, value: Any, code: str
) -> None:
    before = row_counts()
    answer = api.post("/orders", json.dumps(wrong(path, value)))
    assert (problem_of(answer), row_counts()) == ((422, code, [path]), before)
    assert answer.json()["detail"].startswith(f"{path}: ")


def test_all_that_is_wrong_is_named_and_the_first_gives_the_code(api: Api) -> None:
    body = order(("NONE-1", 1), ("MUG-01", 1), ("NONE-2", 1), shipping_method="teleport")
    assert problem_of(api.post("/orders", body)) == (
        422,
        "sku_unknown",
        ["lines.0.sku", "lines.2.sku", "shipping_method"],
    )
    many = api.post("/orders", order(lines=[{"sku": "MUG-01"}] * 500))
    assert problem_of(many)[:2] == (422, "missing")
    assert len(many.json()["errors"]) == 100


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "json_invalid"),
        (b"\xff\xfe", 400, "json_invalid"),
        (b'{"a": NaN}', 400, "json_invalid"),
        (b'{"a": 1, "b": 2, "a": 1}', 400, "name_repeated"),
        (b'{"lines": [{"quantity": 1, "quantity": 2}]}', 400, "name_repeated"),
        (b"\xef\xbb\xbf{}", 400, "json_invalid"),
        (b"[" * 65 + b"]" * 65, 400, "json_too_deep"),
        (b"[" * 200_000, 400, "json_too_deep"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, 400, "json_too_deep"),
        (b"9" * 1001, 400, "number_too_long"),
        (b"9" * 5000, 400, "number_too_long"),
        (b"1e999999999", 400, "number_too_long"),
        (b"1e99999999999999999999", 400, "number_too_long"),
        (b"[" * 64 + b"]" * 64, 422, "object_expected"),
        (b"9" * 1000, 422, "object_expected"),
        (b"null", 422, "object_expected"),
        (b"[]", 422, "object_expected"),
        (b"", 422, "missing"),
        (b"{}", 422, "missing"),
    ],
)
def test_a_body_that_is_no_order_is_a_problem(api: Api, body: bytes, status: int, code: str) -> None:
    before = row_counts()
    answer = api.post("/orders", body)
    assert (problem_of(answer)[:2], row_counts()) == ((status, code), before)


def test_six_mebibytes_are_413_and_the_limit_itself_is_read(api: Api) -> None:
    before = row_counts()
    text = json.dumps(order(external_id="x"))
    too_large = text + " " * (6 * 1024 * 1024)
    assert problem_of(api.post("/orders", too_large)) == (413, "body_too_large", [])
    assert row_counts() == before
    assert api.post("/orders", text.ljust(5 * 1024 * 1024)).status_code == 201


def test_a_chunked_body_is_411(api: Api) -> None:
    before = row_counts()
    answer = api.post("/orders", order(), Transfer_Encoding="chunked")
    assert (problem_of(answer), row_counts()) == ((411, "length_required", []), before)


@pytest.mark.parametrize("length", ["-5", "²", "1e3", "9" * 5000])
def test_a_content_length_that_is_no_number_is_no_bug_of_ours(api: Api, length: str) -> None:
    answer = api.client.generic("POST", "/api/v1/orders", b"", "application/json", CONTENT_LENGTH=length)
    assert problem_of(answer) == (413, "body_too_large", [])


@pytest.mark.parametrize("charset", ["unicode_escape", "idna", "utf-16"])
def test_a_body_in_other_letters_than_utf_8_is_415(api: Api, charset: str) -> None:
    before = row_counts()
    answer = api.client.generic("POST", "/api/v1/orders", b"{}", f"application/json; charset={charset}")
    assert (problem_of(answer), row_counts()) == ((415, "not_utf8", []), before)
    form = f"multipart/form-data; boundary=x; charset={charset}"
    assert api.client.generic("POST", "/floor/find/", b"--x--", form).status_code == 415


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_does_not_say_that_it_is_json_is_415(api: Api, content_type: str) -> None:
    before = row_counts()
    answer = api.client.generic("POST", "/api/v1/orders", json.dumps(order()), content_type)
    assert (problem_of(answer), row_counts()) == ((415, "content_type_unsupported", []), before)


def test_without_a_good_key_there_is_401_and_nothing_is_written(shop: Shop, api: Api) -> None:
    revoked, expired = Api(), Api()
    revoke_key(revoked.key)
    ApiKey.objects.filter(pk=expired.key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    before = row_counts()
    for headers, code in (
        ({}, "key_missing"),
        ({"Authorization": "Bearer otk_nobody"}, "key_invalid"),
        ({"Authorization": "Bearer "}, "key_invalid"),
        ({"Authorization": f"Basic {api.secret}"}, "key_invalid"),
        ({"Authorization": f"Bearer {revoked.secret}"}, "key_invalid"),
        ({"Authorization": f"Bearer {expired.secret}"}, "key_invalid"),
        ({"Authorization": f"Bearer {api.key.digest}"}, "key_invalid"),
    ):
        answer = Client().generic("POST", "/api/v1/orders", json.dumps(order()), "application/json", headers=headers)
        assert problem_of(answer) == (401, code, [])
        assert answer["WWW-Authenticate"].startswith("Bearer ")
    assert row_counts() == before


def test_every_key_costs_one_look_up_whatever_is_wrong_with_it(api: Api) -> None:
    revoked = Api()
    revoke_key(revoked.key)
    for secret in ("otk_nobody", revoked.secret):
        with CaptureQueriesContext(connection) as seen:
            Client().get("/api/v1/orders", headers={"Authorization": f"Bearer {secret}"})
        assert len(seen) == 1


def test_a_key_without_the_scope_is_403_and_named(shop: Shop) -> None:
    number = Api().place()["number"]
    calls = {
        "orders:read": [("GET", "/orders"), ("GET", f"/orders/{number}"), ("GET", f"/orders/{number}/events")],
        "orders:write": [
            ("POST", "/orders"),
            *[("POST", f"/orders/{number}/{v}") for v in ("cancel", "hold", "release")],
        ],
        "shipments:read": [("GET", f"/shipments/{number}-1")],
        "shipments:write": [("POST", f"/shipments/{number}-1/{verb}") for verb in ("pick", "pack", "ship")],
        "stock:read": [("GET", "/stock")],
        "stock:write": [("POST", "/stock/receipts"), ("POST", "/stock/adjustments")],
        "products:read": [("GET", "/products")],
        "products:write": [("POST", "/products")],
    }
    for scope, paths in calls.items():
        lacking = Api(scopes=tuple(set(SCOPES) - {scope}))
        having = Api(scopes=(scope,))
        before = row_counts()
        for method, path in paths:
            refused = lacking.client.generic(method, f"/api/v1{path}", b"[]", "application/json")
            assert problem_of(refused) == (403, "scope_missing", [])
            assert (refused.json()["scope"], scope in refused["WWW-Authenticate"]) == (scope, True)
            assert having.client.generic(method, f"/api/v1{path}", b"[]", "application/json").status_code in {200, 422}
        assert row_counts() == before


def test_unknown_paths_and_methods_are_problems(api: Api) -> None:
    for path in (
        "/api/",
        "/api/v2/orders",
        "/api/v1/order",
        "/api/v1/orders/",
        "/api/v1/orders/OT-7K3F9Q2M",
        "/api/v1/",
    ):
        assert problem_of(api.get(path)) == (404, "not_found", [])
    for path in ("/orders/%00", "/orders/a%2Fb", "/shipments/OT-1", "/shipments/%00-1", "/shipments/OT-7K3F9Q2M-²"):
        assert problem_of(api.get(path)) == (404, "not_found", [])
    answer = api.client.delete("/api/v1/orders")
    assert problem_of(answer) == (405, "method_not_allowed", [])
    assert set(answer["Allow"].split(", ")) == {"GET", "POST"}


def test_a_host_that_is_not_ours_is_a_problem_under_api(api: Api) -> None:
    assert problem_of(api.get("/orders", Host="evil.example")) == (400, "request_refused", [])


def test_every_answer_carries_a_clean_request_id(api: Api) -> None:
    assert api.get("/orders", X_Request_Id="abc-1.2:3")["X-Request-Id"] == "abc-1.2:3"
    assert api.get("/nowhere", X_Request_Id="a b\tc<é>" + "x" * 500)["X-Request-Id"] == ("abc" + "x" * 500)[:128]
    ours = {api.get("/orders")["X-Request-Id"] for _ in range(2)} | {
        api.get("/orders", X_Request_Id="  ")["X-Request-Id"]
    }
    assert (len(ours), {len(each) for each in ours}) == (3, {32})
    assert api.post("/orders", " " * (6 * 1024 * 1024), X_Request_Id="big")["X-Request-Id"] == "big"


def test_a_bug_is_a_500_problem_that_tells_nothing_and_changes_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = row_counts()

    def fail(*_: Any) -> None:
        raise IntegrityError("secret internals")

    monkeypatch.setattr("orders.idempotency._keep", fail)
    answer = api.post("/orders", order(), Idempotency_Key="k")
    assert (problem_of(answer), row_counts()) == ((500, "internal_error", []), before)
    assert b"secret internals" not in answer.content
    assert "secret internals" in caplog.text


def test_no_table_grows_by_reading(api: Api) -> None:
    number = api.place()["number"]
    before = row_counts()
    for path in (
        "/orders",
        f"/orders/{number}",
        f"/orders/{number}/events",
        f"/shipments/{number}-1",
        "/stock",
        "/products",
    ):
        assert api.get(path).status_code == 200
    assert (row_counts(), Order.objects.count(), connection.in_atomic_block) == (before, 1, True)
