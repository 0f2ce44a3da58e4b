"""What the database says after a step: one plain query a table, its rows in one order whatever was updated."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection

from fulfillment.models import Bin, Warehouse
from orders.models import OrderLine, Product

TABLES = {
    "bins": "SELECT bin_id, product_id, quantity, version FROM fulfillment_binstock ORDER BY id",
    "items": "SELECT warehouse_id, product_id, on_hand, reserved, blocked FROM fulfillment_stockitem ORDER BY id",
    "kept": """SELECT line.order_line_id, item.warehouse_id, kept.quantity, kept.shipment_line_id
               FROM fulfillment_reservation kept
               JOIN fulfillment_shipmentline line ON line.id = kept.shipment_line_id
               JOIN fulfillment_stockitem item ON item.id = kept.stock_item_id WHERE kept.status = 'OPEN'
               ORDER BY kept.id""",
    "lines": f"""SELECT id, order_id, number, product_id, quantity, {", ".join(OrderLine.STAGES)}
                 FROM orders_orderline ORDER BY id""",
    "parts": """SELECT part.id, part.order_line_id, shipment.id, shipment.status, shipment.warehouse_id,
                       part.quantity, part.reserved, part.picked, part.packed
                FROM fulfillment_shipmentline part JOIN fulfillment_shipment shipment ON shipment.id = part.shipment_id
                ORDER BY shipment.id, part.id""",
    "orders": "SELECT id, status, version, is_ship_complete FROM orders_order ORDER BY id",
    "tasks": """SELECT id, cart_id, shipment_line_id, bin_id, quantity, picked, status, claimed_by,
                      place, lease_until
                FROM fulfillment_picktask ORDER BY id""",
    "boxes": """SELECT parcel.id, parcel.number, parcel.carrier, parcel.loaded_at, parcel.manifest_id,
                       shipment.id, shipment.status, shipment.warehouse_id, held.shipment_line_id, held.quantity
                FROM fulfillment_parcel parcel JOIN fulfillment_shipment shipment ON shipment.id = parcel.shipment_id
                LEFT JOIN fulfillment_parcelline held ON held.parcel_id = parcel.id ORDER BY parcel.id, held.id""",
    "counts": "SELECT id, status, counted_by, bin_id, product_id FROM fulfillment_count ORDER BY id",
    "counted": """SELECT id, count_of_id, bin_id, product_id, book, counted, first
                  FROM fulfillment_countline ORDER BY id""",
    "receipts": "SELECT id, arrived_at, closed_at, put_away_at FROM fulfillment_receipt ORDER BY id",
    "received": """SELECT line.id, line.expected, line.received, line.damaged, line.put_away, line.product_id,
                          receipt.warehouse_id
                   FROM fulfillment_receiptline line JOIN fulfillment_receipt receipt ON receipt.id = line.receipt_id
                   ORDER BY line.id""",
    "returns": "SELECT id, status, order_id, warehouse_id FROM fulfillment_return ORDER BY id",
    "returned": """SELECT id, return_of_id, order_line_id, received, restocked, quarantined, scrapped
                   FROM fulfillment_returnline ORDER BY id""",
    "checked": """SELECT COUNT(*) FROM fulfillment_scan
                  WHERE quantity > 0 OR (step = 'PACK' AND result = 'RIGHT')""",
    "scans": "SELECT COUNT(*) FROM fulfillment_scan",
}


@dataclass(frozen=True)
class Part:
    """The units of a line that are in a shipment."""

    line: int
    shipment: int
    status: str
    home: str
    quantity: int
    reserved: int
    picked: int
    packed: int

    def stages(self) -> dict[str, int]:
        """The stages of its units, those furthest from the door first."""
        counts = (self.quantity, self.reserved, self.picked, self.packed, 0)
        names = ("waiting", "reserved", "picked", "packed")
        return {name: counts[n] - counts[n + 1] for n, name in enumerate(names)}


@dataclass(frozen=True)
class Box:
    """A parcel."""

    number: str
    carrier: str
    is_loaded: bool
    manifest: int | None
    shipment: int
    status: str
    home: str


class Names:
    """Codes of what does not change in an example."""

    def __init__(self) -> None:
        self.homes = dict(Warehouse.objects.values_list("pk", "code"))
        self.bins = {
            pk: (self.homes[home], code) for pk, home, code in Bin.objects.values_list("pk", "warehouse", "code")
        }
        self.skus = dict(Product.objects.values_list("pk", "sku"))


class Books:
    """All the rows, and what they say in the model's words."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.rows: dict[str, list[tuple[Any, ...]]] = {}
        with connection.cursor() as cursor:
            for table, sql in TABLES.items():
                cursor.execute(sql)
                self.rows[table] = cursor.fetchall()

    def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything but the record of scans, which is kept of wrong ones as well, and the leases that they renew."""
        tasks = [row[:-1] for row in self.rows["tasks"]]
        return {table: rows for table, rows in self.rows.items() if table != "scans"} | {"tasks": tasks}

    @cached_property
    def bins(self) -> dict[tuple[str, str, str], int]:
        skus, places = self.names.skus, self.names.bins
        return {(*places[bin_], skus[product]): units for bin_, product, units, _ in self.rows["bins"] if units}

    @cached_property
    def papers(self) -> Counter[tuple[str, str, str]]:
        """What deliveries say stands at the dock, and returns at their desk."""
        homes, skus = self.names.homes, self.names.skus
        waiting: Counter[tuple[str, str, str]] = Counter()
        for _, _, received, _, away, product, home in self.rows["received"]:
            waiting[homes[home], "DOCK", skus[product]] += received - away
        where = {row[0]: row[3] for row in self.rows["returns"]}
        products = {row[0]: row[3] for row in self.rows["lines"]}
        for _, back, line, received, *decided in self.rows["returned"]:
            if undecided := received - sum(decided):
                waiting[homes[where[back]], "RETURNS", skus[products[line]]] += undecided
        return waiting

    @cached_property
    def balances(self) -> dict[tuple[str, str], tuple[int, int, int]]:
        homes, skus = self.names.homes, self.names.skus
        return {(homes[home], skus[product]): tuple(rest) for home, product, *rest in self.rows["items"]}  # type: ignore[misc]

    @cached_property
    def kept(self) -> Counter[tuple[int, str]]:
        total: Counter[tuple[int, str]] = Counter()
        for line, home, units, _ in self.rows["kept"]:
            total[line, self.names.homes[home]] += units
        return total

    @cached_property
    def stages(self) -> dict[int, dict[str, int]]:
        return {row[0]: dict(zip(OrderLine.STAGES, row[5:], strict=True)) for row in self.rows["lines"]}

    @cached_property
    def parts(self) -> list[Part]:
        return [Part(row[1], row[2], row[3], self.names.homes.get(row[4], ""), *row[5:]) for row in self.rows["parts"]]

    @cached_property
    def boxes(self) -> list[Box]:
        homes = self.names.homes
        rows = {row[0]: row for row in self.rows["boxes"]}.values()
        return [Box(row[1], row[2], row[3] is not None, *row[4:7], homes[row[7]]) for row in rows]

    def parts_of(self, shipment: int) -> list[Part]:
        return [part for part in self.parts if part.shipment == shipment and part.quantity]

    def shipments(self, *statuses: str) -> list[int]:
        return list(dict.fromkeys(part.shipment for part in self.parts if part.status in statuses))

    def lines_of(self, order: int) -> dict[int, int]:
        """Number of the line → its primary key."""
        return {row[2]: row[0] for row in self.rows["lines"] if row[1] == order}

    def order_of(self, line: int) -> int:
        return next(row[1] for row in self.rows["lines"] if row[0] == line)

    def to_fetch(self) -> Counter[int]:
        """Line of a shipment → units that tasks are to fetch for it."""
        total: Counter[int] = Counter()
        for _, _, line, _, quantity, picked, status, *_ in self.rows["tasks"]:
            if status in {"OPEN", "CLAIMED"}:
                total[line] += quantity - picked
        return total

    def holders(self) -> dict[str, int]:
        """Who walks with which cart."""
        return {row[7]: row[1] for row in self.rows["tasks"] if row[6] == "CLAIMED"}
