"""import_stock: receipts that count once a file."""

from pathlib import Path
from typing import Any

import pytest

from fulfillment import ledger
from fulfillment.models import Bin, StockItem, StockMovement
from fulfillment.services import retry_inbox
from orders.models import Inbox
from tests.factories import ALICE, ProductFactory, Shop
from tests.stream import checksums, exit_code

HEADER = "sku,warehouse,bin,quantity\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stock.csv"


def run(path: Path, *rows: str) -> int:
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return exit_code("import_stock", path)


def test_the_same_file_counts_once_and_another_one_adds(shop: Shop, path: Path, capsys: Any) -> None:
    rows = ("MUG-01,MAIN,A-01,5", "MUG-01,MAIN,A-02,2", "TEA-01,NORTH,B-01,3", "TEA-01,MAIN,A-01,0")
    assert run(path, *rows) == 0
    before = checksums()
    assert (exit_code("import_stock", path), checksums()) == (0, before)
    assert capsys.readouterr().out.splitlines() == [
        "stock.csv, 4 rows: 3 booked, 1 booked before or empty.",
        "stock.csv, 4 rows: 0 booked, 4 booked before or empty.",
    ]
    assert run(path, "MUG-01,MAIN,A-01,1") == 0
    assert {(str(item.warehouse), item.product.sku): item.on_hand for item in StockItem.objects.all()} == {
        ("MAIN", "MUG-01"): 8,
        ("NORTH", "TEA-01"): 3,
    }
    assert Bin.objects.filter(warehouse__code="NORTH", code="B-01").exists()
    assert list(ledger.verify()) == []


def test_an_import_that_broke_off_goes_on_where_it_stopped(shop: Shop, path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("fulfillment.services.stock_file.BATCH", 1)
    rows = ("MUG-01,MAIN,A-01,5", "TEA-01,MAIN,A-01,3")
    from fulfillment.services import import_stock, read_stock

    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    begun = import_stock(read_stock(path.read_bytes(), name="stock.csv"), by=ALICE)
    next(begun)
    begun.close()
    assert StockMovement.objects.count() == 1
    assert exit_code("import_stock", path) == 0
    assert list(StockMovement.objects.order_by("n").values_list("n", "quantity")) == [(2, 5), (3, 3)]


def test_rows_that_cannot_be_booked_are_named_and_can_be_mended(shop: Shop, path: Path) -> None:
    rows = ("MUG-01,MAIN,A-01,5", "CUP-01,MAIN,A-01,4", "TEA-01,MAIN,A-01,-3", "TEA-01,,A-01,3")
    assert run(path, *rows) == 3
    rejects = {each.problems[0]["row"]: each for each in Inbox.objects.quarantined()}
    assert {row: (each.external_id, each.problems[0]["column"]) for row, each in rejects.items()} == {
        3: ("CUP-01", "sku"),
        4: ("TEA-01", "quantity"),
        5: ("TEA-01", "warehouse"),
    }
    mended = retry_inbox(rejects[4], by=ALICE, mended=f"{HEADER}TEA-01,MAIN,A-01,3\n".encode())
    assert (mended.status, shop.stock(shop.teapot)) == ("PROCESSED", (3, 0))
    assert retry_inbox(rejects[5], by=ALICE).status == "QUARANTINED"
    cup = ProductFactory(sku="CUP-01")
    assert exit_code("import_stock", path) == 3  # row 5 still waits
    assert shop.stock(cup) == (4, 0)
    assert set(Inbox.objects.values_list("external_id", "status")) == {
        ("CUP-01", "PROCESSED"),
        ("TEA-01", "PROCESSED"),
        ("TEA-01", "QUARANTINED"),
    }
    assert shop.stock(shop.teapot) == (3, 0)


def test_a_mended_text_of_two_rows_is_refused(shop: Shop, path: Path) -> None:
    run(path, "CUP-01,MAIN,A-01,4")
    text = f"{HEADER}MUG-01,MAIN,A-01,3\nTEA-01,MAIN,A-01,3\n".encode()
    assert retry_inbox(Inbox.objects.get(), by=ALICE, mended=text).status == "QUARANTINED"
    assert StockMovement.objects.count() == 0
