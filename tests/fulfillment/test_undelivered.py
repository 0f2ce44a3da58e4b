"""A parcel that never arrived comes back: what was in it is scanned piece by piece, by the number that is on it."""

import pytest
from django.db import IntegrityError, transaction

from fulfillment import ledger
from fulfillment.models import BinStock, Return
from fulfillment.services import deliver_shipment, ship_shipment
from fulfillment.services.returns import find_return
from fulfillment.services.ship import ParcelDraft
from orders.models import Event, Order
from tests.factories import ALICE, Shop, shipment
from tests.fulfillment.floor import Scanner

pytestmark = pytest.mark.django_db


def send(shop: Shop, *parcels: ParcelDraft) -> Order:
    """Three mugs and a teapot leave."""
    shop.receive(shop.mug, 3)
    shop.receive(shop.teapot, 1)
    order = shop.order((shop.mug, 3), (shop.teapot, 1))
    ship_shipment(shipment(order), by=ALICE, parcels=parcels or [ParcelDraft("DHL", "JD014600")])
    return order


def statuses(order: Order) -> tuple[str, str]:
    return shipment(order).status, Order.objects.get(pk=order.pk).status


def at_desk(number: str = "JD014600") -> Scanner:
    desk = Scanner("packer", url="/floor/returns/")
    desk.scan(number)
    return desk


def lying() -> dict[str, int]:
    rows = BinStock.objects.filter(quantity__gt=0)
    return dict(rows.values_list("product__sku", "quantity"))


def test_the_desk_says_what_of_a_parcel_is_still_to_be_scanned(shop: Shop) -> None:
    order, desk = send(shop), at_desk()
    assert "It was not delivered. Scan what is in the parcel" in desk.page()
    assert "Enamel mug MUG-01 0 of 3" in desk.page()
    assert desk.scan("MUG-01") == "right: 1 of 3 × Enamel mug."
    assert statuses(order) == ("RETURNED_TO_SENDER", "RETURNED"), "its only parcel lies on the desk"
    assert "Teapot TEA-01 0 of 1" in desk.page()
    assert [desk.scan(sku) for sku in ("MUG-01", "TEA-01", "MUG-01")] == [
        "right: 2 of 3 × Enamel mug.",
        "right: 1 of 1 × Teapot.",
        "right: 3 of 3 × Enamel mug.",
    ]
    assert desk.scan("MUG-01").startswith("wrong: No more of Enamel mug is out there")
    assert (lying(), Return.objects.count(), list(ledger.verify())) == ({"MUG-01": 3, "TEA-01": 1}, 1, [])


def test_what_was_missing_when_it_was_closed_still_comes_in_by_the_number_of_the_parcel(shop: Shop) -> None:
    order, desk = send(shop), at_desk()
    desk.scan("MUG-01")
    desk.press("Scrap")
    missing = "wrong: Still missing: 2 × Enamel mug, 1 × Teapot. Press again to close without them."
    assert (desk.press("That is all of it"), Return.objects.get().status) == (missing, "RECEIVED")
    assert desk.post(whole="1", without="3") == f"right: {order}-R1 is closed."
    again = at_desk()
    assert again.url == f"/floor/returns/{order}-1/"
    assert "Enamel mug MUG-01 0 of 2" in again.page()
    assert again.scan("MUG-01") == "right: 1 of 2 × Enamel mug."
    assert again.url == f"/floor/returns/{order}-R2/"
    assert again.scan("MUG-01", "TEA-01") == "right: 1 of 1 × Teapot."
    assert statuses(order) == ("RETURNED_TO_SENDER", "RETURNED")
    assert Event.objects.filter(kind="shipment.returned_to_sender").count() == 1
    assert [(each.number, each.shipment, each.reason) for each in Return.objects.order_by("pk")] == [
        (f"{order}-R{n}", shipment(order), "UNDELIVERED") for n in (1, 2)
    ]
    assert (lying(), list(ledger.verify())) == ({"MUG-01": 2, "TEA-01": 1}, [])


def test_all_of_it_is_in_and_its_number_leads_to_its_last_return(shop: Shop) -> None:
    order, desk = send(shop), at_desk()
    desk.scan("MUG-01", "MUG-01", "MUG-01", "TEA-01")
    desk.press("Scrap")
    desk.press("Scrap")
    desk.press("That is all of it")
    assert at_desk().url == f"/floor/returns/{order}-R1/"


def test_with_one_of_several_parcels_the_shipment_is_not_back(shop: Shop) -> None:
    boxes = ParcelDraft("DHL", "JD-1", lines={1: 2}), ParcelDraft("DHL", "JD-2", lines={1: 1, 2: 1})
    order = send(shop, *boxes)
    desk = at_desk("JD-1")
    desk.scan("MUG-01", "MUG-01")
    assert statuses(order) == ("SHIPPED", "SHIPPED")
    desk.press("Quarantine")
    desk.post(whole="1", without="2")
    assert Return.objects.get().status == "CLOSED"
    other = at_desk("JD-2")
    other.scan("MUG-01")
    assert statuses(order) == ("SHIPPED", "SHIPPED")
    other.scan("TEA-01")
    assert statuses(order) == ("RETURNED_TO_SENDER", "RETURNED")
    assert list(ledger.verify()) == []


def test_the_other_parcel_may_arrive_after_all(shop: Shop) -> None:
    order = send(shop, ParcelDraft("DHL", "JD-1", lines={1: 3}), ParcelDraft("DHL", "JD-2", lines={2: 1}))
    at_desk("JD-1").scan("MUG-01")
    deliver_shipment(shipment(order), by=ALICE)
    assert statuses(order) == ("DELIVERED", "DELIVERED")
    assert find_return("JD-1") == Return.objects.get()
    assert list(ledger.verify()) == []


def test_a_second_return_that_nobody_announced_comes_in_by_the_order(shop: Shop) -> None:
    order = send(shop)
    deliver_shipment(shipment(order), by=ALICE)
    for n in (1, 2):
        desk = at_desk(order.number)
        assert desk.scan("MUG-01") == "right: 1 × Enamel mug."
        assert desk.url == f"/floor/returns/{order}-R{n}/"
        desk.press("Scrap")
        desk.press("That is all of it")


def test_only_one_return_of_a_shipment_is_at_the_desk(shop: Shop) -> None:
    order = send(shop)
    at_desk().scan("MUG-01")
    more = {"order": order, "shipment": shipment(order), "warehouse": shop.warehouse, "status": "RECEIVED"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Return.objects.create(number=f"{order}-R2", **more)
    assert Return.objects.create(number=f"{order}-R2", **more | {"status": "CLOSED"}).pk
