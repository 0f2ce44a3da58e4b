"""Counting on the floor: scanned bin, scanned article, typed number. Nobody who counts is told what the books say."""

from typing import Any
from uuid import uuid4

import pytest

from fulfillment import ledger, reports
from fulfillment.models import Bin, Count, Scan, Staff, Warehouse
from fulfillment.services.counts import ask_count
from tests.factories import BOB, ProductFactory, Shop
from tests.fulfillment.floor import Scanner, said, words

pytestmark = pytest.mark.django_db


def counter(role: str = "picker", url: str = "/floor/counts/") -> Scanner:
    """Somebody who counts: on the list, or on the sheet of one count."""
    return Scanner(role, url=url)


@pytest.fixture
def bin_count(shop: Shop) -> Count:
    shop.receive(shop.mug, 12)
    shop.receive(shop.teapot, 2)
    return ask_count(shop.warehouse, bin=Bin.objects.get(code="A-01-01"), by=BOB)


def test_a_bin_is_counted_article_by_article_and_closed(bin_count: Count) -> None:
    alice = counter(url=f"/floor/counts/{bin_count.pk}/")
    assert alice.scan("A-01-01") == "right: A-01-01 is right. Scan an article."
    assert alice.scan("MUG-01") == "right: Enamel mug in A-01-01: type how many."
    assert alice.scan("12") == "right: 12 × Enamel mug."
    assert alice.scan("tea-01", "2") == "right: 2 × Teapot."
    assert alice.press("Nothing else is here") == "right: All is counted, thank you."
    count = Count.objects.get()
    assert (alice.url, count.status, count.counted_by) == ("/floor/counts/", "APPLIED", str(alice.by))


def test_no_page_tells_who_counts_what_the_books_say(bin_count: Count) -> None:
    alice = counter(url=f"/floor/counts/{bin_count.pk}/")
    seen = [alice.page()]
    for text in ("A-01-01", "MUG-01", "7"):
        alice.scan(text)
        seen.append(alice.page())
    alice.press("Nothing else is here")
    seen.append(alice.page())
    assert "Teapot" not in " ".join(seen[:-1]), "nor what else they expect"
    assert "To be counted again" in seen[-1]
    assert not any("12" in page.replace(str(bin_count), "") for page in seen)


def test_what_differs_is_counted_again_and_only_that(bin_count: Count, shop: Shop) -> None:
    alice = counter(url=f"/floor/counts/{bin_count.pk}/")
    alice.scan("A-01-01", "MUG-01", "11")
    assert alice.press("Nothing else is here") == "right: Something differs. Count it again, please."
    assert alice.scan("MUG-01", "11") == "right: 11 × Enamel mug."
    assert alice.press("None") == "right: 0 × Teapot. All is counted, thank you."
    assert (Count.objects.get().status, shop.stock(shop.mug), shop.stock(shop.teapot)) == ("APPLIED", (11, 0), (0, 0))
    assert list(ledger.verify()) == []


def test_wrong_scans_say_what_to_do_and_count_nothing(bin_count: Count) -> None:
    alice = counter(url=f"/floor/counts/{bin_count.pk}/")
    assert alice.scan("MUG-01") == "wrong: This is Enamel mug. Go to A-01-01 and scan the bin."
    assert alice.scan("STOCK") == "wrong: This is STOCK. Go to A-01-01."
    assert alice.scan("A-01-01", "5") == "wrong: Scan the article first, then type how many there are."
    assert alice.scan("NO-SUCH") == "wrong: “NO-SUCH” is nothing we know. Count what lies here."
    assert alice.scan("MUG-01", "TEA-01", "3", "4") == "right: 4 × Enamel mug.", "first the last article scanned"
    assert list(Scan.objects.filter(quantity__gt=0).values_list("step", "quantity")) == [("COUNT", 3), ("COUNT", 4)]


def test_a_bin_is_not_closed_with_an_article_half_counted(bin_count: Count) -> None:
    alice = counter(url=f"/floor/counts/{bin_count.pk}/")
    alice.scan("A-01-01", "MUG-01")
    answer = alice.post(whole="1", seen="2")
    assert answer == "wrong: Enamel mug is not counted yet: type how many there are."
    assert Count.objects.get().status == "OPEN"


def test_a_figure_after_somebody_took_something_is_asked_for_anew(bin_count: Count, shop: Shop) -> None:
    alice = counter(url=f"/floor/counts/{bin_count.pk}/")
    alice.scan("A-01-01", "MUG-01")
    shop.receive(shop.mug, 2)
    assert alice.scan("12") == "wrong: 2 were put here while you counted: count it again."
    assert bin_count.lines.get().counted is None
    assert alice.scan("14") == "right: 14 × Enamel mug."


def test_a_bin_that_is_empty_says_so(shop: Shop) -> None:
    alice = counter()
    alice.scan("stock")
    assert Count.objects.get().cause == "ASKED"
    alice.scan("STOCK")
    assert alice.press("The bin is empty") == "right: All is counted, thank you."
    assert Count.objects.get().status == "APPLIED"


def test_an_article_is_counted_in_each_bin_that_has_it(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    shop.receive(shop.mug, 3, bin="B-02-01")
    alice = counter()
    alice.scan("MUG-01")
    assert "Go to A-01-01" in alice.page()
    assert alice.scan("A-01-01") == "right: Enamel mug in A-01-01: type how many."
    assert alice.scan("5") == "right: 5 × Enamel mug."
    assert alice.scan("TEA-01") == "wrong: This is Teapot. Count Enamel mug."
    assert alice.scan("B-02-01", "3") == "right: 3 × Enamel mug."
    assert alice.press("It lies nowhere else") == "right: All is counted, thank you."
    assert Count.objects.get().status == "APPLIED"


def test_a_position_is_through_with_its_one_figure(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    count = ask_count(shop.warehouse, bin=Bin.objects.get(code="A-01-01"), product=shop.mug, cause="SHORT", by=BOB)
    alice = counter(url=f"/floor/counts/{count.pk}/")
    alice.scan("A-01-01")
    assert alice.press("None is here") == "right: 0 × Enamel mug. Count it again, please."
    assert alice.scan("A-01-01", "5") == "right: 5 × Enamel mug. All is counted, thank you."
    assert Count.objects.get().status == "APPLIED"


def test_a_figure_sent_twice_counts_once(bin_count: Count) -> None:
    alice = counter(url=f"/floor/counts/{bin_count.pk}/")
    alice.scan("A-01-01", "MUG-01")
    sent = {"operation": str(uuid4()), "scanned": "12"}
    answers = [said(alice.client.post(alice.url, sent, follow=True)) for _ in range(2)]
    assert answers == ["right: 12 × Enamel mug."] * 2
    assert Scan.objects.filter(step="COUNT").count() == 3


def test_the_list_shows_mine_first_then_what_pickers_missed(shop: Shop) -> None:
    alice = counter()
    places = [Bin.objects.create(warehouse=shop.warehouse, code=f"C-0{n}-01") for n in (1, 2, 3)]
    asked = [ask_count(shop.warehouse, bin=place, by=BOB) for place in places[:2]]
    short = ask_count(shop.warehouse, bin=places[2], cause="SHORT", by=BOB)
    asked[1].lines.create(bin=places[1], product=shop.mug, by=str(alice.by))
    assert list(reports.counts_to_do(shop.warehouse, alice.by)) == [asked[1], short, asked[0]]
    page = alice.page()
    assert page.index("C-02-01") < page.index("C-03-01") < page.index("C-01-01")


@pytest.mark.parametrize("text", ["a-01-01", "MUG-01"])
def test_where_a_position_waits_to_be_counted_it_is_offered_before_a_second_count(shop: Shop, text: str) -> None:
    shop.receive(shop.mug, 3)
    shop.receive(shop.teapot, 3, bin="B-01-01")
    waiting = ask_count(shop.warehouse, bin=Bin.objects.get(code="A-01-01"), product=shop.mug, by=BOB)
    ask_count(shop.warehouse, bin=Bin.objects.get(code="B-01-01"), product=shop.teapot, by=BOB)
    alice = counter()
    answer = alice.client.post("/floor/counts/", {"scanned": text}, follow=True)
    page = words(answer)
    offered = page[page.index("1 waits to be counted there") : page.index("Everything else")]
    assert ("A-01-01 Enamel mug" in offered, "Teapot" in offered, Count.objects.count()) == (True, False, 2)
    assert f'href="/floor/counts/{waiting.pk}/"' in answer.content.decode()
    alice.client.post("/floor/counts/", {"scanned": text, "whole": "1"}, follow=True)
    assert Count.objects.count() == 3
    again = alice.client.post("/floor/counts/", {"scanned": text}, follow=True)
    assert again.request["PATH_INFO"] == f"/floor/counts/{Count.objects.latest('pk').pk}/", "all of it is counted now"
    assert Count.objects.count() == 3


@pytest.mark.parametrize("rows", [1, 3])
def test_an_offer_asks_the_database_as_often_for_three_as_for_one(
    shop: Shop, rows: int, django_assert_num_queries: Any
) -> None:
    for n in range(rows):
        product = ProductFactory(sku=f"P-{n}")
        shop.receive(product, 1)
        ask_count(shop.warehouse, bin=Bin.objects.get(code="A-01-01"), product=product, by=BOB)
    alice = counter()
    alice.client.get("/floor/counts/")
    with django_assert_num_queries(8):
        alice.client.get("/floor/counts/", {"scanned": "A-01-01"})


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_database_as_often_for_three_as_for_one(
    shop: Shop, rows: int, django_assert_num_queries: Any
) -> None:
    alice = counter()
    for n in range(rows):
        place = Bin.objects.create(warehouse=shop.warehouse, code=f"C-0{n}-01")
        ask_count(shop.warehouse, bin=place, product=shop.mug, by=BOB)
    alice.page()
    with django_assert_num_queries(5):
        alice.page()


def test_a_count_that_is_done_leads_back_to_the_list(shop: Shop) -> None:
    alice = counter()
    alice.scan("STOCK")
    url = alice.url
    alice.scan("STOCK")
    alice.press("The bin is empty")
    assert alice.client.get(url).status_code == 302
    response = alice.client.post(url, {"operation": str(uuid4()), "scanned": "STOCK"})
    assert response.status_code == 409


@pytest.mark.parametrize(("role", "status"), [("picker", 200), ("manager", 200), ("packer", 403), ("auditor", 403)])
def test_who_may_count(shop: Shop, role: str, status: int) -> None:
    count = ask_count(shop.warehouse, bin=Bin.objects.get(code="STOCK"), by=BOB)
    client = counter(role).client
    assert client.get("/floor/counts/").status_code == status
    assert client.get(f"/floor/counts/{count.pk}/").status_code == status
    assert client.post("/floor/counts/", {"scanned": "STOCK"}).status_code == (302 if status == 200 else 403)


def test_who_works_elsewhere_neither_sees_nor_counts_it(shop: Shop) -> None:
    east = ledger.open_warehouse("EAST")
    count = ask_count(shop.warehouse, bin=Bin.objects.get(warehouse=shop.warehouse, code="STOCK"), by=BOB)
    alice = counter()
    Staff.objects.create(user=alice.user).warehouses.set([east])
    assert Warehouse.objects.of(alice.user).get() == east
    assert "Nothing to count" in alice.page()
    assert alice.client.get(f"/floor/counts/{count.pk}/").status_code == 404
    sent = {"operation": str(uuid4()), "scanned": "STOCK"}
    assert alice.client.post(f"/floor/counts/{count.pk}/", sent).status_code == 404
    assert not Scan.objects.exists()
