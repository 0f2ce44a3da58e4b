"""The demo's warehouse: what it has before it as the day begins, and what its people leave to a visitor."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from config.demo import seed, staff
from config.demo.shift import LEAST_IN_VAN, ON_WAVE, STAYS, Shift
from config.demo.staff import Staff, worker
from config.demo.stockroom import AT_DOCK, HALF_IN, PUT_AWAY
from fulfillment import ledger
from fulfillment.models import BinStock, Cart, Count, Manifest, Parcel, Receipt, ReorderRule, Scan, Shipment, Wave
from fulfillment.reports import reorder
from fulfillment.services import Act, accept_order, scan_to_pick
from orders.models import Channel, Product
from tests.api import row_counts
from tests.factories import draft
from tracking.services import run_audit

pytestmark = pytest.mark.django_db


@pytest.fixture
def floor() -> Staff:
    """The people of the demo in its warehouse, as the day begins."""
    seed.seed()
    return Staff()


def ordered(number: int) -> None:
    """Place so many orders of two articles."""
    lines = [(Product.objects.get(sku=sku), 1) for sku in ("TEA-EAR-100", "COF-DRP-02")]
    for _ in range(number):
        accept_order(draft(*lines), channel=Channel.objects.get(name="demo-web"), by=seed.BY)


def until(is_so: Callable[[], Any], go_on: Callable[[], object], at_most: int = 60) -> None:
    for _ in range(at_most):
        if is_so():
            return
        go_on()
    pytest.fail("it never happened")


def test_every_list_of_the_warehouse_has_something_to_show(floor: Staff) -> None:
    stands = {
        receipt.reference: (bool(receipt.arrived_at), bool(receipt.put_away_at), bool(receipt.closed_at))
        for receipt in Receipt.objects.all()
    }
    assert stands.pop(PUT_AWAY.number) == (True, True, True)
    assert {stands.pop(AT_DOCK.number), stands.pop(HALF_IN.number)} == {(True, False, False)}
    assert list(stands.values()) == [(False, False, False)] * 3
    half_in = Receipt.objects.get(reference=HALF_IN.number)
    assert (half_in.short, half_in.over, sum(line.damaged for line in half_in.lines.all())) == (30, 2, 2)
    counts = Counter(Count.objects.values_list("status", flat=True))
    assert (counts["COUNTED"], counts["APPLIED"]) == (2, 2)
    assert counts["OPEN"] >= 3
    assert set(Count.objects.values_list("cause", flat=True)) == {"ASKED", "SURPRISE", "ABC"}
    suggested = reorder(ReorderRule.objects.all())
    assert (len(suggested) >= 3, suggested[0].is_urgent) == (True, True)
    kinds = set(BinStock.objects.filter(quantity__gt=0).values_list("bin__kind", flat=True))
    assert kinds >= {"PICK", "DOCK", "QUARANTINE", "DAMAGED"}


def test_its_books_are_clean_and_a_second_start_adds_nothing(floor: Staff) -> None:
    assert list(ledger.verify()) == []
    assert run_audit().errors == 0
    before = row_counts()
    seed.seed()
    assert row_counts() == before


def test_what_a_visitor_has_in_hand_is_left_alone_for_a_while(floor: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    ordered(1)
    shipment = Shipment.objects.get()

    def status() -> str:
        return str(Shipment.objects.get(pk=shipment.pk).status)

    scan_to_pick(shipment, Act(uuid4(), worker("alice"), "A-99-99"))
    before = Scan.objects.count()
    floor.go_on(shipment)
    assert (status(), Scan.objects.count()) == ("READY", before)
    monkeypatch.setattr(staff, "HANDS_OFF", timedelta(0))
    until(lambda: status() == "PICKED", lambda: floor.go_on(Shipment.objects.get(pk=shipment.pk)))
    assert set(Scan.objects.filter(shipment=shipment, result="RIGHT").values_list("by", flat=True)) == {
        str(worker("nina"))
    }


def test_orders_that_gather_are_released_and_a_cart_is_left_to_the_visitor(floor: Staff) -> None:
    shift = Shift(floor)
    waves, walks = shift.waves(), shift.walks()
    ordered(ON_WAVE)
    next(waves), next(waves)
    floor.go_on(first := Shipment.objects.earliest("pk"))
    assert (Shipment.objects.get(pk=first.pk).status, Wave.objects.count()) == ("READY", 0), "they gather"
    next(waves)
    assert (Wave.objects.count(), Cart.objects.free().count()) == (1, 3)
    floor.go_on(first)
    assert Shipment.objects.get(pk=first.pk).status == "READY", "it is on a cart"
    until(lambda: Cart.objects.under_way().count() == 1, lambda: next(walks))
    for _ in range(5):
        next(walks)
    assert Cart.objects.free().count() == 1
    assert Count.objects.filter(status="OPEN", cause="SHORT").count() == 1, "a picker found too little"
    assert list(ledger.verify()) == []


def test_the_van_takes_what_waits_and_leaves_some(floor: Staff) -> None:
    ordered(LEAST_IN_VAN + STAYS)
    vans = Shift(floor).vans()
    next(vans), next(vans)
    assert Manifest.objects.count() == 0, "nothing is shipped yet"
    for shipment in Shipment.objects.all():
        until(lambda: Shipment.objects.get(pk=shipment.pk).status == "SHIPPED", lambda: go_on(floor, shipment))  # noqa: B023
    next(vans)
    assert Parcel.objects.filter(manifest=Manifest.objects.get()).count() == LEAST_IN_VAN
    assert Parcel.objects.to_load().count() == STAYS


def go_on(floor: Staff, shipment: Shipment) -> None:
    floor.go_on(Shipment.objects.get(pk=shipment.pk))


def test_one_delivery_is_put_away_and_another_stays_at_the_dock(floor: Staff) -> None:
    for _ in Shift(floor).dock():
        pass
    done, left = (Receipt.objects.get(reference=each.number) for each in (AT_DOCK, HALF_IN))
    assert (done.closed_at is not None, done.dock_to_stock is not None) == (True, True)
    assert sum(line.at_dock for line in left.lines.all()) == 72
    assert list(Shift(floor).dock()) == [], "nor is it done again on the next day"
