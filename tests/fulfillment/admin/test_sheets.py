"""Sheets in and out of the admin: products, reorder rules, stock; validated as the API does, booked by the services."""

import io
from typing import Any

import pytest
import tablib
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from fulfillment import ledger
from fulfillment.models import BinStock, ReorderRule, Staff, StockMovement
from orders.models import Product
from tests.api import row_counts
from tests.factories import ProductFactory, Shop
from tests.staff import client_of, user_of

PRODUCTS, RULES, STOCK = (
    "/admin/orders/product/", "/admin/fulfillment/reorderrule/", "/admin/fulfillment/stockitem/",
)  # fmt: skip
FORMATS = {"csv": "0", "xlsx": "1"}


def bring(url: str, rows: list[tuple[Any, ...]], *, kind: str = "csv", role: str = "manager") -> tuple[int, list[str]]:
    """Bring a sheet in, and confirm it where the preview lets one; return status and what is wrong."""
    sheet = tablib.Dataset(*rows[1:], headers=rows[0]).export(kind)
    raw = sheet.encode() if isinstance(sheet, str) else sheet
    client = client_of(role)
    file = SimpleUploadedFile(f"sheet.{kind}", raw)
    preview = client.post(f"{url}import/", {"import_file": file, "format": FORMATS[kind], "resource": "0"})
    if preview.status_code != 200:
        return preview.status_code, []
    result = preview.context["result"]
    wrong = [said for each in result.invalid_rows for said in complaints(each.error)]
    wrong += [str(error.error) for _, errors in result.row_errors() for error in errors]
    if not wrong:
        given = preview.context["confirm_form"].initial
        done = client.post(f"{url}process_import/", given, follow=True)
        return done.status_code, wrong
    return 200, wrong


def complaints(error: Any) -> list[str]:
    """Return what is wrong with a row, each with the column it is said of."""
    by_column = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    return [f"{column}: {said}".removeprefix(": ") for column, each in by_column.items() for said in each]


def take(url: str, kind: str, role: str = "manager") -> list[list[Any]]:
    """Return the rows that a list gives out."""
    client = client_of(role)
    page = client.get(f"{url}export/")
    fields = {
        name: "on" for name in page.context["form"].fields if name.startswith(("productsheet", "rulesheet", "stock"))
    }
    response = client.post(f"{url}export/", {"format": FORMATS[kind], "resource": "0"} | fields)
    if kind == "csv":
        return [list(row) for row in tablib.Dataset().load(response.content.decode(), "csv")]
    return [list(row) for row in load_workbook(io.BytesIO(response.content)).active.iter_rows(values_only=True)][1:]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_products_come_in_and_go_out(shop: Shop, kind: str) -> None:
    header = ("sku", "name", "brand", "department", "package_size", "weight_grams")
    rows = [header, ("MUG-01", "Big mug", "", "", "", 420), ("CUP-01", "Cup", "Acme", "Kitchen", "1", None)]
    assert bring(PRODUCTS, rows, kind=kind) == (200, [])
    mug, cup = Product.objects.get(sku="MUG-01"), Product.objects.get(sku="CUP-01")
    assert (mug.pk, mug.name, mug.weight_grams) == (shop.mug.pk, "Big mug", 420)
    assert (cup.brand, cup.weight_grams) == ("Acme", None)
    assert {row[0] for row in take(PRODUCTS, kind)} == {"MUG-01", "CUP-01", "TEA-01"}


def test_products_that_are_wrong_change_nothing(shop: Shop) -> None:
    header = ("sku", "name", "brand", "department", "package_size", "weight_grams")
    before = row_counts()
    rows = [("", "x", "", "", "", ""), ("A", "x" * 256, "", "", "", ""), ("B", "x", "", "", "", "-1")]
    status, wrong = bring(PRODUCTS, [header, ("NEW-1", "New", "", "", "", 1), *rows])
    assert (status, [said.split(":")[0] for said in wrong]) == (200, ["sku", "name", "weight_grams"])
    after = row_counts()
    assert {name for name in after if after[name] != before[name]} <= {
        "auth.User", "auth.User_groups", "sessions.Session"
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_rules_come_in_and_go_out(shop: Shop, kind: str) -> None:
    header = ("sku", "warehouse", "reorder_point", "safety_stock")
    for point in (10, 12):
        assert bring(RULES, [header, ("MUG-01", "MAIN", point, 4)], kind=kind) == (200, [])
    rule = ReorderRule.objects.get()
    assert (rule.product, rule.reorder_point, rule.safety_stock) == (shop.mug, 12, 4)
    assert [[str(cell) for cell in row] for row in take(RULES, kind)] == [["MUG-01", "MAIN", "12", "4"]]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (("NOPE", "MAIN", 5, 1), "sku: There is no product with the SKU NOPE."),
        (("MUG-01", "NOPE", 5, 1), "warehouse: There is no warehouse NOPE."),
        (("MUG-01", "MAIN", -5, 1), "reorder_point: This is a whole number from 0 to 1 000 000."),
        (("MUG-01", "MAIN", 5, "many"), "safety_stock: This is a whole number, up to 1 000 000."),
        (("MUG-01", "MAIN", 1, 5), "reorder_above_safety"),
    ],
)
def test_rules_that_are_wrong_make_nothing(shop: Shop, row: tuple[Any, ...], complaint: str) -> None:
    header = ("sku", "warehouse", "reorder_point", "safety_stock")
    status, wrong = bring(RULES, [header, row, ("TEA-01", "MAIN", 3, 1)])
    assert (status, complaint in " ".join(wrong), ReorderRule.objects.count()) == (200, True, 0)


HEADER = ("sku", "warehouse", "bin", "quantity", "reason")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_stock_arrives_and_is_corrected_by_the_services_and_once_a_sheet(shop: Shop, kind: str) -> None:
    rows = [HEADER, ("MUG-01", "MAIN", "A-01", 5, ""), ("MUG-01", "MAIN", "A-01", -2, "counted")]
    assert bring(STOCK, rows, kind=kind) == (200, [])
    assert (shop.stock(shop.mug), BinStock.objects.get().quantity) == ((3, 0), 3)
    causes = list(StockMovement.objects.order_by("pk").values_list("kind", "cause", "by"))
    by = f"user:{user_of('manager').pk}"
    assert causes == [("RECEIVE", "sheet", by), ("ADJUST", "counted", by)]
    status, wrong = bring(STOCK, rows, kind=kind)
    assert (status, set(wrong)) == (200, {"This was booked before; nothing was booked twice."})
    assert (shop.stock(shop.mug), list(ledger.verify())) == ((3, 0), [])
    assert [[str(cell) for cell in row] for row in take(STOCK, kind)] == [
        ["MUG-01", "Enamel mug", "MAIN", "3", "0", "0", "3"]
    ]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (("MUG-01", "MAIN", "A-01", -3, ""), "quantity: What arrives is at least 1; a correction has a reason."),
        (("MUG-01", "MAIN", "A-01", 0, "counted"), "quantity: That changes nothing."),
        (("TEA-01", "MAIN", "A-01", -1, "for Ms Miller"), "reason: A correction is for one of these reasons: counted"),
        (("MUG-01", "MAIN", "A-01", -3, "counted"), "0 of MUG-01 are free in MAIN"),
        (("MUG-01", "MAIN", "A-01", "x", ""), "quantity: This is a whole number, up to 1 000 000."),
        (("MUG-01", "MAIN", "", 3, ""), "bin:"),
        (("NOPE", "MAIN", "A-01", 3, ""), "sku: There is no product with the SKU NOPE."),
    ],
)
def test_stock_that_is_wrong_books_nothing_of_the_sheet(shop: Shop, row: tuple[Any, ...], complaint: str) -> None:
    status, wrong = bring(STOCK, [HEADER, ("TEA-01", "MAIN", "A-01", 5, ""), row])
    assert (status, complaint in " ".join(wrong)) == (200, True)
    assert (StockMovement.objects.count(), BinStock.objects.count()) == (0, 0)


def test_a_sheet_brings_in_what_its_person_may_and_nothing_of_another_warehouse(shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="A-01")
    rows = [HEADER, ("MUG-01", "MAIN", "A-01", -1, "counted")]
    assert "reason: You may not adjust stock." in bring(STOCK, rows, role="picker")[1]
    for role, url in (("packer", STOCK), ("auditor", STOCK), ("picker", PRODUCTS), ("picker", RULES)):
        assert bring(url, rows, role=role)[0] == 403
    Staff.objects.create(user=user_of("manager")).warehouses.add(ledger.open_warehouse("NORTH"))
    assert bring(STOCK, rows)[1] == ["warehouse: There is no warehouse MAIN."]
    rule = [("sku", "warehouse", "reorder_point", "safety_stock"), ("MUG-01", "MAIN", 5, 1)]
    assert bring(RULES, rule)[1] == ["warehouse: There is no warehouse MAIN."]
    assert take(STOCK, "csv") == []
    assert (shop.stock(shop.mug), ReorderRule.objects.count()) == ((5, 0), 0)


def test_no_cell_of_a_sheet_is_taken_for_a_formula(shop: Shop) -> None:
    ProductFactory(sku="EVIL", name="=HYPERLINK(1)")
    names = {row[0]: row[1] for row in take(PRODUCTS, "csv")}
    assert not names["EVIL"].startswith("=")


@pytest.mark.parametrize(
    ("way", "words", "does"),
    [
        ("import", "The first row names the columns:", "Check the file"),
        ("export", "The sheet has the columns", "Export"),
    ],
)
def test_a_sheet_says_what_its_columns_are_and_what_its_button_does(
    shop: Shop, way: str, words: str, does: str
) -> None:
    page = client_of("manager").get(f"/admin/fulfillment/reorderrule/{way}/").content.decode()
    assert words in page
    assert f'class="ot-button ot-button-main">{does}</button>' in page
    assert "porter will" not in page
