"""Shipping: the parcels leave, and their units with them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Parcel, ParcelLine, Shipment, ShipmentLine
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
    """Let a shipment leave, in one parcel if none are named; what was not picked or packed on our floor is so now.

    Raises NotAllowed, ParcelsDoNotAddUp, NotEnoughStock.
    """
    at = at or timezone.now()
    with writing():
        with change(shipment, by=by, at=at) as fresh:
            if blockers := why_not(fresh, "ship"):
                raise NotAllowed(blockers)
            lines = _leave(fresh, by)
            _box(fresh, lines, parcels or [ParcelDraft()], at, by)
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
    contents = _contents(lines, drafts)
    parcels = Parcel.objects.bulk_create(
        Parcel(
            shipment=shipment,
            number=f"{shipment.number}-{n}",
            carrier=draft.carrier.lower(),
            tracking_number=draft.tracking_number,
            tracking_key=Parcel.key_of(draft.tracking_number),
            weight_grams=draft.weight_grams,
            shipped_at=at,
        )
        for n, draft in enumerate(drafts, start=1)
    )
    ParcelLine.objects.bulk_create(
        ParcelLine(parcel=parcel, shipment_line=line, quantity=quantity)
        for parcel, content in zip(parcels, contents, strict=True)
        for line, quantity in content.items()
    )
    for parcel in parcels:
        facts = {"shipment": shipment.number, "parcel": parcel.number, "of": len(parcels)}
        record(shipment.order, "parcel.shipped", by=by, facts=facts, at=at)


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
