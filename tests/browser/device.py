"""A device of the floor in somebody's hand: what it asks is answered by typed scans, as a scanner types them."""

import os
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import fits

HEARD = "data-heard"


class Device:
    """One page, all day long. Nobody touches it but by its scanner and, where there is no scan for it, a button."""

    def __init__(self, page: Page) -> None:
        self.page, self.pictures = page, 0

    @property
    def field(self) -> Locator:
        return self.page.locator("[data-scan]")

    def settle(self) -> None:
        """Wait until the screen is there: then its field has the focus, and nothing takes it any more."""
        expect(self.page.locator(".htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)
        expect(self.field).to_be_focused()

    def scan(self, text: str) -> None:
        """Type as a scanner does, into whatever has the focus: it has to be the scan field."""
        self.settle()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def wait_for(self, ask: str) -> None:
        expect(self.field).to_have_attribute("placeholder", ask)
        self.look(ask)

    def answer(self, ask: str, text: str) -> None:
        """Wait until the field asks for it, and scan."""
        self.wait_for(ask)
        self.scan(text)

    def hear(self, sentence: str) -> None:
        """Wait for what the screen says of the last scan, not of one before; it begins like this."""
        fresh = self.page.locator(f"#flash .verdict:not([{HEARD}])")
        expect(fresh).to_have_text(re.compile("^" + re.escape(sentence)))
        self.settle()
        assert fits(self.page)
        self.look(sentence)
        fresh.evaluate(f"verdict => verdict.setAttribute('{HEARD}', '')")

    def press(self, name: str) -> None:
        """Press a button or a tile, from the keyboard."""
        self.settle()
        self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name)).press("Enter")

    def fill(self, label: str, text: str, *, then: str) -> None:
        """Type into another field, and then press a key there."""
        self.settle()
        field = self.page.get_by_label(label)
        field.press("Control+a")
        field.press_sequentially(text)
        field.press(then)

    def open(self, tile: str) -> None:
        """Open a screen by its tile, from the floor."""
        self.page.goto("/floor/")
        self.settle()
        self.page.locator(".tile", has_text=tile).press("Enter")
        expect(self.page.locator("h1")).to_have_text(tile)

    def asked(self) -> str:
        """Return what the panel asks for, once the last answer was heard."""
        return self.page.locator("#panel").get_attribute("data-ask") or ""

    def read(self, what: str) -> str:
        return self.page.locator(what).inner_text()

    def look(self, name: str) -> None:
        """Keep a picture where PICTURES names a folder."""
        if folder := os.environ.get("PICTURES"):
            self.pictures += 1
            words = re.sub(r"\W+", "-", name).strip("-").lower()[:60]
            path = Path(folder) / f"{self.pictures:03}-{words}.png"
            self.page.screenshot(path=path, caret="initial")
