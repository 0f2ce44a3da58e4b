"""The inbox: what came in is shown as it came, whatever it is, and its trouble by name."""

from orders.admin.inbox import readable
from orders.models import Inbox
from tests.factories import Shop
from tests.staff import client_of

RAW = b"order,sku,name\nB-77,MUG-01,M\xfcller <script>alert(1)</script>\x00\n"


def _quarantined(shop: Shop) -> Inbox:
    problem = {"row": 2, "column": "quantity", "value": "zwei", "reason": "A quantity is a whole number."}
    return Inbox.objects.create(
        source="csv",
        channel=shop.channel,
        dedupe_key="x",
        external_id="B-77",
        raw=RAW,
        status="QUARANTINED",
        problems=[problem],
    )


def test_a_body_is_shown_with_its_unreadable_bytes_marked_and_nothing_of_it_comes_alive(shop: Shop) -> None:
    inbox = _quarantined(shop)
    page = client_of("manager").get(f"/admin/orders/inbox/{inbox.pk}/change/").content.decode()
    assert 'M<mark title="not UTF-8">\\xFC</mark>ller' in page
    assert '<mark title="control character">\\x00</mark>' in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page
    for part in ("quantity", "zwei", "A quantity is a whole number."):
        assert part in page


def test_who_may_mend_finds_the_text_in_a_form_and_who_may_not_finds_none(shop: Shop) -> None:
    inbox = _quarantined(shop)
    url = f"/admin/orders/inbox/{inbox.pk}/change/"
    assert 'name="body"' in client_of("manager").get(url).content.decode()
    assert 'name="body"' not in client_of("support").get(url).content.decode()


def test_a_body_of_megabytes_is_cut_with_a_word(shop: Shop) -> None:
    inbox = _quarantined(shop)
    Inbox.objects.filter(pk=inbox.pk).update(raw=b"x" * 300_000)
    assert (
        "100000 more bytes are not shown."
        in client_of("manager").get(f"/admin/orders/inbox/{inbox.pk}/change/").content.decode()
    )


def test_readable_keeps_lines_and_letters() -> None:
    assert readable("Ünïcode\tand\nlines 東京".encode()) == "Ünïcode\tand\nlines 東京"


def test_the_list_leads_to_what_is_quarantined(shop: Shop) -> None:
    inbox = _quarantined(shop)
    Inbox.objects.create(source="generic", dedupe_key="y", raw=b"{}", status="PROCESSED")
    client = client_of("manager")
    listed = client.get("/admin/orders/inbox/", {"status": "QUARANTINED"}).context["cl"].result_list
    assert [each.pk for each in listed] == [inbox.pk]
    assert "quantity: A quantity is a whole number." in client.get("/admin/orders/inbox/").content.decode()
