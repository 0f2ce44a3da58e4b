"""The API's page for people: served from here, under the strict policy, and usable."""

import pytest
from playwright.sync_api import Page, expect

from tests.api import Api


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_docs_page_shows_every_operation_and_asks_no_other_host(page: Page, api: Api) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/api/v1/docs")
    described = api.get("/openapi.json").json()["paths"]
    expect(page.locator(".opblock")).to_have_count(sum(len(methods) for methods in described.values()))
    page.locator("#operations-Orders-orders_api_orders_place").click()
    expect(page.get_by_text("Calle Mayor 1").first).to_be_visible()

    page.get_by_role("button", name="Authorize").click()
    page.get_by_label("Value:").or_(page.get_by_role("textbox")).first.fill(api.secret)
    page.get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close").click()
    page.locator("#operations-Products-orders_api_products_find_products").click()
    page.get_by_role("button", name="Try it out").last.click()
    page.get_by_role("button", name="Execute").click()
    expect(page.get_by_text("Enamel mug").first).to_be_visible()
    assert {url.split("/")[2] for url in asked if url.startswith("http")} == {page.url.split("/")[2]}
