"""Every page of the admin: it opens, empty and full, and its lists cost the same for one row and for three."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model

from fulfillment import ledger
from fulfillment.models import Holiday, Manifest, ReorderRule, Reship, Staff
from fulfillment.services import adjust_stock, claim_cart, expect_receipt, release_wave, ship_shipment
from fulfillment.services.counts import ask_count
from fulfillment.services.returns import request_return
from notifications.models import Content, Message
from orders.models import Inbox
from orders.services import issue_key, note_order, open_endpoint
from tests.factories import ALICE, ProductFactory, Shop, shipment
from tests.staff import client_of, superuser, user_of
from tracking.models import (
    Alarm,
    AuditRun,
    CarrierEvent,
    Finding,
    LearntLane,
    Remapping,
    Snapshot,
    Tracker,
    UnmappedCode,
)


def fill(shop: Shop, n: int) -> None:
    """One more of everything that a list shows."""
    product = ProductFactory(sku=f"SKU-{n}", name=f"Product {n}")
    shop.receive(product, 9, bin=f"B-{n}")
    order = shop.order((product, 2), customer={"name": f"Bob {n}", "email": f"bob{n}@example.com"})
    note_order(order, by=ALICE, text="Rang twice.")
    ship_shipment(shipment(order), by=ALICE)
    adjust_stock(shop.warehouse, product, -1, by=ALICE, reason="damaged", bin_code=f"B-{n}")
    tracker = Tracker.objects.create(
        parcel=shipment(order).parcels.get(), timeline=[{"message": "Here", "wall": "2026"}]
    )
    snapshot = Snapshot.objects.create(tracker=tracker, source="endpoint:1", tracking_number="1", digest=f"{n}")
    CarrierEvent.objects.create(snapshot=snapshot, seq=0, message="Here")
    Alarm.objects.create(parcel=tracker.parcel, kind="LOST", since=tracker.updated_at, owner="user:1")
    LearntLane.objects.create(region=f"{n}", parcels=1, p50=1, p90=2, late=3, quiet_p95=1, quiet_limit=2)
    UnmappedCode.objects.create(provider="generic", field="status", code=f"zz{n}")
    Remapping.objects.create(provider="generic", field="status", code=f"zz{n}", by="user:1")
    message = Message.objects.create(
        order=order, event=order.events.first(), kind="order.placed", recipient="customer", channel="email"
    )
    Content.objects.create(message=message, to=f"bob{n}@example.com", subject="Thanks", text="Thanks", html="<p>Thanks")
    Inbox.objects.create(source="csv", channel=shop.channel, dedupe_key=f"{n}", raw=b"x", order=order)
    Finding.objects.create(check_name="stock", subject=f"{n}", severity="ERROR", message="It is off.")
    AuditRun.objects.create(checks={"stock": {"severity": "ERROR", "found": 1, "seconds": 0.1}}, errors=1)
    expect_receipt(shop.warehouse, f"DN-{n}", {product: 3})
    Staff.objects.create(user=User.objects.create_user(f"worker-{n}")).warehouses.add(shop.warehouse)
    Holiday.objects.create(warehouse=shop.warehouse, day=f"2026-12-{n:02}")
    Manifest.objects.create(warehouse=shop.warehouse, carrier="dhl", by="user:1")
    ReorderRule.objects.create(product=product, warehouse=shop.warehouse, reorder_point=3)
    ask_count(shop.warehouse, product=product, by=ALICE)
    shop.order((product, 1))
    claim_cart(shop.warehouse, by=ALICE, wave=release_wave(shop.warehouse, by=ALICE))
    request_return(order, by=ALICE)
    Reship.objects.create(order=order, parcel=tracker.parcel, cause="LOST")
    issue_key(shop.channel, name="web", scopes=["orders:read"])
    open_endpoint(provider="generic", channel=shop.channel)
    user_of(["picker", "packer", "support"][n % 3])


def path_of(model: type[Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


MODELS = [pytest.param(model, id=model._meta.label) for model in admin.site._registry]
QUERIES = {  # session, user, three badges, the list; and what its filters and cells read for all rows at once
    "orders.Order": 12,
    "orders.Customer": 7,
    "orders.Inbox": 7,
    "orders.Product": 6,
    "orders.Channel": 6,
    "orders.ShippingMethod": 6,
    "orders.ApiKey": 6,
    "orders.Endpoint": 6,
    "fulfillment.Shipment": 7,
    "fulfillment.StockItem": 7,
    "fulfillment.StockMovement": 8,
    "fulfillment.Warehouse": 6,
    "fulfillment.Holiday": 7,
    "fulfillment.Bin": 7,
    "fulfillment.Manifest": 7,
    "fulfillment.Receipt": 12,
    "fulfillment.ReorderRule": 7,
    "fulfillment.Staff": 9,
    "fulfillment.Count": 8,
    "fulfillment.Return": 7,
    "fulfillment.Reship": 7,
    "fulfillment.Wave": 9,
    "fulfillment.Cart": 9,
    "fulfillment.PickTask": 8,
    "tracking.Alarm": 7,
    "tracking.LearntLane": 8,
    "tracking.Tracker": 6,
    "tracking.Snapshot": 9,
    "tracking.CarrierCode": 6,
    "tracking.UnmappedCode": 6,
    "tracking.Remapping": 7,
    "tracking.AuditRun": 6,
    "tracking.Finding": 6,
    "notifications.Message": 6,
    "auth.User": 9,
    "auth.Group": 8,
}


@pytest.mark.parametrize("model", MODELS)
def test_a_list_takes_as_many_queries_for_three_rows_as_for_one(
    shop: Shop, django_assert_num_queries: Any, model: type[Model]
) -> None:
    client = superuser()
    for rows in ([1], [2, 3]):
        for n in rows:
            fill(shop, n)
        with django_assert_num_queries(QUERIES[model._meta.label]):
            assert client.get(path_of(model)).status_code == 200


def test_every_list_and_every_page_of_a_thing_opens_empty_and_full(shop: Shop) -> None:
    client = superuser()
    for model in admin.site._registry:
        assert (model, client.get(path_of(model)).status_code) == (model, 200)
    fill(shop, 1)
    for model in admin.site._registry:
        for row in model._default_manager.all()[:2]:
            response = client.get(f"{path_of(model)}{row.pk}/change/", follow=True)
            assert (model, response.status_code) == (model, 200)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["tracking/alarm", "tracking/unmappedcode", "tracking/snapshot", "orders/endpoint"])
def test_an_empty_list_of_the_carriers_side_says_what_that_means(name: str) -> None:
    model = next(model for model in admin.site._registry if path_of(model) == f"/admin/{name}/")
    said = admin.site._registry[model].nothing_yet
    page = superuser().get(f"/admin/{name}/").content.decode()
    assert ([each for each in said if each not in page], "Nothing here yet." in page) == ([], False)


def test_the_first_page_tells_the_day_and_each_number_leads_to_its_list(shop: Shop) -> None:
    fill(shop, 1)
    shop.order((shop.teapot, 1))
    Inbox.objects.update(status="QUARANTINED")
    AuditRun.objects.update(finished_at=AuditRun.objects.get().started_at)
    client = client_of("manager")
    cards = {card.title: card for card in client.get("/admin/").context["cards"]}
    titles = ["To ship today", "Blocked", "Late", "Waiting for stock", "Quarantined", "Alarms", "Last audit"]
    assert list(cards) == titles
    assert (cards["Waiting for stock"].figure, cards["Quarantined"].figure, cards["Last audit"].figure) == (
        "1",
        "1",
        "1",
    )
    for card in cards.values():
        response = client.get(card.url)
        assert response.status_code == 200
        if card.figure.isdecimal():
            assert (card.title, len(response.context["cl"].result_list)) == (card.title, int(card.figure))


def test_the_first_page_counts_the_alarms_of_ones_own_warehouses(shop: Shop) -> None:
    fill(shop, 1)
    user, client = user_of("support"), client_of("support")

    def figures() -> dict[str, str]:
        return {card.title: card.figure for card in client.get("/admin/").context["cards"]}

    assert figures()["Alarms"] == "1"
    Staff.objects.get_or_create(user=user)[0].warehouses.set([ledger.open_warehouse("FAR")])
    assert "Alarms" not in figures()


def test_the_first_page_shows_each_role_what_it_may_see(shop: Shop) -> None:
    titles = {
        role: [card.title for card in client_of(role).get("/admin/").context["cards"]] for role in ("picker", "support")
    }
    assert titles["picker"] == ["To ship today", "Blocked", "Late", "Waiting for stock"]
    assert titles["support"] == [*titles["picker"], "Quarantined"]


def test_the_sidebar_counts_what_waits_for_somebody(shop: Shop) -> None:
    from django.test import RequestFactory

    from config.navigation import navigation

    request = RequestFactory().get("/admin/")
    request.user = user_of("manager")

    def badges() -> dict[str, Any]:
        items = [item for group in navigation(request) for item in group["items"]]
        return {item["title"]: item["badge"] for item in items if "badge" in item}

    assert badges() == {}
    Inbox.objects.bulk_create(Inbox(source="csv", dedupe_key=f"{n}", raw=b"", status="QUARANTINED") for n in range(100))
    Finding.objects.create(check_name="stock", subject="1", severity="ERROR", message="It is off.")
    assert badges() == {"Inbox": "99+", "Findings": 1}


def test_the_way_to_the_floor_and_to_the_reports_stands_in_the_sidebar_of_those_who_go_there(shop: Shop) -> None:
    links = {
        role: {
            link
            for link in ("/floor/", "/reports/")
            if f'href="{link}"' in client_of(role).get("/admin/").content.decode()
        }
        for role in ("picker", "auditor", "manager", "support")
    }
    assert links == {
        "picker": {"/floor/"},
        "auditor": {"/reports/"},
        "manager": {"/floor/", "/reports/"},
        "support": set(),
    }
