"""What the warehouse prints: in every script letters and no boxes, codes that scanners read, and for whom it is."""

import unicodedata
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client

from fulfillment import ledger
from fulfillment.documents import codes, fonts
from fulfillment.documents.zpl import _ESCAPED
from fulfillment.models import Shipment, Staff
from fulfillment.services import ParcelDraft, cancel_order, pack_shipment, pick_shipment, ship_shipment
from orders.models import Order
from tests.factories import ALICE, BOB, ProductFactory, Shop, shipment
from tests.fulfillment.floor import person
from tests.fulfillment.papers import Paper
from tests.stream import rows

ARABIC = ("أحمد بن محمد الحربي", "شارع الملك فهد 12، حي العليا", "الرياض", "11564", "SA")
OTHERS = (
    ARABIC,
    ("דוד כהן", "רחוב הרצל 12", "תל אביב", "61000", "IL"),
    ("Иван Петров", "ул. Ленина 5", "Москва", "101000", "RU"),
    ("김철수", "강남구 테헤란로 152", "서울특별시", "06236", "KR"),
    ("张伟", "长安街 1 号", "北京市", "100000", "CN"),
    ("สมชาย ใจดี", "ถนนสุขุมวิท 21", "กรุงเทพฯ", "10110", "TH"),
    ("राज कुमार", "महात्मा गांधी मार्ग", "नई दिल्ली", "110001", "IN"),
)


def scripts(text: str) -> set[str]:
    return {unicodedata.name(letter).split()[0] for letter in text if letter.isalpha()}


def of_the_stream() -> Iterator[tuple[str, ...]]:
    """Return an address of each locale of the real stream, and of each script in it."""
    seen: set[str] = set()
    for row in rows():
        address = (row["customer_name"], row["line1"], row["city"], row["postal_code"], row["country"])
        found = {row["locale"] + row["country"], *scripts("".join(address))}
        if found - seen:
            seen |= found
            yield address


def sent_to(shop: Shop, address: tuple[str, ...]) -> Order:
    """Return a shipped order for this address, in two parcels."""
    names = ("name", "line1", "city", "postal_code", "country")
    kettle = ProductFactory(sku="KET-急須", name="急須 إبريق Κούπα")
    shop.receive(kettle, 3)
    order = shop.order((kettle, 3), ship_to=dict(zip(names, address, strict=True)))
    ship_shipment(shipment(order), by=ALICE, parcels=[ParcelDraft("dhl", "JJD1", 1250), ParcelDraft("dhl", "JJD2")])
    return order


def paper(url: str, client: Client | None = None) -> Paper:
    answer = (client or desk()).get(url)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"].startswith("inline; ")
    return Paper(answer.content)


def desk(role: str = "packer", name: str = "alice") -> Client:
    client = Client()
    client.force_login(person(role, name))
    return client


def letters(text: str) -> list[str]:
    """Return the letters of a text whatever their order: a reader gives back what runs from the right as it likes."""
    return sorted(letter for letter in unicodedata.normalize("NFKC", text) if letter.isalnum())


ADDRESSES = [*of_the_stream(), *OTHERS]


def test_the_stream_has_the_scripts_that_it_is_said_to_have() -> None:
    found = {script for address in ADDRESSES[: -len(OTHERS)] for script in scripts("".join(address))}
    assert found >= {"LATIN", "GREEK", "CJK", "HIRAGANA", "KATAKANA"}


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address[-1])
def test_slip_and_label_are_letters_in_every_script(shop: Shop, address: tuple[str, ...]) -> None:
    number, client = shipment(sent_to(shop, address)).number, desk()
    for url in (f"/floor/documents/{number}/slip.pdf", f"/floor/documents/parcels/{number}-1/label.pdf"):
        printed = paper(url, client)
        assert [glyph for glyph in printed.glyphs() if glyph[1] == 0] == []
        assert fonts.UNKNOWN not in printed.text
        said = letters(printed.text)
        for part in address[:-1]:
            assert not [letter for letter in letters(part) if letters(part).count(letter) > said.count(letter)]
    assert printed.size == (100, 150)
    assert printed.codes() == {("QRCode", f"{number}-1"), ("Code128", f"{number}-1")}


def test_what_runs_from_the_right_stands_at_the_right(shop: Shop) -> None:
    number = shipment(sent_to(shop, ARABIC)).number
    page = paper(f"/floor/documents/parcels/{number}-1/label.pdf").sheets[0].get_textpage()
    boxes = {page.get_text_range(n, 1): page.get_charbox(n) for n in range(page.count_chars())}
    name_first, name_last = boxes["\u0623"], boxes["\u064a"]  # أ … ي
    assert name_first[0] > name_last[0]
    assert name_first[2] == pytest.approx(94 / 25.4 * 72, abs=6)


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ("Ana 😀 Ruiz", f"Ana {fonts.UNKNOWN} Ruiz"),
        ("A\x00B\tC\u200bD", "AB CD"),
        ("\u202eevil", "evil"),
        ("e\u0301", "é"),
        ("\U0010ffff\ue000", ""),
    ],
)
def test_what_no_font_knows_breaks_nothing(given: str, printed: str) -> None:
    assert fonts.printable(given) == printed


def test_a_long_name_in_many_scripts_fits_on_the_label(shop: Shop) -> None:
    name = ("Ana أحمد 中村 Иван דוד 😀 " * 9)[:255]
    number = shipment(sent_to(shop, (name, "x" * 255, "y" * 255, "1" * 32, "ES"))).number
    client = desk()
    printed = paper(f"/floor/documents/parcels/{number}-1/label.pdf", client)
    assert (len(printed.sheets), printed.size) == (1, (100, 150))
    assert ("Code128", f"{number}-1") in printed.codes()
    assert len(paper(f"/floor/documents/{number}/slip.pdf?size=A5", client).sheets) == 1


def test_the_slip_says_what_is_in_each_parcel_and_what_follows(shop: Shop) -> None:
    shop.receive(shop.mug, 3)
    order = shop.order((shop.mug, 3), (shop.teapot, 2))
    number = shipment(order).number
    drafts = [ParcelDraft(lines={1: 2}), ParcelDraft(lines={1: 1})]
    first = next(each for each in order.shipments.all() if each.status == Shipment.Status.READY)
    ship_shipment(first, by=ALICE, parcels=drafts)
    number = first.number
    words = " ".join(paper(f"/floor/documents/{number}/slip.pdf").text.split())
    for part in ("The Mug Shop", f"Parcel 1 of 2 · {number}-1 2 ×", f"Parcel 2 of 2 · {number}-2 1 ×", "To follow 2 ×"):
        assert part in words


def test_a_slip_of_many_lines_takes_as_many_pages_as_it_needs(shop: Shop) -> None:
    products = [ProductFactory(sku=f"P-{n}", name=f"Article {n}") for n in range(60)]
    for product in products:
        shop.receive(product, 1)
    order = shop.order(*((product, 1) for product in products))
    printed = paper(f"/floor/documents/{shipment(order).number}/slip.pdf")
    assert len(printed.sheets) == 2
    assert all(product.name in printed.text for product in products)


def test_a_pick_list_has_the_code_of_each_bin(shop: Shop) -> None:
    shop.receive(shop.mug, 3, bin="A-01-01")
    shop.receive(shop.teapot, 1, bin="B-02-01")
    order = shop.order((shop.mug, 3), (shop.teapot, 1))
    printed = paper(f"/floor/documents/{shipment(order).number}/pick-list.pdf", desk("picker"))
    texts = {text for kind, text in printed.codes() if kind == "Code128"}
    assert texts == {shipment(order).number, "A-01-01", "B-02-01"}
    assert "2 stops, 4 units" in printed.text


def test_the_label_of_a_printer_says_the_same(shop: Shop) -> None:
    number = shipment(sent_to(shop, ("A^~_\\B", *ARABIC[1:]))).number
    answer = desk().get(f"/floor/documents/parcels/{number}-1/label.zpl")
    text = answer.content.decode()
    assert (text.startswith("^XA\n^CI28\n"), text.endswith("^XZ\n")) == (True, True)
    assert f"^BCN,136,Y,N,N^FD{number}-1^FS" in text
    assert f"^BQN,2,9^FDMA,{number}-1^FS" in text
    assert "^PW799^LL1199" in text
    assert "^FDA_5E_7E_5F_5CB^FS" in text
    assert "R,0^FH_^FDشارع الملك فهد 12، حي العليا^FS" in text
    assert "A^~_\\B".translate(_ESCAPED) == "A_5E_7E_5F_5CB"


def test_no_address_of_a_paper_names_a_person_and_a_reprint_is_the_same(shop: Shop) -> None:
    number, client = shipment(sent_to(shop, ARABIC)).number, desk()
    url = f"/floor/documents/parcels/{number}-1/label.pdf"
    assert paper(url, client).text == paper(url, client).text
    assert "no-store" in client.get(url)["Cache-Control"]


def test_only_who_packs_or_ships_reads_an_address_on_paper(shop: Shop) -> None:
    number = shipment(sent_to(shop, ARABIC)).number
    label = f"/floor/documents/parcels/{number}-1/label"
    urls = [f"/floor/documents/{number}/slip.pdf", f"{label}.pdf", f"{label}.zpl"]
    desks = {role: desk(role, role) for role in ("picker", "packer", "auditor", "manager")}
    found = {role: [client.get(url).status_code for url in urls] for role, client in desks.items()}
    assert found == {"picker": [403] * 3, "packer": [200] * 3, "auditor": [403] * 3, "manager": [200] * 3}
    assert [Client().get(url).status_code for url in urls] == [302] * 3


def test_a_person_of_one_warehouse_prints_nothing_of_another(shop: Shop) -> None:
    number = shipment(sent_to(shop, ARABIC)).number
    client = desk()
    Staff.objects.create(user=User.objects.get(username="alice")).warehouses.add(ledger.open_warehouse("OTHER"))
    for url in (f"/floor/documents/{number}/slip.pdf", f"/floor/documents/parcels/{number}-1/label.pdf"):
        assert client.get(url).status_code == 404


def test_what_was_cancelled_has_no_papers(shop: Shop) -> None:
    shop.receive(shop.mug, 1)
    order = shop.order((shop.mug, 1))
    pick_shipment(shipment(order), by=BOB)
    pack_shipment(shipment(order), by=BOB)
    cancel_order(order, by=ALICE)
    assert desk().get(f"/floor/documents/{shipment(order).number}/slip.pdf").status_code == 404


@pytest.mark.parametrize("parcels", [1, 3])
def test_the_queries_of_papers(shop: Shop, django_assert_num_queries, parcels: int) -> None:
    shop.receive(shop.mug, 3)
    order = shop.order((shop.mug, 3))
    drafts = [ParcelDraft(lines={1: 3 // parcels})] * parcels
    ship_shipment(shipment(order), by=ALICE, parcels=drafts)
    number, client = shipment(order).number, desk()
    with django_assert_num_queries(8):
        client.get(f"/floor/documents/{number}/slip.pdf")
    with django_assert_num_queries(4):
        client.get(f"/floor/documents/parcels/{number}-1/label.pdf")


def test_bars_are_drawn_from_the_left() -> None:
    assert codes.runs("1101001") == [(0, 2), (3, 1), (6, 1)]
    assert codes.bars("OT-1")[:11] == "11010010000"  # start B of ISO/IEC 15417
