"""`verify` computes all of the books again: whatever somebody writes past the ledger is named, and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from fulfillment import ledger
from fulfillment.ledger.verify import COMPARISONS
from fulfillment.models import (
    Bin,
    BinStock,
    Receipt,
    ReceiptLine,
    Reservation,
    Return,
    ReturnLine,
    ShipmentLine,
    StockItem,
    StockMovement,
    Warehouse,
)
from fulfillment.services import pack_shipment, pick_shipment, ship_shipment
from orders.models import Order, OrderLine, Product
from orders.models.append_only import lifted
from tests.factories import ALICE, ProductFactory, Shop, shipment

pytestmark = pytest.mark.django_db
BY_BINS = "by what lies in the bins"
MUGS, MUGS_WEST = "MUG-01 in MAIN", "MUG-01 in WEST"
SHELF = f"{MUGS} A-01-01"
Named = set[tuple[str, str]]


@pytest.fixture
def order(shop: Shop) -> Order:
    """Of 4 mugs, of 6 on a shelf and 2 damaged, 2 are picked; teapots are packed, and one left. WEST has 3 mugs."""
    shop.receive(shop.mug, 6)
    shop.receive(shop.mug, 2, bin=str(Bin.Kind.DAMAGED))
    shop.receive(shop.teapot, 5)
    order, packed, left = shop.order((shop.mug, 4)), shop.order((shop.teapot, 2)), shop.order((shop.teapot, 1))
    shop.receive(shop.mug, 3, warehouse=ledger.open_warehouse("WEST"))
    pick_shipment(shipment(order), by=ALICE, lines={1: 2})
    pick_shipment(shipment(packed), by=ALICE)
    pack_shipment(shipment(packed), by=ALICE)
    ship_shipment(shipment(left), by=ALICE)
    return order


def mugs(**values: Any) -> Callable[[], int]:
    return lambda: StockItem.objects.filter(product__sku="MUG-01", warehouse__code="MAIN").update(**values)


def lying(code: str, **values: Any) -> Callable[[], int]:
    rows = BinStock.objects.filter(product__sku="MUG-01", bin__warehouse__code="MAIN", bin__code=code)
    return lambda: rows.update(**values)


def shelf(**values: Any) -> Callable[[], int]:
    return lambda: Bin.objects.filter(code="A-01-01", warehouse__code="MAIN").update(**values)


def part(sku: str = "MUG-01", **values: Any) -> Callable[[], int]:
    return lambda: ShipmentLine.objects.filter(order_line__product__sku=sku).update(**values)


def kept(**values: Any) -> Callable[[], int]:
    return lambda: Reservation.objects.filter(stock_item__product__sku="MUG-01").update(**values)


def shelf_in_west() -> None:
    west = Bin.objects.filter(warehouse__code="WEST").values("warehouse")[:1]
    Bin.objects.filter(code="A-01-01", warehouse__code="MAIN").update(code="A-09-09", warehouse=west)


def kept_in_west() -> None:
    west = StockItem.objects.get(product__sku="MUG-01", warehouse__code="WEST")
    Reservation.objects.filter(stock_item__product__sku="MUG-01").update(stock_item=west)


def kept_of_teapots() -> None:
    teapots = StockItem.objects.get(product__sku="TEA-01")
    Reservation.objects.filter(stock_item__product__sku="MUG-01").update(stock_item=teapots)


def delivered() -> None:
    mug, home = Product.objects.get(sku="MUG-01"), Warehouse.objects.get(code="MAIN")
    receipt = Receipt.objects.create(warehouse=home, reference="DN-1")
    ReceiptLine.objects.create(receipt=receipt, product=mug, received=3, put_away=2)


def come_back() -> None:
    line, home = OrderLine.objects.get(shipped=1), Warehouse.objects.get(code="MAIN")
    back = Return.objects.create(order=line.order, number=f"{line.order}-R1", warehouse=home, status="RECEIVED")
    ReturnLine.objects.create(return_of=back, order_line=line, received=2, scrapped=1)


def an_entry_without_its_balance() -> None:
    entry = StockMovement.objects.filter(kind="RECEIVE", stock_item__product__sku="MUG-01").earliest("pk")
    entry.pk, entry.operation = None, "past the ledger"
    connection.check_constraints()  # PostgreSQL alters no table with checks still to come
    with lifted(connection):
        entry.save(force_insert=True)
        connection.check_constraints()


PLANTED: dict[str, tuple[Callable[[], Any], Named]] = {
    "on hand": (mugs(on_hand=F("on_hand") + 1), {("on hand", MUGS), (f"on hand {BY_BINS}", MUGS)}),
    "blocked": (mugs(blocked=1), {("blocked", MUGS), (f"blocked {BY_BINS}", MUGS)}),
    "reserved": (mugs(reserved=3), {("reserved", MUGS), ("reserved for shipments", MUGS)}),
    "on the shelf": (lying("A-01-01", quantity=9), {("in the bin", SHELF), (f"on hand {BY_BINS}", MUGS)}),
    "damaged": (
        lying("DAMAGED", quantity=1),
        {("in the bin", f"{MUGS} DAMAGED"), (f"on hand {BY_BINS}", MUGS), (f"blocked {BY_BINS}", MUGS)},
    ),
    "at packing": (
        lying("STAGE", quantity=1),
        {("in the bin", f"{MUGS} STAGE"), (f"on hand {BY_BINS}", MUGS), ("at packing", MUGS)},
    ),
    "the kind of a bin": (
        shelf(kind="QUARANTINE"),
        {(f"blocked {BY_BINS}", f"{sku} in MAIN") for sku in ("MUG-01", "TEA-01")},
    ),
    "the warehouse of a bin": (
        shelf_in_west,
        {(f"on hand {BY_BINS}", f"{sku} in {home}") for sku in ("MUG-01", "TEA-01") for home in ("MAIN", "WEST")},
    ),
    "an entry": (an_entry_without_its_balance, {("on hand", MUGS), ("in the bin", SHELF)}),
    "kept": (kept(quantity=3), {("reserved for shipments", MUGS), ("reserved for it", "{part}")}),
    "kept elsewhere": (
        kept_in_west,
        {("reserved for shipments", MUGS), ("reserved for shipments", MUGS_WEST), ("reserved for it", "{part}")},
    ),
    "kept of another article": (
        kept_of_teapots,
        {
            ("reserved for shipments", MUGS),
            ("reserved for shipments", "TEA-01 in MAIN"),
            ("reserved for it", "{part}"),
        },
    ),
    "released": (kept(status="RELEASED"), {("reserved for shipments", MUGS), ("reserved for it", "{part}")}),
    "reserved of a part": (part(reserved=3), {("reserved for it", "{part}"), ("reserved in shipments", "{line}")}),
    "picked of a part": (part(picked=1), {("at packing", MUGS), ("picked in shipments", "{line}")}),
    "packed of a part": (part(packed=1), {("packed in shipments", "{line}")}),
    "units of a part": (part(quantity=5), {("in shipments", "{line}")}),
    "a delivery's units": (
        delivered,
        {("at the dock by its deliveries", MUGS)},
    ),
    "a return's units": (
        come_back,
        {("at the desk by its returns", "TEA-01 in MAIN")},
    ),
    "units that left": (
        lambda: OrderLine.objects.filter(shipped=1).update(shipped=0, waiting=1),
        {("in shipments that left", "{left}")},
    ),
}


def test_books_that_agree_differ_nowhere(order: Order) -> None:
    assert list(ledger.verify()) == []


@pytest.mark.parametrize("what", PLANTED)
def test_each_disagreement_is_named_and_nothing_else(order: Order, what: str) -> None:
    plant, named = PLANTED[what]
    left = OrderLine.objects.get(shipped=1)
    words = {"part": f"{shipment(order)} line 1", "line": f"{order} line 1", "left": f"{left.order} line 1"}
    assert list(ledger.verify()) == []
    plant()
    found = list(ledger.verify())
    assert {(each.what, each.subject) for each in found} == {(name, where.format(**words)) for name, where in named}
    assert all(each.found != each.expected for each in found)


def test_a_disagreement_says_both_figures(order: Order) -> None:
    mugs(on_hand=10)()
    assert [tuple(each) for each in ledger.verify()] == [
        ("on hand", MUGS, 10, 8),
        (f"on hand {BY_BINS}", MUGS, 10, 8),
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_many_disagreements_cost_no_more_queries_than_one(shop: Shop, count: int) -> None:
    for n in range(3):
        shop.receive(ProductFactory(sku=f"SKU-{n}"), 5)
    with CaptureQueriesContext(connection) as clean:
        assert list(ledger.verify()) == []
    wrong = StockItem.objects.order_by("pk")[:count].values_list("pk", flat=True)
    StockItem.objects.filter(pk__in=list(wrong)).update(on_hand=7)
    with CaptureQueriesContext(connection) as named:
        assert len(list(ledger.verify())) == 2 * count
    assert (len(clean), len(named)) == (len(COMPARISONS), len(COMPARISONS) + 3)
