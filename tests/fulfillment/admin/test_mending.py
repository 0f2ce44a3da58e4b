"""Rows of stock and deliveries, mended in the inbox: by whoever may book them, in a warehouse of one's own."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from fulfillment import ledger
from fulfillment.models import ReceiptLine, StockMovement, Warehouse
from orders.models import Inbox, Product
from tests.factories import Shop
from tests.fulfillment.floor import person
from tests.fulfillment.yard import works_in
from tests.stream import exit_code

STOCK = ("import_stock", "sku,warehouse,bin,quantity", "MUG-01,{},A-1,{}", "You may not receive stock")
RECEIPTS = (
    "import_receipts",
    "reference,warehouse,expected_date,supplier,sku,quantity",
    "DN-1,{},,,MUG-01,{}",
    "You may not announce deliveries",
)
both = pytest.mark.parametrize("file", [STOCK, RECEIPTS], ids=["stock", "receipts"])


def quarantined(tmp_path: Path, file: tuple[str, ...]) -> Inbox:
    command, header, row, _ = file
    path = tmp_path / "rows.csv"
    path.write_text(f"{header}\n{row.format('MAIN', 'many')}\n")
    assert exit_code(command, path) == 3
    return Inbox.objects.get()


def mend(user: User, file: tuple[str, ...], warehouse: str) -> Any:
    client, text = Client(), f"{file[1]}\n{file[2].format(warehouse, 77)}\n"
    client.force_login(user)
    url = f"/admin/orders/inbox/{Inbox.objects.get().pk}/do/retry/"
    return client.post(url, {"operation": str(uuid4()), "body": text})


def booked() -> list[tuple[str, int]]:
    lines = ReceiptLine.objects.values_list("receipt__warehouse__code", "expected")
    return [*StockMovement.objects.values_list("stock_item__warehouse__code", "quantity"), *lines]


@both
def test_whoever_may_not_book_it_mends_no_row(shop: Shop, tmp_path: Path, file: tuple[str, ...]) -> None:
    inbox = quarantined(tmp_path, file)
    answer = mend(person("integrator"), file, "MAIN")
    assert (answer.status_code, file[3] in answer.content.decode()) == (422, True)
    inbox.refresh_from_db()
    assert (inbox.status, inbox.mended, booked()) == ("QUARANTINED", None, [])


@both
@pytest.mark.parametrize("code", ["FAR", "SECRET"])
def test_a_row_is_mended_into_ones_own_warehouse_alone(
    shop: Shop, tmp_path: Path, file: tuple[str, ...], code: str
) -> None:
    inbox, far = quarantined(tmp_path, file), ledger.open_warehouse("FAR")
    alice = works_in("manager", shop.warehouse)
    mend(alice, file, code)
    inbox.refresh_from_db()
    assert (inbox.status, booked()) == ("QUARANTINED", [])
    assert [each["reason"] for each in inbox.problems] == [f"There is no warehouse {code}."]
    assert set(Warehouse.objects.all()) == {shop.warehouse, far}
    mend(alice, file, "MAIN")
    inbox.refresh_from_db()
    assert (inbox.status, booked()) == ("PROCESSED", [("MAIN", 77)])


@both
def test_no_warehouse_is_made_by_mending(shop: Shop, tmp_path: Path, file: tuple[str, ...]) -> None:
    quarantined(tmp_path, file)
    mend(person("manager"), file, "SECRET")
    assert (booked(), list(Warehouse.objects.all())) == ([], [shop.warehouse])


PRODUCTS = ("import_products", "sku,name,department,brand,package_size", "MUG-02,{1},,,", "You may not change articles")


def test_whoever_may_not_change_articles_mends_no_row_of_them(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"{PRODUCTS[1]}\nMUG-02,{'x' * 256},,,\n")
    assert exit_code("import_products", path) == 3
    inbox = Inbox.objects.get()
    answer = mend(person("integrator"), PRODUCTS, "MAIN")
    assert (answer.status_code, PRODUCTS[3] in answer.content.decode()) == (422, True)
    inbox.refresh_from_db()
    assert (inbox.status, inbox.mended, Product.objects.filter(sku="MUG-02").exists()) == ("QUARANTINED", None, False)
    assert mend(person("manager", "mona"), PRODUCTS, "MAIN").status_code == 302
    assert Product.objects.get(sku="MUG-02").name == "77"
