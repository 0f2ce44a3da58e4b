"""A real Chromium for the tests marked `browser`. A page that complains on its console fails its test."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import TimeoutError as Late

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
FITS = """() => document.readyState === 'complete'
  && document.documentElement.scrollWidth <= document.documentElement.clientWidth"""

NewPage = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, once a session. Where there is none the tests skip and say so; in CI they may not."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("There is no Chromium here, and in CI the browser tests may not be skipped.")
        pytest.skip("needs a Chromium: install one to run the browser tests")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser: Browser, live_server: Any) -> Iterator[NewPage]:
    """Return a factory of pages at `live_server`, 360 px wide unless told.

    What a page complains of on its console fails the test, but for what holds some words of `expecting`.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(viewport: dict[str, int] | None = None, *, expecting: Sequence[str] = (), **more: Any) -> Page:
        def complain(text: str) -> None:
            if not any(words in text for words in expecting):
                complaints.append(text)

        context = browser.new_context(viewport=viewport or PHONE, base_url=live_server.url, **more)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complain(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complain(str(error)))
        return page

    yield make
    for context in contexts:  # a page that went on polling would ask a database that is gone
        context.close()
    assert complaints == []


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """Return one page, as wide as a phone."""
    return new_page()


def fits(page: Page) -> bool:
    """Tell whether the page is no wider than its window, once it and its styles are there, even in mid-navigation."""
    try:
        page.wait_for_function(FITS, timeout=5_000, polling=50)
    except Late:
        return False
    return True
