"""`/stock`: balances, receipts, adjustments. Stock is of the house: a key with the scope sees all of it."""

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter
from pydantic_core import PydanticCustomError

from fulfillment.api.schemas import StockOut
from fulfillment.ledger.stock import DEFAULT_BIN, Arrival
from fulfillment.models import StockItem, Warehouse
from fulfillment.services import adjust_stock, look_up_stock, receive_stock
from fulfillment.services.stock import GivenReason
from orders.api.answers import Filters, Id, Page, answer, answer_page, read_cursor
from orders.api.auth import ApiRequest, actor, requires
from orders.idempotency import once
from orders.intake.draft import MAX_LINES, MAX_QUANTITY, GivenText, Quantity, Sku, Strict, clean_text

router = Router(tags=["Stock"])

PLACE = TypeAdapter(tuple[Id])
Code = Annotated[str, BeforeValidator(clean_text), Field(min_length=1, max_length=32)]


def _delta(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= abs(value) <= MAX_QUANTITY:
        sentence = "A correction is a whole number, up to 1 000 000 more or less, and not 0."
        raise PydanticCustomError("quantity_invalid", sentence)
    return value


class StockFilters(Filters):
    sku: Sku | None = None
    warehouse: Code | None = None


class ReceivedLine(Strict):
    sku: Sku
    quantity: Quantity
    bin: Code = DEFAULT_BIN


class Receipt(Strict):
    """What arrived. `reference` is your word for it, such as the number of the delivery note."""

    warehouse: Code
    reference: GivenText
    lines: Annotated[list[ReceivedLine], Field(min_length=1, max_length=MAX_LINES)]


class ReceiptOut(BaseModel):
    """What was booked, and the stock that it made."""

    warehouse: str
    reference: str
    units: int
    stock: list[StockOut]


class Adjustment(Strict):
    """A correction of one bin, by so many units more or less, and why."""

    warehouse: Code
    sku: Sku
    bin: Code = DEFAULT_BIN
    delta: Annotated[int, BeforeValidator(_delta), Field(ge=-MAX_QUANTITY, le=MAX_QUANTITY)]
    reason: GivenReason


@router.get("/stock", auth=requires("stock:read"), response=Page[StockOut])
def find_stock(request: ApiRequest, filters: Query[StockFilters]) -> HttpResponse:
    """List the balances: what is there, what of it is reserved or blocked, and what is free."""
    given = {
        "product__sku": filters.sku,
        "warehouse__code": filters.warehouse,
        "pk__gt": filters.cursor and read_cursor(filters.cursor, PLACE)[0],
    }
    items = StockItem.objects.filter(**{name: value for name, value in given.items() if value is not None})
    items = items.select_related("product", "warehouse").order_by("pk")
    return answer_page(request, items, StockOut.all_of, limit=filters.limit, by=("pk",))


@router.post("/stock/receipts", auth=requires("stock:write"), response=ReceiptOut)
@once
def receive(request: ApiRequest, receipt: Receipt) -> HttpResponse:
    """Book what arrived; orders that wait for it get it by promise, then age."""
    skus = {f"lines.{place}.sku": line.sku for place, line in enumerate(receipt.lines)}
    warehouse, products = look_up_stock(receipt.warehouse, skus)
    arrivals = [Arrival(products[line.sku], line.quantity, line.bin, place) for place, line in enumerate(receipt.lines)]
    units = receive_stock(warehouse, arrivals, by=actor(request), reference=receipt.reference)
    stock = _stock(warehouse, set(products))
    return answer(ReceiptOut(warehouse=warehouse.code, reference=receipt.reference, units=units, stock=stock))


@router.post("/stock/adjustments", auth=requires("stock:write"), response=StockOut)
@once
def adjust(request: ApiRequest, asked: Adjustment) -> HttpResponse:
    """Correct the stock of a bin; answers the balance that it made."""
    warehouse, products = look_up_stock(asked.warehouse, {"sku": asked.sku})
    product = products[asked.sku]
    adjust_stock(warehouse, product, asked.delta, by=actor(request), reason=asked.reason, bin_code=asked.bin)
    return answer(_stock(warehouse, {asked.sku})[0])


def _stock(warehouse: Warehouse, skus: set[str]) -> list[StockOut]:
    items = StockItem.objects.filter(warehouse=warehouse, product__sku__in=skus)
    return StockOut.all_of(items.select_related("product", "warehouse").order_by("product__sku"))
