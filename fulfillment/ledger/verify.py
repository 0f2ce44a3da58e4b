"""Computes every balance again from the movements and says where they differ. Reads only."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from fulfillment.models import BinStock, Reservation, Shipment, ShipmentLine, StockItem, StockMovement
from orders.models import OrderLine


class Difference(NamedTuple):
    """A number that does not follow from the rows it ought to follow from."""

    what: str
    subject: str
    found: int
    expected: int


def verify() -> Iterator[Difference]:
    """Yield every balance, bin, reservation and line that disagrees with the ledger."""
    yield from _balances()
    yield from _bins()
    yield from _reservations()
    yield from _lines()


def _balances() -> Iterator[Difference]:
    moved = StockMovement.objects.filter(stock_item=OuterRef("pk"))
    for column in ("on_hand", "reserved", "blocked"):
        yield from _report(f"stock.{column}", _ITEMS, column, _total(moved, "stock_item", f"{column}_delta"), _item)


def _bins() -> Iterator[Difference]:
    here = {"stock_item__product": OuterRef("product"), "lot": OuterRef("lot")}
    came = _total(StockMovement.objects.filter(to_bin=OuterRef("bin"), **here), "to_bin", "quantity")
    went = _total(StockMovement.objects.filter(from_bin=OuterRef("bin"), **here), "from_bin", "quantity")
    places = BinStock.objects.select_related("product", "bin__warehouse")
    yield from _report("bin.quantity", places, "quantity", came - went, _place)
    lying = BinStock.objects.filter(product=OuterRef("product"), bin__warehouse=OuterRef("warehouse"))
    yield from _report("stock.in_bins", _ITEMS, "on_hand", _total(lying, "product", "quantity"), _item)


def _reservations() -> Iterator[Difference]:
    opened = Reservation.objects.filter(status=Reservation.Status.OPEN)
    of_item = _total(opened.filter(stock_item=OuterRef("pk")), "stock_item", "quantity")
    yield from _report("stock.reservations", _ITEMS, "reserved", of_item, _item)
    of_line = _total(opened.filter(shipment_line=OuterRef("pk")), "shipment_line", "quantity")
    lines = ShipmentLine.objects.filter(shipment__status__in=Shipment.NOT_LEFT)
    lines = lines.select_related("shipment", "order_line")
    yield from _report("shipment.reservations", lines, "reserved", of_line, _part)


def _lines() -> Iterator[Difference]:
    """Compare the stages of order lines with the shipments' lines."""
    parts = ShipmentLine.objects.filter(order_line=OuterRef("pk"))
    standing = _total(parts.exclude(shipment__status=Shipment.Status.CANCELLED), "order_line", "quantity")
    kept = _total(parts.filter(shipment__status__in=Shipment.NOT_LEFT), "order_line", "reserved")
    lines = OrderLine.objects.select_related("order").annotate(
        in_shipments=F("quantity") - F("cancelled"),
        kept=F("reserved") + F("picked") + F("packed"),
    )
    yield from _report("line.in_shipments", lines, "in_shipments", standing, _line)
    yield from _report("line.reserved", lines, "kept", kept, _line)


_ITEMS = StockItem.objects.select_related("product", "warehouse")


def _total(rows: QuerySet[Any], group: str, column: str) -> Coalesce:
    totals = rows.order_by().values(group).annotate(total=Sum(column)).values("total")
    return Coalesce(Subquery(totals), Value(0))


def _report(
    what: str, rows: QuerySet[Any], column: str, expected: Any, name: Callable[[Any], str]
) -> Iterator[Difference]:
    for row in rows.annotate(expected=expected).exclude(expected=F(column)).iterator(chunk_size=1000):
        yield Difference(what, name(row), getattr(row, column), row.expected)


def _item(row: StockItem) -> str:
    return f"{row.product.sku} in {row.warehouse.code}"


def _place(row: BinStock) -> str:
    return " ".join(filter(None, (f"{row.product.sku} in {row.bin.warehouse.code} {row.bin.code}", row.lot)))


def _part(row: ShipmentLine) -> str:
    return f"{row.shipment.number} line {row.order_line.number}"


def _line(row: OrderLine) -> str:
    return f"{row.order.number} line {row.number}"
