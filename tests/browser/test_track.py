"""The customer's page in a real browser, on a phone and on a desk."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Request

from fulfillment.services import ParcelDraft, pick_shipment, ship_shipment
from orders.models import Order
from tests.browser.conftest import DESK, PHONE, NewPage, fits
from tests.factories import BOB, ProductFactory, Shop, shipment
from tests.tracking.stories import STORIES, TUESDAY, WAY, boxes, track
from tracking.models import TrackingLink
from tracking.services import answer_look_ups, link_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HIDE = """
Object.defineProperty(document, 'hidden', {value: %s, configurable: true});
document.dispatchEvent(new Event('visibilitychange'));
"""
TELLING = ("partly shipped", "to collect", "cancelled in part", "late with a new date")


def open_order(page: Page, order: Order) -> list[Request]:
    """Open the order's page with the clock in our hands; return the live requests as they are made."""
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "/live?" in request.url else None)
    page.clock.install()
    page.goto(f"/track/{link_for(order).token}/")
    page.evaluate("window.isTheSamePage = true")
    return asked


def five_seconds(page: Page) -> None:
    page.clock.run_for(5_000)


def headline(page: Page) -> Any:
    return page.locator("#headline")


@pytest.mark.parametrize("name", TELLING)
def test_the_page_fits_phone_and_desk(shop: Shop, new_page: NewPage, name: str) -> None:
    link = link_for(STORIES[name](shop))
    for size in (PHONE, DESK):
        page = new_page(size, color_scheme="dark")
        page.goto(f"/track/{link.token}/")
        assert fits(page)


def test_long_words_break_before_the_page_does(shop: Shop, page: Page) -> None:
    shop.channel.title = "Donaudampfschifffahrtsgesellschaftskapitänsmützenladen & Söhne"
    shop.channel.save()
    cap = ProductFactory(sku="CAP-01", name="Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 4)
    shop.receive(cap, 1)
    order = shop.order((cap, 1), ship_to={"name": "X" * 60, "line1": "1", "city": "Y" * 80, "country": "AT"})
    ship_shipment(shipment(order), by=BOB, parcels=[ParcelDraft(carrier="z" * 40, tracking_number="0" * 90)])
    track(boxes(order)[0], "IN_TRANSIT", ("2026-11-24T10:12:00", "IN_TRANSIT", "W" * 300, "P" * 90))
    page.goto(f"/track/{link_for(order).token}/")
    assert fits(page)


def test_a_change_shows_without_reload_and_keeps_what_was_opened(shop: Shop, page: Page) -> None:
    order = STORIES["in transit"](shop)
    open_order(page, order)
    page.locator("details.fold summary").click()
    track(boxes(order)[0], "OUT_FOR_DELIVERY", *WAY)
    five_seconds(page)
    # the headline is swapped in first; what is new is marked once htmx has settled it, and then it is announced
    page.locator("#announcement", has_text="Your order is out for delivery").wait_for(state="attached")
    assert headline(page).inner_text() == "Your order is out for delivery"
    assert page.evaluate("window.isTheSamePage") is True
    assert page.locator(".is-new").all_inner_texts()[0].startswith("On the van for delivery")
    assert page.locator(".is-new").count() == 1
    assert page.locator("details.fold").get_attribute("open") is not None


def test_nothing_is_swapped_while_nothing_changed(shop: Shop, page: Page) -> None:
    asked = open_order(page, STORIES["placed"](shop))
    page.evaluate("document.getElementById('live').isUntouched = true")
    with page.expect_response("**/live?*") as answer:
        five_seconds(page)
    assert (answer.value.status, len(asked)) == (204, 1)
    assert page.evaluate("document.getElementById('live').isUntouched") is True


def test_a_page_that_nobody_looks_at_is_silent_and_asks_at_once_on_return(shop: Shop, page: Page) -> None:
    order = STORIES["placed"](shop)
    asked = open_order(page, order)
    page.evaluate(HIDE % "true")
    for _ in range(3):
        five_seconds(page)
    assert asked == []
    pick_shipment(shipment(order), by=BOB)
    page.evaluate(HIDE % "false")
    headline(page).get_by_text("Your order is being prepared").wait_for()
    assert len(asked) == 1


def test_without_a_connection_the_page_says_how_old_it_is(shop: Shop, new_page: NewPage) -> None:
    page = new_page(expecting=["ERR_INTERNET_DISCONNECTED", "htmx:"])
    order = STORIES["placed"](shop)
    open_order(page, order)
    assert not page.locator("#offline").is_visible()
    page.context.set_offline(True)
    five_seconds(page)
    page.locator("#offline").wait_for(state="visible")
    page.context.set_offline(False)
    five_seconds(page)
    page.locator("#offline").wait_for(state="hidden")
    assert headline(page).inner_text() == "We have your order"


def test_a_link_that_is_revoked_while_it_is_open_leads_away(shop: Shop, new_page: NewPage) -> None:
    page = new_page(expecting=["404", "htmx:"])
    order = STORIES["placed"](shop)
    open_order(page, order)
    TrackingLink.objects.update(revoked_at=datetime.now(UTC))
    five_seconds(page)
    page.get_by_role("heading", name="There is nothing here").wait_for()


def test_all_of_it_can_be_read_without_scripts(shop: Shop, new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"/track/{link_for(STORIES['partly shipped'](shop)).token}/")
    assert headline(page).inner_text() == "One of your two parcels was delivered"
    assert page.get_by_role("link", name="Reload the page").is_visible()
    assert not page.get_by_text("This page follows your order by itself").is_visible()


def test_times_are_relative_for_a_day_only(shop: Shop, page: Page) -> None:
    order = STORIES["in transit"](shop)
    page.clock.install(time=TUESDAY + timedelta(days=1, hours=7))
    page.goto(f"/track/{link_for(order).token}/")
    texts = [text.replace("\u00a0", " ") for text in page.locator("time").all_text_contents()]
    assert texts == ["1 hour ago", "13 hours ago", "21 hours ago", "24 November, 10:12"]
    assert page.locator("time").first.get_attribute("title") == "25\u00a0November, 14:10"


def test_paper_shows_what_the_screen_folds(shop: Shop, page: Page) -> None:
    page.goto(f"/track/{link_for(STORIES['in transit'](shop)).token}/")
    oldest = page.get_by_text("Shipment data received")
    assert not oldest.is_visible()
    page.emulate_media(media="print")
    assert oldest.is_visible()
    assert not page.get_by_text("Something wrong?").is_visible()


def test_the_way_from_number_and_email_to_the_answer(shop: Shop, new_page: NewPage) -> None:
    order = STORIES["placed"](shop)
    page = new_page(expecting=["422"])
    page.goto("/")
    page.get_by_label("Order number").fill("OT-123")
    page.get_by_role("button", name="Mail me the link").click()
    page.get_by_text("That is no order number.").wait_for()
    assert fits(page)
    page.get_by_label("Order number").fill(order.number.lower())
    page.get_by_label("E-mail address").fill("ana@example.com")
    page.get_by_role("button", name="Mail me the link").click()
    page.get_by_text("If we know an order with this number and e-mail address").wait_for()
    answer_look_ups()
    assert order.events.filter(kind="link.requested").count() == 1


def test_pages_that_say_no_fit_too(new_page: NewPage, settings: Any, db: None) -> None:
    settings.ROOT_URLCONF = "tests.config.refusing"
    for size in (PHONE, DESK):
        page = new_page(size, expecting=["Failed to load resource"])
        for path in ("/refuse", "/forbid", "/nothing", "/"):
            page.goto(path)
            assert fits(page)


def test_staff_log_out_by_their_menu(new_page: NewPage, settings: Any, admin_user: Any) -> None:
    settings.ROOT_URLCONF = "tests.config.refusing"
    page = new_page()
    page.goto("/admin/login/?next=/staff")
    page.locator("[name=username]").fill("admin")
    page.locator("[name=password]").fill("password")
    page.locator("[name=password]").press("Enter")
    page.get_by_role("link", name="Reports").wait_for()
    assert fits(page)
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/admin/logout/")
    assert "sessionid" not in {cookie["name"] for cookie in page.context.cookies()}
