"""A file that was cut, or saved in another encoding: only the orders so hit are quarantined, and the whole mends."""

import random
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from django.db import transaction

from fulfillment.services import retry_inbox
from orders.models import Inbox, Order, Product
from tests.factories import ALICE
from tests.stream import checksums, exit_code, head

ROWS = 58  # the next one has quantity 0
CUTS = 24
LINES = head("orders.csv", ROWS).splitlines(keepends=True)
IDS = [line.split(b",")[0].decode() for line in LINES]


@pytest.fixture
def path(db: None, tmp_path: Path) -> Path:
    skus = {line.split(b",")[-3].decode() for line in LINES[1:]}
    Product.objects.bulk_create(Product(sku=sku, name=sku) for sku in skus)
    return tmp_path / "orders.csv"


def run(path: Path, raw: bytes, *more: str) -> int:
    path.write_bytes(raw)
    return exit_code("import_orders", path, "--channel", "pos", *more)


def placed() -> dict[str, tuple[str, int]]:
    """External id → what was ordered, and how many lines of it there are."""
    return {order.external_id: (order.content_digest, order.lines.count()) for order in Order.objects.all()}


def whole_file(path: Path) -> dict[str, tuple[str, int]]:
    with transaction.atomic():
        run(path, b"".join(LINES))
        found = placed()
        transaction.set_rollback(True)
    return found


def cuts() -> list[tuple[int, int]]:
    """Places inside rows: the row, and how many of its bytes are left. Some in the first cell for sure."""
    chosen = random.Random(2017)
    rows = [chosen.randrange(2, ROWS) for _ in range(CUTS)]
    inside = [(row, chosen.randrange(1, len(LINES[row].rstrip()))) for row in rows]
    return [*inside, (9, 1), (9, 5), (30, 11), (31, len(LINES[31].rstrip()) - 1)]


def test_a_file_cut_inside_a_row_hits_one_order_and_the_whole_file_mends_it(path: Path) -> None:
    whole = whole_file(path)
    assert len(whole) > 8
    for row, left in cuts():
        with transaction.atomic():
            assert run(path, b"".join(LINES[:row]) + LINES[row][:left]) == 3, (row, left)
            (inbox,) = Inbox.objects.all()
            hit = inbox.external_id or inbox.headers["fragment"]
            assert hit in {IDS[row], IDS[row - 1]} or IDS[row].startswith(hit)
            assert inbox.problems[0]["row"] == row + 1
            assert inbox.problems[0]["reason"] == "The file ends inside this row."
            assert placed() == {key: whole[key] for key in IDS[1:row] if key not in {hit, IDS[row]}}

            assert run(path, b"".join(LINES)) == 0
            assert (placed(), Inbox.objects.get(pk=inbox.pk).status) == (whole, "PROCESSED"), (row, left)
            transaction.set_rollback(True)


def test_a_cut_order_is_not_placed_by_trying_again(path: Path) -> None:
    """The price of the last row reads 0.5 where 0.50 stood, or 0.59: only the one who has the file can tell."""
    row = next(n for n in range(20, ROWS) if IDS[n] != IDS[n + 1])
    raw = b"".join(LINES[:row]) + LINES[row].rstrip()[:-1]
    assert run(path, raw) == 3
    inbox = Inbox.objects.get()
    assert retry_inbox(inbox, by=ALICE).status == "QUARANTINED"
    as_a_browser_sends_it = bytes(inbox.raw).replace(b"\r\n", b"\n")
    assert retry_inbox(inbox, by=ALICE, mended=as_a_browser_sends_it).status == "QUARANTINED"
    assert not Order.objects.filter(external_id=IDS[row]).exists()
    mended = retry_inbox(inbox, by=ALICE, mended=bytes(inbox.raw) + b"9\r\n")
    assert (mended.status, mended.order.external_id) == ("PROCESSED", IDS[row])


def test_bytes_of_windows_1252_hit_their_orders_only_and_the_whole_file_mends_them(path: Path) -> None:
    whole = whole_file(path)
    names = [line.split(b",")[3] for line in LINES]
    hit = {IDS[row] for row in (1, 12)}
    raw = [
        line.replace(name, "José Müller".encode("cp1252")) if order in hit else line
        for line, order, name in zip(LINES, IDS, names, strict=True)
    ]
    assert run(path, b"".join(raw)) == 3
    assert placed() == {key: what for key, what in whole.items() if key not in hit}
    named = {
        (problem["column"], problem["value"], problem["row"])
        for inbox in Inbox.objects.all()
        for problem in inbox.problems
    }
    assert named == {
        ("customer_name", "Jos\N{REPLACEMENT CHARACTER} M\N{REPLACEMENT CHARACTER}ller", row + 1)
        for row in range(1, ROWS + 1)
        if IDS[row] in hit
    }
    assert run(path, b"".join(LINES)) == 0
    assert (placed(), set(Inbox.objects.values_list("external_id", "status"))) == (
        whole,
        {(order, "PROCESSED") for order in hit},
    )


def test_windows_1252_is_read_where_it_was_chosen(path: Path) -> None:
    plain = [line for line in LINES if line.isascii()]
    assert len(plain) > 9
    raw = b"".join(plain).replace(b"Crystal Todd", "José Müller".encode("cp1252"))
    assert run(path, raw, "--encoding", "windows-1252") == 0
    assert "José Müller" in set(Order.objects.values_list("ship_name", flat=True))


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "orders.csv is empty."),
        (b"".join(LINES).decode().encode("utf-16"), "orders.csv is UTF-16 text: save it as CSV in UTF-8."),
        (b"".join(LINES).replace(b"quantity", b"amount", 1), "orders.csv lacks the column quantity."),
        (LINES[0][:40], "orders.csv lacks the columns"),
    ],
    ids=["empty", "UTF-16", "no column", "cut inside the header"],
)
@pytest.mark.parametrize("command", ["import_orders", "import_products", "import_stock"])
def test_a_file_that_is_no_file_of_orders_changes_nothing(path: Path, raw: bytes, sentence: str, command: str) -> None:
    path.write_bytes(raw)
    before = checksums()
    more = ("--channel", "pos") if command == "import_orders" else ()
    with pytest.raises(CommandError) as refusal:
        exit_code(command, path, *more)
    assert (refusal.value.returncode, checksums()) == (2, before)
    assert str(refusal.value).startswith(
        sentence if command == "import_orders" or "lacks" not in sentence else "orders.csv lacks"
    )
