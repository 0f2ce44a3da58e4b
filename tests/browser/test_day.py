"""A day in the warehouse, on a phone, by typed scans: from the dock to the van, with what goes wrong in between."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.formats import date_format
from playwright.sync_api import Page

from fulfillment import ledger, tasks
from fulfillment.blockers import why_not_shipped
from fulfillment.models import Bin, CartSlot, Manifest, Parcel, Scan, Shipment, Staff, Wave
from fulfillment.services import expect_receipt, give_badge, new_badge
from orders.models import Actor, Order, Product
from tests.browser import shift
from tests.browser.device import Device
from tests.factories import ProductFactory, Shop
from tests.fulfillment.floor import person
from tracking.services import run_audit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHELVES = {"MUG-01": "A-01-1", "TEA-01": "A-03-2", "BOWL-01": "B-02-1", "SPOON-01": "B-04-1", "TRAY-01": "C-01-1"}
NAMES = {
    "MUG-01": "Enamel mug",
    "TEA-01": "Teapot",
    "BOWL-01": "Soup bowl",
    "SPOON-01": "Wooden spoon",
    "TRAY-01": "Oak tray",
}
SINGLES = ["MUG-01", "BOWL-01", "MUG-01"]
PAIRS = [  # one of the first, two of the second
    ("MUG-01", "SPOON-01"),
    ("TEA-01", "BOWL-01"),
    ("SPOON-01", "MUG-01"),
    ("BOWL-01", "TRAY-01"),
    ("TRAY-01", "MUG-01"),
    ("MUG-01", "TEA-01"),
    ("SPOON-01", "BOWL-01"),
    ("BOWL-01", "SPOON-01"),
    ("TRAY-01", "TEA-01"),
]
BASKETS = [{sku: 1} for sku in SINGLES] + [{one: 1, two: 2} for one, two in PAIRS]
NEEDED = {sku: sum(basket.get(sku, 0) for basket in BASKETS) for sku in SHELVES}
PASSWORD = "the manager’s own"


class Morning:
    """The warehouse before the door opens: empty shelves, twelve orders that wait, a delivery on its way."""

    def __init__(self, shop: Shop) -> None:
        self.warehouse = shop.warehouse
        self.products = {sku: ProductFactory(sku=sku, name=name) for sku, name in NAMES.items()}
        for code in SHELVES.values():
            Bin.objects.create(warehouse=shop.warehouse, code=code)
        today = timezone.localdate()
        self.later = today + timedelta(days=9)
        expect_receipt(shop.warehouse, "DN-7", self.articles(NEEDED), supplier="Kiln & Co", expected_date=today)
        expect_receipt(shop.warehouse, "DN-8", self.articles({"TEA-01": 6}), expected_date=self.later)
        self.orders = [shop.order(*self.articles(basket).items(), placed_at=timezone.now()) for basket in BASKETS]

    def articles(self, units: dict[str, int]) -> dict[Product, int]:
        return {self.products[sku]: count for sku, count in units.items()}


def badge_of(role: str, name: str) -> str:
    badge = new_badge()
    give_badge(Staff.objects.create(user=person(role, name)), badge)
    return badge


def waits(order: Order) -> list[str]:
    """Return the sentences that say why an order is not shipped."""
    return [reason.message for reason in why_not_shipped(Order.objects.get(pk=order.pk))]


def day(when: date) -> str:
    return date_format(when, "j F")


def receives(device: Device) -> None:
    """What comes is what was announced, and one tray more, which is damaged."""
    device.open("Receive")
    device.answer("Delivery number", "DN-7")
    for sku, units in NEEDED.items():
        shift.receive(device, sku, units, "DOCK", f"{units} × {NAMES[sku]} into DOCK. {units} of {units} are here.")
    shift.receive(device, "TRAY-01", 1, "DAMAGED", "1 × Oak tray into DAMAGED. 1 more than announced.")
    device.press("Close it: 1 over")
    device.hear("DN-7 is closed. Oak tray: 1 more and 1 damaged.")


def puts_away(device: Device) -> None:
    device.open("Put away")
    for sku, shelf in SHELVES.items():
        shift.put_away(device, sku, NAMES[sku], NEEDED[sku], shelf)
    tasks.allocate()


def releases(device: Device) -> Wave:
    """Twelve orders go out together, with four slots on a cart."""
    device.open("Waves")
    device.fill("Slots on a cart", "4", then="Enter")
    device.hear("Wave")
    wave = Wave.objects.get()
    carts = [(cart.kind, cart.slots.count()) for cart in wave.carts.order_by("number")]
    assert carts == [("SINGLE", 3), ("MULTI", 4), ("MULTI", 4), ("MULTI", 1)]
    return wave


def picks(device: Device, wave: Wave) -> None:
    """Walk the tote and three carts; on the first cart a wrong bin, a wrong article, and too few teapots."""
    tote, first, *others = wave.carts.order_by("number")
    shift.take_next_cart(device, str(tote))
    shift.walk(device)
    shift.take_next_cart(device, str(first))
    shift.go_to_wrong_bin(device, next(code for code in SHELVES.values() if code != device.read(".hero-code")))
    shift.go_to_bin(device)
    wrong = next(sku for sku in SHELVES if sku != device.read(".hero-sku"))
    shift.take_wrong_article(device, wrong, NAMES[wrong])
    shift.walk(device, until="TEA-01")
    shift.find_too_few(device)
    shift.walk(device)
    for cart in others:
        shift.take_next_cart(device, str(cart))
        shift.walk(device)
    assert set(Shipment.objects.values_list("status", flat=True)) == {"PICKED", "PLANNED"}


def packs_and_ships(device: Device, wave: Wave) -> None:
    """Pack slot by slot; in the first box one article is missing, and one does not belong there."""
    slots = CartSlot.objects.filter(cart__wave=wave).select_related("cart", "shipment")
    for n, slot in enumerate(slots.order_by("cart__number", "place")):
        number, articles = slot.shipment.number, units_of(slot.shipment)
        device.answer("Scan anything", next(iter(articles)) if slot.cart.kind == "SINGLE" else str(slot))
        if slot.cart.kind == "MULTI" and slot.place == 1 and slot.cart.number == 2:
            shift.close_too_soon(device, number, articles, NAMES)
            wrong = next(sku for sku in SHELVES if sku not in articles)
            shift.put_in_wrong_article(device, wrong, NAMES[wrong])
        if slot.cart.kind == "MULTI":
            shift.pack(device, articles)
        device.hear(f"All is in: {number} is packed. Close the box.")
        shift.ship(device, number, f"JJD{n:09}", first=not n)


def units_of(shipment: Shipment) -> dict[str, int]:
    return dict(shipment.lines.filter(quantity__gt=0).values_list("order_line__product__sku", "quantity"))


def prints(device: Device) -> None:
    """Each parcel has its label, as a page and for the label printer, and each box its slip."""
    for parcel in Parcel.objects.select_related("shipment"):
        label = shift.fetch(device, f"parcels/{parcel.number}/label.pdf")
        zpl = shift.fetch(device, f"parcels/{parcel.number}/label.zpl")
        slip = shift.fetch(device, f"{parcel.shipment.number}/slip.pdf")
        assert label[:5] == slip[:5] == b"%PDF-"
        assert zpl.startswith(b"^XA")
        assert parcel.number.encode() in zpl


def hands_over(device: Device) -> None:
    device.open("Load the van")
    parcels = list(Parcel.objects.order_by("pk"))
    for n, parcel in enumerate(parcels, start=1):
        ask = "Scan anything" if n == 1 else "Scan each parcel"
        device.answer(ask, parcel.number if n % 2 else parcel.tracking_number)
        device.hear(f"{parcel} is in the van: {n} of {len(parcels)}.")
    device.press("Close the list")
    device.hear("Manifest ")
    manifest = Manifest.objects.get()
    assert device.read("#flash .verdict") == f"{manifest} is closed: 12 parcels. Print it for the driver."
    assert shift.fetch(device, f"manifests/{manifest.pk}/manifest.pdf").startswith(b"%PDF-")


def test_the_day_from_the_dock_to_the_van(page: Page, live_server: Any, shop: Shop) -> None:
    morning, device = Morning(shop), Device(page)
    mona, pia, paul = badge_of("manager", "mona"), badge_of("picker", "pia"), badge_of("packer", "paul")
    lead = User.objects.get(username="mona")
    lead.set_password(PASSWORD)
    lead.save()

    shift.log_in(device, "mona", PASSWORD)
    shift.take_over(device, "pia", pia)
    receives(device)
    puts_away(device)
    shift.take_over(device, "mona", mona)
    wave = releases(device)
    shift.take_over(device, "pia", pia)
    picks(device, wave)
    shift.take_over(device, "paul", paul)
    packs_and_ships(device, wave)
    prints(device)
    hands_over(device)

    short = Scan.objects.get(result="SHORT")
    assert Counter(order.status for order in Order.objects.all()) == {"SHIPPED": 11, "PARTLY_SHIPPED": 1}
    assert {order.pk: waits(order) for order in morning.orders if waits(order)} == {
        short.shipment.order_id: [f"Waits for stock: {short.quantity} × Teapot (expected {day(morning.later)})."]
    }
    assert list(ledger.verify()) == []
    assert run_audit().errors == 0
    who = {str(Actor.of("user", user)): user.username for user in User.objects.all()}
    wrong = Scan.objects.exclude(result__in=Scan.DONE)
    assert [(who[scan.by], scan.step, scan.result) for scan in wrong] == [
        ("pia", "PICK", "WRONG_BIN"),
        ("pia", "PICK", "WRONG_ARTICLE"),
        ("paul", "PACK", "INCOMPLETE"),
        ("paul", "PACK", "WRONG_ARTICLE"),
    ]
