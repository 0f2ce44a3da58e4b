"""`/api/v1/orders`: placed, found, followed, cancelled, held, released."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfillment.services import allocate_waiting, pick_shipment, ship_shipment
from orders.models import Actor, Hold, Order
from tests.api import Api, order, problem_of, row_counts
from tests.factories import ALICE, BOB, MONDAY, Shop, shipment, stages
from tracking.models import Tracker, TrackingLink


def queries(run: Any) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        run()
    return len(seen)


def test_an_order_that_is_placed_answers_as_it_reads_afterwards(shop: Shop, api: Api) -> None:
    shop.receive(shop.mug, 3)
    body = order(("MUG-01", 5), ("TEA-01", 1), placed_at="2026-11-23T11:00:00+01:00")
    answer = api.post("/orders", body)
    assert answer.status_code == 201
    placed = answer.json()
    assert answer.content == api.get(f"/orders/{placed['number']}").content

    row = Order.objects.get()
    assert placed == {
        "number": row.number,
        "external_id": body["external_id"],
        "channel": "web",
        "status": "CONFIRMED",
        "version": row.events.count(),
        "placed_at": "2026-11-23T10:00:00Z",
        "currency": "EUR",
        "total": "75.00",
        "promise": {"ship_by": "2026-11-24", "deliver_from": "2026-11-25", "deliver_by": "2026-11-27"},
        "tracking_url": row.links.get().url,
        "lines": [
            line_of(1, "MUG-01", "Enamel mug", 5, waiting=2, reserved=3),
            line_of(2, "TEA-01", "Teapot", 1, waiting=1),
        ],
        "shipments": placed["shipments"],
        "holds": [],
        "blockers": placed["blockers"],
    }
    assert placed["tracking_url"].startswith(f"{settings.PUBLIC_URL}/track/")
    assert sorted(
        (each["status"], each["warehouse"], [(line["line"], line["quantity"]) for line in each["lines"]])
        for each in placed["shipments"]
    ) == [("PLANNED", None, [(1, 2), (2, 1)]), ("READY", "MAIN", [(1, 3)])]
    assert {(each["code"], each["owner"]) for each in placed["blockers"]} == {
        ("waits_for_stock", "shop"),
        ("to_pick", "warehouse"),
    }
    assert row.events.get(seq=1).by == str(Actor.of("key", api.key))


def line_of(line: int, sku: str, name: str, quantity: int, **stage: int) -> dict[str, Any]:
    nothing = dict.fromkeys(("waiting", "reserved", "picked", "packed", "shipped", "delivered", "cancelled"), 0)
    return {"line": line, "sku": sku, "name": name, "quantity": quantity, "unit_price": "12.50"} | nothing | stage


@pytest.mark.parametrize(
    ("currency", "price", "shown"), [("EUR", "12.5", "12.50"), ("JPY", "1250", "1250"), ("KWD", "0.125", "0.125")]
)
def test_money_is_a_text_with_the_digits_of_its_currency(api: Api, currency: str, price: str, shown: str) -> None:
    lines = [{"sku": "MUG-01", "quantity": 1, "unit_price": price}]
    placed = api.post("/orders", order(currency=currency, lines=lines)).json()
    assert (placed["total"], placed["lines"][0]["unit_price"]) == (shown, shown)


def test_a_price_may_be_a_number_and_loses_nothing(api: Api) -> None:
    body = order(lines=[{"sku": "MUG-01", "quantity": 3, "unit_price": 4.35}])
    assert api.post("/orders", body).json()["total"] == "13.05"


def test_the_same_external_id_again_answers_409_with_the_number_there_is(shop: Shop, api: Api) -> None:
    body = order()
    number = api.post("/orders", body).json()["number"]
    before = row_counts()
    again = api.post("/orders", body)
    assert problem_of(again) == (409, "already_placed", [])
    assert (again.json()["number"], row_counts()) == (number, before)
    assert Api("till").post("/orders", body).status_code == 201


def test_a_key_sees_and_touches_the_orders_of_its_own_channel_only(api: Api) -> None:
    number = api.place()["number"]
    before = row_counts()
    foreign = Api("till")
    for answer in (
        foreign.get(f"/orders/{number}"),
        foreign.get(f"/orders/{number}/events"),
        foreign.post(f"/orders/{number}/cancel", {"reason": "no"}),
        foreign.post(f"/orders/{number}/hold", {"reason": "FRAUD"}),
        foreign.post(f"/orders/{number}/release", {}),
        foreign.get(f"/shipments/{number}-1"),
        *[foreign.post(f"/shipments/{number}-1/{verb}", {}) for verb in ("pick", "pack", "ship")],
    ):
        assert problem_of(answer) == (404, "not_found", [])
    assert foreign.get("/orders").json() == {"items": [], "next": None}
    assert foreign.get(f"/orders?number={number}").json()["items"] == []
    assert Order.objects.get().version == api.get(f"/orders/{number}").json()["version"]
    after = row_counts()
    assert after.pop("orders.ApiKey") == before.pop("orders.ApiKey") + 1
    assert after.pop("orders.Channel") == before.pop("orders.Channel") + 1
    assert after == before


def test_a_number_may_be_written_as_people_write_it(api: Api) -> None:
    number = api.place()["number"]
    assert api.get(f"/orders/{number.lower()}").json()["number"] == number


def test_an_unchanged_order_answers_304_by_two_queries(api: Api) -> None:
    number = api.place()["number"]
    first = api.get(f"/orders/{number}")
    assert first["ETag"] == f'"{first.json()["version"]}"'
    same = []
    assert queries(lambda: same.append(api.get(f"/orders/{number}", If_None_Match=first["ETag"]))) == 2
    assert (same[0].status_code, same[0].content, same[0]["ETag"]) == (304, b"", first["ETag"])
    api.post(f"/orders/{number}/hold", {"reason": "FRAUD"})
    assert problem_of(api.get(f"/orders/{number}", If_Match=first["ETag"])) == (412, "precondition_failed", [])
    changed = api.get(f"/orders/{number}", If_None_Match=first["ETag"])
    assert (changed.status_code, changed["ETag"] != first["ETag"]) == (200, True)


def test_showing_an_order_costs_eight_queries_whatever_is_in_it(shop: Shop, api: Api) -> None:
    shop.receive(shop.mug, 1)
    small = api.place(("MUG-01", 1))["number"]
    shop.receive(shop.mug, 3)
    shop.receive(shop.teapot, 3)
    large = api.place(*[("MUG-01", 2), ("TEA-01", 2), ("MUG-01", 2)])["number"]
    row = Order.objects.get(number=large)
    ship_shipment(shipment(row, 1), by=BOB)
    shop.receive(shop.mug, 4)
    allocate_waiting(by=ALICE)
    for reason in Hold.Reason.values:
        api.post(f"/orders/{large}/hold", {"reason": reason})
    for number in (small, large):
        assert queries(lambda number=number: api.get(f"/orders/{number}")) == 8


def test_listing_orders_that_wait_for_stock_costs_nine_queries_whether_one_or_three(shop: Shop, api: Api) -> None:
    api.place()
    assert queries(lambda: api.get("/orders")) == 9
    for _ in range(2):
        api.place(("MUG-01", 1), ("TEA-01", 1))
    assert queries(lambda: api.get("/orders")) == 9


def test_an_order_without_a_link_gets_one_when_it_is_shown(shop: Shop, api: Api) -> None:
    row = shop.order((shop.mug, 1))
    assert TrackingLink.objects.count() == 0
    url = api.get(f"/orders/{row.number}").json()["tracking_url"]
    assert (api.get(f"/orders/{row.number}").json()["tracking_url"], TrackingLink.objects.get().url) == (url, url)


def test_orders_are_listed_newest_first_and_paged_by_place_not_by_number(shop: Shop, api: Api) -> None:
    for minute in (0, 1, 1, 2, 3):  # two of the same moment
        shop.order((shop.mug, 1), placed_at=MONDAY + timedelta(minutes=minute))
    numbers = list(Order.objects.order_by("-placed_at", "-pk").values_list("number", flat=True))
    first = api.get("/orders?limit=2")
    assert first["Link"] == f'<{first.json()["next"]}>; rel="next"'
    shop.order((shop.mug, 1), placed_at=MONDAY + timedelta(minutes=9))  # does not shift the pages that follow

    seen, page = [], first
    while True:
        seen += [each["number"] for each in page.json()["items"]]
        if page.json()["next"] is None:
            break
        page = api.get(page.json()["next"])
    assert seen == numbers
    assert "Link" not in page


def test_orders_are_found_by_status_time_external_id_and_number(shop: Shop, api: Api) -> None:
    old = shop.order((shop.mug, 1), placed_at=MONDAY, external_id="A 1/ü")
    new = shop.order((shop.mug, 1), placed_at=MONDAY + timedelta(hours=1))
    api.post(f"/orders/{new.number}/cancel", {"reason": "twice"})

    def found(**query: str) -> list[str]:
        return [each["number"] for each in api.client.get("/api/v1/orders", query).json()["items"]]

    assert found(status="CANCELLED") == found(status="cancelled") == [new.number]
    assert found(placed_after="2026-11-23T10:00:00Z") == [new.number]
    assert found(placed_before="2026-11-23T12:00:00+01:00") == [old.number]
    assert found(external_id="A 1/ü") == [old.number]
    assert found(number=old.number.lower()) == [old.number]
    assert found(number="nonsense") == found(external_id="nonsense") == []
    assert found() == [new.number, old.number]


@pytest.mark.parametrize(
    ("query", "code", "path"),
    [
        ("statsu=CONFIRMED", "unknown_field", "statsu"),
        ("status=LOST", "choice_unknown", "status"),
        ("limit=0", "out_of_range", "limit"),
        ("limit=101", "out_of_range", "limit"),
        ("limit=ten", "number_invalid", "limit"),
        ("placed_after=2026-11-23", "timezone_missing", "placed_after"),
        ("placed_after=20261123", "moment_invalid", "placed_after"),
        ("placed_before=9999-12-31T23:59:59-10:00", "moment_invalid", "placed_before"),
        ("external_id=a%00b", "text_invalid", "external_id"),
        ("cursor=nonsense", "cursor_invalid", "cursor"),
        ("cursor=%C3%BC", "cursor_invalid", "cursor"),
        ("cursor=WzJd", "cursor_invalid", "cursor"),
    ],
)
def test_a_filter_that_cannot_be_understood_is_422(api: Api, query: str, code: str, path: str) -> None:
    assert problem_of(api.get(f"/orders?{query}")) == (422, code, [path])


def test_listing_the_orders_of_a_channel_reads_an_index_and_no_more(shop: Shop, api: Api) -> None:
    api.place()
    with CaptureQueriesContext(connection) as seen:
        api.get("/orders?status=CONFIRMED")
    statement = next(each["sql"] for each in seen if "LIMIT" in each["sql"] and "orders_order" in each["sql"])
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
        else:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
            cursor.execute(f"EXPLAIN {statement}")
        plan = " ".join(str(row) for row in cursor.fetchall())
    assert ("order_of_channel_status" if connection.vendor == "sqlite" else "order_of_channel") in plan
    assert [
        word for word in ("SCAN orders_order", "TEMP B-TREE", "Sort", "Seq Scan on orders_order") if word in plan
    ] == []


def test_the_trail_reads_from_the_first_event_to_the_last(api: Api) -> None:
    number = api.place()["number"]
    api.post(f"/orders/{number}/hold", {"reason": "PAYMENT", "note": "Ana rang"})
    row = Order.objects.get()
    trail = api.get(f"/orders/{number}/events").json()["items"]
    assert [(each["seq"], each["kind"]) for each in trail] == list(row.events.values_list("seq", "kind"))
    last = row.events.last()
    assert last is not None
    assert (trail[-1]["kind"], trail[-1]["facts"], trail[-1]["digest"]) == (
        "order.held",
        {"hold": row.holds.get().pk, "reason": "PAYMENT", "lines": []},
        bytes(last.digest).hex(),
    )
    first = api.get(f"/orders/{number}/events?limit=3").json()
    rest = api.get(first["next"]).json()
    assert first["items"] + rest["items"] == trail
    assert queries(lambda: api.get(f"/orders/{number}/events")) == 3


def test_an_order_can_be_cancelled_whole_or_in_part(shop: Shop, api: Api) -> None:
    shop.receive(shop.mug, 5)
    number = api.place(("MUG-01", 3), ("TEA-01", 2))["number"]
    partly = api.post(f"/orders/{number}/cancel", {"reason": "too many", "lines": [{"line": 2, "quantity": 1}]})
    assert (partly.status_code, partly.json()["lines"][1]["cancelled"], partly.json()["status"]) == (
        200,
        1,
        "CONFIRMED",
    )
    wholly = api.post(f"/orders/{number}/cancel", {"reason": "changed their mind"})
    assert (wholly.json()["status"], wholly.json()["blockers"]) == ("CANCELLED", [])
    assert (stages(Order.objects.get()), shop.stock(shop.mug)) == ([{"cancelled": 3}, {"cancelled": 2}], (5, 0))


def test_a_cancel_that_is_refused_changes_nothing_and_says_why(shop: Shop, api: Api) -> None:
    shop.receive(shop.mug, 5)
    placed = api.place(("MUG-01", 3))
    before = row_counts()
    wrong = api.post(f"/orders/{placed['number']}/cancel", {"reason": "x", "lines": [{"line": 1, "quantity": 4}]})
    assert problem_of(wrong) == (409, "not_that_many", [])
    assert {"line": 1, "left": 3}.items() <= wrong.json().items()
    assert row_counts() == before

    pick_shipment(shipment(Order.objects.get()), by=BOB)
    ship_shipment(shipment(Order.objects.get()), by=BOB)
    before = row_counts()
    late = api.post(f"/orders/{placed['number']}/cancel", {"reason": "x"})
    assert problem_of(late) == (409, "not_allowed", [])
    assert (late.json()["reasons"], row_counts()) == (["already_shipped"], before)
    assert "has left the warehouse already" in late.json()["detail"]


def test_a_hold_stands_until_it_is_released(shop: Shop, api: Api) -> None:
    shop.receive(shop.mug, 5)
    number = api.place(("MUG-01", 3), ("TEA-01", 1))["number"]
    asked = {
        "reason": "payment",
        "note": "waits for the transfer",
        "until": "2026-12-01T09:00:00Z",
        "lines": [{"line": 1, "quantity": 3}],
    }
    held = api.post(f"/orders/{number}/hold", asked).json()
    [hold] = held["holds"]
    assert {**asked, "reason": "PAYMENT", "id": Hold.objects.get().pk}.items() <= hold.items()
    assert "held_payment" in {each["code"] for each in held["blockers"]}
    assert problem_of(api.post(f"/shipments/{number}-1/pick", {}))[:2] in {(409, "not_allowed"), (409, "not_that_many")}

    whole = api.post(f"/orders/{number}/hold", {"reason": "FRAUD"}).json()["holds"]
    assert [each["lines"] for each in whole] == [[{"line": 1, "quantity": 3}], None]
    one = api.post(f"/orders/{number}/release", {"hold": hold["id"], "note": "paid"}).json()["holds"]
    assert [each["reason"] for each in one] == ["FRAUD"]
    assert api.post(f"/orders/{number}/release").json()["holds"] == []
    assert problem_of(api.post(f"/orders/{number}/release", {})) == (409, "no_such_hold", [])


def test_a_release_needs_no_body(api: Api) -> None:
    number = api.place()["number"]
    api.post(f"/orders/{number}/hold", {"reason": "OTHER"})
    answer = api.client.generic("POST", f"/api/v1/orders/{number}/release")
    assert (answer.status_code, answer.json()["holds"]) == (200, [])


def test_a_hold_on_a_line_that_is_none_is_refused(api: Api) -> None:
    number = api.place()["number"]
    before = row_counts()
    answer = api.post(f"/orders/{number}/hold", {"reason": "FRAUD", "lines": [{"line": 7}]})
    assert (problem_of(answer), answer.json()["lines"], row_counts()) == ((409, "no_such_line", []), [7], before)


def test_a_parcel_shows_what_its_carrier_said(shop: Shop, api: Api) -> None:
    shop.receive(shop.mug, 5)
    number = api.place(("MUG-01", 3))["number"]
    ship_shipment(shipment(Order.objects.get()), by=BOB)
    [parcel] = api.get(f"/orders/{number}").json()["shipments"][0]["parcels"]
    assert (parcel["status"], parcel["eta"]) == (None, None)
    Tracker.objects.create(
        parcel=shipment(Order.objects.get()).parcels.get(),
        status="IN_TRANSIT",
        eta_from="2026-11-25",
        eta_to="2026-11-26",
    )
    [parcel] = api.get(f"/orders/{number}").json()["shipments"][0]["parcels"]
    assert (parcel["status"], parcel["eta"]) == ("IN_TRANSIT", "2026-11-26")
