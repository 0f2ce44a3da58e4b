"""Stock that arrives or is corrected. What it frees is given to the waiting orders after the commit."""

from collections.abc import Mapping, Sequence
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet

from fulfillment import ledger
from fulfillment.ledger.stock import DEFAULT_BIN, Arrival
from fulfillment.models import StockItem, Warehouse
from fulfillment.services.counts import counted_if_short
from fulfillment.services.receipts import count_arrivals
from orders import outbox
from orders.intake.table import Problem, shown
from orders.lifecycle import Refused
from orders.models import Actor, Product


class UnknownStock(Refused):
    """A warehouse or a product is named that we do not have. `errors` are rows of path, code, message."""

    code = "unknown_stock"

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__(" ".join(error["message"] for error in errors), errors=errors)
        self.errors = errors


def look_up_stock(warehouse: str, skus: Mapping[str, str]) -> tuple[Warehouse, dict[str, Product]]:
    """Return the warehouse of this code, and by their SKU the products of `skus`: path in the request → SKU.

    Raises UnknownStock, naming every path.
    """
    place = Warehouse.objects.filter(code=warehouse).first()
    products = {product.sku: product for product in Product.objects.filter(sku__in=set(skus.values()))}
    errors = [
        {"path": path, "code": "sku_unknown", "message": f"There is no product with the SKU {sku}."}
        for path, sku in skus.items()
        if sku not in products
    ]
    if place is None:
        message = f"There is no warehouse {warehouse}."
        errors.insert(0, {"path": "warehouse", "code": "warehouse_unknown", "message": message})
    if errors or place is None:
        raise UnknownStock(errors)
    return place, products


def not_among(codes: Mapping[int, str], among: QuerySet[Warehouse] | None) -> dict[int, list[Problem]]:
    """Return by row number what is wrong where its warehouse is none of these; without any to ask, each is right."""
    if among is None:
        return {}
    there = set(among.filter(code__in=set(codes.values())).values_list("code", flat=True))
    return {
        number: [Problem(number, "warehouse", shown(code), f"There is no warehouse {shown(code)}.")]
        for number, code in codes.items()
        if code not in there
    }


def receive_stock(
    warehouse: Warehouse,
    arrivals: Sequence[Arrival],
    *,
    by: Actor,
    reference: str,
    operation: str | None = None,
) -> int:
    """Book a receipt; return its units. Raises AlreadyApplied where the operation was booked before.

    Where a delivery of this number is expected, what came is counted there as well.
    """
    with transaction.atomic():
        count_arrivals(warehouse, reference, arrivals)
        units = ledger.receive(warehouse, arrivals, operation=operation or str(uuid4()), by=by, cause=reference)
        outbox.ring("allocate")
    return units


def adjust_stock(
    warehouse: Warehouse,
    product: Product,
    delta: int,
    *,
    by: Actor,
    reason: str,
    bin_code: str = DEFAULT_BIN,
    operation: str | None = None,
) -> StockItem:
    """Correct the stock of a bin by `delta` units. Raises AlreadyApplied, NotEnoughStock: the bin is counted then."""
    with counted_if_short(by), transaction.atomic():
        item = ledger.adjust(
            warehouse,
            product,
            delta,
            bin_code=bin_code,
            operation=operation or str(uuid4()),
            by=by,
            cause=reason,
        )
        outbox.ring("allocate")
    return item
