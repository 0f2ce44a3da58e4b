"""Takes the README's pictures again, of a demo that has run for two minutes.

DEMO_PASSWORD=… uv run python .ci/screenshots.py [http://127.0.0.1:8000]
"""

import os
import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parent.parent / "docs" / "img"
DESK, PHONE = {"width": 1280, "height": 760}, {"width": 400, "height": 780}
MANAGER = "mia"
LIMIT = 150_000


def log_in(page: Page, password: str) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill(MANAGER)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/")


def take(page: Page, name: str) -> None:
    """Keep what the window shows, once nothing moves any more."""
    page.wait_for_load_state()
    page.wait_for_timeout(800)
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path, animations="disabled")
    if path.stat().st_size > LIMIT:
        sys.exit(f"{path} has {path.stat().st_size:,} bytes: {LIMIT:,} at most.")
    print(path.name, f"{path.stat().st_size:,}")


def open_order(page: Page, *statuses: str) -> None:
    """Open the newest order of the first of these statuses that there is."""
    for status in statuses:
        page.goto(f"/admin/orders/order/?status={status}")
        links = page.locator("#result_list a").evaluate_all("found => found.map(each => each.getAttribute('href'))")
        found = [link for link in links if re.search(r"/order/\d+/change/", link)]
        if found:
            page.goto(found[0])
            return
    sys.exit(f"The demo has no order that is {' or '.join(statuses)} yet: wait a little.")


def admin(page: Page) -> None:
    open_order(page, "PARTLY_SHIPPED", "SHIPPED")
    take(page, "admin")


def report(page: Page) -> None:
    page.goto("/reports/")
    take(page, "report")


def customer(page: Page) -> None:
    """The page of a delivered order, as the desk reaches it."""
    open_order(page, "DELIVERED")
    form = page.locator("form[action$='/customer-page/']")
    form.evaluate("form => form.removeAttribute('target')")
    form.get_by_role("button").click()
    page.wait_for_url("**/track/*/")
    page.set_viewport_size(PHONE)
    take(page, "customer")


def floor(page: Page) -> None:
    page.goto("/floor/?queue=pick")
    page.locator("a.row").last.click()
    page.wait_for_url("**/pick/")
    take(page, "floor")


def main() -> None:
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium") or shutil.which("google-chrome"))
        context = chromium.new_context(viewport=DESK, base_url=url, color_scheme="light", locale="en-GB")
        page = context.new_page()
        log_in(page, os.environ["DEMO_PASSWORD"])
        admin(page)
        report(page)
        customer(page)
        floor(page)
        chromium.close()


if __name__ == "__main__":
    main()
