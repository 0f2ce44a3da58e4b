"""`/shipments`: picked, packed, shipped. A key sees the shipments of its own channel's orders only."""

from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router
from pydantic import Field

from fulfillment.api.schemas import Lines, ShipmentOut, wanted, with_parts
from fulfillment.models import Shipment
from fulfillment.services import ParcelDraft, pack_shipment, pick_shipment, ship_shipment
from orders.api.answers import answer
from orders.api.auth import ApiRequest, actor, requires
from orders.idempotency import once
from orders.intake.draft import ShortText, Strict, Text
from orders.numbers import read_number

router = Router(tags=["Shipments"])

MAX_PARCELS = 100


class Handling(Strict):
    """Which units; all that are left where no lines are named."""

    lines: Lines | None = None


class ParcelIn(Strict):
    """A box, and what is in it, if you want it kept."""

    carrier: ShortText = ""
    tracking_number: Text = ""
    weight_grams: Annotated[int, Field(ge=1, le=100_000_000, strict=True)] | None = None
    lines: Lines | None = None

    def draft(self) -> ParcelDraft:
        return ParcelDraft(self.carrier, self.tracking_number, self.weight_grams, wanted(self.lines) or {})


class Shipping(Strict):
    parcels: Annotated[list[ParcelIn], Field(min_length=1, max_length=MAX_PARCELS)] | None = None


@router.get("/shipments/{number}", auth=requires("shipments:read"), response=ShipmentOut)
def show_shipment(request: ApiRequest, number: str) -> HttpResponse:
    """Answer one shipment, with its parcels and what their carriers said last."""
    return answer(_shown(request, number))


@router.post("/shipments/{number}/pick", auth=requires("shipments:write"), response=ShipmentOut)
@once
def pick(request: ApiRequest, number: str, asked: Handling | None = None) -> HttpResponse:
    """Pick all that is left to pick, or these units; the last one makes the shipment PICKED."""
    pick_shipment(_load(request, number), by=actor(request), lines=_units(asked))
    return answer(_shown(request, number))


@router.post("/shipments/{number}/pack", auth=requires("shipments:write"), response=ShipmentOut)
@once
def pack(request: ApiRequest, number: str, asked: Handling | None = None) -> HttpResponse:
    """Pack all that is picked, or these units; the last one makes the shipment PACKED."""
    pack_shipment(_load(request, number), by=actor(request), lines=_units(asked))
    return answer(_shown(request, number))


@router.post("/shipments/{number}/ship", auth=requires("shipments:write"), response=ShipmentOut)
@once
def ship(request: ApiRequest, number: str, asked: Shipping | None = None) -> HttpResponse:
    """Let a shipment leave, in one parcel if none are named; what was not picked or packed is so now."""
    parcels = [parcel.draft() for parcel in (asked.parcels if asked else None) or ()]
    ship_shipment(_load(request, number), by=actor(request), parcels=parcels)
    return answer(_shown(request, number))


def _units(asked: Handling | None) -> dict[int, int] | None:
    return wanted(asked.lines) if asked else None


def _own(request: ApiRequest, number: str) -> "QuerySet[Shipment]":
    """Return the key's own shipment of this number: that of its order, and `-1`, `-2` …"""
    order, _, place = number.rpartition("-")
    known = f"{read_number(order)}-{place}" if place.isascii() and place.isdigit() else ""
    return Shipment.objects.filter(number=known, order__channel=request.auth.channel)


def _load(request: ApiRequest, number: str) -> Shipment:
    return get_object_or_404(_own(request, number))


def _shown(request: ApiRequest, number: str) -> ShipmentOut:
    """Read the shipment as everybody will."""
    return ShipmentOut.of(get_object_or_404(with_parts(_own(request, number).select_related("order"))))
