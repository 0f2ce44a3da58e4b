"""2,000 real baskets: imported, imported again, mended, audited. One test of named parts, as the import is dear."""

import csv
import io
from pathlib import Path

import pytest
from django.db.models import F, Sum

from fulfillment.models import StockItem
from fulfillment.services import retry_inbox
from orders.models import Inbox, Order, OrderLine, Product
from tests.factories import ALICE
from tests.stream import checksums, exit_code, unpack

pytestmark = pytest.mark.django_db


def test_the_real_stream_gives_exactly_its_figures(tmp_path: Path, subtests: pytest.Subtests, capsys) -> None:
    files = {name: unpack(f"{name}.csv", tmp_path) for name in ("products", "stock", "orders")}
    errors = tmp_path / "errors.csv"

    def run() -> list[int]:
        return [
            exit_code("import_products", files["products"]),
            exit_code("import_stock", files["stock"]),
            exit_code("import_orders", files["orders"], "--channel", "pos", "--errors", errors),
        ]

    codes = run()
    out = capsys.readouterr()
    with subtests.test("the commands say what they did"):
        assert codes == [0, 0, 3]
        assert out.out.splitlines() == [
            "products.csv, 9,312 products: 9,312 new.",
            "stock.csv, 8,773 rows: 8,773 booked.",
            "orders.csv, 2,000 orders in 20,726 rows: 1,919 placed, 81 quarantined.",
        ]
        assert "947523 has no name: it is named after its SKU." in out.err
    with subtests.test("products"):
        assert (Product.objects.count(), Product.objects.filter(name=F("sku")).count()) == (9_312, 14)
    with subtests.test("orders"):
        assert Order.objects.filter(status="CONFIRMED", is_silent=True).count() == Order.objects.count() == 1_919
        assert _sums(OrderLine, "quantity", "reserved", "waiting") == (1_501_610, 1_442_335, 59_275)
        assert OrderLine.objects.count() == 19_154
        assert Order.objects.exclude(lines__waiting__gt=0).count() == 1_228
    with subtests.test("stock"):
        assert _sums(StockItem, "on_hand", "reserved", "blocked") == (1_724_944, 1_442_335, 0)
    with subtests.test("every quarantined row is named"):
        _check_names(files["orders"], errors)

    before = checksums()
    with subtests.test("a second run changes nothing"):
        assert (run(), checksums() == before) == ([0, 0, 3], True)
        assert "0 placed, 1,919 known before, 81 quarantined." in capsys.readouterr().out

    with subtests.test("one is mended, retried and placed"):
        _mend_one()
        assert run()[2] == 3
        assert "0 placed, 1,919 known before, 1 mended since, 80 quarantined." in capsys.readouterr().out
    with subtests.test("the audit is clean"):
        assert exit_code("audit") == 0
        assert capsys.readouterr().out.endswith(": clean.\n")


def _sums(model: type, *columns: str) -> tuple[int, ...]:
    return tuple(model.objects.aggregate(**{f"sum_{name}": Sum(name) for name in columns}).values())


def _check_names(orders: Path, errors: Path) -> None:
    """What the inbox and the file of errors say is what stands in the file."""
    rows = list(csv.DictReader(io.StringIO(orders.read_text(), newline="")))
    zeros = {(row["order_id"], number) for number, row in enumerate(rows, start=2) if row["quantity"] == "0"}
    quarantined = Inbox.objects.filter(status="QUARANTINED", source="csv", channel__name="pos")
    named = {(each.external_id, problem["row"]) for each in quarantined for problem in each.problems}
    assert (quarantined.count(), len(zeros), named) == (81, 99, zeros)
    reason = "A quantity is a whole number from 1 to 1 000 000."
    said = {(row["row"], row["column"], row["value"], row["reason"]) for row in csv.DictReader(errors.open())}
    assert said == {(str(number), "quantity", "0", reason) for _, number in zeros}


def _mend_one() -> None:
    inbox = Inbox.objects.quarantined().earliest("external_id")
    orders = Order.objects.count()
    again = retry_inbox(inbox, by=ALICE)
    assert (again.status, again.problems != [], Order.objects.count()) == ("QUARANTINED", True, orders)
    mended = retry_inbox(inbox, by=ALICE, mended=bytes(inbox.raw).replace(b",0,", b",1,"))
    placed = Order.objects.get(external_id=inbox.external_id)
    assert (mended.status, mended.order, mended.problems) == ("PROCESSED", placed, [])
    assert (placed.lines.count(), placed.is_silent) == (bytes(inbox.raw).count(b"\r\n") - 1, True)
