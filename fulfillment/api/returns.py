"""`/returns`: units that come back. A key sees and announces those of its own channel's orders only."""

from datetime import datetime
from typing import Annotated, Literal, Self

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router
from pydantic import BaseModel, BeforeValidator, Field

from fulfillment.api.schemas import Lines, wanted
from fulfillment.models import Return, ReturnLine
from fulfillment.services.returns import request_return
from orders.api.answers import answer
from orders.api.auth import ApiRequest, actor, requires
from orders.idempotency import once
from orders.intake.draft import Strict, clean_text
from orders.models import Order
from orders.numbers import read_number

router = Router(tags=["Returns"])

RETURNS = Return.objects.select_related("order", "warehouse").prefetch_related("lines__order_line__product")
Number = Annotated[str, BeforeValidator(clean_text), Field(min_length=1, max_length=32)]
Reason = Literal["NOT_WANTED", "WRONG_ITEM", "DAMAGED", "NOT_AS_EXPECTED", "OTHER"]


class ReturnRequest(Strict):
    """What comes back of an order; all that left, where no lines are named."""

    order: Number
    reason: Reason = "OTHER"
    lines: Lines | None = None


class ReturnedLine(BaseModel):
    """`quantity` were announced, `received` are here; each is restocked, quarantined or scrapped in the end."""

    line: int
    sku: str
    name: str
    quantity: int
    received: int
    restocked: int
    quarantined: int
    scrapped: int

    @classmethod
    def of(cls, line: ReturnLine) -> Self:
        names = ("quantity", "received", "restocked", "quarantined", "scrapped")
        of = line.order_line
        counts = {name: getattr(line, name) for name in names}
        return cls(line=of.number, sku=of.product.sku, name=of.name, **counts)


class ReturnOut(BaseModel):
    """A return, and what became of its units."""

    number: str
    order: str
    status: str
    reason: str
    is_announced: bool
    warehouse: str | None
    requested_at: datetime
    received_at: datetime | None
    closed_at: datetime | None
    lines: list[ReturnedLine]

    @classmethod
    def of(cls, each: Return) -> Self:
        return cls(
            number=each.number,
            order=each.order.number,
            status=each.status,
            reason=each.reason,
            is_announced=each.is_announced,
            warehouse=each.warehouse.code if each.warehouse else None,
            requested_at=each.requested_at,
            received_at=each.received_at,
            closed_at=each.closed_at,
            lines=[ReturnedLine.of(line) for line in each.lines.all()],
        )


@router.post("/returns", auth=requires("orders:write"), response={201: ReturnOut})
@once
def announce(request: ApiRequest, asked: ReturnRequest) -> HttpResponse:
    """Announce that units of an order come back. Nothing is booked before they arrive."""
    own = Order.objects.filter(channel=request.auth.channel)
    order = get_object_or_404(own, number=read_number(asked.order) or "")
    announced = request_return(order, wanted(asked.lines), reason=asked.reason, by=actor(request))
    return answer(ReturnOut.of(RETURNS.get(pk=announced.pk)), status=201)


@router.get("/returns/{number}", auth=requires("orders:read"), response=ReturnOut)
def show_return(request: ApiRequest, number: str) -> HttpResponse:
    """Answer one return."""
    return answer(ReturnOut.of(get_object_or_404(RETURNS, number=number, order__channel=request.auth.channel)))
