"""Every screen of the floor, by the table of its doors: for all eyes and hands (WCAG 2.2 AA), and without script."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page

from tests.browser.conftest import DESK, PHONE, NewPage, fits
from tests.browser.test_admin import PASSWORD
from tests.factories import Shop
from tests.fulfillment.doors import SCREENS
from tests.fulfillment.floor import person
from tests.fulfillment.yard import Yard, yards
from tests.staff import user_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = files("axe_playwright_python").joinpath("axe.min.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = "rules => axe.run(document, {runOnly: rules}).then(found => found.violations)"


@pytest.fixture
def here(shop: Shop) -> Yard:
    return yards(shop)[0]


def log_in(page: Page, url: str) -> Client:
    client = Client()
    client.force_login(person("manager"))
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])
    return client


def pages(client: Client, here: Yard) -> Iterator[str]:
    """Yield the path of every screen that is looked at; the others only take what a screen sends."""
    for route in SCREENS:
        answer = client.get(here.screen(route))
        if answer.status_code == 200 and "text/html" in answer["Content-Type"]:
            yield here.screen(route)


def complaints(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    return [f"{each['id']}: {node['html'][:160]}" for each in page.evaluate(RUN, RULES) for node in each["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_is_for_all_eyes_and_hands(new_page: NewPage, here: Yard, live_server: Any, scheme: str) -> None:
    page = new_page(PHONE, color_scheme=scheme, reduced_motion="reduce")
    found: dict[str, list[str]] = {}
    for path in pages(log_in(page, live_server.url), here):
        page.goto(path)
        found[path] = complaints(page) + ["wider than the phone"] * (not fits(page))
    assert len(found) >= 10
    assert {path: words for path, words in found.items() if words} == {}


def test_the_screens_fit_a_desk(new_page: NewPage, here: Yard, live_server: Any) -> None:
    page = new_page(DESK)
    paths = list(pages(log_in(page, live_server.url), here))
    assert [path for path in paths if page.goto(path) and not fits(page)] == []


# what only script can press: a form without a button, a button without one, an address that no link leads to
NOT_PLAIN = """() => [
  ...[...document.querySelectorAll('main form')].filter(form => !form.querySelector('button:not([type=button])')),
  ...[...document.querySelectorAll('main button')].filter(button => !button.closest('form, dialog') && !button.hidden),
  ...[...document.querySelectorAll('main [hx-get], main [hx-post]')].filter(each => !each.matches('form, a[href]')),
  ...[...document.querySelectorAll('main form[hx-post]')].filter(form => form.method !== 'post'),
  ...[...document.querySelectorAll('main form[method=post]')].filter(form => !form.csrfmiddlewaretoken),
].map(each => each.outerHTML.slice(0, 160))"""


def test_every_screen_works_as_plain_forms(new_page: NewPage, here: Yard, live_server: Any) -> None:
    """Without script each screen opens, takes a scan that is nothing, and says so."""
    page = new_page(java_script_enabled=False, expecting=["422"])
    wrong: dict[str, Any] = {}
    for path in pages(log_in(page, live_server.url), here):
        page.goto(path)
        if found := page.evaluate(NOT_PLAIN):
            wrong[path] = found
        field = page.locator("[data-scan]")
        if field.count() and "/ship/" not in path:
            field.fill("NOTHING-OF-OURS")
            with page.expect_navigation():
                field.press("Enter")
            said = page.locator("[data-tone=wrong], .error").first
            if not said.count():
                wrong[path] = page.locator("main").inner_text()[:200]
    assert wrong == {}


def test_whoever_has_no_script_logs_in_by_the_plain_form(new_page: NewPage, live_server: Any, shop: Shop) -> None:
    user = user_of("picker")
    user.set_password(PASSWORD)
    user.save()
    page = new_page(java_script_enabled=False)
    page.goto("/floor/")
    page.get_by_label("Username").fill("picker")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/floor/")
