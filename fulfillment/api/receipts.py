"""`/receipts`: deliveries that are expected, and how they arrived. They are of the house, as the stock is."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, Self

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter
from pydantic_core import PydanticCustomError

from fulfillment.models import Receipt, ReceiptLine
from fulfillment.services import expect_receipt, look_up_stock
from orders.api.answers import Filters, Id, Page, answer, answer_page, read_cursor
from orders.api.auth import ApiRequest, requires
from orders.idempotency import once
from orders.intake.draft import MAX_LINES, Quantity, Sku, Strict, Text, clean_text
from orders.models import Product

router = Router(tags=["Stock"])

PLACE = TypeAdapter(tuple[Id])
Code = Annotated[str, BeforeValidator(clean_text), Field(min_length=1, max_length=32)]
Reference = Annotated[str, BeforeValidator(clean_text), Field(min_length=1, max_length=64)]


def _date(value: Any) -> Any:
    try:
        return value and date.fromisoformat(value)
    except (TypeError, ValueError):
        raise PydanticCustomError("date_invalid", "A date is written like 2026-11-30.") from None


class ExpectedLine(Strict):
    sku: Sku
    quantity: Quantity


class Announcement(Strict):
    """What a supplier will deliver. `reference` is the number that its delivery note will bear."""

    warehouse: Code
    reference: Reference
    supplier: Text = ""
    expected_date: Annotated[date | None, BeforeValidator(_date)] = None
    lines: Annotated[list[ExpectedLine], Field(min_length=1, max_length=MAX_LINES)]

    def units(self, products: dict[str, Product]) -> Counter[Product]:
        units: Counter[Product] = Counter()
        for line in self.lines:
            units[products[line.sku]] += line.quantity
        return units


class DeliveredLine(BaseModel):
    """`received` are units in good condition, `put_away` those of them that can be promised to somebody."""

    sku: str
    name: str
    expected: int
    received: int
    damaged: int
    put_away: int

    @classmethod
    def of(cls, line: ReceiptLine) -> Self:
        counts = {name: getattr(line, name) for name in ("expected", "received", "damaged", "put_away")}
        return cls(sku=line.product.sku, name=line.product.name, **counts)


class Delivery(BaseModel):
    """A delivery. Closed, nothing more of it is expected; put away, nothing of it stands at the dock."""

    warehouse: str
    reference: str
    supplier: str
    expected_date: date | None
    arrived_at: datetime | None
    put_away_at: datetime | None
    closed_at: datetime | None
    lines: list[DeliveredLine]

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        return cls(
            warehouse=receipt.warehouse.code,
            reference=receipt.reference,
            supplier=receipt.supplier,
            expected_date=receipt.expected_date,
            arrived_at=receipt.arrived_at,
            put_away_at=receipt.put_away_at,
            closed_at=receipt.closed_at,
            lines=[DeliveredLine.of(line) for line in receipt.lines.all()],
        )

    @classmethod
    def all_of(cls, receipts: Iterable[Receipt]) -> list[Self]:
        return [cls.of(receipt) for receipt in receipts]


class ReceiptFilters(Filters):
    warehouse: Code | None = None
    reference: Reference | None = None
    is_closed: bool | None = None


RECEIPTS = Receipt.objects.select_related("warehouse").prefetch_related("lines__product")


@router.get("/receipts", auth=requires("stock:read"), response=Page[Delivery])
def find_receipts(request: ApiRequest, filters: Query[ReceiptFilters]) -> HttpResponse:
    """List deliveries, as they were announced: what is expected of each, and what arrived."""
    given = {
        "warehouse__code": filters.warehouse,
        "closed_at__isnull": None if filters.is_closed is None else not filters.is_closed,
        "pk__gt": filters.cursor and read_cursor(filters.cursor, PLACE)[0],
    }
    receipts = RECEIPTS.filter(**{name: value for name, value in given.items() if value is not None})
    if filters.reference is not None:
        receipts = receipts.numbered(filters.reference)
    return answer_page(request, receipts.order_by("pk"), Delivery.all_of, limit=filters.limit, by=("pk",))


@router.post("/receipts", auth=requires("stock:write"), response={201: Delivery})
@once
def announce(request: ApiRequest, announced: Announcement) -> HttpResponse:  # noqa: ARG001 - ninja passes the request
    """Announce a delivery: what waits for its articles is told the day. Nothing is booked before it arrives."""
    skus = {f"lines.{place}.sku": line.sku for place, line in enumerate(announced.lines)}
    warehouse, products = look_up_stock(announced.warehouse, skus)
    receipt = expect_receipt(
        warehouse,
        announced.reference,
        announced.units(products),
        supplier=announced.supplier,
        expected_date=announced.expected_date,
    )
    return answer(Delivery.of(RECEIPTS.get(pk=receipt.pk)), status=201)
