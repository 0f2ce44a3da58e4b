"""How shipments, parcels and stock read over HTTP, and what may be asked of them."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Self

from django.db.models import Prefetch, QuerySet
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from fulfillment.models import Parcel, Shipment, ShipmentLine, StockItem
from orders.intake.draft import MAX_LINES, Quantity, Strict


class LineUnits(Strict):
    """Units of a line of the order; `line` is its number there: 1, 2 …"""

    line: Annotated[int, Field(ge=1, le=MAX_LINES, strict=True)]
    quantity: Quantity


def _each_once(lines: "list[LineUnits]") -> "list[LineUnits]":
    seen: set[int] = set()
    for place, each in enumerate(lines):
        if each.line in seen:
            raise PydanticCustomError(
                "line_repeated", "Line {line} is named twice.", {"line": each.line, "path": f"{place}.line"}
            )
        seen.add(each.line)
    return lines


Lines = Annotated[list[LineUnits], Field(min_length=1, max_length=MAX_LINES), AfterValidator(_each_once)]


def wanted(lines: Sequence[LineUnits] | None) -> dict[int, int] | None:
    """Return what the services take: number of the line → units; None means all."""
    return None if lines is None else {each.line: each.quantity for each in lines}


class ParcelOut(BaseModel):
    """A box that left. `status` and `eta` are the carrier's word, null until there is one."""

    number: str
    carrier: str
    tracking_number: str
    status: str | None
    eta: date | None

    @classmethod
    def of(cls, parcel: Parcel) -> Self:
        tracker = getattr(parcel, "tracker", None)
        return cls(
            number=parcel.number,
            carrier=parcel.carrier,
            tracking_number=parcel.tracking_number,
            status=tracker and tracker.status,
            eta=tracker and (tracker.eta_to or tracker.eta_from),
        )


class ShipmentPart(BaseModel):
    """A shipment, as it stands in its order."""

    number: str
    status: Annotated[str, Field(json_schema_extra={"enum": Shipment.Status.values})]
    warehouse: str | None
    lines: list[LineUnits]
    parcels: list[ParcelOut]

    @classmethod
    def of(cls, shipment: Shipment) -> Self:
        return cls.model_validate(_parts(shipment))


class ShipmentOut(ShipmentPart):
    """A shipment, and whose it is."""

    order: str

    @classmethod
    def of(cls, shipment: Shipment) -> Self:
        return cls.model_validate(_parts(shipment) | {"order": shipment.order.number})


def _parts(shipment: Shipment) -> dict[str, object]:
    return {
        "number": shipment.number,
        "status": shipment.status,
        "warehouse": shipment.warehouse and shipment.warehouse.code,
        "lines": [_units(line) for line in shipment.lines.all() if line.quantity],
        "parcels": [ParcelOut.of(parcel) for parcel in shipment.parcels.all()],
    }


def _units(line: ShipmentLine) -> LineUnits:
    return LineUnits(line=line.order_line.number, quantity=line.quantity)


def with_parts(shipments: "QuerySet[Shipment]") -> "QuerySet[Shipment]":
    """Fetch with each shipment all that is shown of it: two queries more, however many there are."""
    return shipments.select_related("warehouse").prefetch_related(
        Prefetch("lines", ShipmentLine.objects.select_related("order_line")),
        Prefetch("parcels", Parcel.objects.left().select_related("tracker")),
    )


class StockOut(BaseModel):
    """The balance of a product in a warehouse; `free` is what can still be promised."""

    sku: str
    name: str
    warehouse: str
    on_hand: int
    reserved: int
    blocked: int
    free: int

    @classmethod
    def of(cls, item: StockItem) -> Self:
        return cls(
            sku=item.product.sku,
            name=item.product.name,
            warehouse=item.warehouse.code,
            on_hand=item.on_hand,
            reserved=item.reserved,
            blocked=item.blocked,
            free=item.free,
        )

    @classmethod
    def all_of(cls, items: Iterable[StockItem]) -> list[Self]:
        return [cls.of(item) for item in items]
