"""How an order and its trail read over HTTP. One form of an order, wherever it is answered."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self

from babel.numbers import get_currency_precision
from django.db.models import Prefetch
from pydantic import BaseModel, Field

from fulfillment.api.schemas import LineUnits, ShipmentPart, with_parts
from fulfillment.blockers import note_expected, why_not_shipped
from fulfillment.models import Shipment
from orders.models import Event, Hold, Order, OrderLine
from tracking.services import links_for


class PromiseOut(BaseModel):
    ship_by: date
    deliver_from: date
    deliver_by: date


class LineOut(BaseModel):
    """A line of the order, and where its units are. `line` is the number by which it is asked for."""

    line: int
    sku: str
    name: str
    quantity: int
    unit_price: str
    waiting: int
    reserved: int
    picked: int
    packed: int
    shipped: int
    delivered: int
    cancelled: int

    @classmethod
    def of(cls, line: OrderLine, currency: str) -> Self:
        return cls(
            line=line.number,
            sku=line.product.sku,
            name=line.name,
            quantity=line.quantity,
            unit_price=money(line.unit_price, currency),
            **{stage: getattr(line, stage) for stage in OrderLine.STAGES},
        )


class HoldOut(BaseModel):
    """A hold that stands. `lines` is null where it holds the whole order."""

    id: int
    reason: Annotated[str, Field(json_schema_extra={"enum": Hold.Reason.values})]
    note: str
    until: datetime | None
    lines: list[LineUnits] | None
    placed_at: datetime

    @classmethod
    def of(cls, hold: Hold, quantities: dict[int, int]) -> Self:
        return cls(
            id=hold.pk,
            reason=hold.reason,
            note=hold.note,
            until=hold.until,
            lines=[LineUnits(line=line, quantity=quantities[line]) for line in hold.lines] or None,
            placed_at=hold.placed_at,
        )


class BlockerOut(BaseModel):
    """Why it is not shipped yet, and who can do something about it."""

    code: str
    message: str
    owner: str
    since: datetime | None


class OrderOut(BaseModel):
    """An order with all that is known of it. `version` counts its events: the same version, the same answer.

    Only the day when stock is expected, in a blocker, is the supplier's word, and moves without the order.
    """

    number: str
    external_id: str
    channel: str
    status: Annotated[str, Field(json_schema_extra={"enum": Order.Status.values})]
    version: int
    placed_at: datetime
    currency: str
    total: str
    promise: PromiseOut
    tracking_url: str
    lines: list[LineOut]
    shipments: list[ShipmentPart]
    holds: list[HoldOut]
    blockers: list[BlockerOut]

    @classmethod
    def all_of(cls, orders: Iterable[Order]) -> list[Self]:
        """Read orders that were fetched with their `parts()`."""
        orders = list(orders)
        links = links_for(orders)
        note_expected(shipment for order in orders for shipment in order.shipments.all())
        return [cls._of(order, links[order.pk].url) for order in orders]

    @classmethod
    def _of(cls, order: Order, tracking_url: str) -> Self:
        lines = list(order.lines.all())
        quantities = {line.number: line.quantity for line in lines}
        return cls(
            number=order.number,
            external_id=order.external_id,
            channel=order.channel.name,
            status=order.status,
            version=order.version,
            placed_at=order.placed_at,
            currency=order.currency,
            total=money(order.total, order.currency),
            promise=PromiseOut.model_validate(order, from_attributes=True),
            tracking_url=tracking_url,
            lines=[LineOut.of(line, order.currency) for line in lines],
            shipments=[ShipmentPart.of(shipment) for shipment in order.shipments.all()],
            holds=[HoldOut.of(hold, quantities) for hold in order.holds.all() if hold.released_at is None],
            blockers=[BlockerOut.model_validate(each.as_dict()) for each in why_not_shipped(order)],
        )


class EventOut(BaseModel):
    """One step of the trail; `facts` are ids and quantities, never personal data."""

    seq: int
    kind: str
    at: datetime
    recorded_at: datetime
    by: str
    facts: dict[str, Any]
    digest: str

    @classmethod
    def of(cls, event: Event) -> Self:
        shown = {name: getattr(event, name) for name in ("seq", "kind", "at", "recorded_at", "by", "facts")}
        return cls(**shown, digest=bytes(event.digest).hex())

    @classmethod
    def all_of(cls, events: Iterable[Event]) -> list[Self]:
        return [cls.of(event) for event in events]


def parts() -> list[Any]:
    """Name, for `prefetch_related`, all that an order shows: seven queries, however many orders and lines."""
    return [
        Prefetch("lines", OrderLine.objects.select_related("product")),
        "holds",
        Prefetch("shipments", with_parts(Shipment.objects.all())),
    ]


def money(amount: Decimal, currency: str) -> str:
    """Write an amount with the digits of its currency: `12.50`, `1250`."""
    return f"{amount:.{get_currency_precision(currency)}f}"
