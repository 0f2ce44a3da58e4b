"""What the floor does, done at a desk: moved, taken back, short, handed over; once each; a refusal changes nothing."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from fulfillment import ledger
from fulfillment.models import Bin, BinStock, Count, Manifest, Receipt, ReceiptLine, Scan, StockItem
from fulfillment.services import Act, claim_cart, expect_receipt, read_walk, scan_to_move, scan_to_receive
from orders.models import Actor, Event
from tests.factories import Shop
from tests.fulfillment.floor import person
from tests.fulfillment.test_cart import Picker
from tests.fulfillment.test_floor_manifest import sent
from tests.fulfillment.test_floor_manifest import state as vans
from tests.fulfillment.waves import released
from tests.staff import flashes

pytestmark = pytest.mark.django_db
SOMEBODY = Actor("user", "900")


class Desk:
    """Somebody at the admin."""

    def __init__(self, role: str, name: str = "charlie") -> None:
        self.user = User.objects.filter(username=name).first() or person(role, name)
        self.by = Actor.of("user", self.user)
        self.client = Client()
        self.client.force_login(self.user)

    def press(self, thing: Any, verb: str, **data: Any) -> Any:
        url = f"/admin/fulfillment/{thing._meta.model_name}/{thing.pk}/do/{verb}/"
        return self.client.post(url, {"operation": str(uuid4()), **data}, follow=True)

    def says(self, thing: Any, verb: str, **data: Any) -> list[str]:
        return flashes(self.press(thing, verb, **data))

    def page(self, thing: Any) -> str:
        return self.client.get(f"/admin/fulfillment/{thing._meta.model_name}/{thing.pk}/change/").content.decode()


def lying() -> dict[str, int]:
    return dict(BinStock.objects.filter(quantity__gt=0).values_list("bin__code", "quantity"))


def bin_(shop: Shop, code: str) -> Bin:
    if code in Bin.Kind.values:
        return ledger.standing_bin(shop.warehouse, Bin.Kind(code))
    return Bin.objects.get_or_create(warehouse=shop.warehouse, code=code)[0]


def received(shop: Shop, desk: Desk, units: int, into: str = "DOCK", reference: str = "DN-1") -> Scan:
    act = Act(uuid4(), desk.by, "MUG-01")
    return scan_to_receive(shop.mug, units, bin_(shop, into), act, reference, is_begun=True)


def item(shop: Shop) -> StockItem:
    return StockItem.objects.get(product=shop.mug)


def test_what_stands_at_the_dock_is_put_away_at_a_desk_once(shop: Shop) -> None:
    desk, operation = Desk("picker"), str(uuid4())
    expect_receipt(shop.warehouse, "DN-1", {shop.mug: 4})
    received(shop, desk, 4)
    bin_(shop, "A-01-01")
    assert "DOCK (4)" in desk.page(item(shop))
    given = {"source": "DOCK", "target": "a-01-01", "quantity": 4, "operation": operation}
    for _ in range(2):
        assert desk.says(item(shop), "move", **given) == ["4 × Enamel mug from DOCK into A-01-01."]
    assert lying() == {"A-01-01": 4}
    assert (ReceiptLine.objects.get().put_away, Scan.objects.filter(step="PUT_AWAY").count()) == (4, 1)
    assert list(ledger.verify()) == []


def test_more_than_lies_there_is_not_moved(shop: Shop) -> None:
    desk = Desk("picker")
    shop.receive(shop.mug, 2, bin="A-01-01")
    bin_(shop, "A-01-02")
    said = desk.says(item(shop), "move", source="A-01-01", target="A-01-02", quantity=3)
    assert said == ["2 × Enamel mug lie in A-01-01 by the books, not 3."]
    assert lying() == {"A-01-01": 2}


@pytest.mark.parametrize("target", ["QUARANTINE", "NOWHERE", "STAGE"])
def test_a_picker_moves_nothing_to_where_it_is_blocked_or_to_nowhere(shop: Shop, target: str) -> None:
    desk = Desk("picker")
    shop.receive(shop.mug, 2, bin="A-01-01")
    bin_(shop, "QUARANTINE")
    answer = desk.press(item(shop), "move", source="A-01-01", target=target, quantity=1)
    assert (answer.status_code, "ot-error" in answer.content.decode()) == (422, True) or flashes(answer) == [
        "What lies at packing is picked for orders. Nothing is moved there or from there."
    ]
    assert desk.press(item(shop), "move-blocked", source="A-01-01", target=target, quantity=1).status_code == 403
    assert (lying(), item(shop).blocked) == ({"A-01-01": 2}, 0)


def test_who_may_adjust_stock_blocks_it_and_frees_it(shop: Shop) -> None:
    desk = Desk("manager")
    shop.receive(shop.mug, 2, bin="A-01-01")
    bin_(shop, "QUARANTINE")
    desk.press(item(shop), "move-blocked", source="A-01-01", target="QUARANTINE", quantity=2)
    assert (lying(), item(shop).blocked) == ({"QUARANTINE": 2}, 2)
    desk.press(item(shop), "move-blocked", source="QUARANTINE", target="A-01-01", quantity=1)
    assert (lying(), item(shop).blocked) == ({"QUARANTINE": 1, "A-01-01": 1}, 1)
    assert list(ledger.verify()) == []


def test_what_was_moved_last_is_taken_back_once(shop: Shop) -> None:
    desk, operation = Desk("picker"), str(uuid4())
    shop.receive(shop.mug, 2, bin="A-01-01")
    bin_(shop, "A-01-02")
    desk.press(item(shop), "move", source="A-01-01", target="A-01-02", quantity=1)
    desk.press(item(shop), "move", source="A-01-01", target="A-01-02", quantity=1)
    for _ in range(2):
        said = desk.says(item(shop), "undo", operation=operation)
        assert said == ["Taken back: put 1 × Enamel mug into A-01-01 again."]
    assert lying() == {"A-01-01": 1, "A-01-02": 1}


def test_what_somebody_else_moved_is_not_taken_back(shop: Shop) -> None:
    shop.receive(shop.mug, 2, bin="A-01-01")
    scan_to_move(bin_(shop, "A-01-01"), bin_(shop, "A-01-02"), shop.mug, 2, Act(uuid4(), SOMEBODY), Scan.Step.MOVE)
    assert desk_says_nothing_to_take_back(Desk("picker"), item(shop))
    assert lying() == {"A-01-02": 2}


def desk_says_nothing_to_take_back(desk: Desk, thing: Any) -> bool:
    [said] = desk.says(thing, "undo")
    return "there is nothing to take back" in said


def test_what_was_received_of_a_delivery_is_taken_back_on_its_page_and_on_no_other(shop: Shop) -> None:
    desk = Desk("picker")
    expect_receipt(shop.warehouse, "DN-1", {shop.mug: 4})
    expect_receipt(shop.warehouse, "DN-2", {shop.mug: 4})
    received(shop, desk, 3)
    assert desk_says_nothing_to_take_back(desk, Receipt.objects.get(reference="DN-2"))
    assert lying() == {"DOCK": 3}
    said = desk.says(Receipt.objects.get(reference="DN-1"), "undo")
    assert said == ["Taken back: 3 × Enamel mug are not booked into DOCK."]
    assert (lying(), [line.received for line in ReceiptLine.objects.all()]) == ({}, [0, 0])


def test_a_short_pick_at_a_desk_waits_again_and_is_counted_once(shop: Shop) -> None:
    desk, wave, operation = Desk("picker"), released(shop, others=2), str(uuid4())
    picker = Picker(claim_cart(wave.warehouse, by=desk.by), desk.by)
    task = read_walk(picker.cart, picker.by).task
    assert f"{task.left} × {task.shipment_line.order_line.name} in {task.bin}" in desk.page(picker.cart)
    given = {"task": task.pk, "reason": "EMPTY", "operation": operation}
    said = [desk.says(picker.cart, "short", **given) for _ in range(2)]
    assert said[0] == said[1] != []
    task.refresh_from_db()
    assert (task.status, task.reason, Count.objects.count()) == ("SHORT", "EMPTY", 1)
    assert list(ledger.verify()) == []


def test_who_does_not_walk_with_a_cart_has_nothing_short_on_it(shop: Shop) -> None:
    wave, bob = released(shop, others=2), Desk("picker", "bob")
    picker = Picker(claim_cart(wave.warehouse, by=bob.by), bob.by)
    task, before = read_walk(picker.cart, picker.by).task, lying()
    [said] = Desk("picker").says(picker.cart, "short", task=task.pk, reason="EMPTY")
    assert said.startswith("bob has taken over this walk.")
    task.refresh_from_db()
    assert (task.status, lying(), Count.objects.count()) == ("CLAIMED", before, 0)


def close(desk: Desk, shop: Shop, **data: Any) -> Any:
    given = {"operation": str(uuid4()), "van": f"{shop.warehouse.pk}:dhl", "goes": "all", **data}
    return desk.client.post("/admin/fulfillment/manifest/add/", given, follow=True)


def test_a_manifest_is_closed_at_a_desk_once(shop: Shop) -> None:
    desk, operation = Desk("packer"), str(uuid4())
    sent(shop, "JJD1", "JJD2")
    page = desk.client.get("/admin/fulfillment/manifest/add/").content.decode()
    assert "0 of 2 in the van" in page
    said = [flashes(close(desk, shop, operation=operation)) for _ in range(2)]
    manifest = Manifest.objects.get()
    assert said == [[f"{manifest} is closed: 2 parcels. Print it for the driver."]] * 2
    assert vans() == [(True, manifest.pk)] * 2
    assert Event.objects.filter(kind="parcel.handed_over").count() == 2


def test_an_empty_van_and_one_of_nobody_close_no_manifest(shop: Shop) -> None:
    desk = Desk("packer")
    sent(shop, "JJD1")
    assert flashes(close(desk, shop, goes="loaded")) == ["Nothing is in the van yet. Scan each parcel on its way in."]
    assert close(desk, shop, van="0:dhl").status_code == 422
    assert flashes(close(desk, shop, van=f"{shop.warehouse.pk}:ups")) == [
        "Nothing is in the van yet. Scan each parcel on its way in."
    ]
    assert (Manifest.objects.count(), vans()) == (0, [(False, None)])


def test_who_may_not_close_a_manifest_closes_none(shop: Shop) -> None:
    sent(shop, "JJD1")
    assert close(Desk("picker"), shop).status_code == 403
    assert (Manifest.objects.count(), vans()) == (0, [(False, None)])
