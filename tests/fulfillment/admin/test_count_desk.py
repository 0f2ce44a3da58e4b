"""Counting at a desk: begun, its figures given, closed; once each, blind, and refused where something moved."""

import re
from typing import Any
from uuid import uuid4

import pytest

from fulfillment import ledger
from fulfillment.models import Bin, BinStock, Count, CountLine, Scan, StockMovement
from fulfillment.services import Act, scan_to_move
from fulfillment.services.counts import ask_count, count_again
from orders.models import Product
from tests.factories import ALICE, BOB, Shop
from tests.fulfillment.admin.test_twins import SOMEBODY, Desk, bin_
from tests.fulfillment.test_counts import a_large_difference
from tests.fulfillment.yard import FAR, works_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def bin_count(shop: Shop) -> Count:
    shop.receive(shop.mug, 12)
    shop.receive(shop.teapot, 2)
    return ask_count(shop.warehouse, bin=Bin.objects.get(code="A-01-01"), by=BOB)


def given(count: Count, **units: int) -> dict[str, int]:
    """Return the fields of the form as it stands now: SKU → figure."""
    lines = {line.product.sku.split("-")[0].lower(): line for line in count.lines.select_related("product")}
    seen = {f"seen_{line.pk}": line.seen for line in lines.values() if line.is_open}
    return seen | {f"figure_{lines[sku].pk}": number for sku, number in units.items()}


def figures() -> list[tuple[str, int | None]]:
    return list(CountLine.objects.order_by("pk").values_list("product__sku", "counted"))


def status() -> str:
    return Count.objects.get().status


def test_a_bin_is_counted_at_a_desk_article_by_article_and_closed(bin_count: Count) -> None:
    desk = Desk("picker")
    assert desk.says(bin_count, "begin", text="mug-01") == ["Enamel mug in A-01-01: type how many."]
    assert desk.says(bin_count, "begin", text="TEA-01") == ["Teapot in A-01-01: type how many."]
    said = desk.says(bin_count, "figures", **given(bin_count, mug=12, tea=2))
    assert said == ["12 × Enamel mug. 2 × Teapot."]
    seen = re.search(r'name="seen" value="(\d+)"', desk.page(bin_count))
    assert desk.says(bin_count, "finish", seen=seen[1] if seen else "") == ["All is counted, thank you."]
    count = Count.objects.get()
    assert (count.status, count.counted_by, figures()) == ("APPLIED", str(desk.by), [("MUG-01", 12), ("TEA-01", 2)])


def test_a_position_needs_no_word_but_its_figure(shop: Shop) -> None:
    shop.receive(shop.mug, 3)
    count = ask_count(shop.warehouse, bin=Bin.objects.get(code="A-01-01"), product=shop.mug, by=BOB)
    desk = Desk("picker")
    assert desk.says(count, "finish", seen=0) == ["Enamel mug is not counted yet: type how many there are."]
    assert desk.says(count, "begin") == ["Enamel mug in A-01-01: type how many."]
    assert desk.says(count, "figures", **given(count, mug=3)) == ["3 × Enamel mug. All is counted, thank you."]
    assert status() == "APPLIED"


def test_an_article_is_counted_in_each_bin_that_has_it(shop: Shop) -> None:
    shop.receive(shop.mug, 3, bin="A-01-01")
    shop.receive(shop.mug, 4, bin="B-01-01")
    count, desk = ask_count(shop.warehouse, product=shop.mug, by=BOB), Desk("picker")
    assert "Still to be counted: A-01-01, B-01-01." in desk.page(count)
    desk.press(count, "begin", text="A-01-01")
    assert desk.says(count, "finish", seen=0) == ["Enamel mug is not counted yet: type how many there are."]
    desk.press(count, "begin", text="B-01-01")
    lines = {line.bin.code: line for line in count.lines.select_related("bin")}
    sent = {f"seen_{line.pk}": line.seen for line in lines.values()}
    sent |= {f"figure_{lines['A-01-01'].pk}": 3, f"figure_{lines['B-01-01'].pk}": 4}
    assert desk.says(count, "figures", **sent) == ["3 × Enamel mug. 4 × Enamel mug."]
    assert desk.says(count, "finish", seen=0) == ["All is counted, thank you."]
    assert status() == "APPLIED"


def test_a_figure_sent_twice_is_noted_once(bin_count: Count) -> None:
    desk, operation = Desk("picker"), str(uuid4())
    desk.press(bin_count, "begin", text="MUG-01")
    sent = {**given(bin_count, mug=12), "operation": operation}
    for _ in range(2):
        assert desk.says(bin_count, "figures", **sent) == ["12 × Enamel mug."]
    assert (figures(), Scan.objects.filter(quantity=12).count()) == ([("MUG-01", 12)], 1)


def test_a_stale_form_is_refused_and_no_figure_is_noted(bin_count: Count, shop: Shop) -> None:
    desk = Desk("picker")
    desk.press(bin_count, "begin", text="MUG-01")
    stale = given(bin_count, mug=12)
    act = Act(uuid4(), SOMEBODY)
    scan_to_move(bin_(shop, "A-01-01"), bin_(shop, "B-01-01"), shop.mug, 2, act, Scan.Step.MOVE)
    said = desk.says(bin_count, "figures", **stale)
    assert said == ["2 were taken from here while you counted: count it again."]
    assert (figures(), status()) == ([("MUG-01", None)], "OPEN")
    assert desk.says(bin_count, "figures", **stale) == said, "nor by sending the old form once more"
    assert desk.says(bin_count, "figures", **given(bin_count, mug=10)) == ["10 × Enamel mug."]


def test_of_two_figures_the_one_that_is_right_stays(bin_count: Count, shop: Shop) -> None:
    desk = Desk("picker")
    desk.press(bin_count, "begin", text="MUG-01")
    desk.press(bin_count, "begin", text="TEA-01")
    stale = given(bin_count, mug=12, tea=2)
    shop.receive(shop.teapot, 1)
    said = desk.says(bin_count, "figures", **stale)
    assert said == ["12 × Enamel mug. 1 was put here while you counted: count it again."]
    assert figures() == [("MUG-01", 12), ("TEA-01", None)]


def test_the_bin_is_not_closed_on_a_stale_form_nor_with_a_figure_missing(bin_count: Count, shop: Shop) -> None:
    desk = Desk("picker")
    seen = re.search(r'name="seen" value="(\d+)"', desk.page(bin_count))
    assert seen
    shop.receive(shop.teapot, 1)
    said = desk.says(bin_count, "finish", seen=seen[1])
    assert said == ["Something was moved here while you counted: look again at what else is here."]
    desk.press(bin_count, "begin", text="MUG-01")
    assert desk.says(bin_count, "finish", seen=0) == ["Enamel mug is not counted yet: type how many there are."]
    assert (figures(), status()) == ([("MUG-01", None)], "OPEN")


@pytest.mark.parametrize(
    ("verb", "data", "status_code"),
    [
        ("begin", {"text": "5"}, 422),
        ("begin", {"text": "NO-SUCH"}, 409),
        ("begin", {}, 422),
        ("figures", {}, 422),
        ("figures", {"figure_1": 5, "seen_1": 0}, 422),
        ("finish", {}, 422),
    ],
)
def test_what_is_no_article_and_no_figure_counts_nothing(
    bin_count: Count, verb: str, data: dict[str, Any], status_code: int
) -> None:
    assert Desk("picker").press(bin_count, verb, **data).status_code == status_code
    assert (figures(), status(), StockMovement.objects.filter(kind="ADJUST").count()) == ([], "OPEN", 0)


def test_the_page_never_tells_who_counts_what_the_books_say(shop: Shop) -> None:
    count = a_large_difference(shop, BOB)
    count_again(count, by=ALICE)
    desk = Desk("picker")
    pages = [desk.page(count)]
    desk.press(count, "begin", text="MUG-01")
    pages.append(desk.page(count))
    line = count.lines.get()
    assert (line.first, line.is_open) == (-4, True)
    books = BinStock.objects.get().quantity
    cells = [re.findall(r"<td[^>]*>\s*([^<]*?)\s*</td>", page) for page in pages]
    assert not any({str(books), str(line.first)} & set(each) for each in cells)
    assert f'name="figure_{line.pk}" value' not in pages[1]


def test_a_packer_and_who_works_elsewhere_count_nothing(bin_count: Count) -> None:
    works_in("picker", ledger.open_warehouse(FAR), name="eve")
    for desk in (Desk("packer", "bob"), Desk("picker", "eve")):
        for verb in ("begin", "figures", "finish"):
            assert desk.press(bin_count, verb, text="MUG-01", seen=0).status_code in {403, 404}
    assert (figures(), status(), Scan.objects.count()) == ([], "OPEN", 0)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_the_database_as_often_for_three_positions_as_for_one(
    shop: Shop, rows: int, django_assert_num_queries: Any
) -> None:
    desk, products = Desk("picker"), [shop.mug, shop.teapot, Product.objects.create(sku="CUP-01", name="Cup")]
    for product in products:
        shop.receive(product, 2)
    count = ask_count(shop.warehouse, bin=Bin.objects.get(code="A-01-01"), by=BOB)
    for product in products[:rows]:
        desk.press(count, "begin", text=product.sku)
    desk.page(count)
    with django_assert_num_queries(12):
        desk.page(count)
