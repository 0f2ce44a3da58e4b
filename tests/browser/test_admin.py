"""The admin in a real browser: an order goes by its buttons, its trail tells it, and no page complains."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from fulfillment.models import Shipment
from notifications.models import Content, Message
from orders.models import Inbox, Order
from orders.services import hold_order
from tests.browser.conftest import fits
from tests.factories import BOB, Shop, shipment
from tests.staff import user_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long password"


@pytest.fixture
def said() -> list[str]:
    """What the console said, errors and policy violations among it."""
    return []


@pytest.fixture(params=[(1280, "light"), (360, "dark")], ids=["desk", "phone-dark"])
def page(request: Any, browser: Any, live_server: Any, said: list[str]) -> Iterator[Page]:
    width, scheme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, base_url=live_server.url
    )
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    yield page
    context.close()


def log_in(page: Page, role: str) -> None:
    user = user_of(role)
    user.set_password(PASSWORD)
    user.save()
    page.goto("/admin/")
    page.get_by_label("Username").fill(role)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/")


def test_an_order_is_picked_packed_and_shipped_by_buttons_and_its_trail_tells_it(
    page: Page, said: list[str], shop: Shop
) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 2))
    log_in(page, "manager")
    page.goto("/admin/orders/order/")
    page.get_by_role("link", name=order.number).click()
    for button, status in (("Pick all", "Picked"), ("Pack all", "Packed")):
        page.get_by_role("button", name=button).first.click()
        page.locator(".ot-shipment-head", has_text=status).wait_for()
        assert fits(page)
    page.locator("summary", has_text="Ship").click()
    page.get_by_label("Carrier").first.fill("dhl")
    page.get_by_label("Tracking number").first.fill("00340434161")
    page.get_by_role("button", name="Ship", exact=True).click()
    page.get_by_text(f"{order.number}-1 is on its way.").wait_for()
    trail = page.locator("#trail")
    for line in (
        f"Shipment {order.number}-1 picked",
        f"Shipment {order.number}-1 has left",
        "All of the order has left",
    ):
        trail.get_by_text(line, exact=True).wait_for()
    assert trail.get_by_text("manager", exact=True).count() >= 5
    trail.get_by_role("link", name="Parcels").click()
    page.locator("#trail").get_by_text(f"Parcel {order.number}-1-1 shipped").wait_for()
    assert page.locator("#trail").get_by_text("Order placed").count() == 0
    assert Order.objects.get().status == "SHIPPED"
    assert said == []


def test_a_double_click_does_it_once(page: Page, said: list[str], shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 2))
    log_in(page, "support")
    page.goto(f"/admin/orders/order/{order.pk}/change/")
    page.locator("summary", has_text="Write a note").click()
    page.get_by_label("Note", exact=True).fill("Rang twice.")
    page.get_by_role("button", name="Write a note").dblclick()
    page.locator("#trail").get_by_text("Rang twice.").wait_for()
    assert order.notes.count() == 1
    assert said == []


def test_what_is_on_hold_cannot_be_picked_and_says_why(page: Page, said: list[str], shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 2))
    hold_order(order, by=BOB, reason="ADDRESS")
    log_in(page, "manager")
    page.goto(f"/admin/orders/order/{order.pk}/change/")
    assert page.get_by_role("button", name="Pick all").is_disabled()
    page.locator(".ot-act-not", has_text="Pick all").get_by_text("On hold: the address has to be checked.").wait_for()
    page.locator("summary", has_text="Release this hold").click()
    page.get_by_role("button", name="Release this hold").click()
    page.get_by_role("button", name="Pick all").click()
    page.locator(".ot-shipment-head", has_text="Picked").wait_for()
    assert Shipment.objects.get().status == "PICKED"
    assert said == []


def test_no_page_says_anything_on_the_console_or_runs_off_the_screen(page: Page, said: list[str], shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 2), (shop.teapot, 1))
    message = Message.objects.create(
        order=order, event=order.events.first(), kind="order.placed", recipient="customer", channel="email"
    )
    Content.objects.create(
        message=message, to="ana@example.com", subject="Thanks", text="Hi", html="<h1>Thank you</h1>"
    )
    inbox = Inbox.objects.create(source="csv", dedupe_key="x", raw=b"a,b\n\xfc" + b"x" * 400, status="QUARANTINED")
    log_in(page, "admin")
    for url in (
        "/admin/",
        "/admin/orders/order/",
        "/admin/orders/order/?q=nothing",
        f"/admin/orders/order/{order.pk}/change/",
        "/admin/fulfillment/shipment/",
        "/admin/fulfillment/stockitem/",
        f"/admin/fulfillment/stockitem/{shop.mug.stock.get().pk}/change/",
        "/admin/fulfillment/stockitem/add/",
        "/admin/fulfillment/stockmovement/",
        "/admin/orders/inbox/",
        f"/admin/orders/inbox/{inbox.pk}/change/",
        "/admin/orders/apikey/add/",
        "/admin/orders/product/add/",
        "/admin/auth/user/add/",
    ):
        page.goto(url)
        page.wait_for_load_state("networkidle")
        assert (url, fits(page)) == (url, True)
    page.goto(f"/admin/notifications/message/{message.pk}/change/")
    page.frame_locator("iframe").get_by_role("heading", name="Thank you").wait_for()
    assert (fits(page), said) == (True, [])
    assert shipment(order).status in {"READY", "PLANNED"}
