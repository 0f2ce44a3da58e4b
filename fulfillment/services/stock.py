"""Stock that arrives or is corrected. What it frees is given to the waiting orders after the commit."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet
from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from fulfillment import ledger
from fulfillment.ledger.stock import DEFAULT_BIN, Arrival
from fulfillment.models import Bin, StockItem, StockMovement, Warehouse
from fulfillment.services.counts import counted_if_short
from fulfillment.services.dock import as_it_lies, past_arrivals
from fulfillment.services.receipts import count_arrivals
from fulfillment.services.returns.waiting import why_not_spare
from orders import outbox
from orders.intake.table import Problem, shown
from orders.lifecycle import Refused
from orders.models import Actor, Product


def _reason(value: Any) -> str:
    reason = str(value).strip().lower().replace("_", " ")
    if reason not in StockMovement.Reason.values:
        said = f"A correction is for one of these reasons: {', '.join(StockMovement.Reason.values)}."
        raise PydanticCustomError("reason_unknown", said)
    return reason


GivenReason = Annotated[
    str, BeforeValidator(_reason), WithJsonSchema({"type": "string", "enum": StockMovement.Reason.values})
]
"""Why stock is corrected, as somebody outside says it: in any case."""


class UnknownStock(Refused):
    """A warehouse or a product is named that we do not have. `errors` are rows of path, code, message."""

    code = "unknown_stock"

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__(" ".join(error["message"] for error in errors), errors=errors)
        self.errors = errors


class WaitsForDesk(Refused):
    """What came back lies there until the returns desk says what becomes of it."""

    code = "waits_for_desk"


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
    """Correct the stock of a bin by `delta` units. Of what is taken from the dock, no delivery waits any more.

    Raises AlreadyApplied; NotEnoughStock, and the bin is counted then; WaitsForDesk.
    """
    named: dict[str, Any] = {"operation": operation or str(uuid4()), "by": by, "cause": reason}
    with counted_if_short(by):
        return past_arrivals(lambda: _adjust(warehouse, product, delta, bin_code, **named))


@transaction.atomic
def _adjust(warehouse: Warehouse, product: Product, delta: int, bin_code: str, **named: Any) -> StockItem:
    place = _papered(warehouse, bin_code) if delta < 0 else None
    with as_it_lies(warehouse.pk, [product.pk] if place and place.kind == Bin.Kind.DOCK else []):
        item = ledger.adjust(warehouse, product, delta, bin_code=bin_code, **named)
        if place:
            _refuse_returned(place, product)
    outbox.ring("allocate")
    return item


def _papered(warehouse: Warehouse, code: str) -> Bin | None:
    """Return the bin of this code, if papers say what lies in it."""
    kinds = (Bin.Kind.DOCK, Bin.Kind.RETURNS)
    return Bin.objects.filter(warehouse=warehouse, code=code, kind__in=kinds).first()


def _refuse_returned(place: Bin, product: Product) -> None:
    """Refuse that fewer units lie there than wait for the returns desk. Their stock is locked."""
    if complaint := why_not_spare(place, product, ledger.shelf_of(place, [product.pk])[product.pk].quantity):
        raise WaitsForDesk(complaint)
