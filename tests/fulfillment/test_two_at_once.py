"""What somebody did meanwhile: the next is told so, and nothing happens twice."""

from typing import Any
from uuid import uuid4

import pytest

from fulfillment.models import Bin, BinStock, Count, Return, ReturnLine, Warehouse
from fulfillment.services import deliver_shipment, release_wave, ship_shipment
from fulfillment.services.counts import approve_count, ask_count
from orders.models import Actor, Order
from tests.api import row_counts
from tests.factories import ALICE, Shop, shipment
from tests.fulfillment.floor import Scanner

pytestmark = pytest.mark.django_db


def delivered(shop: Shop, units: int) -> Order:
    shop.receive(shop.mug, units)
    order = shop.order((shop.mug, units))
    ship_shipment(shipment(order), by=ALICE)
    deliver_shipment(shipment(order), by=ALICE)
    return order


def count_at_desk(shop: Shop, units: str) -> Count:
    """Count so many in the returns bin, twice: somebody else has to approve it."""
    Warehouse.objects.update(count_tolerance=0)
    asked = ask_count(shop.warehouse, bin=Bin.objects.get(code="RETURNS"), product=shop.mug, by=ALICE)
    counter = Scanner("picker", "kai", url=f"/floor/counts/{asked.pk}/")
    for _ in range(2):
        counter.scan("RETURNS", units)
    return asked


@pytest.mark.parametrize("outcome", ["restock", "quarantine", "scrap"])
def test_what_a_colleague_decided_is_not_decided_again(shop: Shop, outcome: str) -> None:
    order = delivered(shop, 1)
    mine = Scanner("packer", url=f"/floor/returns/{order}/")
    mine.scan("MUG-01")
    url = f"/floor/returns/{Return.objects.get()}/?grade={outcome}&line={ReturnLine.objects.get().pk}"

    def decide(who: Scanner) -> Any:
        return who.client.post(url, {"operation": str(uuid4()), "scanned": "A-01-01", "whole": "1"}, follow=True)

    other = Scanner("packer", "bob")
    assert decide(mine).status_code == 200
    before = row_counts()
    again = decide(other)
    assert (again.status_code, row_counts()) == (409, before)
    assert "is decided already." in again.content.decode()


def test_what_came_back_after_a_count_is_not_scrapped_for_what_it_lacks(shop: Shop) -> None:
    first, second = delivered(shop, 2), delivered(shop, 1)
    desk = Scanner("packer", url=f"/floor/returns/{first}/")
    desk.scan("MUG-01", "MUG-01")
    count_at_desk(shop, "1")
    desk.url = f"/floor/returns/{second}/"
    desk.scan("MUG-01")
    approve_count(Count.objects.get(), by=Actor("user", "99"))
    assert ReturnLine.objects.get(return_of__order=first).scrapped == 1
    assert ReturnLine.objects.get(return_of__order=second).scrapped == 0
    assert BinStock.objects.get(bin__code="RETURNS").quantity == 2


def test_nobody_is_sent_back_to_a_bin_that_cannot_be_reached(shop: Shop) -> None:
    for bin_ in ("A-01-1", "B-01-1"):
        shop.receive(shop.mug, 3, bin=bin_)
    shop.order((shop.mug, 3))
    release_wave(shop.warehouse, by=ALICE)
    walk = Scanner("picker")
    walk.post("/floor/carts/")
    tasks = []
    while task := walk.client.get(walk.url).context.get("task"):
        tasks.append(str(task.bin))
        walk.post(short="BLOCKED", task=task.pk)
        assert len(tasks) <= 2
    assert tasks == ["A-01-1", "B-01-1"]
