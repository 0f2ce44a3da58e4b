"""Whoever works in one warehouse sees and touches no other; whoever is named for none works in all."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import ReturnLine, Scan, Shipment, Staff, StockItem, StockMovement, Warehouse
from fulfillment.services import deliver_shipment, return_shipment, ship_shipment
from fulfillment.services.ship import ParcelDraft
from orders.models import Order
from tests.factories import ALICE, Shop, shipment
from tests.fulfillment.at_desk import take_in
from tests.fulfillment.floor import person, words
from tests.hooks import event
from tracking.models import Alarm, Tracker
from tracking.services import sweep_alarms, take_carrier_events


@pytest.fixture
def far(shop: Shop) -> Warehouse:
    """The shop's warehouse holds mugs, another one teapots."""
    far = ledger.open_warehouse("FAR")
    shop.receive(shop.mug, 5)
    shop.receive(shop.teapot, 5, warehouse=far)
    return far


def scoped(role: str, *warehouses: Warehouse, name: str = "alice") -> User:
    user = person(role, name)
    Staff.objects.create(user=user).warehouses.set(warehouses)
    return user


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_who_is_named_for_none_works_in_all(shop: Shop, far: Warehouse) -> None:
    everywhere, nowhere_named = person("picker", "bob"), scoped("picker")
    here = scoped("picker", shop.warehouse, name="charlie")
    both = scoped("picker", shop.warehouse, far, name="dan")
    for user, found in ((everywhere, 2), (nowhere_named, 2), (here, 1), (both, 2)):
        assert Warehouse.objects.of(user).count() == found
    assert list(Warehouse.objects.of(here)) == [shop.warehouse]


def test_what_belongs_to_no_warehouse_belongs_to_all(shop: Shop, far: Warehouse) -> None:
    here = scoped("picker", shop.warehouse)
    mugs, teapots, waiting = (
        shipment(shop.order((what, n))) for what, n in ((shop.mug, 1), (shop.teapot, 1), (shop.mug, 9))
    )
    planned = waiting.order.shipments.get(status="PLANNED") if waiting.status != "PLANNED" else waiting
    assert {mugs.pk, planned.pk} <= set(Shipment.objects.of(here).values_list("pk", flat=True))
    assert not Shipment.objects.of(here).filter(pk=teapots.pk).exists()
    marked = dict(Shipment.objects.with_mine(here).values_list("pk", "is_mine"))
    assert (marked[mugs.pk], marked[planned.pk], marked[teapots.pk]) == (True, True, False)


def test_the_floor_shows_and_takes_ones_own_alone(shop: Shop, far: Warehouse) -> None:
    theirs, mine = shop.order((shop.teapot, 1)), shop.order((shop.mug, 1))
    client = client_of(scoped("manager", shop.warehouse))
    page = words(client.get("/floor/"))
    assert (mine.number in page, theirs.number in page, "To pick 1" in page) == (True, False, True)
    number = shipment(theirs).number
    for step in ("", "pick/", "pack/", "ship/"):
        url = f"/floor/{number}/{step}"
        assert client.get(url).status_code == 404
        assert client.post(url, {"whole": "1"}).status_code == (404 if step else 405)
    assert "is nothing that we know here" in words(client.get("/floor/find/", {"scanned": number}, follow=True))
    assert "Pick it now" not in words(client.get("/floor/", {"done": number}))
    assert shipment(theirs).status == "READY"


def test_the_admin_lists_ones_own_alone(shop: Shop, far: Warehouse) -> None:
    theirs, mine = shop.order((shop.teapot, 1)), shop.order((shop.mug, 1))
    client = client_of(scoped("manager", shop.warehouse))
    for name, own, other in (
        ("shipment", mine.number, theirs.number),
        ("stockitem", "MUG-01", "TEA-01"),
        ("stockmovement", "MUG-01", "TEA-01"),
        ("warehouse", "MAIN", "FAR"),
        ("bin", "A-01-01", "FAR"),
    ):
        page = client.get(f"/admin/fulfillment/{name}/").content.decode()
        assert (name, own in page, other in page) == (name, True, False)
        chosen = client.get(f"/admin/fulfillment/{name}/", {"warehouse": far.pk}).content.decode()
        assert (name, other in chosen) == (name, False)


def everything() -> tuple[Any, ...]:
    return StockMovement.objects.count(), list(Shipment.objects.values_list("status")), list(Warehouse.objects.values())


@pytest.mark.parametrize("role", ["manager", "admin"])
def test_acts_of_another_warehouse_are_not_there(shop: Shop, far: Warehouse, role: str) -> None:
    theirs = shipment(shop.order((shop.teapot, 1)))
    client = client_of(scoped(role, shop.warehouse))
    item, before = StockItem.objects.get(warehouse=far), everything()
    for url in (
        f"shipment/{theirs.pk}/do/pick/",
        f"shipment/{theirs.pk}/do/ship/",
        f"stockitem/{item.pk}/do/receive/",
        f"stockitem/{item.pk}/do/adjust/",
    ):
        assert client.post(f"/admin/fulfillment/{url}", {"whole": "1"}).status_code in {403, 404}
    given = {"warehouse": far.pk, "sku": "MUG-01", "quantity": 3, "bin": "STOCK", "reference": "DN"}
    answer = client.post("/admin/fulfillment/stockitem/add/", given | {"operation": "0" * 32})
    assert (answer.status_code, "Select a valid choice" in answer.content.decode()) == (422, True)
    for kind, pk in (("stockitem", item.pk), ("warehouse", far.pk), ("bin", far.bins.first().pk)):
        for call in (client.get, client.post):
            assert call(f"/admin/fulfillment/{kind}/{pk}/change/").status_code in {302, 403, 404}
    assert everything() == before


def test_an_order_shows_all_its_shipments_and_buttons_for_ones_own(shop: Shop, far: Warehouse) -> None:
    order = shop.order((shop.mug, 1), (shop.teapot, 1))
    mine, theirs = order.shipments.get(warehouse=shop.warehouse), order.shipments.get(warehouse=far)
    page = client_of(scoped("picker", shop.warehouse)).get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    assert (mine.number in page, theirs.number in page) == (True, True)
    buttons = [f"/admin/fulfillment/shipment/{each.pk}/do/pick/" in page for each in (mine, theirs)]
    assert buttons == [True, False]


def test_what_carriers_say_and_who_has_to_act_is_of_ones_own_parcels(shop: Shop, far: Warehouse) -> None:
    for number, what in (("JD1", shop.mug), ("JD2", shop.teapot)):
        sent = ship_shipment(shipment(shop.order((what, 1))), by=ALICE, parcels=[ParcelDraft("dhl", number)])
        take_carrier_events([event(number, "LOST", sent.shipped_at + timedelta(minutes=1))], by=ALICE)
    take_carrier_events([event("JD9", "LOST")], by=ALICE)  # of no parcel of ours
    sweep_alarms()
    client = client_of(scoped("manager", shop.warehouse))
    for name, own in (("alarm", ["JD1"]), ("tracker", ["JD1"]), ("snapshot", ["JD9", "JD1"])):
        rows = client.get(f"/admin/tracking/{name}/").context["cl"].result_list
        assert [getattr(row, "parcel", row).tracking_number for row in rows] == own
    assert _badge(client) == 1
    theirs = {"parcel__tracking_number": "JD2"}
    alarm, tracker = Alarm.objects.get(**theirs), Tracker.objects.get(**theirs)
    told = {"status": "DELIVERED", "at": f"{timezone.localtime():%Y-%m-%dT%H:%M}"}
    for url in (
        *(f"alarm/{alarm.pk}/do/{act}/" for act in ("take", "send-again", "enter", "snooze", "leave")),
        f"tracker/{tracker.pk}/do/enter/",
    ):
        sent_form = told | {"operation": str(uuid4()), "days": "1"}
        assert client.post(f"/admin/tracking/{url}", sent_form).status_code in {302, 403, 404}, url
    chosen = {"action": "take_alarms", "_selected_action": [alarm.pk]}
    client.post("/admin/tracking/alarm/", chosen)
    for name, pk in (("alarm", alarm.pk), ("tracker", tracker.pk), ("snapshot", tracker.snapshots.get().pk)):
        assert client.get(f"/admin/tracking/{name}/{pk}/change/").status_code == 302
    assert set(Alarm.objects.values_list("owner", "snoozed_until")) == {("", None)}
    assert (Order.objects.count(), set(Tracker.objects.values_list("status", flat=True))) == (2, {"LOST"})
    assert _badge(client_of(scoped("manager", name="bob"))) == 2


def _badge(client: Client) -> int:
    """Return what the sidebar says of alarms."""
    groups = client.get("/admin/").context["sidebar_navigation"]
    [alarms] = [item for group in groups for item in group["items"] if item["title"] == "Alarms"]
    return int(alarms["badge"])


def test_a_new_bin_can_be_made_in_ones_own_warehouse_alone(shop: Shop, far: Warehouse) -> None:
    client = client_of(scoped("admin", shop.warehouse))
    page = client.get("/admin/fulfillment/bin/add/").content.decode()
    assert (f'value="{shop.warehouse.pk}"' in page, "FAR" in page) == (True, False)
    client.post("/admin/fulfillment/bin/add/", {"warehouse": far.pk, "code": "X-1", "kind": "PICK"})
    assert not far.bins.filter(code="X-1").exists()


def test_a_shipment_that_is_none_is_not_found(shop: Shop) -> None:
    client = Client()
    client.force_login(person("manager"))
    assert client.get("/admin/fulfillment/shipment/no-number/change/").status_code == 404


@pytest.mark.parametrize("way", ["return", "order", "shipment", "parcel", "carrier"])
@pytest.mark.parametrize("end", [deliver_shipment, return_shipment])
def test_what_came_back_elsewhere_is_taken_in_there_alone(shop: Shop, far: Warehouse, way: str, end: Any) -> None:
    order = shop.order((shop.mug, 2))
    sent = ship_shipment(shipment(order), by=ALICE, parcels=[ParcelDraft("DHL", "JD014600")])
    end(sent, by=ALICE)
    back = take_in(shipment(order))
    parcel = sent.parcels.get().number
    numbers = {"return": back.number, "order": order.number, "shipment": sent.number, "parcel": parcel}
    url, before = f"/floor/returns/{numbers.get(way, 'JD014600')}/", everything()

    def press(user: User) -> int:
        return client_of(user).post(url, {"operation": str(uuid4()), "scanned": "MUG-01"}).status_code

    assert press(scoped("packer", far)) == 404
    assert (everything(), ReturnLine.objects.get().received, Scan.objects.count()) == (before, 1, 1)
    assert press(scoped("packer", shop.warehouse, name="bob")) == 302
    assert ReturnLine.objects.get().received == 2
