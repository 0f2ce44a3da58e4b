"""Expected deliveries: announced by API and file, counted as they arrive, closed with what was over, short, damaged."""

from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from fulfillment import ledger
from fulfillment.ledger.stock import Arrival
from fulfillment.models import Bin, Receipt, ReceiptLine, Scan, StockItem, StockMovement, Warehouse
from fulfillment.services import (
    Act,
    ReceiptClosed,
    ReceiptKnown,
    close_receipt,
    expect_receipt,
    receive_stock,
    reopen_receipt,
    retry_inbox,
    scan_to_close,
    scan_to_receive,
)
from fulfillment.services.receipts import NotAnnounced
from orders.models import Inbox, Product
from tests.api import Api, problem_of, row_counts
from tests.factories import ALICE, BOB, Shop
from tests.stream import checksums, exit_code

HEADER = "reference,warehouse,expected_date,supplier,sku,quantity\n"


def expect(shop: Shop, reference: str = "DN-1", **units: int) -> Receipt:
    products = {Product.objects.get(sku=sku.replace("_", "-")): units[sku] for sku in units}
    return expect_receipt(shop.warehouse, reference, products, expected_date=date(2026, 11, 30))


def scan(shop: Shop, product: Product, quantity: int, kind: str = "DOCK", reference: str = "DN-1") -> Scan:
    place = ledger.standing_bin(shop.warehouse, Bin.Kind(kind)) if kind != "PICK" else Bin.objects.get(code="STOCK")
    return scan_to_receive(product, quantity, place, Act(uuid4(), BOB, product.sku), reference, is_begun=True)


def counts(receipt: Receipt) -> dict[str, tuple[int, int, int, int]]:
    return {
        line.product.sku: (line.expected, line.received, line.damaged, line.put_away)
        for line in receipt.lines.select_related("product")
    }


def test_what_arrives_is_counted_and_blocked_until_it_is_put_away(shop: Shop) -> None:
    receipt = expect(shop, MUG_01=10)
    said = [scan(shop, shop.mug, 7), scan(shop, shop.mug, 2, "DAMAGED"), scan(shop, shop.mug, 4)]
    assert [each.sentence for each in said] == [
        "7 × Enamel mug into DOCK. 7 of 10 are here.",
        "2 × Enamel mug into DAMAGED. 9 of 10 are here.",
        "4 × Enamel mug into DOCK. 3 more than announced.",
    ]
    assert counts(receipt) == {"MUG-01": (10, 11, 2, 0)}
    item = StockItem.objects.get(product=shop.mug)
    assert (item.on_hand, item.blocked, item.free) == (13, 13, 0)
    assert list(ledger.verify()) == []


def test_what_goes_straight_into_a_bin_is_put_away_at_once(shop: Shop) -> None:
    receipt = expect(shop, MUG_01=5)
    scan(shop, shop.mug, 5, "PICK")
    fresh = Receipt.objects.get(pk=receipt.pk)
    assert (counts(receipt), shop.stock(shop.mug)) == ({"MUG-01": (5, 5, 0, 5)}, (5, 0))
    assert fresh.arrived_at <= fresh.put_away_at
    scan(shop, shop.mug, 1)
    assert Receipt.objects.get(pk=receipt.pk).put_away_at is None  # one stands at the dock again


def test_a_delivery_that_nobody_announced_is_made(shop: Shop) -> None:
    assert scan(shop, shop.mug, 3, reference="DN-9").sentence == "3 × Enamel mug into DOCK."
    assert counts(Receipt.objects.get(reference="DN-9")) == {"MUG-01": (0, 3, 0, 0)}
    expect(shop, MUG_01=1)
    assert scan(shop, shop.teapot, 1).sentence == "1 × Teapot into DOCK. It was not announced."


def test_closing_says_what_was_over_short_and_damaged_and_once(shop: Shop) -> None:
    receipt, act = expect(shop, MUG_01=10, TEA_01=4), Act(uuid4(), BOB, "DN-1")
    scan(shop, shop.mug, 12)
    scan(shop, shop.mug, 1, "DAMAGED")
    scan(shop, shop.teapot, 1)
    said = "DN-1 is closed. Enamel mug: 3 more and 1 damaged, Teapot: 3 short."
    assert {scan_to_close(receipt, act).sentence for _ in range(2)} == {said}
    assert Scan.objects.filter(text="DN-1").count() == 1
    with pytest.raises(ReceiptClosed):
        close_receipt(receipt)


def test_a_closed_delivery_takes_nothing_until_it_is_opened_again(shop: Shop) -> None:
    receipt = close_receipt(expect(shop, MUG_01=2))
    before = row_counts()
    with pytest.raises(ReceiptClosed, match="DN-1 was closed on"):
        scan(shop, shop.mug, 2)
    assert row_counts() == before
    reopen_receipt(receipt)
    assert scan(shop, shop.mug, 2).is_done


def test_the_same_number_is_announced_once_a_warehouse(shop: Shop) -> None:
    expect(shop, MUG_01=2)
    before = row_counts()
    with pytest.raises(ReceiptKnown, match="DN-1 is announced in MAIN already"):
        expect(shop, TEA_01=2)
    assert row_counts() == before
    assert expect_receipt(ledger.open_warehouse("NORTH"), "DN-1", {shop.mug: 1})


def test_a_scan_sent_twice_counts_once(shop: Shop) -> None:
    receipt, act = expect(shop, MUG_01=10), Act(uuid4(), BOB, "MUG-01")
    dock = ledger.standing_bin(shop.warehouse, Bin.Kind.DOCK)
    answers = {scan_to_receive(shop.mug, 4, dock, act, "DN-1").sentence for _ in range(3)}
    assert (len(answers), counts(receipt)) == (1, {"MUG-01": (10, 4, 0, 0)})


def test_what_is_booked_under_the_number_of_an_expected_delivery_counts_there(shop: Shop) -> None:
    receipt = expect(shop, MUG_01=5, TEA_01=5)
    arrivals = [Arrival(shop.mug, 5, "A-01"), Arrival(shop.teapot, 2, "DOCK", 1), Arrival(shop.teapot, 1, "DAMAGED", 2)]
    receive_stock(shop.warehouse, arrivals, by=ALICE, reference="DN-1")
    assert counts(receipt) == {"MUG-01": (5, 5, 0, 5), "TEA-01": (5, 2, 1, 0)}
    receive_stock(shop.warehouse, arrivals[:1], by=ALICE, reference="another")
    assert (counts(receipt)["MUG-01"], Receipt.objects.count()) == ((5, 5, 0, 5), 1)


# --- API ------------------------------------------------------------------------------------------------


def announcement(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    rows = list(lines) or [{"sku": "MUG-01", "quantity": 5}, {"sku": "MUG-01", "quantity": 1}]
    return {"warehouse": "MAIN", "reference": "DN-1", "lines": rows} | more


def test_a_delivery_is_announced_over_the_api_and_listed(shop: Shop, api: Api) -> None:
    body = announcement(expected_date="2026-11-30", supplier="Mugs & Co")
    answer = api.post("/receipts", body, Idempotency_Key="k1")
    line = {"sku": "MUG-01", "name": "Enamel mug", "expected": 6, "received": 0, "damaged": 0, "put_away": 0}
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "warehouse": "MAIN",
            "reference": "DN-1",
            "supplier": "Mugs & Co",
            "expected_date": "2026-11-30",
            "arrived_at": None,
            "put_away_at": None,
            "closed_at": None,
            "lines": [line],
        },
    )
    again = api.post("/receipts", body, Idempotency_Key="k1")
    assert (again.content, again["Idempotent-Replayed"]) == (answer.content, "true")
    api.post("/receipts", announcement(reference="DN-2"))
    close_receipt(Receipt.objects.get(reference="DN-2"))
    found = {query: [each["reference"] for each in api.get(f"/receipts?{query}").json()["items"]] for query in
             ("", "reference=DN-1", "is_closed=true", "is_closed=false&warehouse=MAIN", "warehouse=NORTH")}  # fmt: skip
    assert list(found.values()) == [["DN-1", "DN-2"], ["DN-1"], ["DN-2"], ["DN-1"], []]
    page = api.get("/receipts?limit=1").json()
    assert [each["reference"] for each in api.get(page["next"]).json()["items"]] == ["DN-2"]
    assert (StockMovement.objects.count(), Receipt.objects.count()) == (0, 2)


@pytest.mark.parametrize(
    ("wrong", "code", "path"),
    [
        ({"warehouse": "NOPE"}, "warehouse_unknown", "warehouse"),
        ({"lines": [{"sku": "NOPE", "quantity": 1}]}, "sku_unknown", "lines.0.sku"),
        ({"lines": [{"sku": "MUG-01", "quantity": 0}]}, "quantity_invalid", "lines.0.quantity"),
        ({"lines": []}, "too_few", "lines"),
        ({"expected_date": "30.11.2026"}, "date_invalid", "expected_date"),
        ({"expected_date": 5}, "date_invalid", "expected_date"),
        ({"reference": "R" * 65}, "too_long", "reference"),
        ({"colour": "red"}, "unknown_field", "colour"),
    ],
)
def test_an_announcement_that_is_wrong_changes_nothing(shop: Shop, api: Api, wrong: Any, code: str, path: str) -> None:
    before = row_counts()
    assert problem_of(api.post("/receipts", announcement() | wrong)) == (422, code, [path])
    assert row_counts() == before


def test_the_same_number_again_and_a_key_without_the_scope_are_refused(shop: Shop, api: Api) -> None:
    api.post("/receipts", announcement())
    before = row_counts()
    assert problem_of(api.post("/receipts", announcement()))[:2] == (409, "receipt_known")
    assert row_counts() == before
    reader = Api("till", scopes=("stock:read",))
    assert problem_of(reader.post("/receipts", announcement(reference="DN-2")))[:2] == (403, "scope_missing")
    assert reader.get("/receipts").status_code == 200


def test_the_list_costs_the_same_however_many_there_are(shop: Shop, api: Api) -> None:
    costs = set()
    for n in range(3):
        expect(shop, f"DN-{n}", MUG_01=1, TEA_01=2)
        with CaptureQueriesContext(connection) as queries:
            api.get("/receipts")
        costs.add(len(queries))
    assert costs == {4}


# --- file -----------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "receipts.csv"


def run(path: Path, *rows: str) -> int:
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return exit_code("import_receipts", path)


def test_a_file_that_writes_a_number_in_two_ways_means_one_delivery(shop: Shop, path: Path) -> None:
    receipt = expect(shop, "DN-1", MUG_01=4)
    rows = ["dn-1,MAIN,2026-11-30,Mugs & Co,MUG-01,5", "Dn-1,MAIN,2026-11-30,Mugs & Co,TEA-01,2"]
    assert run(path, *rows) == 0
    assert [each.reference for each in Receipt.objects.all()] == ["DN-1"]
    assert counts(receipt) == {"MUG-01": (5, 0, 0, 0), "TEA-01": (2, 0, 0, 0)}


def test_a_file_announces_and_changes_what_differs(shop: Shop, path: Path, capsys: Any) -> None:
    rows = ["DN-1,MAIN,2026-11-30,Mugs & Co,MUG-01,5", "DN-1,MAIN,2026-11-30,Mugs & Co,TEA-01,2", "7,NORTH,,,TEA-01,1"]
    assert run(path, *rows) == 0
    before = checksums()
    assert (exit_code("import_receipts", path), checksums()) == (0, before)
    rows[0] = rows[0].replace(",5", ",6")
    assert run(path, *rows) == 0
    assert capsys.readouterr().out.splitlines() == [
        "receipts.csv, 3 rows: 3 announced.",
        "receipts.csv, 3 rows: 0 announced, 3 known.",
        "receipts.csv, 3 rows: 0 announced, 1 changed, 2 known.",
    ]
    receipt = Receipt.objects.get(reference="DN-1")
    assert (receipt.expected_date, receipt.supplier) == (date(2026, 11, 30), "Mugs & Co")
    assert counts(receipt) == {"MUG-01": (6, 0, 0, 0), "TEA-01": (2, 0, 0, 0)}
    assert Warehouse.objects.get(code="NORTH").receipts.get().expected_date is None
    assert StockMovement.objects.count() == 0


def test_rows_that_are_wrong_are_named_and_can_be_mended(shop: Shop, path: Path) -> None:
    close_receipt(expect(shop, "DN-0", MUG_01=1))
    rows = (
        "DN-1,MAIN,2026-11-30,,MUG-01,5",
        "DN-1,MAIN,30.11.2026,,TEA-01,5",
        "DN-2,MAIN,,,NOPE,5",
        "DN-2,MAIN,,,TEA-01,0",
        "DN-1,MAIN,2026-11-30,,MUG-01,6",
        "DN-0,MAIN,2026-11-30,,MUG-01,1",
        "DN-0,MAIN,2026-11-30,,TEA-01,1",
    )
    assert run(path, *rows) == 3
    rejects = {each.problems[0]["row"]: each for each in Inbox.objects.quarantined()}
    assert {row: each.problems[0]["column"] for row, each in rejects.items()} == {
        3: "expected_date",
        4: "sku",
        5: "quantity",
        6: "quantity",
        8: "reference",
    }
    assert counts(Receipt.objects.get(reference="DN-1")) == {"MUG-01": (5, 0, 0, 0)}
    assert not ReceiptLine.objects.filter(product__sku="TEA-01").exists()
    mended = retry_inbox(rejects[3], by=ALICE, mended=f"{HEADER}DN-1,MAIN,2026-11-30,,TEA-01,5\n".encode())
    assert (mended.status, retry_inbox(rejects[8], by=ALICE).status) == ("PROCESSED", "QUARANTINED")
    assert counts(Receipt.objects.get(reference="DN-1")) == {"MUG-01": (5, 0, 0, 0), "TEA-01": (5, 0, 0, 0)}


# --- one number, one delivery ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "other", "third"), [("DN-1", "dn-1", "Dn-1"), ("ÄÖ-1", "äö-1", "Äö-1"), ("STRASSE", "straße", "Straße")]
)
def test_a_number_is_that_of_one_delivery_whatever_its_case(
    shop: Shop, api: Api, path: Path, number: str, other: str, third: str
) -> None:
    receipt = expect(shop, number, MUG_01=5)
    with pytest.raises(IntegrityError), transaction.atomic():
        Receipt.objects.create(warehouse=shop.warehouse, reference=other)
    answer = api.post("/receipts", announcement(reference=other), Idempotency_Key="k1")
    assert problem_of(answer)[:2] == (409, "receipt_known")
    receive_stock(shop.warehouse, [Arrival(shop.mug, 2, "DOCK")], by=ALICE, reference=third)
    scan(shop, shop.mug, 1, reference=other)
    assert run(path, f"{other},MAIN,,,MUG-01,6", f"{third},MAIN,,,TEA-01,1") == 0
    assert counts(receipt) == {"MUG-01": (6, 3, 0, 0), "TEA-01": (1, 0, 0, 0)}
    found = api.get(f"/receipts?reference={quote(third)}").json()["items"]
    assert [each["reference"] for each in found] == [number]


def test_nobody_books_on_a_delivery_that_nobody_began(shop: Shop) -> None:
    before, dock = row_counts(), ledger.standing_bin(shop.warehouse, Bin.Kind.DOCK)
    with pytest.raises(NotAnnounced, match="^Nobody announced DN-9. Look at its number again, or begin it.$"):
        scan_to_receive(shop.mug, 1, dock, Act(uuid4(), BOB, "MUG-01"), "DN-9")
    assert row_counts() == before


def test_deliveries_that_differed_by_case_alone_are_told_apart(shop: Shop) -> None:
    """As the migration finds them: the first keeps its number."""
    migration = import_module("fulfillment.migrations.0018_receipt_case")
    north = ledger.open_warehouse("NORTH")
    connection.check_constraints()  # PostgreSQL drops no index with checks still to come
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX receipt_once")
    numbers = ("DN-1", "dn-1", "Dn-1", "DN-1 (2)", "DN-2")
    receipts = [Receipt.objects.create(warehouse=shop.warehouse, reference=number) for number in numbers]
    receipts.append(Receipt.objects.create(warehouse=north, reference="dn-1"))
    migration.tell_apart(apps, None)
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX receipt_once ON fulfillment_receipt (warehouse_id, (LOWER(reference)))")
    found = [Receipt.objects.get(pk=receipt.pk).reference for receipt in receipts]
    assert found == ["DN-1", "dn-1 (3)", "Dn-1 (4)", "DN-1 (2)", "DN-2", "dn-1"]


def test_deliveries_whose_numbers_are_one_by_what_they_are_compared_by_are_told_apart(shop: Shop) -> None:
    """As the migration finds them, on an engine that folds less: the first keeps its number."""
    migration = import_module("fulfillment.migrations.0021_receipt_key")
    north = ledger.open_warehouse("NORTH")
    connection.check_constraints()  # PostgreSQL drops no index with checks still to come
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX receipt_once")
    numbers = ("ÄÖ-1", "äö-1", "STRASSE", "straße", "äö-1 (2)", "DN-1", "Ä" * 64, "ä" * 64)
    receipts = [Receipt.objects.create(warehouse=shop.warehouse, reference=number) for number in numbers]
    receipts.append(Receipt.objects.create(warehouse=north, reference="äö-1"))
    Receipt.objects.update(reference_key="")
    migration.fill(apps, None)
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX receipt_once ON fulfillment_receipt (warehouse_id, reference_key)")
    found = [Receipt.objects.get(pk=receipt.pk) for receipt in receipts]
    told = ["ÄÖ-1", "äö-1 (3)", "STRASSE", "straße (2)", "äö-1 (2)", "DN-1", "Ä" * 64, "ä" * 60 + " (2)", "äö-1"]
    assert [each.reference for each in found] == told
    assert [each.reference_key for each in found] == [number.casefold() for number in told]
