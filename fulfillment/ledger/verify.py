"""Computes every balance again from the movements and says where they differ. Reads only."""

from collections.abc import Iterable, Iterator
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
    moved = StockMovement.objects.filter(stock_item=OuterRef("pk")).order_by()
    for column in ("on_hand", "reserved", "blocked"):
        wrong = _differing(StockItem.objects.all(), column, _total(moved, "stock_item", f"{column}_delta"))
        yield from _report(f"stock.{column}", wrong, column)


def _bins() -> Iterator[Difference]:
    came = StockMovement.objects.filter(
        to_bin=OuterRef("bin"), stock_item__product=OuterRef("product"), lot=OuterRef("lot")
    )
    went = StockMovement.objects.filter(
        from_bin=OuterRef("bin"), stock_item__product=OuterRef("product"), lot=OuterRef("lot")
    )
    expected = _total(came.order_by(), "to_bin", "quantity") - _total(went.order_by(), "from_bin", "quantity")
    yield from _report(
        "bin.quantity",
        _differing(BinStock.objects.select_related("product", "bin"), "quantity", expected),
        "quantity",
    )


def _reservations() -> Iterator[Difference]:
    opened = Reservation.objects.filter(status=Reservation.Status.OPEN).order_by()
    of_item = _total(opened.filter(stock_item=OuterRef("pk")), "stock_item", "quantity")
    yield from _report("stock.reservations", _differing(StockItem.objects.all(), "reserved", of_item), "reserved")
    of_line = _total(opened.filter(shipment_line=OuterRef("pk")), "shipment_line", "quantity")
    lines = ShipmentLine.objects.filter(shipment__status__in=Shipment.NOT_LEFT)
    yield from _report("shipment.reservations", _differing(lines, "reserved", of_line), "reserved")


def _lines() -> Iterator[Difference]:
    """Compare the stages of order lines with the shipments' lines."""
    parts = (
        ShipmentLine.objects.filter(order_line=OuterRef("pk"))
        .exclude(shipment__status=Shipment.Status.CANCELLED)
        .order_by()
    )
    held = _total(parts, "order_line", "quantity")
    unsent = OrderLine.objects.annotate(in_shipments=F("quantity") - F("cancelled"))
    yield from _report("line.in_shipments", _differing(unsent, "in_shipments", held), "in_shipments")


def _total(rows: QuerySet[Any], group: str, column: str) -> Coalesce:
    return Coalesce(Subquery(rows.values(group).annotate(total=Sum(column)).values("total")), Value(0))


def _differing(rows: QuerySet[Any], column: str, expected: Any) -> Any:
    return rows.annotate(expected=expected).exclude(expected=F(column)).iterator(chunk_size=1000)


def _report(what: str, rows: Iterable[Any], column: str) -> Iterator[Difference]:
    for row in rows:
        yield Difference(what, str(row), getattr(row, column), row.expected)
