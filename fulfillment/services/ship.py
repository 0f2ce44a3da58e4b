"""Shipping: the parcels leave, and their units with them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Parcel, ParcelLine, Shipment, ShipmentLine
from fulfillment.services.boxes import drop_parcels
from fulfillment.services.resolve import resolve_order
from fulfillment.services.tasks import drop_tasks
from fulfillment.services.units import lines_of
from orders.lifecycle import NotAllowed, Refused, change, record, why_not, writing
from orders.models import Actor


@dataclass(frozen=True, slots=True)
class ParcelDraft:
    """A box about to leave. `lines`: number of the order line → units in it; empty where nobody counted."""

    carrier: str = ""
    tracking_number: str = ""
    weight_grams: int | None = None
    lines: Mapping[int, int] = field(default_factory=dict)


class ParcelsDoNotAddUp(Refused):
    """What is said to be in the parcels is not what is in the shipment."""

    code = "parcels_do_not_add_up"


def ship_shipment(
    shipment: Shipment,
    *,
    by: Actor,
    parcels: Sequence[ParcelDraft] = (),
    at: datetime | None = None,
) -> Shipment:
    """Let a shipment leave, in the parcels that were packed, in one if none were packed or named.

    What was not picked or packed on our floor is so now.

    Raises NotAllowed, ParcelsDoNotAddUp, NotEnoughStock.
    """
    at = at or timezone.now()
    with writing():
        with change(shipment, by=by, at=at) as fresh:
            if blockers := why_not(fresh, "ship"):
                raise NotAllowed(blockers)
            lines = _leave(fresh, by)
            _box(fresh, lines, parcels, at, by)
            fresh.ship(at=at)
        resolve_order(fresh.order, by=by)
    return fresh


def _leave(shipment: Shipment, by: Actor) -> list[ShipmentLine]:
    lines = lines_of(shipment)
    if unpicked := {line: line.reserved - line.picked for line in lines if line.reserved > line.picked}:
        drop_tasks(shipment)
        ledger.pick(shipment, unpicked, by=by)
    if unpacked := {line: line.quantity - line.packed for line in lines if line.quantity > line.packed}:
        ledger.pack(unpacked)
    ledger.ship(shipment, lines, by=by)
    return lines


def _box(shipment: Shipment, lines: list[ShipmentLine], drafts: Sequence[ParcelDraft], at: datetime, by: Actor) -> None:
    """Let the parcels that were packed leave, or make those that are named."""
    packed = list(shipment.parcels.order_by("pk"))
    if packed and any(draft.lines for draft in drafts):  # what is in them was said anew: they were packed again
        drop_parcels(shipment)
        packed = []
    parcels = _send(packed, drafts, at) if packed else _make(shipment, lines, drafts or [ParcelDraft()], at)
    for parcel in parcels:
        facts = {"shipment": shipment.number, "parcel": parcel.number, "of": len(parcels)}
        record(shipment.order, "parcel.shipped", by=by, facts=facts, at=at)


def _send(packed: list[Parcel], drafts: Sequence[ParcelDraft], at: datetime) -> list[Parcel]:
    """Fill in what was not known when the boxes were closed, a draft a parcel."""
    if drafts and len(drafts) != len(packed):
        raise ParcelsDoNotAddUp(f"It is packed in {len(packed)} parcels, not in {len(drafts)}.", packed=len(packed))
    for parcel, draft in zip(packed, drafts or [ParcelDraft()] * len(packed), strict=True):
        _fill(parcel, draft, at)
    Parcel.objects.bulk_update(packed, ["carrier", "tracking_number", "tracking_key", "weight_grams", "shipped_at"])
    return packed


def _make(shipment: Shipment, lines: list[ShipmentLine], drafts: Sequence[ParcelDraft], at: datetime) -> list[Parcel]:
    contents = _contents(lines, drafts)
    parcels = [Parcel(shipment=shipment, number=f"{shipment.number}-{n}") for n in range(1, len(drafts) + 1)]
    for parcel, draft in zip(parcels, drafts, strict=True):
        _fill(parcel, draft, at)
    parcels = Parcel.objects.bulk_create(parcels)
    ParcelLine.objects.bulk_create(
        ParcelLine(parcel=parcel, shipment_line=line, quantity=quantity)
        for parcel, content in zip(parcels, contents, strict=True)
        for line, quantity in content.items()
    )
    return parcels


def _fill(parcel: Parcel, draft: ParcelDraft, at: datetime) -> None:
    parcel.carrier = draft.carrier.lower()
    parcel.tracking_number = draft.tracking_number
    parcel.tracking_key = Parcel.key_of(draft.tracking_number)
    parcel.weight_grams = draft.weight_grams or parcel.weight_grams
    parcel.shipped_at = at


def _contents(lines: list[ShipmentLine], drafts: Sequence[ParcelDraft]) -> list[dict[ShipmentLine, int]]:
    """Return what is in each parcel: all in the only one, what was said of several, nothing where nothing was said."""
    by_number = {line.order_line.number: line for line in lines}
    everything = {number: line.quantity for number, line in by_number.items()}
    said = [dict(draft.lines) for draft in drafts]
    if not any(said):
        return (
            [{by_number[number]: count for number, count in everything.items()}]
            if len(said) == 1
            else [{} for _ in said]
        )
    total: Counter[int] = Counter()
    for content in said:
        total.update(content)
    if dict(total) != everything:
        raise ParcelsDoNotAddUp("The parcels do not hold exactly what is in the shipment.", expected=everything)
    return [{by_number[number]: count for number, count in content.items()} for content in said]
