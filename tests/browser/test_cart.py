"""A cart in a real browser, 360 px wide: released, taken, walked by scans alone."""

import os
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fulfillment.models import Cart, PickTask, Scan
from tests.browser.conftest import NewPage, fits
from tests.browser.test_floor import enter, hear, scan
from tests.factories import Shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def look(page: Page, name: str) -> None:
    """Keep a picture where PICTURES names a folder; either way nothing may stick out."""
    assert fits(page)
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True, caret="initial")


@pytest.fixture
def floor(page: Page, live_server: Any, settings: Any, shop: Shop) -> Page:
    shop.receive(shop.mug, 9, bin="A-04-1")
    shop.receive(shop.teapot, 4, bin="B-02-1")
    shop.order((shop.mug, 3), (shop.teapot, 1))
    shop.order((shop.mug, 1), (shop.teapot, 1))
    return enter(page, live_server, settings)


def test_a_wave_that_is_refused_leaves_the_screen_as_it_was(
    new_page: NewPage, live_server: Any, settings: Any, shop: Shop
) -> None:
    shop.receive(shop.mug, 1)
    shop.order((shop.mug, 1))
    page = enter(new_page(expecting=["Failed to load resource"]), live_server, settings)
    page.goto("/floor/waves/")
    page.get_by_label("Orders at most").fill("abc")
    page.get_by_role("button", name="Release a wave").click()
    expect(page.locator("#panel .error")).to_be_visible()
    expect(page.locator("#flash .verdict.is-wrong")).to_be_visible()
    expect(page.locator("[data-scan]")).to_be_visible()
    look(page, "waves-refused")
    assert not Cart.objects.exists()


def test_a_wave_is_released_taken_and_walked(floor: Page) -> None:
    floor.get_by_role("link", name="Waves").click()
    look(floor, "waves-before")
    floor.get_by_role("button", name="Release a wave").click()
    expect(floor.locator("#flash .verdict")).to_have_text(re.compile(r"^\s*Wave \d+ is released on 1 cart\.\s*$"))
    look(floor, "waves")
    floor.goto("/floor/")
    look(floor, "entry")
    floor.get_by_role("button", name="Take the next cart").click()
    expect(floor.locator(".hero-code")).to_have_text("A-04-1")
    look(floor, "cart-bin")
    scan(floor, "B-02-1")
    hear(floor, "This is B-02-1. Go to A-04-1.")
    look(floor, "cart-wrong")
    scan(floor, "A-04-1", "MUG-01")
    hear(floor, "1 of 3 × Enamel mug into slot 1.")
    look(floor, "cart-article")
    floor.get_by_role("button", name="Undo").click()
    hear(floor, "Taken back: put 1 × Enamel mug into A-04-1 again.")
    scan(floor, "MUG-01")
    hear(floor, "1 of 3 × Enamel mug into slot 1.")
    floor.get_by_text("Too few").click()
    look(floor, "cart-short")
    floor.get_by_role("button", name="The bin is empty").click()
    hear(floor, "2 × Enamel mug not found in A-04-1: they wait again. Go on.")
    floor.get_by_role("link", name="Hand over").click()
    look(floor, "leave")
    floor.get_by_role("button", name="Hand it over").click()
    hear(floor, f"{Cart.objects.get()} waits for whoever comes next.")
    cart = Cart.objects.get()
    floor.goto(f"/floor/carts/{cart.pk}/")
    look(floor, "cart-free")
    assert Scan.objects.filter(result="WRONG_BIN").count() == 1
    assert PickTask.objects.filter(claimed_by="").exists()
