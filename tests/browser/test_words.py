"""A carrier's word that nobody knew is mapped in a real browser, and an endpoint waits for its provider's secret."""

import os
from typing import Any

import pytest
from playwright.sync_api import Page

from orders.models import Endpoint
from tests.browser.conftest import fits
from tests.browser.test_admin import log_in
from tests.factories import Shop
from tests.tracking.test_remap import tell
from tracking.models import Tracker, UnmappedCode
from tracking.services import replay_history

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=[(1280, "light"), (360, "dark")], ids=["desk", "phone-dark"])
def page(request: Any, new_page: Any) -> Page:
    width, scheme = request.param
    return new_page({"width": width, "height": 900}, color_scheme=scheme)


def look(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for it."""
    assert fits(page), name
    if folder := os.environ.get("SCREENSHOTS"):
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


def test_a_manager_says_what_an_unknown_word_means_and_history_follows(page: Page, shop: Shop) -> None:
    tell(shop, "easypost", ("accepted", "strange"), ("accepted", "moving"), ("accepted", "strange", "delivered"))
    log_in(page, "manager")
    page.goto("/admin/tracking/unmappedcode/")
    look(page, "unknown-words")
    page.get_by_role("link", name="Say what it means").first.click()
    page.get_by_label("It means").wait_for()
    look(page, "meaning-empty")
    page.get_by_label("It means").select_option("EXCEPTION")
    page.get_by_label("Reason").select_option("customs_documents")
    page.get_by_role("button", name="Show what would change").click()
    page.get_by_text("2 parcels would look different").wait_for()
    look(page, "meaning-looked")
    assert UnmappedCode.objects.exists()
    page.get_by_role("button", name="Let it mean this").click()
    page.get_by_text("has another meaning now").wait_for()
    while replay_history():
        pass
    assert sorted(Tracker.objects.values_list("status", flat=True)) == ["DELIVERED", "EXCEPTION", "IN_TRANSIT"]
    page.goto("/admin/tracking/remapping/")
    look(page, "changes-of-meaning")
    page.goto("/admin/tracking/carriercode/?q=held")
    look(page, "carriers-words")
    page.get_by_role("link", name="held_by_dragons").first.click()
    page.get_by_text("Does it mean something else?").wait_for()
    look(page, "carriers-word")
    assert not UnmappedCode.objects.exists()


def test_an_endpoint_waits_for_the_secret_that_its_provider_makes(page: Page, shop: Shop) -> None:
    log_in(page, "integrator")
    page.goto("/admin/orders/endpoint/add/")
    look(page, "endpoint-new")
    page.get_by_label("Provider").select_option("karrio")
    page.get_by_role("button", name="Open the endpoint").click()
    page.get_by_text("Copy this now").wait_for()
    look(page, "endpoint-secret")
    assert f"?token={Endpoint.objects.get().tokens[0]}" in page.content()
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_text("Waits for its secret").wait_for()
    look(page, "endpoint-waiting")
    page.get_by_text("Enter a secret", exact=True).first.click()
    page.get_by_label("Secret", exact=True).fill("whsec_of_karrio_itself")
    page.get_by_role("button", name="Enter a secret").last.click()
    page.get_by_text("has another secret").wait_for()
    look(page, "endpoint-open")
    assert Endpoint.objects.get().secrets == ["whsec_of_karrio_itself"]
