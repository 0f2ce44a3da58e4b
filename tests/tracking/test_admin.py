"""Findings are acknowledged once; parcels are found by the numbers that people have."""

import re
from uuid import uuid4

from fulfillment.services import ParcelDraft, ship_shipment
from tests.factories import BOB, Shop, shipment
from tests.staff import client_of, flashes
from tracking.models import AuditRun, Finding, Tracker


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


def test_a_run_of_the_audit_is_told_in_words(db: None) -> None:
    checks = {
        "lost_parcels": {"severity": "WARNING", "found": 2, "seconds": 0.001},
        "broken_trails": {"severity": "ERROR", "found": 0, "seconds": 0.033},
    }
    run = AuditRun.objects.create(checks=checks, warnings=2)
    page = client_of("auditor").get(f"/admin/tracking/auditrun/{run.pk}/change/").content.decode()
    assert re.findall(r'<th scope="row">(.*?)</th>', page) == ["Broken trails", "Lost parcels"]
    assert "None" in page
    assert "2 findings" in page
    assert "WARNING" not in page


def test_a_carriers_clock_reads_like_any_other_time_and_is_not_converted(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 1))
    ship_shipment(shipment(order), by=BOB, parcels=[ParcelDraft("dhl", "0034 0434-1611")])
    walls = ["2026-11-28T04:40:11.123498", "2026-11-27", "yesterday"]
    tracker = Tracker.objects.create(parcel=shipment(order).parcels.get(), timeline=[{"wall": each} for each in walls])
    page = client_of("support").get(f"/admin/tracking/tracker/{tracker.pk}/change/").content.decode()
    assert re.findall(r"clock\">(28 Nov.*?|27 Nov.*?|yesterday)</td>", page) == [
        "yesterday",
        "27 Nov 2026",
        "28 Nov 2026, 04:40",
    ]
