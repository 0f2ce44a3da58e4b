"""Findings are acknowledged once; parcels are found by the numbers that people have."""

from uuid import uuid4

from fulfillment.services import ParcelDraft, ship_shipment
from tests.factories import BOB, Shop, shipment
from tests.staff import client_of, flashes
from tracking.models import Finding, Tracker


def test_a_finding_is_acknowledged_once_and_a_resolved_one_not_at_all(shop: Shop) -> None:
    finding = Finding.objects.create(check_name="stock", subject="MUG-01", severity="ERROR", message="It is off.")
    client, url = client_of("manager"), f"/admin/tracking/finding/{finding.pk}/do/acknowledge/"
    assert flashes(client.post(url, {"operation": uuid4()})) == ["Acknowledged: stock: MUG-01."]
    assert Finding.objects.get().status == "ACKNOWLEDGED"
    assert "Somebody acknowledged this finding already" in flashes(client.post(url, {"operation": uuid4()}))[-1]
    Finding.objects.update(status="RESOLVED")
    client.post(url, {"operation": uuid4()})
    assert Finding.objects.get().status == "RESOLVED"


def test_a_parcel_is_found_by_its_tracking_number_however_it_is_written(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 1))
    ship_shipment(shipment(order), by=BOB, parcels=[ParcelDraft("dhl", "0034 0434-1611")])
    tracker = Tracker.objects.create(parcel=shipment(order).parcels.get())
    client = client_of("support")
    for term in ("003404341611", "0034 0434 1611", order.number, f"{order.number}-1-1"):
        assert list(client.get("/admin/tracking/tracker/", {"q": term}).context["cl"].result_list) == [tracker]
    assert list(client.get("/admin/tracking/tracker/", {"q": "999"}).context["cl"].result_list) == []
