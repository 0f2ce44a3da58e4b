"""Deliveries and the reorder list in the admin."""

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfillment import ledger
from fulfillment.ledger.stock import Arrival
from fulfillment.models import Receipt, ReorderRule, Staff
from fulfillment.reports import reorder, standing
from fulfillment.services import close_receipt, expect_receipt, receive_stock
from tests.api import row_counts
from tests.factories import ALICE, ProductFactory, Shop
from tests.staff import client_of, flashes, user_of

LIST = "/admin/fulfillment/receipt/"
REORDER = "/admin/fulfillment/reorderrule/reorder/"


def announce(role: str = "manager", **more: Any) -> Any:
    from fulfillment.models import Warehouse

    given = {
        "operation": uuid4(),
        "warehouse": Warehouse.objects.get(code="MAIN").pk,
        "reference": "DN-1",
        "supplier": "Mugs & Co",
        "expected_date": "2026-11-30",
        "lines": "MUG-01, 10\nTEA-01;4\n\nMUG-01,2",
    }
    return client_of(role).post(f"{LIST}add/", given | more)


def expect(shop: Shop, reference: str, days: int, **more: Any) -> Receipt:
    on = timezone.localdate() + timedelta(days=days)
    return expect_receipt(shop.warehouse, reference, {shop.mug: 10}, expected_date=on, **more)


def receive(shop: Shop, reference: str, quantity: int, place: str = "DOCK") -> None:
    receive_stock(shop.warehouse, [Arrival(shop.mug, quantity, place)], by=ALICE, reference=reference)


def listed(view: str = "") -> list[str]:
    response = client_of("manager").get(LIST, {"view": view} if view else {})
    return [receipt.reference for receipt in response.context["cl"].result_list]


def test_a_delivery_is_announced_with_its_articles(shop: Shop) -> None:
    assert flashes(announce()) == ["DN-1 is announced."]
    receipt = Receipt.objects.get()
    assert (receipt.supplier, str(receipt.expected_date)) == ("Mugs & Co", "2026-11-30")
    assert dict(receipt.lines.values_list("product__sku", "expected")) == {"MUG-01": 12, "TEA-01": 4}
    assert flashes(announce())[-1] == "DN-1 is announced in MAIN already."


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ("NOPE,3", "There is no product with the SKU NOPE."),
        ("MUG-01", "“MUG-01” is not a SKU, a comma and a number"),
        ("MUG-01,0", "is not a SKU, a comma and a number"),
        ("MUG-01,-3", "is not a SKU, a comma and a number"),
        ("", "This field is required."),
    ],
)
def test_an_announcement_that_is_wrong_makes_nothing(shop: Shop, lines: str, complaint: str) -> None:
    response = announce(lines=lines)
    assert (response.status_code, complaint in response.content.decode()) == (422, True)
    assert Receipt.objects.count() == 0


def test_the_views_show_what_is_expected_overdue_and_at_the_dock(shop: Shop) -> None:
    expect(shop, "LATER", 5)
    expect(shop, "OVERDUE", -1)
    expect(shop, "DOCK", 0)
    close_receipt(expect(shop, "CLOSED", -3))
    receive(shop, "DOCK", 4)
    assert {view: listed(view) for view in ("", "expected", "overdue", "dock")} == {
        "": ["CLOSED", "DOCK", "OVERDUE", "LATER"],
        "expected": ["OVERDUE", "DOCK", "LATER"],
        "overdue": ["OVERDUE"],
        "dock": ["DOCK"],
    }
    page = client_of("manager").get(LIST).content.decode()
    for word in ("Overdue", "At the dock", "Closed", "4 of 10"):
        assert word in page


def test_the_page_shows_over_short_and_damaged_and_closes(shop: Shop) -> None:
    receipt = expect(shop, "DN-1", 0)
    receive(shop, "DN-1", 7)
    receive(shop, "DN-1", 1, "DAMAGED")
    client = client_of("manager")
    page = client.get(f"{LIST}{receipt.pk}/change/").content.decode()
    assert "2 to come" in page
    response = client.post(f"{LIST}{receipt.pk}/do/close/", {"operation": uuid4()})
    assert flashes(response) == ["DN-1 is closed."]
    assert "2 short" in client.get(f"{LIST}{receipt.pk}/change/").content.decode()
    client.post(f"{LIST}{receipt.pk}/do/open/", {"operation": uuid4()})
    assert Receipt.objects.get().closed_at is None


def test_who_may_not_changes_nothing_and_strangers_see_nothing(shop: Shop) -> None:
    receipt, before = expect(shop, "DN-1", 0), row_counts()
    for role in ("picker", "packer", "support", "auditor"):
        assert announce(role, reference="DN-2").status_code == 403
    for role in ("packer", "support", "auditor"):
        assert client_of(role).post(f"{LIST}{receipt.pk}/do/close/", {"operation": uuid4()}).status_code == 403
    counts = row_counts()
    assert {name for name in counts if counts[name] != before[name]} <= {
        "auth.User", "auth.User_groups", "sessions.Session", "admin.LogEntry"
    }  # fmt: skip
    assert Receipt.objects.get().closed_at is None
    Staff.objects.create(user=user_of("manager")).warehouses.add(ledger.open_warehouse("NORTH"))
    client = client_of("manager")
    assert listed() == []
    assert client.post(f"{LIST}{receipt.pk}/do/close/", {"operation": uuid4()}).status_code in {403, 404}
    assert announce(reference="DN-2").status_code == 422


def test_the_list_costs_the_same_however_many_there_are(shop: Shop) -> None:
    client, costs = client_of("manager"), set()
    client.get(LIST)
    for n in range(3):
        expect(shop, f"DN-{n}", n)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        costs.add(len(queries))
    assert len(costs) == 1


# --- reorder --------------------------------------------------------------------------------------------


def rule(shop: Shop, product: Any, point: int = 10, safety: int = 4) -> ReorderRule:
    return ReorderRule.objects.create(
        product=product, warehouse=shop.warehouse, reorder_point=point, safety_stock=safety
    )


def test_what_is_free_and_under_way_less_what_is_waited_for_decides(shop: Shop) -> None:
    rule(shop, shop.mug)
    [empty] = reorder(ReorderRule.objects.all())
    assert (empty.available, empty.suggested, empty.is_urgent) == (0, 14, True)
    shop.receive(shop.mug, 6)
    shop.order((shop.mug, 1))
    [low] = reorder(ReorderRule.objects.all())
    assert (low.free, low.suggested, low.is_urgent) == (5, 9, False)
    expect(shop, "DN-1", 3)
    assert reorder(ReorderRule.objects.all()) == []
    shop.order((shop.mug, 13))
    [waited] = reorder(ReorderRule.objects.all())
    assert (waited.free, waited.expected, waited.waiting, waited.suggested) == (0, 10, 8, 12)


def test_what_stands_at_the_dock_counts_as_under_way_once(shop: Shop) -> None:
    mine = rule(shop, shop.mug)
    receipt = expect(shop, "DN-1", 0)
    for quantity, expected in ((0, 10), (4, 10), (8, 12)):
        if quantity:
            receive(shop, "DN-1", quantity)
        assert standing([mine])[0].expected == expected
    close_receipt(receipt)
    assert standing([mine])[0].expected == 12
    ledger.move(
        ledger.standing_bin(shop.warehouse, "DOCK"), shop.warehouse.bins.get(code="STOCK"), shop.mug, 1,
        operation="x", by=ALICE, cause="test",
    )  # fmt: skip
    assert standing([mine])[0].free == 1


def test_the_list_is_shown_the_urgent_first_and_given_as_csv(shop: Shop) -> None:
    shop.receive(shop.mug, 6)
    rule(shop, shop.mug)
    rule(shop, shop.teapot)
    odd = ProductFactory(sku="=SUM(1)", name="+odd")
    rule(shop, odd, 2, 1)
    client = client_of("manager")
    page = client.get(REORDER).content.decode()
    assert "3 articles to order, 2 urgent" in page
    assert page.index("TEA-01") < page.index("MUG-01")
    rows = list(csv.DictReader(io.StringIO(client.get(REORDER, {"format": "csv"}).content.decode())))
    assert {row["sku"]: (row["suggested"], row["urgent"], row["free"]) for row in rows} == {
        "TEA-01": ("14", "yes", "0"),
        "'=SUM(1)": ("3", "yes", "0"),
        "MUG-01": ("8", "", "6"),
    }
    assert client_of("auditor").get(REORDER).status_code == 200


def test_the_reorder_list_costs_the_same_however_many_there_are(shop: Shop) -> None:
    client, costs = client_of("manager"), set()
    client.get(REORDER)
    for n in range(3):
        rule(shop, ProductFactory(sku=f"NEW-{n}"))
        with CaptureQueriesContext(connection) as queries:
            client.get(REORDER)
        costs.add(len(queries))
    assert len(costs) == 1


def test_a_rule_is_made_in_the_admin_and_never_below_its_safety_stock(shop: Shop) -> None:
    client = client_of("manager")
    given = {"product": shop.mug.pk, "warehouse": shop.warehouse.pk, "reorder_point": 3, "safety_stock": 5}
    assert client.post("/admin/fulfillment/reorderrule/add/", given).status_code == 200
    assert ReorderRule.objects.count() == 0
    assert client.post("/admin/fulfillment/reorderrule/add/", given | {"reorder_point": 5}).status_code == 302
    assert ReorderRule.objects.get().reorder_point == 5


def test_a_rule_stays_with_its_product_and_warehouse(shop: Shop) -> None:
    rule = ReorderRule.objects.create(product=shop.mug, warehouse=shop.warehouse, reorder_point=9)
    given = {"product": shop.teapot.pk, "warehouse": shop.warehouse.pk, "reorder_point": 5, "safety_stock": 1}
    assert client_of("manager").post(f"/admin/fulfillment/reorderrule/{rule.pk}/change/", given).status_code == 302
    rule.refresh_from_db()
    assert (rule.product, rule.warehouse, rule.reorder_point) == (shop.mug, shop.warehouse, 5)
