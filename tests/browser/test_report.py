"""The managers' page in a real browser: on a desk, on a phone, in the dark, on paper, empty and full."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from fulfillment.services import deliver_shipment, ship_shipment
from tests.browser.conftest import DESK, PHONE, NewPage, fits
from tests.factories import BOB, Shop, shipment
from tests.fulfillment.floor import person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def fill(shop: Shop) -> None:
    shop.receive(shop.mug, 100)
    now = timezone.now()
    for days in (40, 20, 3, 0):
        placed = now - timedelta(days=days, hours=1)
        shop.order((shop.mug, 1), placed_at=placed)
        order = shop.order((shop.mug, 1), placed_at=placed)
        ship_shipment(shipment(order), by=BOB, at=placed + timedelta(minutes=20))
        deliver_shipment(shipment(order), by=BOB, at=placed + timedelta(minutes=50))


def open_report(page: Page, live_server: Any) -> Page:
    client = Client()
    client.force_login(person("manager"))
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.goto("/reports/")
    return page


@pytest.mark.parametrize("is_full", [False, True], ids=["empty", "full"])
def test_the_report_fits_phone_desk_and_paper(new_page: NewPage, live_server, shop: Shop, is_full: bool) -> None:
    if is_full:
        fill(shop)
    page = open_report(new_page(PHONE, color_scheme="dark"), live_server)
    assert fits(page)
    page.set_viewport_size(DESK)
    assert fits(page)
    page.emulate_media(media="print")
    assert (fits(page), page.locator(".nav").is_visible()) == (True, False)


def test_bars_are_as_long_as_what_they_stand_for(page: Page, live_server, shop: Shop) -> None:
    shop.receive(shop.mug, 100)
    now = timezone.now()
    for _ in range(4):
        shop.order((shop.mug, 1), placed_at=now)
    for _ in range(2):
        ship_shipment(shipment(shop.order((shop.mug, 1), placed_at=now)), by=BOB)
    open_report(page, live_server)
    widths = [
        bar.bounding_box()["width"] for bar in page.locator("section:has(#open-orders) .chart .bar-line rect").all()
    ]
    assert len(widths) == 2
    assert widths[0] / widths[1] == pytest.approx(2, rel=0.02)
