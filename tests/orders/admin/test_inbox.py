"""The inbox: what came in is shown as it came, whatever it is, and its trouble by name."""

from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse

from fulfillment import ledger
from fulfillment.models import Staff
from orders.admin.inbox import readable
from orders.models import Inbox, Order
from tests.factories import Shop, shipment
from tests.hooks import Carrier, event
from tests.orders.test_csv import text_of
from tests.staff import client_of, flashes, user_of
from tests.stream import exit_code
from tests.tracking.stories import DHL, shipped
from tracking.models import Snapshot
from tracking.services import understand_inbox

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


@pytest.fixture
def from_a_file(shop: Shop, tmp_path: Any) -> Inbox:
    """An order of which two mugs were written as zero."""
    path = tmp_path / "orders.csv"
    path.write_bytes(text_of({"quantity": "0"}))
    assert exit_code("import_orders", path, "--channel", "pos") == 3
    return Inbox.objects.get()


def retry(inbox: Inbox, body: bytes, role: str = "manager") -> HttpResponse:
    """Press the button, as a browser does: with the line ends of forms."""
    sent = {"operation": str(uuid4()), "body": body.decode().replace("\r\n", "\n").replace("\n", "\r\n")}
    return client_of(role).post(f"/admin/orders/inbox/{inbox.pk}/do/retry/", sent)


def test_what_came_from_a_file_is_mended_on_its_page_and_placed(from_a_file: Inbox) -> None:
    answer = retry(from_a_file, text_of({"quantity": "2"}))
    order = Order.objects.get()
    from_a_file.refresh_from_db()
    assert (from_a_file.status, from_a_file.order, from_a_file.problems) == ("PROCESSED", order, [])
    assert order.events.first().by == f"user:{user_of('manager').pk}"
    assert flashes(answer) == [f"{from_a_file} was taken up again."]


def test_a_mending_that_is_wrong_is_kept_with_what_is_wrong_now(from_a_file: Inbox) -> None:
    answer = retry(from_a_file, text_of({"quantity": "two"}))
    from_a_file.refresh_from_db()
    assert (from_a_file.status, from_a_file.problems[0]["value"]) == ("QUARANTINED", "two")
    assert bytes(from_a_file.mended) == text_of({"quantity": "two"})
    assert flashes(answer) == ["It still cannot be understood. Your text is kept; what is wrong with it stands below."]
    assert not Order.objects.exists()


def test_who_may_not_mend_changes_nothing(from_a_file: Inbox) -> None:
    assert retry(from_a_file, text_of({"quantity": "2"}), role="support").status_code == 403
    assert Inbox.objects.get().status == "QUARANTINED"
    assert not Order.objects.exists()


def test_what_need_not_be_understood_is_put_aside_with_who_and_why(from_a_file: Inbox) -> None:
    client, url = client_of("manager"), f"/admin/orders/inbox/{from_a_file.pk}"
    before = list(Inbox.objects.values())
    assert client.post(f"{url}/do/aside/", {"operation": uuid4(), "reason": ""}).status_code == 422
    assert client_of("support").post(f"{url}/do/aside/", {"operation": uuid4(), "reason": "x"}).status_code == 403
    assert list(Inbox.objects.values()) == before
    client.post(f"{url}/do/aside/", {"operation": uuid4(), "reason": "A row of the test."})
    from_a_file.refresh_from_db()
    assert from_a_file.status == "IGNORED"
    assert from_a_file.note == f"put aside by user:{user_of('manager').pk}: A row of the test."
    for page in (f"{url}/change/", "/admin/orders/inbox/"):
        assert "Put aside by manager: A row of the test." in client.get(page).content.decode()
    after = list(Inbox.objects.values())
    again = client.post(f"{url}/do/aside/", {"operation": uuid4(), "reason": "Twice."})
    sentence = "Somebody has mended it, or put it aside, already."
    assert flashes(again) == [sentence]
    assert flashes(retry(from_a_file, text_of({"quantity": "2"}))) == [sentence]
    assert (list(Inbox.objects.values()), Order.objects.count()) == (after, 0)


def test_what_came_in_is_put_aside_with_its_messages_of_which_nobody_knows(shop: Shop) -> None:
    for _ in range(2):
        shipped(shop, DHL)
    Carrier().send(event(DHL.tracking_number, "DELIVERED"))
    understand_inbox()
    inbox = Inbox.objects.get()
    assert (inbox.status, Snapshot.objects.unclear().count()) == ("QUARANTINED", 1)
    url = f"/admin/orders/inbox/{inbox.pk}/do/aside/"
    client_of("manager").post(url, {"operation": uuid4(), "reason": "Of another shop."})
    assert (Inbox.objects.get().status, Snapshot.objects.unclear().count()) == ("IGNORED", 0)
    assert Snapshot.objects.get().aside_why == "Of another shop."
    assert understand_inbox() == 0


@pytest.mark.parametrize("role", ["manager", "integrator"])
def test_what_could_be_of_another_warehouse_or_is_not_ones_to_say_is_not_put_aside(shop: Shop, role: str) -> None:
    for _ in range(2):
        shipped(shop, DHL)
    Carrier().send(event(DHL.tracking_number, "DELIVERED"))
    understand_inbox()
    if role == "manager":
        Staff.objects.get_or_create(user=user_of("manager"))[0].warehouses.set([ledger.open_warehouse("FAR")])
    url = f"/admin/orders/inbox/{Inbox.objects.get().pk}/do/aside/"
    answer = client_of(role).post(url, {"operation": uuid4(), "reason": "Of another shop."})
    assert "they have to say it" in " ".join(flashes(answer))
    assert (Inbox.objects.get().status, Snapshot.objects.unclear().count()) == ("QUARANTINED", 1)


def test_what_came_by_a_hook_is_mended_and_read_again_by_the_worker(shop: Shop) -> None:
    order = shipped(shop, DHL)
    carrier = Carrier()
    told = event(DHL.tracking_number, "DELIVERED")
    carrier.send(told | {"occurred_at": None})
    understand_inbox()
    inbox = Inbox.objects.get()
    assert (inbox.status, shipment(order).status) == ("QUARANTINED", "SHIPPED")
    page = client_of("manager").get(f"/admin/orders/inbox/{inbox.pk}/change/").content.decode()
    assert (
        f'href="/admin/orders/endpoint/{carrier.endpoint.pk}/change/">Generic {carrier.endpoint.public_id}</a>' in page
    )
    answer = retry(inbox, carrier.body(told))
    inbox.refresh_from_db()
    assert (inbox.status, inbox.problems, flashes(answer)) == ("RECEIVED", [], [f"{inbox} was taken up again."])
    understand_inbox()
    inbox.refresh_from_db()
    assert (inbox.status, shipment(order).status) == ("PROCESSED", "DELIVERED")
    assert flashes(retry(inbox, carrier.body(told))) == ["Somebody has mended it, or put it aside, already."]
