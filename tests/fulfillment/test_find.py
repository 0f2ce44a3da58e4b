"""The field of the floor takes whatever somebody holds, and leads to where they go on with it."""

from urllib.parse import quote

import pytest
from django.test import Client

from fulfillment.models import Cart, CartSlot, Scan
from fulfillment.services import expect_receipt, pack_shipment, pick_shipment, release_wave, ship_shipment
from fulfillment.services.ship import ParcelDraft
from tests.factories import ALICE, Shop, shipment
from tests.fulfillment.floor import person, words

pytestmark = pytest.mark.django_db


def somebody(role: str) -> Client:
    client = Client()
    client.force_login(person(role, role))
    return client


def lead(client: Client, text: str) -> str:
    return str(client.get("/floor/find/", {"scanned": text}).url)


def test_a_delivery_a_bin_and_an_article_lead_to_their_screens(shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="B-04-11")
    expect_receipt(shop.warehouse, "DN-7", {shop.mug: 3})
    picker, packer = somebody("picker"), somebody("packer")
    assert lead(picker, "DN-7") == "/floor/receive/?warehouse=MAIN&reference=DN-7"
    assert lead(picker, "b-04-11") == "/floor/look-up/?warehouse=MAIN&scanned=b-04-11"
    assert lead(picker, "mug-01") == lead(packer, "mug-01") == "/floor/look-up/?scanned=mug-01"
    assert lead(packer, "DN-7") == "/floor/"
    assert "“DN-7” is nothing that we know here." in words(packer.get("/floor/"))
    assert not Scan.objects.exists()


def test_a_cart_leads_to_its_walk_and_a_slot_to_its_box(shop: Shop) -> None:
    shop.receive(shop.mug, 9)
    single, multi = shop.order((shop.mug, 1)), shop.order((shop.mug, 2))
    release_wave(shop.warehouse, by=ALICE)
    cart, slot = Cart.objects.get(kind="MULTI"), CartSlot.objects.get(shipment=shipment(multi))
    picker, packer = somebody("picker"), somebody("packer")
    assert lead(picker, str(cart).lower()) == f"/floor/carts/{cart.pk}/"
    assert lead(packer, str(cart)) == lead(picker, str(slot)) == "/floor/"
    for order in (single, multi):
        pick_shipment(shipment(order), by=ALICE)
    assert lead(packer, str(slot)) == f"/floor/{shipment(multi).number}/pack/"
    assert lead(packer, "MUG-01") == f"/floor/{shipment(single).number}/pack/?scanned=MUG-01"
    assert 'value="MUG-01"' in packer.get(lead(packer, "MUG-01")).content.decode()
    assert not Scan.objects.exists()


def test_a_parcel_leads_to_the_van_that_takes_it_along(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 2))
    for step in (pick_shipment, pack_shipment):
        step(shipment(order), by=ALICE)
    ship_shipment(shipment(order), by=ALICE, parcels=[ParcelDraft("dhl", "JJD 01")])
    packer, number = somebody("packer"), shipment(order).parcels.get().number
    for text in (number, "jjd01"):
        assert lead(packer, text) == f"/floor/manifest/{shop.warehouse.pk}/dhl/?scanned={quote(text)}"
    assert lead(somebody("picker"), number) == "/floor/"
