"""What customers read: every message on real orders, in a page, in plain text, in a browser."""

from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings

from fulfillment.models import Parcel
from fulfillment.services import ParcelDraft, ship_shipment
from notifications.channels.email import Letter, write
from notifications.channels.news import READ_WITH
from notifications.models import Message
from orders.models import Channel, Order
from tests.factories import BOB, MONDAY, ProductFactory, Shop, shipment
from tests.notifications.stories import DHL, carrier_says, delayed, every_story, placed, relay, shipped
from tracking.models import Tracker
from tracking.services import link_for
from tracking.timeline import page_of

pytestmark = pytest.mark.django_db
NOON = "2026-11-23T12:00:00Z"
VOID = {"meta", "br", "img", "hr", "link"}


@pytest.fixture(autouse=True)
def _monday() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def no_variable_is_missing(settings: Any) -> None:
    [engine] = django_settings.TEMPLATES
    settings.TEMPLATES = [engine | {"OPTIONS": engine["OPTIONS"] | {"string_if_invalid": "MISSING"}}]


class Page(HTMLParser):
    """The text of a page, and whether its tags close one another."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self.outside: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.outside += [value for key, value in given.items() if key in {"src", "background"} and value]
        if tag == "a":
            self.links.append(given["href"] or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "title"}:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def message_of(order: Order, kind: str, milestone: str | None = None) -> Message:
    relay()
    found = Message.objects.filter(order=order, kind=kind).prefetch_related(*READ_WITH)
    return found.get() if milestone is None else found.get(milestone=milestone)


def written(message: Message) -> Letter:
    return write(message, link_for(message.order).url)


def read(order: Order, kind: str, milestone: str | None = None) -> tuple[str, str, str]:
    """Return subject, text, and the words of the page."""
    content = written(message_of(order, kind, milestone)).content
    return content.subject, content.text, Page(content.html).text


def test_every_message_renders_on_a_real_order_and_says_what_it_must(shop: Shop, no_variable_is_missing: None) -> None:
    messages = every_story(shop)
    assert {message.kind for message in messages} == set(Message.Kind)
    for message in Message.objects.select_related("order__customer").prefetch_related(*READ_WITH):
        content = written(message).content
        page = Page(content.html)
        [link] = message.order.links.all()
        assert content.to == "ana@example.com"
        assert 10 < len(content.subject) <= 255
        assert "\n" not in content.subject
        assert message.order.number in content.subject
        assert message.order.number in page.text
        assert message.order.number in content.text
        assert page.links == [link.url], "one link, to the order"
        assert page.outside == [], "nothing is loaded from anywhere"
        assert link.url in content.text
        assert "The Mug Shop" in page.text
        for text in (content.subject, content.text, content.html):
            assert not {"MISSING", "None", "{{", "{%", "()"} & set(text.split())
            assert "MISSING" not in text
        assert "\n\n\n" not in content.text


def test_the_confirmation_says_what_was_ordered_when_it_comes_and_what_waits(shop: Shop) -> None:
    subject, text, page = read(placed(shop), "order.placed")
    for words in (text, page):
        assert "Arriving Wednesday 25 – Friday 27 November" in words
        assert "It leaves by Tuesday 24 November" in words
        for line in ("2 × Enamel mug", "1 × Teapot", "Total €37.50", "28013 Madrid", "Spain", "Waiting for stock"):
            assert line in words
    assert subject.startswith("We have your order OT-")


def test_an_order_that_waits_whole_is_promised_no_day(shop: Shop) -> None:
    _, text, page = read(shop.order((shop.mug, 1)), "order.placed")
    for words in (text, page):
        assert "We are waiting for stock." in words
        assert "Arriving" not in words


def test_what_stands_in_the_queue_for_stock_that_is_here_is_not_said_to_wait_for_it(shop: Shop) -> None:
    shop.order((shop.mug, 1))
    shop.receive(shop.mug, 5)
    newcomer = shop.order((shop.mug, 1), (shop.teapot, 1))
    _, text, page = read(newcomer, "order.placed")
    for words in (text, page):
        assert "1 × Teapot It follows as soon as it is here" in " ".join(words.split())
    whole = shop.order((shop.mug, 1), (shop.teapot, 1), is_ship_complete=True)
    assert "We are waiting for stock." in read(whole, "order.placed")[1]


def test_a_shipped_parcel_is_named_by_carrier_number_and_content(shop: Shop) -> None:
    _, text, page = read(shipped(shop), "parcel.shipped")
    for words in (text, page):
        assert "Arriving Wednesday 25 – Friday 27 November" in words
        assert "DHL 00340434161094042557" in words
        assert "It left on Monday 23 November with DHL." in words
        assert "2 × Enamel mug" in words
        assert "Still to come" in words


def test_parcels_that_nobody_counted_do_not_claim_the_content_twice(shop: Shop) -> None:
    order = shipped(shop, DHL, ParcelDraft(carrier="UPS", tracking_number="1Z"))
    second = Parcel.objects.get(carrier="ups")
    _, text, page = read(order, "parcel.shipped", second.number)
    assert "Parcel 2 of 2 – together they hold" in text
    assert "Parcel 2 of 2 – together they hold" in page


def test_counted_parcels_name_their_own_content(shop: Shop) -> None:
    shop.receive(shop.teapot, 1)
    order = placed(shop)
    drafts = [ParcelDraft(carrier="ups", lines={1: 2}), ParcelDraft(carrier="ups", lines={2: 1})]
    ship_shipment(shipment(order), by=BOB, parcels=drafts)
    second = list(Parcel.objects.order_by("pk"))[1]
    _, text, _ = read(order, "parcel.shipped", second.number)
    assert "Parcel 2 of 2:\n  1 × Teapot\n" in text
    assert "Enamel" not in text


def test_the_carriers_own_day_is_believed_before_the_promise(shop: Shop) -> None:
    order = shipped(shop)
    Tracker.objects.create(parcel=Parcel.objects.get(), status="IN_TRANSIT", eta_to=MONDAY.date().replace(day=30))
    _, text, _ = read(order, "parcel.shipped")
    assert "Arriving Monday 30 November." in text


def test_a_promise_that_has_passed_is_not_promised_again(shop: Shop) -> None:
    order = placed(shop)
    with time_machine.travel("2026-12-01T09:00:00Z", tick=False):
        ship_shipment(shipment(order, 1), by=BOB, parcels=[DHL])
        _, text, _ = read(order, "parcel.shipped")
    assert "Arriving" not in text
    assert "We promised it by Friday 27 November: we are sorry" in text


def test_from_the_first_day_on_only_the_last_one_is_named(shop: Shop) -> None:
    order = placed(shop)
    with time_machine.travel("2026-11-26T09:00:00Z", tick=False):
        ship_shipment(shipment(order, 1), by=BOB, parcels=[DHL])
        _, text, _ = read(order, "parcel.shipped")
    assert "Arriving by Friday 27 November." in text


def test_out_for_delivery_says_today_only_today(shop: Shop) -> None:
    order = shipped(shop)
    carrier_says(Parcel.objects.get(), "out_for_delivery", "out_for_delivery")
    assert read(order, "parcel.out_for_delivery")[0].startswith("Your parcel arrives today")
    with time_machine.travel("2026-11-24T09:00:00Z", tick=False):
        subject, text, _ = read(order, "parcel.out_for_delivery")
    assert subject.startswith("Your parcel is out for delivery")
    assert "since Monday 23 November" in text


def test_a_failed_attempt_says_why_where_the_carrier_did(shop: Shop) -> None:
    order = shipped(shop)
    parcel = Parcel.objects.get()
    Tracker.objects.create(parcel=parcel, status="DELIVERY_ATTEMPT_FAILED", reason="recipient_unavailable")
    carrier_says(parcel, "delivery_attempt_failed", "attempt:1")
    _, text, page = read(order, "parcel.delivery_attempt_failed")
    assert "DHL tried on Monday 23 November. Nobody was there to take it." in text
    assert "DHL tried on Monday 23 November. Nobody was there to take it." in page


@pytest.mark.parametrize(
    ("reason", "follows", "need_not"),
    [
        ("recipient_unavailable", "As a rule DHL tries again on the next working day, or leaves a card", True),
        ("", "As a rule DHL tries again on the next working day, or leaves a card", True),
        ("refused", "As a rule DHL now brings it back. You want it after all? Get in touch with DHL soon.", False),
        ("address_issue", "DHL needs the right address: get in touch with DHL soon.", False),
    ],
)
def test_what_follows_a_failed_attempt_depends_on_why_it_failed(
    shop: Shop, reason: str, follows: str, need_not: bool
) -> None:
    order = shipped(shop)
    parcel = Parcel.objects.get()
    Tracker.objects.create(parcel=parcel, status="DELIVERY_ATTEMPT_FAILED", reason=reason)
    carrier_says(parcel, "delivery_attempt_failed", "attempt:1")
    _, text, page = read(order, "parcel.delivery_attempt_failed")
    for words in (text, page, " ".join(page_of(order.pk).headline.details)):
        assert follows in words
        assert reason == "recipient_unavailable" or "Nobody was there" not in words
    assert [("You need not do anything now" in words) for words in (text, page)] == [need_not, need_not]


GONE_WRONG = [
    ("exception", "exception:duties_unpaid", "duties_unpaid", "cannot go on with it since", "Duties have to be paid"),
    ("exception", "exception:other", "other", "cannot go on with it since", "Please get in touch with DHL"),
    ("returning_to_sender", "returning", "refused", "is bringing it back since", "It was refused at the door."),
    ("returned_to_sender", "returned", "unclaimed", "brought it back on", "It was not collected."),
    ("lost", "lost", "destroyed", "told us so on", "It was destroyed on the way."),
]


@pytest.mark.parametrize(("kind", "milestone", "reason", "what", "more"), GONE_WRONG)
def test_what_goes_wrong_is_told_with_its_day_its_reason_and_what_to_do(
    shop: Shop, kind: str, milestone: str, reason: str, what: str, more: str
) -> None:
    order = shipped(shop)
    parcel = Parcel.objects.get()
    Tracker.objects.create(parcel=parcel, status=kind.upper(), reason=reason, news=milestone)
    carrier_says(parcel, kind, milestone)
    _, text, page = read(order, f"parcel.{kind}")
    for words in (text, page):
        assert f"DHL {what} Monday 23 November." in words
        assert more in words
        assert "Reply to this mail" in words
        assert "2 × Enamel mug" in words
        assert "Another parcel" not in words


def test_why_it_went_wrong_is_not_said_of_what_happened_since(shop: Shop) -> None:
    order = shipped(shop)
    parcel = Parcel.objects.get()
    Tracker.objects.create(parcel=parcel, status="RETURNED_TO_SENDER", reason="unclaimed")
    carrier_says(parcel, "returning_to_sender", "returning")
    _, text, _ = read(order, "parcel.returning_to_sender")
    assert "is bringing it back since Monday 23 November.\n" in text


def test_of_a_lost_parcel_the_letter_says_whether_another_is_on_its_way(shop: Shop) -> None:
    order = shipped(shop, DHL, ParcelDraft(carrier="UPS", tracking_number="1Z"))
    first = Parcel.objects.get(carrier="dhl")
    carrier_says(first, "lost", "lost")
    _, text, page = read(order, "parcel.lost")
    assert "Another parcel of this order is still on its way." in text
    assert "Another parcel of this order is still on its way." in page


def test_a_parcel_to_collect_is_said_to_be_where_the_carrier_said(shop: Shop) -> None:
    order = shipped(shop)
    parcel = Parcel.objects.get()
    scans = [{"status": "AVAILABLE_FOR_PICKUP", "place": "Lyon, FR"}, {"status": "", "place": "Paris, FR"}]
    Tracker.objects.create(parcel=parcel, status="AVAILABLE_FOR_PICKUP", timeline=scans)
    carrier_says(parcel, "available_for_pickup", "available_for_pickup")
    _, text, page = read(order, "parcel.available_for_pickup")
    assert "DHL has it ready for you in Lyon, FR since Monday 23 November." in text
    assert "DHL has it ready for you in Lyon, FR since Monday 23 November." in page


def test_a_delay_names_the_day_that_passed_and_what_is_late(shop: Shop) -> None:
    order = placed(shop)
    delayed(order, "ship_by")
    _, text, page = read(order, "order.delayed")
    for words in (text, page):
        assert "It should have left by Tuesday 24 November and has not left yet" in words
        assert "later than Friday 27 November" in words
        assert "1 × Teapot" in words


def test_names_of_articles_and_shops_stay_text(shop: Shop) -> None:
    evil = ProductFactory(sku="X", name="<script>alert('x')</script> & Söhne «ok»")
    Channel.objects.update(title='Bob\'s "Mugs" <b>\n& more')
    subject, text, page = read(shop.order((evil, 1)), "order.placed")
    html = written(message_of(Order.objects.get(), "order.placed")).content.html
    assert "<script" not in html
    assert "<b>" not in html
    assert "<script>alert('x')</script> & Söhne «ok»" in text
    assert "<script>alert('x')</script> & Söhne «ok»" in page
    assert "\n" not in subject


def test_a_mail_is_made_of_our_name_its_number_and_both_texts(shop: Shop, settings: Any) -> None:
    settings.PUBLIC_URL, settings.DEFAULT_FROM_EMAIL = "https://orders.example.com", "The house <news@example.com>"
    message = message_of(placed(shop), "order.placed")
    mail = written(message).mail.message()
    assert mail["Message-ID"] == f"<{message.pk}@orders.example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["From"] == "The Mug Shop <news@example.com>"
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_answers_go_to_the_shop_and_nobody_is_told_to_answer_where_nobody_reads(shop: Shop) -> None:
    messages = every_story(shop)
    for message in messages:
        mail = written(Message.objects.prefetch_related(*READ_WITH).get(pk=message.pk)).mail.message()
        assert mail["Reply-To"] == "help@mugs.example"
    Channel.objects.update(email="")
    for message in messages:
        letter = written(Message.objects.prefetch_related(*READ_WITH).get(pk=message.pk))
        assert letter.mail.message()["Reply-To"] is None
        for words in (letter.content.text, Page(letter.content.html).text):
            assert "reply" not in words.lower(), message.kind


def test_a_long_order_lists_what_can_be_read(shop: Shop) -> None:
    products = [ProductFactory(sku=f"LONG-{n:02}", name=f"Article {n:02}") for n in range(25)]
    _, text, page = read(shop.order(*((product, 1) for product in products)), "order.placed")
    assert "Article 19" in text
    assert "Article 20" not in text
    assert "and 5 more" in text
    assert "and 5 more" in page


def test_a_batch_asks_the_database_once_for_what_its_letters_hold(shop: Shop, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        shipped(shop)
    relay()
    for count in (1, 6):
        keys = list(Message.objects.order_by("event_id").values_list("pk", flat=True)[:count])
        with django_assert_num_queries(7):
            batch = Message.objects.filter(pk__in=keys).select_related("event", "order__customer", "order__channel")
            loaded = list(batch.prefetch_related(*READ_WITH))
        with django_assert_num_queries(0):
            for message in loaded:
                write(message, "https://example.com/track/x/")
