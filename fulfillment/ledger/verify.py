"""Computes every balance again from the movements and says where they differ. Reads only.

What is compared is read in one statement, as orders go on meanwhile; and grouped, not looked up row by row: that is
as fast without the planner's statistics, right after a big import.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from django.db import connection

from fulfillment.models import Bin, Shipment, ShipmentLine, StockItem, Warehouse
from orders.models import OrderLine, Product

Names = Mapping[str, str]


def _words(values: Sequence[str]) -> str:
    """Return the values as they stand in a list of SQL."""
    return ", ".join(f"'{value}'" for value in values)


NOT_LEFT, LEFT, BLOCKED = _words(Shipment.NOT_LEFT), _words(Shipment.LEFT), _words(Bin.BLOCKED)


class Difference(NamedTuple):
    """A number that does not follow from the rows it ought to follow from."""

    what: str
    subject: str
    found: int
    expected: int


class Comparison(NamedTuple):
    """Two SELECTs of key and number: for each key the numbers of both have to add up to the same.

    `is_limit`: what is found may be less than what is expected.
    """

    what: str
    found: str
    expected: str
    names: Callable[[Sequence[str]], Names]
    is_limit: bool = False


def verify() -> Iterator[Difference]:
    """Yield every balance, bin, reservation and line that disagrees with the ledger."""
    for comparison in COMPARISONS:
        yield from _differences(comparison)


def _differences(comparison: Comparison) -> Iterator[Difference]:
    sql = f"""
        SELECT subject, SUM(found), SUM(expected)
        FROM (SELECT subject, number AS found, 0 AS expected FROM ({comparison.found}) AS f
              UNION ALL SELECT subject, 0, number FROM ({comparison.expected}) AS e) AS both_sides
        GROUP BY subject HAVING SUM(found) {">" if comparison.is_limit else "<>"} SUM(expected) ORDER BY subject"""  # noqa: S608 - written below
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows = {str(subject): (int(found), int(expected)) for subject, found, expected in cursor.fetchall()}
    names = comparison.names(list(rows)) if rows else {}
    for key, (found, expected) in rows.items():
        yield Difference(comparison.what, names[key], found, expected)


def _items(keys: Sequence[str]) -> Names:
    items = StockItem.objects.filter(pk__in=keys).select_related("product", "warehouse")
    return {str(item.pk): f"{item.product.sku} in {item.warehouse.code}" for item in items}


def _homes(keys: Sequence[str]) -> Names:
    """Name products in warehouses, where there may be no stock item of them."""
    pairs = {key: [int(part) for part in key.split(":")] for key in keys}
    products = Product.objects.in_bulk({product for product, _ in pairs.values()})
    homes = Warehouse.objects.in_bulk({home for _, home in pairs.values()})
    return {key: f"{products[product].sku} in {homes[home].code}" for key, (product, home) in pairs.items()}


def _places(keys: Sequence[str]) -> Names:
    parts = {key: key.split(":", 2) for key in keys}
    products = Product.objects.in_bulk({int(product) for product, _, _ in parts.values()})
    bins = Bin.objects.select_related("warehouse").in_bulk({int(place) for _, place, _ in parts.values()})
    return {
        key: f"{products[int(product)].sku} in {bins[int(place)].warehouse.code} {bins[int(place)].code} {lot}".rstrip()
        for key, (product, place, lot) in parts.items()
    }


def _parts_named(keys: Sequence[str]) -> Names:
    lines = ShipmentLine.objects.filter(pk__in=keys).select_related("shipment", "order_line")
    return {str(line.pk): f"{line.shipment.number} line {line.order_line.number}" for line in lines}


def _lines_named(keys: Sequence[str]) -> Names:
    lines = OrderLine.objects.filter(pk__in=keys).select_related("order")
    return {str(line.pk): f"{line.order.number} line {line.number}" for line in lines}


def _balance(column: str) -> Comparison:
    return Comparison(
        column.replace("_", " "),
        f"SELECT id AS subject, {column} AS number FROM fulfillment_stockitem",  # noqa: S608
        f"SELECT stock_item_id AS subject, {column}_delta AS number FROM fulfillment_stockmovement",  # noqa: S608
        _items,
    )


def _in_bins(column: str, kinds: str) -> Comparison:
    """Compare a balance with what lies in the bins of its warehouse."""
    return Comparison(
        f"{column.replace('_', ' ')} by what lies in the bins",
        f"SELECT product_id || ':' || warehouse_id AS subject, {column} AS number FROM fulfillment_stockitem",  # noqa: S608
        _lying(kinds),
        _homes,
    )


def _lying(kinds: str) -> str:
    return f"""
        SELECT lying.product_id || ':' || place.warehouse_id AS subject, lying.quantity AS number
        FROM fulfillment_binstock AS lying JOIN fulfillment_bin AS place ON place.id = lying.bin_id
        WHERE place.kind IN ({kinds})"""  # noqa: S608


def _moved(end: str, sign: str) -> str:
    """Select what came to a bin, or went from it, by the movements."""
    return f"""
        SELECT item.product_id || ':' || moved.{end} || ':' || moved.lot AS subject, {sign}moved.quantity AS number
        FROM fulfillment_stockmovement AS moved JOIN fulfillment_stockitem AS item ON item.id = moved.stock_item_id
        WHERE moved.{end} IS NOT NULL"""  # noqa: S608


def _parts(column: str, statuses: str, subject: str = "order_line_id") -> str:
    """Select the units of lines in shipments that stand there."""
    return f"""
        SELECT part.{subject} AS subject, part.{column} AS number
        FROM fulfillment_shipmentline AS part JOIN fulfillment_shipment AS shipment ON shipment.id = part.shipment_id
        WHERE shipment.status IN ({statuses})"""  # noqa: S608


def _lines(units: str) -> str:
    return f"SELECT id AS subject, {units} AS number FROM orders_orderline"  # noqa: S608


_OPEN = "SELECT stock_item_id AS subject, quantity AS number FROM fulfillment_reservation WHERE status = 'OPEN'"
_FIT = """
    SELECT part.id AS subject, kept.quantity AS number
    FROM fulfillment_reservation AS kept
    JOIN fulfillment_shipmentline AS part ON part.id = kept.shipment_line_id
    JOIN fulfillment_shipment AS shipment ON shipment.id = part.shipment_id
    JOIN orders_orderline AS line ON line.id = part.order_line_id
    JOIN fulfillment_stockitem AS item ON item.id = kept.stock_item_id AND item.product_id = line.product_id
    WHERE kept.status = 'OPEN' AND COALESCE(shipment.warehouse_id, item.warehouse_id) = item.warehouse_id"""
"""What is kept for a line, of its own article and in the warehouse that its shipment goes from."""
_PICKED = f"""
    SELECT line.product_id || ':' || shipment.warehouse_id AS subject, part.picked AS number
    FROM fulfillment_shipmentline AS part
    JOIN fulfillment_shipment AS shipment ON shipment.id = part.shipment_id
    JOIN orders_orderline AS line ON line.id = part.order_line_id
    WHERE part.picked > 0 AND shipment.status IN ({NOT_LEFT})"""  # noqa: S608

_AT_DOCK = """
    SELECT line.product_id || ':' || receipt.warehouse_id AS subject, line.received - line.put_away AS number
    FROM fulfillment_receiptline AS line JOIN fulfillment_receipt AS receipt ON receipt.id = line.receipt_id
    WHERE line.received > line.put_away"""
_AT_DESK = """
    SELECT line.product_id || ':' || back.warehouse_id AS subject,
           part.received - part.restocked - part.quarantined - part.scrapped AS number
    FROM fulfillment_returnline AS part
    JOIN fulfillment_return AS back ON back.id = part.return_of_id
    JOIN orders_orderline AS line ON line.id = part.order_line_id
    WHERE part.received > part.restocked + part.quarantined + part.scrapped"""

COMPARISONS = [
    *map(_balance, ("on_hand", "reserved", "blocked")),
    Comparison(
        "in the bin",
        "SELECT product_id || ':' || bin_id || ':' || lot AS subject, quantity AS number FROM fulfillment_binstock",
        f"{_moved('to_bin_id', '')} UNION ALL {_moved('from_bin_id', '-')}",
        _places,
    ),
    _in_bins("on_hand", _words(Bin.Kind.values)),
    _in_bins("blocked", BLOCKED),
    Comparison("at the dock by its deliveries", _AT_DOCK, _lying(_words([Bin.Kind.DOCK])), _homes, is_limit=True),
    Comparison("at the desk by its returns", _AT_DESK, _lying(_words([Bin.Kind.RETURNS])), _homes, is_limit=True),
    Comparison("at packing", _lying(_words([Bin.Kind.STAGE])), _PICKED, _homes),
    Comparison(
        "reserved for shipments",
        "SELECT id AS subject, reserved AS number FROM fulfillment_stockitem",
        _OPEN,
        _items,
    ),
    Comparison("reserved for it", _parts("reserved", NOT_LEFT, subject="id"), _FIT, _parts_named),
    Comparison("in shipments", _lines("quantity - cancelled"), _parts("quantity", f"{NOT_LEFT}, {LEFT}"), _lines_named),
    Comparison(
        "reserved in shipments", _lines("reserved + picked + packed"), _parts("reserved", NOT_LEFT), _lines_named
    ),
    Comparison("picked in shipments", _lines("picked + packed"), _parts("picked", NOT_LEFT), _lines_named),
    Comparison("packed in shipments", _lines("packed"), _parts("packed", NOT_LEFT), _lines_named),
    Comparison("in shipments that left", _lines("shipped + delivered"), _parts("quantity", LEFT), _lines_named),
]
