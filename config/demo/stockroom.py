"""What the warehouse has before it as the day begins: deliveries announced, at the dock and put away; counts; reorder
rules; a few things set aside. Done by the people of the floor, once.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from django.utils import timezone

from config.demo.shop import WAREHOUSE
from config.demo.staff import worker
from fulfillment import ledger
from fulfillment.models import Bin, Count, Receipt, ReorderRule, Scan, Warehouse
from fulfillment.services import Act, expect_receipt, scan_to_close, scan_to_count, scan_to_move, scan_to_receive
from fulfillment.services.counts import ask_count, plan_counts
from orders.models import Actor, Product


class Delivery(NamedTuple):
    """What a supplier has announced, so many days from today; and what of it came in, by SKU and kind of bin."""

    number: str
    supplier: str
    days: int
    units: Mapping[str, int]
    came: tuple[tuple[str, int, Bin.Kind], ...] = ()


DOCK, DAMAGED = Bin.Kind.DOCK, Bin.Kind.DAMAGED
PUT_AWAY = Delivery(
    "PL-8830",
    "Papelaria Lume",
    0,
    {"NTB-A5-DOT": 40, "INK-BLK-50": 30},
    (("NTB-A5-DOT", 40, DOCK), ("INK-BLK-50", 28, DOCK)),
)
AT_DOCK = Delivery(
    "MV-0417",
    "Monte Verde",
    0,
    {"TEA-SEN-100": 60, "TEA-EAR-100": 60},
    (("TEA-SEN-100", 60, DOCK), ("TEA-EAR-100", 60, DOCK)),
)
HALF_IN = Delivery(
    "OR-2291",
    "Olaria do Rio",
    0,
    {"MUG-STO-OAT": 48, "VAS-STO-SML": 24, "PLT-POT-TER": 30},
    (("MUG-STO-OAT", 46, DOCK), ("MUG-STO-OAT", 2, DAMAGED), ("VAS-STO-SML", 26, DOCK)),
)
DELIVERIES = (
    PUT_AWAY,
    AT_DOCK,
    HALF_IN,
    Delivery("VW-0662", "Vapor & Weft", -1, {"TOW-LIN-BLU": 80}),
    Delivery("CN-5512", "Casa Nogueira", 1, {"BRD-OLV-30": 40, "BRU-DSH-01": 60}),
    Delivery("MM-1103", "Malmö Metall", 4, {"KET-COP-01": 20, "KNF-CHF-20": 6}),
)
RULES = {  # SKU → safety stock, reorder point
    "BLK-WOL-RST": (50, 70),
    "TEA-POT-CST": (20, 80),
    "PEN-BRS-FIN": (15, 75),
    "LAN-TIN-01": (15, 55),
    "KET-COP-01": (10, 40),
    "MUG-ENA-WHT": (40, 100),
    "CHO-DRK-70": (60, 150),
}
COUNTED = {  # SKU → units that somebody found, each of the two times that they were asked
    "MUG-ENA-PIN": 151,
    "TEA-CHA-100": 187,
    "SOA-OLV-120": 238,
    "CAN-BEE-02": 150,
}
TO_COUNT_WHOLE, TO_COUNT_EVERYWHERE = "A-03-01", "CHO-DRK-70"
PLANNED = 6
SET_ASIDE = ("HON-LAV-350", 3)
"""Jars with a crack: they are in quarantine."""


def furnish() -> None:
    """Do all of it, unless there are deliveries already."""
    warehouse = ledger.open_warehouse(WAREHOUSE)
    if not Receipt.objects.filter(warehouse=warehouse).exists():
        _Evening(warehouse).work()


class _Evening:
    """Nina receives, puts away and sets aside, Sam counts, Mia asks for counts and says when to order more."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.nina, self.sam, self.mia = (worker(name) for name in ("nina", "sam", "mia"))
        self.products = {product.sku: product for product in Product.objects.all()}
        self.standing = partial(ledger.standing_bin, warehouse)

    def work(self) -> None:
        self._write_rules()
        self._count()
        self._set_aside()
        for delivery in DELIVERIES:
            self._announce(delivery)
        self._put_away()

    def _announce(self, delivery: Delivery) -> None:
        units = {self.products[sku]: units for sku, units in delivery.units.items()}
        day = timezone.localdate() + timedelta(days=delivery.days)
        expect_receipt(self.warehouse, delivery.number, units, supplier=delivery.supplier, expected_date=day)
        for place, (sku, came, kind) in enumerate(delivery.came):
            act = _act(self.nina, sku, f"{delivery.number} {place}")
            scan_to_receive(self.products[sku], came, self.standing(kind), act, delivery.number)

    def _put_away(self) -> None:
        for sku, came, kind in PUT_AWAY.came:
            act = _act(self.nina, sku, f"put away {sku}")
            scan_to_move(self.standing(kind), self._shelf(sku), self.products[sku], came, act, Scan.Step.PUT_AWAY)
        receipt = Receipt.objects.get(warehouse=self.warehouse, reference=PUT_AWAY.number)
        scan_to_close(receipt, _act(self.nina, PUT_AWAY.number, f"close {PUT_AWAY.number}"))

    def _set_aside(self) -> None:
        sku, units = SET_ASIDE
        act = _act(self.nina, sku, f"set aside {sku}")
        target = self.standing(Bin.Kind.QUARANTINE)
        scan_to_move(self._shelf(sku), target, self.products[sku], units, act, Scan.Step.MOVE)

    def _count(self) -> None:
        for sku, units in COUNTED.items():
            place = self._shelf(sku)
            count = ask_count(self.warehouse, bin=place, product=self.products[sku], by=self.mia)
            for turn in range(2):
                if Count.objects.to_count().filter(pk=count.pk).exists():
                    for text in (place.code, str(units)):
                        scan_to_count(count, _act(self.sam, text, f"count {sku} {turn} {text}"))
        ask_count(self.warehouse, bin=self.warehouse.bins.get(code=TO_COUNT_WHOLE), by=self.mia)
        doubted = self.products[TO_COUNT_EVERYWHERE]
        ask_count(self.warehouse, product=doubted, cause=Count.Cause.SURPRISE, by=self.nina)
        plan_counts(self.warehouse, by=self.mia, limit=PLANNED)

    def _write_rules(self) -> None:
        for sku, (safety, point) in RULES.items():
            given = {"safety_stock": safety, "reorder_point": point}
            ReorderRule.objects.get_or_create(product=self.products[sku], warehouse=self.warehouse, defaults=given)

    def _shelf(self, sku: str) -> Bin:
        """Return where an article lies."""
        lying = self.warehouse.bins.filter(kind=Bin.Kind.PICK, stock__product=self.products[sku])
        return lying.order_by("pk")[:1].get()


def _act(by: Actor, text: str, name: str) -> Act:
    """Return an act that happens once, however often the demo begins anew."""
    return Act(uuid5(NAMESPACE_URL, f"demo: {name}"), by, text)
