"""Computes every balance again from the movements and says where they differ. Reads only.

What is compared is read in one statement, as orders go on meanwhile; and grouped, not looked up row by row: that is
as fast without the planner's statistics, right after a big import.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from django.db import connection

from fulfillment.models import Bin, Shipment, ShipmentLine, StockItem
from orders.models import OrderLine, Product

NOT_LEFT = ", ".join(f"'{status}'" for status in Shipment.NOT_LEFT)
LEFT = ", ".join(f"'{status}'" for status in Shipment.LEFT)


class Difference(NamedTuple):
    """A number that does not follow from the rows it ought to follow from."""

    what: str
    subject: str
    found: int
    expected: int


class Comparison(NamedTuple):
    """Two SELECTs of key and number: for each key the numbers of both have to add up to the same."""

    what: str
    found: str
    expected: str
    name: Callable[[str], str]


def verify() -> Iterator[Difference]:
    """Yield every balance, bin, reservation and line that disagrees with the ledger."""
    for comparison in COMPARISONS:
        yield from _differences(comparison)


def _differences(comparison: Comparison) -> Iterator[Difference]:
    sql = f"""
        SELECT subject, SUM(found), SUM(expected)
        FROM (SELECT subject, number AS found, 0 AS expected FROM ({comparison.found}) AS f
              UNION ALL SELECT subject, 0, number FROM ({comparison.expected}) AS e) AS both_sides
        GROUP BY subject HAVING SUM(found) <> SUM(expected) ORDER BY subject"""  # noqa: S608 - written below
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows = cursor.fetchall()
    for subject, found, expected in rows:
        yield Difference(comparison.what, comparison.name(subject), int(found), int(expected))


def _item(key: str) -> str:
    item = StockItem.objects.select_related("product", "warehouse").get(pk=key)
    return f"{item.product.sku} in {item.warehouse.code}"


def _place(key: str) -> str:
    product, place, lot = key.split(":", 2)
    bin_ = Bin.objects.select_related("warehouse").get(pk=place)
    return f"{Product.objects.get(pk=product).sku} in {bin_.warehouse.code} {bin_.code} {lot}".rstrip()


def _part(key: str) -> str:
    line = ShipmentLine.objects.select_related("shipment", "order_line").get(pk=key)
    return f"{line.shipment.number} line {line.order_line.number}"


def _line(key: str) -> str:
    line = OrderLine.objects.select_related("order").get(pk=key)
    return f"{line.order.number} line {line.number}"


def _balance(column: str) -> Comparison:
    return Comparison(
        f"stock.{column}",
        f"SELECT id AS subject, {column} AS number FROM fulfillment_stockitem",  # noqa: S608
        f"SELECT stock_item_id AS subject, {column}_delta AS number FROM fulfillment_stockmovement",  # noqa: S608
        _item,
    )


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


_OPEN = "AS subject, quantity AS number FROM fulfillment_reservation WHERE status = 'OPEN'"

COMPARISONS = [
    *map(_balance, ("on_hand", "reserved", "blocked")),
    Comparison(
        "bin.quantity",
        "SELECT product_id || ':' || bin_id || ':' || lot AS subject, quantity AS number FROM fulfillment_binstock",
        f"{_moved('to_bin_id', '')} UNION ALL {_moved('from_bin_id', '-')}",
        _place,
    ),
    Comparison(
        "stock.reservations",
        "SELECT id AS subject, reserved AS number FROM fulfillment_stockitem",
        f"SELECT stock_item_id {_OPEN}",
        _item,
    ),
    Comparison(
        "shipment.reservations",
        _parts("reserved", NOT_LEFT, subject="id"),
        f"SELECT shipment_line_id {_OPEN}",
        _part,
    ),
    Comparison("line.in_shipments", _lines("quantity - cancelled"), _parts("quantity", f"{NOT_LEFT}, {LEFT}"), _line),
    Comparison("line.reserved", _lines("reserved + picked + packed"), _parts("reserved", NOT_LEFT), _line),
    Comparison("line.shipped", _lines("shipped + delivered"), _parts("quantity", LEFT), _line),
]
