"""Loading the van: what is in the van by scan, what is missing is said, and the list that the driver signs."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from fulfillment import ledger
from fulfillment.models import Manifest, Parcel, Scan, Staff, Warehouse
from fulfillment.services import ParcelDraft, deliver_shipment, pick_shipment, ship_shipment
from orders.models import Event, Order
from tests.factories import ALICE, BOB, ProductFactory, Shop, shipment
from tests.fulfillment.floor import Floor, person, said, words
from tests.fulfillment.papers import Paper


class Van:
    """Somebody at a carrier's van."""

    def __init__(self, shop: Shop, carrier: str = "dhl", role: str = "packer") -> None:
        self.url = f"/floor/manifest/{shop.warehouse.pk}/{carrier}/"
        self.client = Client()
        self.client.force_login(User.objects.filter(username=role).first() or person(role, role))

    def post(self, operation: str | None = None, **fields: Any) -> str:
        return said(self.client.post(self.url, {"operation": operation or uuid4(), **fields}, follow=True))

    def scan(self, text: str) -> str:
        return self.post(scanned=text)

    def screen(self) -> str:
        return words(self.client.get(self.url))


def sent(shop: Shop, *labels: str, carrier: str = "DHL") -> Order:
    shop.receive(shop.mug, len(labels))
    order = shop.order((shop.mug, len(labels)))
    drafts = [ParcelDraft(carrier, label, 500, {1: 1}) for label in labels]
    ship_shipment(shipment(order), by=ALICE, parcels=drafts)
    return order


def state() -> list[tuple[bool, int | None]]:
    return [(parcel.loaded_at is not None, parcel.manifest_id) for parcel in Parcel.objects.order_by("pk")]


def test_parcels_are_scanned_into_the_van_and_the_list_is_closed(shop: Shop) -> None:
    number = shipment(sent(shop, "JJD 1", "JJD-2", "JJD3")).number
    van = Van(shop)
    assert "DHL 3 parcels" in words(van.client.get("/floor/manifest/"))
    assert van.scan(f"{number.lower()}-1") == f"right: {number}-1 is in the van: 1 of 3."
    assert van.scan("jjd2") == f"right: {number}-2 is in the van: 2 of 3."
    page = van.screen()
    assert f"2 of 3 in the van Missing {number}-3 JJD3 In the van {number}-1" in page
    assert "Close without the 1 missing" in page
    answer = van.post(close="1")
    manifest = Manifest.objects.get()
    assert answer == f"right: {manifest} is closed: 2 parcels. 1 parcel stays here. Print it for the driver."
    assert (manifest.carrier, manifest.by[:5], manifest.warehouse) == ("dhl", "user:", shop.warehouse)
    assert state() == [(True, manifest.pk), (True, manifest.pk), (False, None)]
    trail = Event.objects.filter(kind="parcel.handed_over").order_by("pk").values_list("facts", flat=True)
    assert [facts["parcel"] for facts in trail] == [f"{number}-1", f"{number}-2"]
    assert {facts["manifest"] for facts in trail} == {manifest.pk}
    page = words(van.client.get("/floor/manifest/"))
    assert ("DHL 1 parcel " in page, f"{manifest} · DHL 2 parcels" in page) == (True, True)
    printed = Paper(van.client.get(f"/floor/documents/manifests/{manifest.pk}/manifest.pdf").content).text
    for part in (
        str(manifest),
        f"{number}-1",
        f"{number}-2",
        "JJD-2",
        "2 parcels",
        "signature of the driver",
        "packer",
    ):
        assert part in printed
    assert f"{number}-3" not in printed


def test_what_does_not_belong_in_the_van_is_said_and_stays_out(shop: Shop) -> None:
    dhl, ups = shipment(sent(shop, "JJD1")).number, shipment(sent(shop, "1Z1", carrier="UPS")).number
    shop.receive(shop.mug, 1)
    packed = Floor(shop.order((shop.mug, 1)), "pack")
    pick_shipment(packed.shipment, by=BOB)
    packed.post(whole="1", without="1")
    van = Van(shop)
    assert van.scan(f"{ups}-1") == f"wrong: {ups}-1 goes with UPS. Take it out."
    assert van.scan(f"{packed.shipment}-1") == f"wrong: {packed.shipment}-1 is not shipped yet. Ship it first."
    assert van.scan("???") == "wrong: “???” is nothing we know. Scan the label of a parcel."
    assert van.scan("MUG-01") == "wrong: This is Enamel mug. Scan the label of a parcel."
    assert van.post(close="1") == "wrong: Nothing is in the van yet. Scan each parcel on its way in."
    assert state() == [(False, None)] * 3
    van.scan("JJD1")
    assert van.scan("JJD1") == f"wrong: {dhl}-1 is in the van already."
    van.post(close="1")
    assert van.scan("JJD1") == f"wrong: {dhl}-1 went with manifest {Manifest.objects.get().pk}. Put it aside."
    results = Scan.objects.filter(step="LOAD").values_list("result", flat=True)
    assert list(results) == [
        "WRONG_ARTICLE", "WRONG_ARTICLE", "UNKNOWN", "WRONG_ARTICLE", "INCOMPLETE", "RIGHT", "WRONG_QUANTITY", "RIGHT",
        "WRONG_ARTICLE",
    ]  # fmt: skip


def test_all_of_it_at_once_and_one_taken_out_again(shop: Shop) -> None:
    number = shipment(sent(shop, "JJD1", "JJD2")).number
    van = Van(shop)
    assert van.post(whole="1") == "right: 2 parcels more are in the van, without scanning."
    assert van.post(scanned=f"{number}-1", out="1") == f"right: {number}-1 stays here."
    assert state() == [(False, None), (True, None)]
    assert van.post(scanned="???", out="1") == "wrong: ??? is not in this van."


def test_a_double_tap_closes_one_list(shop: Shop) -> None:
    sent(shop, "JJD1", "JJD2")
    van, operation = Van(shop), str(uuid4())
    van.scan("JJD1")
    answers = {van.post(operation, close="1") for _ in range(3)}
    assert (len(answers), Manifest.objects.count()) == (1, 1)
    assert Event.objects.filter(kind="parcel.handed_over").count() == 1


def test_what_has_arrived_or_left_long_ago_does_not_wait(shop: Shop) -> None:
    deliver_shipment(shipment(sent(shop, "JJD1")), by=ALICE)
    van = Van(shop)
    assert "Nothing waits for a carrier" in words(van.client.get("/floor/manifest/"))
    assert van.scan("JJD1").endswith("left long ago. Put it aside and ask.")
    assert state() == [(False, None)]


def test_parcels_without_a_carrier_have_a_list_as_well(shop: Shop) -> None:
    number = shipment(sent(shop, "", carrier="")).number
    van = Van(shop, "-")
    assert "No carrier" in words(van.client.get("/floor/manifest/"))
    assert van.scan(f"{number}-1").startswith("right: ")
    assert van.post(close="1").startswith("right: ")


def test_the_entry_says_how_many_parcels_wait(shop: Shop) -> None:
    sent(shop, "JJD1", "JJD2")
    assert "Load the van 2" in words(Van(shop).client.get("/floor/"))


def test_who_may_load(shop: Shop) -> None:
    sent(shop, "JJD1")
    found = {
        role: Van(shop, role=role).client.get("/floor/manifest/").status_code
        for role in ("picker", "packer", "manager")
    }
    assert found == {"picker": 403, "packer": 200, "manager": 200}
    picker = Van(shop, role="picker")
    assert picker.client.post(picker.url, {"operation": uuid4(), "close": "1"}).status_code == 403


def test_a_person_of_another_warehouse_sees_and_touches_nothing(shop: Shop) -> None:
    sent(shop, "JJD1", "JJD2")
    manager = Van(shop, role="manager")
    manager.scan("JJD1")
    manager.post(close="1")
    van = Van(shop)
    Staff.objects.create(user=User.objects.get(username="packer")).warehouses.add(ledger.open_warehouse("OTHER"))
    before = state()
    page = words(van.client.get("/floor/manifest/"))
    assert ("Nothing waits for a carrier" in page, "Closed" in page) == (True, False)
    assert van.client.post(van.url, {"operation": uuid4(), "whole": "1"}).status_code == 404
    assert van.client.get(f"/floor/documents/manifests/{Manifest.objects.get().pk}/manifest.pdf").status_code == 404
    assert (state(), Scan.objects.filter(step="LOAD").count()) == (before, 2)


def test_the_admin_lists_manifests_and_prints_them(shop: Shop) -> None:
    sent(shop, "JJD1")
    van = Van(shop, role="manager")
    van.scan("JJD1")
    van.post(close="1")
    url = f"/floor/documents/manifests/{Manifest.objects.get().pk}/manifest.pdf"
    listed = van.client.get("/admin/fulfillment/manifest/")
    shown = van.client.get(f"/admin/fulfillment/manifest/{Manifest.objects.get().pk}/change/")
    assert [(page.status_code, url in page.content.decode()) for page in (listed, shown)] == [(200, True)] * 2


@pytest.mark.parametrize("parcels", [1, 3])
def test_the_queries_of_loading(shop: Shop, django_assert_num_queries, parcels: int) -> None:
    sent(shop, *(f"JJD{n}" for n in range(parcels)))
    van = Van(shop)
    with django_assert_num_queries(4):
        van.client.get("/floor/manifest/")
    with django_assert_num_queries(4):
        van.client.get(van.url)
    with django_assert_num_queries(13):
        van.client.post(van.url, {"operation": uuid4(), "scanned": "JJD0"}, headers={"HX-Request": "true"})


def test_the_station_opens_what_lies_there(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 2))
    pick_shipment(shipment(order), by=BOB)
    client, number = Van(shop).client, shipment(order).number
    for text in (number, number.lower(), order.number):
        assert client.get("/floor/pack/", {"scanned": text}).url == f"/floor/{number}/pack/"
    for text in ("MUG-01", "???", "W1-1 slot 1"):
        answer = client.get("/floor/pack/", {"scanned": text})
        assert f"“{text}” leads to nothing that is to be packed here." in words(answer)
    assert "To pack 1" in words(client.get("/floor/pack/"))
    Floor(order, "pack").post(whole="1", without="2")
    assert client.get("/floor/pack/", {"scanned": f"{number}-1"}).url == f"/floor/{number}/"


def test_an_article_of_a_tote_and_a_slot_lead_to_their_order(shop: Shop) -> None:
    from fulfillment.models import Cart, CartSlot
    from fulfillment.services import release_wave

    kettle = ProductFactory(sku="KET-01")
    for product in (shop.mug, kettle):
        shop.receive(product, 9)
    single, multi = shop.order((shop.mug, 1)), shop.order((shop.mug, 2), (kettle, 1))
    release_wave(shop.warehouse, by=ALICE)
    for order in (single, multi):
        pick_shipment(shipment(order), by=BOB)
    client = Van(shop).client
    assert (
        client.get("/floor/pack/", {"scanned": "mug-01"}).url
        == f"/floor/{shipment(single).number}/pack/?scanned=mug-01"
    )
    slot = CartSlot.objects.get(shipment=shipment(multi))
    assert slot.cart.kind == Cart.Kind.MULTI
    for text in (str(slot), f"{slot.cart}-{slot.place}"):
        assert client.get("/floor/pack/", {"scanned": text}).url == f"/floor/{shipment(multi).number}/pack/"


def test_who_hands_over_reads_the_name_of_the_warehouse(shop: Shop) -> None:
    sent(shop, "JJD1")
    Warehouse.objects.update(name="Porto")
    assert "DHL 1 parcel · Porto" in words(Van(shop).client.get("/floor/manifest/"))
