"""The floor in a real browser: a scanner types, presses Enter, and nobody touches the screen."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from fulfillment.models import Parcel, Scan
from fulfillment.services import pick_shipment
from orders.models import Order
from orders.services import hold_order
from tests.browser.conftest import DESK, PHONE, NewPage, fits
from tests.browser.device import Device
from tests.factories import ALICE, BOB, ProductFactory, Shop, shipment, stages
from tests.fulfillment.floor import person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TONES = """
window.tones = [];
const Real = window.OscillatorNode;
window.OscillatorNode = class extends Real {
  constructor(context, options) { super(context, options); window.tones.push(options.frequency); }
};
"""


@pytest.fixture
def order(shop: Shop) -> Order:
    shop.receive(shop.mug, 9, bin="B-04-11")
    shop.receive(shop.teapot, 4, bin="B-04-12")
    return shop.order((shop.mug, 3), (shop.teapot, 1))


def enter(page: Page, live_server: Any, settings: Any) -> Page:
    """Log in as a manager, and open the floor."""
    from django.test import Client

    client = Client()
    client.force_login(person("manager"))
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page.add_init_script(TONES)
    page.goto("/floor/")
    return page


@pytest.fixture
def floor(page: Page, live_server: Any, settings: Any) -> Page:
    return enter(page, live_server, settings)


def scan(page: Page, *texts: str) -> None:
    """Type as a scanner does, into whatever has the focus, which must be the scan field."""
    for text in texts:
        Device(page).scan(text)


def hear(page: Page, sentence: str) -> None:
    expect(page.locator("#flash .verdict")).to_have_text(sentence)
    expect(page.locator("[data-scan]")).to_be_focused()


def hears(page: Page, *tones: int) -> None:
    """Wait until exactly these tones have sounded on this page."""
    for _ in range(100):
        if page.evaluate("window.tones") == list(tones):
            return
        page.wait_for_timeout(20)
    assert page.evaluate("window.tones") == list(tones)


def test_from_the_shelf_to_the_carrier_by_scans_alone(floor: Page, order: Order) -> None:
    number = shipment(order).number
    scan(floor, order.number)
    floor.wait_for_url(f"**/{number}/pick/")
    scan(floor, "B-04-11")
    hear(floor, "B-04-11 is right.")
    scan(floor, "MUG-01")
    hear(floor, "1 of 3 × Enamel mug.")
    scan(floor, "3")
    hear(floor, "3 of 3 × Enamel mug.")
    scan(floor, "B-04-12", "TEA-01")
    hear(floor, f"{number} is picked. Bring it to packing.")
    floor.wait_for_url("**/floor/?done=*")
    scan(floor, order.number)
    floor.wait_for_url(f"**/{number}/pack/")
    scan(floor, "MUG-01", "TEA-01", "MUG-01", "MUG-01")
    hear(floor, f"All is in: {number} is packed. Close the box.")
    scan(floor, order.number)
    floor.wait_for_url(f"**/{number}/ship/")
    expect(floor.get_by_label("Tracking number")).to_be_focused()
    Device(floor).settle()
    floor.get_by_label("Carrier").fill("dhl")
    floor.get_by_label("Tracking number").focus()
    scan(floor, "JJD000000001")
    hear(floor, f"{number} is on its way, in 1 parcel.")
    assert list(Parcel.objects.values_list("carrier", "tracking_number")) == [("dhl", "JJD000000001")]
    assert set(Scan.objects.values_list("result", flat=True)) == {"RIGHT"}


def test_too_few_without_a_cart_goes_to_another_bin_and_the_last_scan_is_taken_back(floor: Page, shop: Shop) -> None:
    shop.receive(shop.mug, 9, bin="B-04-11")
    shop.receive(shop.mug, 2, bin="C-02-1")
    number = shipment(shop.order((shop.mug, 3))).number
    floor.goto(f"/floor/{number}/pick/")
    scan(floor, "B-04-11", "MUG-01")
    hear(floor, "1 of 3 × Enamel mug.")
    expect(floor.locator(".hero-quantity")).to_be_in_viewport()
    floor.get_by_text("Too few").click()
    floor.get_by_role("button", name="The bin is empty").click()
    hear(floor, "2 × Enamel mug not found in B-04-11: 2 from C-02-1 instead. Go on.")
    scan(floor, "C-02-1", "MUG-01", "2")
    hear(floor, f"{number} is picked. Bring it to packing.")
    floor.get_by_role("button", name="Undo 1 × Enamel mug").click()
    hear(floor, "Taken back: put 1 × Enamel mug into C-02-1 again.")
    assert fits(floor)


def test_two_weighed_boxes_are_packed_shipped_and_handed_over(floor: Page, shop: Shop, order: Order) -> None:
    for product, grams in ((shop.mug, 400), (shop.teapot, 1000)):
        product.weight_grams = grams
        product.save()
    pick_shipment(shipment(order), by=BOB)
    number = shipment(order).number
    floor.goto("/floor/pack/")
    scan(floor, number)
    floor.wait_for_url(f"**/{number}/pack/")
    scan(floor, "MUG-01", "3")
    hear(floor, "3 of 3 × Enamel mug.")
    Device(floor).settle()
    floor.get_by_label("Weight of the box in grams").fill("1300")
    floor.get_by_role("button", name="Next box").click()
    hear(floor, "Box 1 is closed. Fill box 2.")
    scan(floor, "TEA-01")
    hear(floor, "All is in. Weigh the box.")
    assert fits(floor)
    scan(floor, "400")
    expect(floor.locator(".verdict.is-wrong[data-tone]")).to_contain_text(
        "The box weighs 400 g, and what is in it 1000 g."
    )
    scan(floor, "1100")
    hear(floor, f"All is in: {number} is packed. Close the box.")
    floor.goto(f"/floor/{number}/ship/")
    assert [floor.get_by_role("link", name=name).count() for name in ("Slip", "Label 1", "Label 2")] == [1, 1, 1]
    Device(floor).settle()
    floor.get_by_label("Carrier").first.fill("dhl")
    floor.get_by_label("Carrier").last.fill("dhl")
    floor.get_by_label("Tracking number").first.focus()
    scan(floor, "JJD000000001")
    expect(floor.get_by_label("Tracking number").last).to_be_focused()
    scan(floor, "JJD000000002")
    hear(floor, f"{number} is on its way, in 2 parcels.")
    floor.goto("/floor/manifest/")
    floor.get_by_role("link", name="DHL").click()
    scan(floor, f"{number}-1")
    hear(floor, f"{number}-1 is in the van: 1 of 2.")
    assert fits(floor)
    scan(floor, "JJD000000002")
    hear(floor, f"{number}-2 is in the van: 2 of 2.")
    floor.get_by_role("button", name="Close the list").click()
    expect(floor.locator(".verdict.is-right")).to_contain_text("is closed: 2 parcels.")
    assert Parcel.objects.filter(manifest__isnull=False).count() == 2
    assert list(Parcel.objects.order_by("pk").values_list("weight_grams", flat=True)) == [1300, 1100]


def test_a_wrong_scan_is_red_sounds_low_twice_and_changes_nothing(floor: Page, order: Order) -> None:
    scan(floor, order.number)
    floor.wait_for_url("**/pick/")
    scan(floor, "B-04-12")
    hear(floor, "This is B-04-12. Go to B-04-11.")
    band = floor.locator(".verdict.is-wrong[data-tone]").bounding_box()
    assert band is not None
    assert (band["x"], band["width"]) == (0, PHONE["width"])
    hears(floor, 185, 185)
    assert floor.locator("#announcement").inner_text() == "This is B-04-12. Go to B-04-11."
    assert floor.locator("#flash .whole").all_inner_texts() == ["B-04-12.", "B-04-11."]
    scan(floor, "B-04-11")
    hear(floor, "B-04-11 is right.")
    hears(floor, 185, 185, 880)
    assert stages(order) == [{"reserved": 3}, {"reserved": 1}]


def test_a_link_from_elsewhere_scans_nothing(floor: Page, order: Order) -> None:
    """What is scanned on the floor goes on by itself; a link that says a scan waits for a hand."""
    pick_shipment(shipment(order), by=BOB)
    floor.goto(f"/floor/{shipment(order).number}/pack/?scanned=MUG-01")
    expect(floor.locator("[data-scan]")).to_be_focused()
    expect(floor.locator("[data-scan]")).to_have_value("MUG-01")
    floor.wait_for_load_state("networkidle")
    assert not Scan.objects.exists()


def test_the_scan_after_a_refused_label_takes_its_place(
    new_page: NewPage, live_server: Any, settings: Any, order: Order
) -> None:
    page = enter(new_page(expecting=["422"]), live_server, settings)
    page.goto(f"/floor/{shipment(order).number}/ship/")
    Device(page).settle()
    page.get_by_label("Carrier").fill("dhl")
    page.get_by_label("Tracking number").focus()
    scan(page, "MUG-01")
    expect(page.get_by_text("That is an article. Scan the carrier’s label.")).to_be_visible()
    scan(page, "JJD000000001")
    hear(page, f"{shipment(order).number} is on its way, in 1 parcel.")
    assert list(Parcel.objects.values_list("tracking_number", flat=True)) == ["JJD000000001"]


def test_scans_that_come_faster_than_the_answers_are_all_counted(floor: Page, order: Order) -> None:
    scan(floor, order.number)
    floor.wait_for_url("**/pick/")
    for text in ("B-04-11", "MUG-01", "MUG-01", "MUG-01", "B-04-12"):
        scan(floor, text)
    hear(floor, "B-04-12 is right.")
    assert list(Scan.objects.values_list("text", "result")) == [
        ("B-04-11", "RIGHT"),
        *[("MUG-01", "RIGHT")] * 3,
        ("B-04-12", "RIGHT"),
    ]


def test_a_scan_whose_answer_was_lost_is_sent_again_and_counts_once(new_page: NewPage, live_server, settings, order):
    floor = enter(new_page(expecting=("Failed to load resource", "htmx:")), live_server, settings)
    scan(floor, order.number)
    floor.wait_for_url("**/pick/")
    scan(floor, "B-04-11")
    hear(floor, "B-04-11 is right.")
    lost: list[str] = []

    def lose_the_answer(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.request.post_data or "")
            route.fetch()  # it reaches the server, and its answer never the scanner
            route.abort()
        else:
            route.continue_()

    floor.route("**/pick/", lose_the_answer)
    scan(floor, "MUG-01")
    expect(floor.locator("#offline")).to_be_visible()
    hear(floor, "1 of 3 × Enamel mug.")
    expect(floor.locator("#offline")).to_be_hidden()
    assert stages(order)[0] == {"reserved": 2, "picked": 1}


def test_a_hold_in_the_middle_stops_the_picker(new_page: NewPage, live_server, settings, order: Order) -> None:
    floor = enter(new_page(expecting=("409",)), live_server, settings)
    scan(floor, order.number)
    floor.wait_for_url("**/pick/")
    scan(floor, "B-04-11")
    hear(floor, "B-04-11 is right.")
    hold_order(order, by=ALICE, reason="ADDRESS")
    scan(floor, "MUG-01")
    expect(floor.locator("#flash")).to_contain_text("On hold: the address has to be checked.")
    expect(floor.locator("#panel")).to_contain_text("Put it aside and take the next one.")
    hears(floor, 880, 185, 185)
    assert stages(order)[0] == {"reserved": 3}


def test_the_button_for_the_thumb_is_pressed_twice_and_counts_once(floor: Page, order: Order) -> None:
    scan(floor, order.number)
    floor.wait_for_url("**/pick/")
    scan(floor, "B-04-11", "MUG-01")
    hear(floor, "1 of 3 × Enamel mug.")
    floor.get_by_role("button", name="All 3 are here").dblclick()
    hear(floor, "3 of 3 × Enamel mug.")
    assert stages(order) == [{"picked": 3}, {"reserved": 1}]


def test_the_focus_comes_back_from_wherever_it_was(floor: Page, order: Order) -> None:
    scan(floor, order.number)
    floor.wait_for_url("**/pick/")
    floor.locator(".hero").click()
    expect(floor.locator("[data-scan]")).to_be_focused()
    floor.evaluate("document.activeElement.blur()")
    scan_field = floor.locator("[data-scan]")
    floor.keyboard.type("B-04-11")
    assert scan_field.input_value() == "B-04-11"
    floor.keyboard.press("Enter")
    hear(floor, "B-04-11 is right.")


def test_a_delivery_is_received_by_scans_alone(floor: Page, shop: Shop) -> None:
    floor.get_by_role("link", name="Receive", exact=False).click()
    floor.wait_for_url("**/receive/")
    scan(floor, "DN-17")
    hear(floor, "Nobody announced DN-17. Look at its number again, or begin it.")
    floor.get_by_role("button", name="Begin DN-17").click()
    expect(floor.get_by_placeholder("Scan an article")).to_be_focused()
    for text, ask in (("MUG-01", "How many?"), ("12", "Scan the bin")):
        scan(floor, text)
        expect(floor.get_by_placeholder(ask)).to_be_focused()
    scan(floor, "STOCK")
    hear(floor, "12 × Enamel mug into STOCK.")
    assert shop.stock(shop.mug) == (12, 0)
    for text, ask in (("MUG-01", "How many?"), ("3", "Scan the bin")):
        scan(floor, text)
        expect(floor.get_by_placeholder(ask)).to_be_focused()
    floor.get_by_role("button", name="Good: to the dock").click()
    hear(floor, "3 × Enamel mug into DOCK.")
    floor.get_by_role("button", name="Close it").click()
    hear(floor, "DN-17 is closed: 15 units came.")


def test_goods_are_put_away_and_moved_by_scans_alone(floor: Page, shop: Shop) -> None:
    shop.receive(shop.mug, 12, bin="DOCK")
    shop.receive(shop.teapot, 1, bin="A-01-01")
    floor.get_by_role("link", name="Put away").click()
    for text, ask in (("MUG-01", "Scan the bin"), ("A-01-01", "How many?")):
        scan(floor, text)
        expect(floor.get_by_placeholder(ask)).to_be_focused()
    scan(floor, "13")
    hear(floor, "12 × Enamel mug lie in DOCK by the books, not 13.")
    floor.get_by_role("button", name="All 12").click()
    hear(floor, "12 × Enamel mug from DOCK into A-01-01.")
    floor.goto("/floor/move/")
    for text, ask in (("A-01-01", "Scan an article"), ("MUG-01", "How many?"), ("2", "Scan the new bin")):
        scan(floor, text)
        expect(floor.get_by_placeholder(ask)).to_be_focused()
    scan(floor, "QUARANTINE")
    hear(floor, "2 × Enamel mug from A-01-01 into QUARANTINE.")
    item = shop.mug.stock.get()
    assert (item.on_hand, item.blocked) == (12, 2)


def test_without_script_it_works_as_plain_forms(new_page: NewPage, live_server, settings, order: Order) -> None:
    floor = enter(new_page(java_script_enabled=False), live_server, settings)
    field = floor.locator("[data-scan]")
    for text in (order.number, "B-04-11", "MUG-01", "3", "B-04-12", "TEA-01"):
        field.fill(text)
        field.press("Enter")
    expect(floor.locator("#flash")).to_contain_text("is picked. Bring it to packing.")
    floor.get_by_role("link", name="Pack it now").click()
    floor.get_by_role("button", name="Pack without scanning").click()
    expect(floor.locator("#flash")).to_contain_text("Still missing: 3 × Enamel mug, 1 × Teapot.")
    floor.get_by_role("button", name="Pack without scanning 4").click()
    floor.get_by_role("link", name="Ship it now").click()
    floor.get_by_role("button", name="Without a number").click()
    expect(floor.locator("#flash")).to_contain_text("is on its way, in 1 parcel.")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_screen_fits(new_page: NewPage, live_server, settings, shop: Shop, size: dict[str, int]) -> None:
    long = ProductFactory(sku="W" * 60, name="Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 3)
    shop.receive(long, 9, bin="B" * 30)
    order = shop.order((long, 3))
    number = shipment(order).number
    floor = enter(new_page(size), live_server, settings)
    paths = ["/floor/", f"/floor/{number}/pick/", f"/floor/{number}/ship/", "/floor/receive/"]
    paths += [f"/floor/receive/?warehouse=MAIN&reference={'R' * 60}&sku={long.sku}&quantity=12"]
    paths += [f"/floor/put-away/?warehouse=MAIN&sku={long.sku}", f"/floor/look-up/?scanned={long.sku}"]
    paths += ["/floor/put-away/", "/floor/move/", f"/floor/move/?warehouse=MAIN&source={'B' * 30}&sku={long.sku}"]
    for path in paths:
        floor.goto(path)
        assert fits(floor), path
    floor.goto(f"/floor/{number}/pick/")
    scan(floor, "Z" * 64)
    floor.locator("#flash .is-wrong").wait_for()
    assert fits(floor)
    pick_shipment(shipment(order), by=BOB)
    floor.goto(f"/floor/{number}/pack/")
    assert fits(floor)
