"""import_orders, and what becomes of what it quarantines. The whole real file: tests/journeys/test_real_stream.py."""

import csv
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from fulfillment import ledger
from fulfillment.services import OrderFile, accept_orders, import_orders, retry_inbox
from orders.intake.csv import COLUMNS, UNUSED, read_orders
from orders.intake.table import read_table
from orders.models import Channel, Inbox, Order, Product
from orders.services import NotQuarantined, Verdict
from tests.factories import ALICE, BOB, ProductFactory, Shop, draft
from tests.orders.test_csv import text_of
from tests.stream import checksums, exit_code

UNKNOWN = "There is no product with the SKU CUP-01."


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.csv"


def run(path: Path, *rows: dict[str, str] | bytes, more: tuple[str, ...] = ()) -> int:
    path.write_bytes(rows[0] if isinstance(rows[0], bytes) else text_of(*rows))
    return exit_code("import_orders", path, "--channel", "pos", *more)


def standing() -> dict[str, str]:
    return dict(Inbox.objects.values_list("external_id", "status"))


def test_orders_are_placed_silently_and_known_again(shop: Shop, path: Path, capsys: Any) -> None:
    shop.receive(shop.mug, 3)
    assert run(path, {}, {"order_id": "A-2", "quantity": "5"}) == 0
    placed = {order.external_id: order for order in Order.objects.all()}
    assert {each.channel.name for each in placed.values()} == {"pos"}
    assert (placed["A-1"].is_silent, placed["A-1"].lines.get().reserved, placed["A-2"].lines.get().reserved) == (
        True,
        2,
        1,
    )
    before = checksums()
    assert (exit_code("import_orders", path, "--channel", "pos"), checksums()) == (0, before)
    assert capsys.readouterr().out.splitlines() == [
        "orders.csv, 2 orders in 2 rows: 2 placed.",
        "orders.csv, 2 orders in 2 rows: 0 placed, 2 known before.",
    ]


def test_customers_are_told_where_that_was_asked_for(shop: Shop, path: Path) -> None:
    assert run(path, {}, more=("--notify",)) == 0
    assert Order.objects.get().is_silent is False


def test_a_dry_run_says_the_same_and_writes_nothing(shop: Shop, path: Path, capsys: Any) -> None:
    before = checksums()
    rows = ({}, {"order_id": "A-2", "sku": "CUP-01"}, {"order_id": "A-3", "quantity": "0"})
    assert (run(path, *rows, more=("--dry-run",)), checksums()) == (3, before)
    dry = capsys.readouterr()
    assert run(path, *rows) == 3
    wet = capsys.readouterr()
    assert dry.out == "Dry run, nothing was written: orders.csv, 3 orders in 3 rows: 1 placed, 2 quarantined.\n"
    assert wet.out == "orders.csv, 3 orders in 3 rows: 1 placed, 2 quarantined.\n"
    assert dry.err == wet.err
    assert f"A-2, row 3, sku CUP-01: {UNKNOWN}" in wet.err


def test_one_refused_order_does_not_take_its_batch_with_it(shop: Shop, path: Path) -> None:
    assert run(path, {}, {"order_id": "A-2", "sku": "CUP-01"}, {"order_id": "A-3"}) == 3
    assert set(Order.objects.values_list("external_id", flat=True)) == {"A-1", "A-3"}
    inbox = Inbox.objects.get()
    assert (inbox.external_id, inbox.status, inbox.source, inbox.channel) == (
        "A-2",
        "QUARANTINED",
        "csv",
        Channel.objects.get(name="pos"),
    )
    assert inbox.problems == [{"row": 3, "column": "sku", "value": "CUP-01", "reason": UNKNOWN}]
    assert bytes(inbox.raw) == text_of({"order_id": "A-2", "sku": "CUP-01"})


def test_problems_go_to_a_file_that_no_spreadsheet_can_be_harmed_with(shop: Shop, path: Path, tmp_path: Path) -> None:
    errors = tmp_path / "errors.csv"
    run(path, {"sku": "=1+1"}, {"order_id": "A-2", "quantity": "-5"}, more=("--errors", str(errors)))
    assert list(csv.reader(errors.open(newline=""))) == [
        ["row", "column", "value", "reason"],
        ["2", "sku", "'=1+1", "There is no product with the SKU =1+1."],
        ["3", "quantity", "'-5", "A quantity is a whole number from 1 to 1 000 000."],
    ]


def test_an_order_known_with_other_content_waits_for_a_person(shop: Shop, path: Path) -> None:
    assert run(path, {}) == 0
    order = Order.objects.get()
    before = checksums()["orders_order"]
    for _ in range(2):
        assert run(path, {"quantity": "3"}) == 3
    assert (checksums()["orders_order"], Inbox.objects.get().problems) == (
        before,
        [
            {
                "row": 2,
                "column": "order_id",
                "value": "A-1",
                "reason": f"It is known as {order.number}, with other content.",
            }
        ],
    )
    assert run(path, {}) == 0  # what we hold does not settle what somebody wants of us
    assert standing() == {"A-1": "QUARANTINED"}


def test_what_was_quarantined_is_settled_once_the_file_is_whole(shop: Shop, path: Path) -> None:
    assert run(path, {"sku": "CUP-01"}, {"order_id": "A-2", "quantity": "0"}) == 3
    ProductFactory(sku="CUP-01")
    assert run(path, {"sku": "CUP-01"}, {"order_id": "A-2"}) == 0
    settled = {each.external_id: (each.status, each.order, each.problems) for each in Inbox.objects.all()}
    assert settled == {
        order.external_id: ("PROCESSED", order, []) for order in Order.objects.filter(external_id__in=["A-1", "A-2"])
    }


def test_a_mended_order_is_placed_and_the_file_knows(shop: Shop, path: Path, capsys: Any) -> None:
    assert run(path, {"quantity": "0"}) == 3
    inbox = Inbox.objects.get()
    with_letters = retry_inbox(inbox, by=BOB, mended=text_of({"quantity": "two"}))
    assert (with_letters.status, with_letters.problems[0]["value"]) == ("QUARANTINED", "two")
    assert (with_letters.note, Order.objects.count()) == ("tried again by user:2", 0)

    mended = retry_inbox(inbox, by=BOB, mended=text_of({"quantity": "2"}))
    order = Order.objects.get()
    assert (mended.status, mended.order, mended.problems, order.is_silent) == ("PROCESSED", order, [], True)
    assert bytes(mended.body) == text_of({"quantity": "2"})
    assert order.events.first().by == "user:2"
    before = checksums()
    assert (exit_code("import_orders", path, "--channel", "pos"), checksums()) == (0, before)
    assert "0 placed, 1 mended since." in capsys.readouterr().out


def test_what_could_not_be_placed_is_placed_as_it_was_once_the_product_is_there(shop: Shop, path: Path) -> None:
    run(path, {"sku": "CUP-01"})
    assert retry_inbox(Inbox.objects.get(), by=ALICE).status == "QUARANTINED"
    ProductFactory(sku="CUP-01")
    assert retry_inbox(Inbox.objects.get(), by=ALICE).order == Order.objects.get()


@pytest.mark.parametrize(
    ("mended", "problem"),
    [
        (b"", "The text is empty."),
        (b"order_id,sku\nA-1,MUG-01\n", "The text lacks the columns placed_at, "),
        (text_of({}, {"order_id": "A-2"}), "The text has to hold one order, and holds 2."),
        (text_of(), "The text has to hold one order, and holds 0."),
    ],
)
def test_a_text_that_is_no_order_is_refused_with_its_reason(
    shop: Shop, path: Path, mended: bytes, problem: str
) -> None:
    run(path, {"quantity": "0"})
    again = retry_inbox(Inbox.objects.get(), by=ALICE, mended=mended)
    assert (again.status, Order.objects.count()) == ("QUARANTINED", 0)
    assert again.problems[0]["reason"].startswith(problem)


def test_what_is_mended_already_is_not_placed_again(shop: Shop, path: Path) -> None:
    run(path, {"quantity": "0"})
    inbox = Inbox.objects.get()
    retry_inbox(inbox, by=ALICE, mended=text_of({}))
    before = checksums()
    with pytest.raises(NotQuarantined, match="already"):
        retry_inbox(inbox, by=BOB, mended=text_of({"order_id": "A-9"}))
    assert checksums() == before


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_mend_the_same_order_one_places_it(path: Path) -> None:
    Shop()
    run(path, {"quantity": "0"})
    inbox, outcomes = Inbox.objects.get(), []

    def mend(external_id: str) -> None:
        try:
            outcomes.append(retry_inbox(inbox, by=ALICE, mended=text_of({"order_id": external_id})).status)
        except NotQuarantined as refusal:
            outcomes.append(refusal.code)
        finally:
            connections.close_all()

    people = [threading.Thread(target=mend, args=(f"A-{n}",)) for n in range(4)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    assert sorted(outcomes) == ["PROCESSED", *["not_quarantined"] * 3]
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("channel", "file", "sentence"),
    [
        ("pos", "none.csv", "There is no file"),
        ("pos", ".", "cannot be read"),
        ("two words", "orders.csv", "two words is no name for a channel"),
    ],
)
def test_a_wrong_call_gets_one_sentence_and_changes_nothing(
    shop: Shop, path: Path, channel: str, file: str, sentence: str
) -> None:
    path.write_bytes(text_of({}))
    before = checksums()
    with pytest.raises(CommandError, match=sentence) as refusal:
        call_command("import_orders", str(path.parent / file), "--channel", channel)
    assert (refusal.value.returncode, checksums()) == (2, before)


def test_a_file_of_errors_that_cannot_be_written_is_told_of_before_anything_happens(shop: Shop, path: Path) -> None:
    path.write_bytes(text_of({}))
    before = checksums()
    with pytest.raises(CommandError, match="cannot be written") as refusal:
        call_command("import_orders", str(path), "--channel", "pos", "--errors", str(path.parent / "no" / "e.csv"))
    assert (refusal.value.returncode, checksums()) == (2, before)


def test_the_statements_of_a_batch_grow_by_two_an_order(shop: Shop) -> None:
    shop.receive(shop.mug, 100)

    def statements(orders: int) -> int:
        drafts = [draft((shop.mug, 1), (shop.teapot, 1)) for _ in range(orders)]
        with CaptureQueriesContext(connection) as queries:
            accept_orders(drafts, channel=shop.channel, by=ALICE)
        return len(queries)

    statements(1)
    assert [statements(count) for count in (1, 3, 9)] == [24, 28, 40]


def test_a_batch_gives_stock_in_the_order_of_the_file(shop: Shop) -> None:
    north = ledger.open_warehouse("NORTH")
    shop.receive(shop.mug, 3)
    shop.receive(shop.mug, 3, warehouse=north)
    first, whole, last = accept_orders(
        [draft((shop.mug, 4)), draft((shop.mug, 3), is_ship_complete=True), draft((shop.mug, 3))],
        channel=shop.channel,
        by=ALICE,
    )
    assert [
        [(each.status, each.warehouse and each.warehouse.code) for each in order.shipments.all()]
        for order in (first, whole, last)
    ] == [
        [("READY", "NORTH"), ("READY", "MAIN")],
        [("PLANNED", None)],
        [("PLANNED", None), ("READY", "NORTH")],
    ]
    assert [order.lines.get().reserved for order in (first, whole, last)] == [4, 0, 2]
    assert list(ledger.verify()) == []


def test_large_orders_make_small_batches(shop: Shop) -> None:
    Product.objects.bulk_create(Product(sku=f"S-{n}", name="x") for n in range(500))
    rows = [{"order_id": f"A-{order}", "sku": f"S-{n}"} for order in range(3) for n in range(500)]
    table = read_table(text_of(*rows), COLUMNS, unused=UNUSED)
    outcomes = import_orders(read_orders(table), OrderFile("f", table, "pos"), by=ALICE)
    assert [outcome.verdict for outcome in outcomes] == [Verdict.NEW] * 3
    assert sum(order.lines.count() for order in Order.objects.all()) == 1500
