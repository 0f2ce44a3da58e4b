"""What is done to many rows of a list at once, by those who may."""

from typing import Any

import pytest

from fulfillment import ledger
from fulfillment.models import Bin, Count, Receipt, Staff, StockItem
from fulfillment.services import close_receipt, expect_receipt
from tests.factories import Shop
from tests.staff import client_of, flashes, user_of


def choose(name: str, action: str, rows: Any, role: str = "admin") -> list[str]:
    given = {"action": action, "_selected_action": [row.pk for row in rows]}
    return flashes(client_of(role).post(f"/admin/fulfillment/{name}/", given))


def test_many_bins_are_asked_to_be_counted_and_what_cannot_be_is_said(shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="A-01")
    shop.receive(shop.mug, 5, bin="A-02")
    said = choose("bin", "ask_for_counts", Bin.objects.filter(code__in=["A-01", "A-02", "STAGE"]))
    assert said[-1] == "2 asked to be counted."
    assert len(said) == 2
    assert set(Count.objects.values_list("bin__code", flat=True)) == {"A-01", "A-02"}


def test_many_articles_are_asked_to_be_counted(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    shop.receive(shop.teapot, 5)
    assert choose("stockitem", "ask_for_counts", StockItem.objects.all()) == ["2 asked to be counted."]
    assert set(Count.objects.values_list("product__sku", flat=True)) == {"MUG-01", "TEA-01"}


def test_many_deliveries_are_closed_and_what_was_closed_is_said(shop: Shop) -> None:
    for n in range(3):
        expect_receipt(shop.warehouse, f"DN-{n}", {shop.mug: 1})
    close_receipt(Receipt.objects.get(reference="DN-0"))
    assert choose("receipt", "close_deliveries", Receipt.objects.all()) == ["DN-0 is closed already.", "2 closed."]
    assert not Receipt.objects.open().exists()


@pytest.mark.parametrize(
    ("name", "action", "role"),
    [("bin", "ask_for_counts", "packer"), ("stockitem", "ask_for_counts", "support"),
     ("receipt", "close_deliveries", "auditor"), ("receipt", "close_deliveries", "packer")],
)  # fmt: skip
def test_who_may_not_does_nothing(shop: Shop, name: str, action: str, role: str) -> None:
    shop.receive(shop.mug, 5)
    expect_receipt(shop.warehouse, "DN-1", {shop.mug: 1})
    rows = {"bin": Bin, "stockitem": StockItem, "receipt": Receipt}[name].objects.all()
    choose(name, action, rows, role)
    assert (Count.objects.count(), Receipt.objects.open().count()) == (0, 1)


def test_nothing_of_another_warehouse_is_touched(shop: Shop) -> None:
    expect_receipt(shop.warehouse, "DN-1", {shop.mug: 1})
    Staff.objects.create(user=user_of("admin")).warehouses.add(ledger.open_warehouse("NORTH"))
    choose("receipt", "close_deliveries", Receipt.objects.all())
    choose("bin", "ask_for_counts", Bin.objects.filter(warehouse=shop.warehouse, kind="PICK"))
    assert (Receipt.objects.open().count(), Count.objects.count()) == (1, 0)
