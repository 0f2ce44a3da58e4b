"""A shared device in a real browser: badges, the camera, and a field that stays in focus."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from fulfillment.models import Scan, Staff
from fulfillment.services import give_badge, new_badge
from tests.browser.conftest import NewPage
from tests.browser.test_floor import enter, scan
from tests.factories import Shop, shipment
from tests.fulfillment.floor import person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EYE = """
window.BarcodeDetector = class {
  static async getSupportedFormats() { return ["code_128", "qr_code"]; }
  async detect() { return window.seen ? [{ rawValue: window.seen }] : []; }
};
navigator.mediaDevices.getUserMedia = async () => {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  setInterval(() => pen.fillRect(0, 0, 9, 9), 40);
  return canvas.captureStream(25);
};
"""


def badge_of(role: str, name: str) -> str:
    badge, known = new_badge(), Staff.objects.create(user=person(role, name))
    give_badge(known, badge)
    return badge


@pytest.fixture
def floor(page: Page, live_server: Any, settings: Any) -> Page:
    return enter(page, live_server, settings)


@pytest.mark.parametrize("path", ["/floor/", "/floor/look-up/", "/floor/receive/", "/floor/switch/", "pick"])
def test_a_badge_scanned_on_any_screen_changes_the_person(floor: Page, shop: Shop, path: str) -> None:
    shop.receive(shop.mug, 5)
    number, badge = shipment(shop.order((shop.mug, 1))).number, badge_of("picker", "bob")
    addresses: list[str] = []
    floor.on("request", lambda request: addresses.append(request.url))
    floor.goto(f"/floor/{number}/pick/" if path == "pick" else path)
    scan(floor, badge)
    expect(floor.locator("#flash .verdict")).to_have_text("Hello bob.")
    expect(floor.locator(".menu summary")).to_contain_text("bob")
    assert [url for url in addresses if badge[6:].lower() in url.lower()] == []
    assert Scan.objects.count() == 0


def test_the_new_person_works_on_at_once(floor: Page, shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="B-04-11")
    number, badge = shipment(shop.order((shop.mug, 1))).number, badge_of("picker", "bob")
    floor.goto(f"/floor/{number}/pick/")
    scan(floor, badge)
    expect(floor.locator("#flash .verdict")).to_have_text("Hello bob.")
    floor.goto(f"/floor/{number}/pick/")
    scan(floor, "B-04-11")
    expect(floor.locator("#flash .verdict")).to_have_text("B-04-11 is right.")
    assert Scan.objects.get().by == f"user:{User.objects.get(username='bob').pk}"


def test_where_the_browser_reads_barcodes_the_camera_scans(
    new_page: NewPage, shop: Shop, live_server: Any, settings: Any
) -> None:
    shop.receive(shop.mug, 5, bin="B-04-11")
    number = shipment(shop.order((shop.mug, 1))).number
    page = new_page()
    page.add_init_script(EYE)
    enter(page, live_server, settings)
    page.goto(f"/floor/{number}/pick/")
    page.get_by_role("button", name="Scan with the camera").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.evaluate("window.seen = 'B-04-11'")
    expect(page.locator("#flash .verdict")).to_have_text("B-04-11 is right.")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.evaluate("document.querySelector('#camera video').srcObject") is None
    expect(page.locator("[data-scan]")).to_be_focused()


def test_where_it_does_not_there_is_no_button(floor: Page) -> None:
    expect(floor.locator("[data-scan]")).to_be_focused()
    expect(floor.locator("[data-camera]")).to_be_hidden()


def test_the_field_takes_the_focus_back(floor: Page) -> None:
    field = floor.locator("[data-scan]")
    field.evaluate("field => field.blur()")
    expect(field).to_be_focused()
    floor.mouse.click(5, 300)
    expect(field).to_be_focused()


@pytest.mark.parametrize("path", ["/floor/", "pick"])
def test_what_is_unfolded_by_a_finger_takes_no_scan(floor: Page, shop: Shop, path: str) -> None:
    shop.receive(shop.mug, 5, bin="B-04-11")
    number = shipment(shop.order((shop.mug, 3))).number
    if path == "pick":
        floor.goto(f"/floor/{number}/pick/")
        scan(floor, "B-04-11")
        expect(floor.locator("#flash .verdict")).to_have_text("B-04-11 is right.")
    fold = floor.get_by_text("Too few") if path == "pick" else floor.locator(".menu summary")
    for _ in ("open", "close"):
        fold.click()
        scan(floor, "nonsense")
        expect(floor.locator("#flash .verdict")).to_contain_text("“nonsense” is nothing")


def test_what_is_typed_where_no_text_goes_is_a_scan(floor: Page) -> None:
    fold, field = floor.locator(".menu summary"), floor.locator("[data-scan]")
    fold.press("Enter")
    expect(floor.get_by_role("button", name="Log out")).to_be_visible()
    expect(fold).to_be_focused()
    for place in (fold, floor.locator(".brand"), floor.get_by_role("button", name="Log out")):
        place.focus()
        floor.keyboard.type("B-04")
        expect(field).to_be_focused()
        expect(field).to_have_value("B-04")
        field.fill("")
    fold.press(" ")
    expect(floor.get_by_role("button", name="Log out")).to_be_hidden()


def test_the_camera_is_for_the_floor_alone(floor: Page) -> None:
    for path, camera in (("/floor/", "camera=(self)"), ("/", "camera=()")):
        answer = floor.request.get(path)
        assert camera in answer.headers["permissions-policy"]
