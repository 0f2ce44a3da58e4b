"""Counting, and the returns desk, with typed scans only, on a phone."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fulfillment.models import Bin, BinStock, Count, Return
from fulfillment.services import deliver_shipment, ship_shipment
from fulfillment.services.counts import ask_count
from tests.browser.conftest import fits
from tests.browser.test_floor import enter, scan
from tests.factories import ALICE, BOB, Shop, shipment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def floor(page: Page, live_server: Any, settings: Any) -> Page:
    return enter(page, live_server, settings)


def hear(page: Page, sentence: str) -> None:
    expect(page.locator("#flash .verdict")).to_contain_text(sentence)
    assert fits(page)
    if folder := os.environ.get("PICTURES"):
        name = re.sub(r"\W+", "-", sentence).strip("-").lower()
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True, caret="initial")


def test_a_bin_is_counted_by_typed_scans(floor: Page, shop: Shop) -> None:
    shop.receive(shop.mug, 12)
    shop.receive(shop.teapot, 2)
    ask_count(shop.warehouse, bin=Bin.objects.get(code="A-01-01"), by=BOB)
    floor.goto("/floor/counts/")
    assert fits(floor)
    scan(floor, "A-01-01")
    expect(floor).to_have_url(re.compile(r"/floor/counts/\d+/"))
    scan(floor, "A-01-01")
    hear(floor, "A-01-01 is right")
    scan(floor, "MUG-01")
    hear(floor, "type how many")
    scan(floor, "12")
    hear(floor, "12 × Enamel mug")
    floor.get_by_role("button", name="Nothing else is here").click()
    hear(floor, "Something differs")
    scan(floor, "TEA-01")
    hear(floor, "Teapot in A-01-01")
    scan(floor, "2")
    expect(floor).to_have_url(re.compile(r"/floor/counts/$"))
    hear(floor, "All is counted")
    assert Count.objects.get().status == "APPLIED"


def test_a_return_is_taken_in_and_graded_by_typed_scans(floor: Page, shop: Shop) -> None:
    shop.receive(shop.mug, 3)
    order = shop.order((shop.mug, 3))
    ship_shipment(shipment(order), by=ALICE)
    deliver_shipment(shipment(order), by=ALICE)
    floor.goto("/floor/returns/")
    scan(floor, order.number)
    expect(floor).to_have_url(re.compile(rf"/floor/returns/{order}/"))
    scan(floor, "MUG-01")
    hear(floor, "1 × Enamel mug")
    expect(floor).to_have_url(re.compile(rf"/floor/returns/{order}-R1/"))
    scan(floor, "MUG-01")
    hear(floor, "2 × Enamel mug")
    scan(floor, "TEA-01")
    hear(floor, "set it aside")
    floor.get_by_role("link", name="As new: sell it again").click()
    expect(floor.get_by_text("Scan the bin it is sold from")).to_be_visible()
    scan(floor, "A-01-01")
    hear(floor, "sold again")
    scan(floor, "MUG-01")
    hear(floor, "3 × Enamel mug")
    floor.get_by_role("button", name="Scrap").click()
    hear(floor, "to scrap")
    floor.get_by_role("button", name="That is all of it").click()
    hear(floor, "is closed")
    assert (Return.objects.get().status, BinStock.objects.get(quantity__gt=0).quantity) == ("CLOSED", 2)
