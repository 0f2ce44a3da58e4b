"""Shipping: the parcels leave, and their units with them."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, Max, Subquery, Value
from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Parcel, ParcelLine, Shipment, ShipmentLine
from fulfillment.services.boxes import drop_parcels
from fulfillment.services.resolve import resolve_order
from fulfillment.services.scanned import refuse_blocked
from fulfillment.services.tasks import drop_tasks
from orders.grammar import agree
from orders.lifecycle import Refused, change, record
from orders.models import Actor, Product
from orders.models.joined import Joined


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


@dataclass(frozen=True, slots=True)
class Leaving:
    """A shipment about to leave, as it stands behind its order's lock: its lines, and the boxes that are closed.

    `others` are the statuses of its order's other shipments, of which the last left at `left_at`.
    """

    shipment: Shipment
    lines: Sequence[ShipmentLine]
    packed: Sequence[Parcel]
    is_held: bool
    is_article: bool
    others: Sequence[str]
    left_at: datetime | None

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)


def read_leaving(shipment: Shipment, texts: Collection[str] = ()) -> Leaving:
    """Read what leaves; and whether one of these texts, that should be a carrier's number, is the SKU of an article."""
    others = Shipment.objects.filter(order=shipment.order_id).exclude(pk=shipment.pk).order_by()
    left = others.values("order").annotate(last=Max("shipped_at")).values("last")
    found = list(
        shipment.lines.filter(quantity__gt=0)
        .select_related("order_line")
        .annotate(
            is_held=Exists(Shipment.objects.filter(pk=shipment.pk).blocked()),
            is_article=Exists(Product.objects.filter(sku__in=texts)),
            is_packed=Exists(Parcel.objects.filter(shipment=shipment.pk)),
            others=Subquery(others.standing().annotate(each=Joined("status", Value(""))).values("each")),
            left_at=Subquery(left),
        )
    )
    if not found:
        return Leaving(shipment, [], [], is_held=True, is_article=bool(texts), others=(), left_at=None)
    known = found[0].__dict__  # what was annotated is the same on each
    packed = list(shipment.parcels.order_by("pk")) if known["is_packed"] else []
    others_ = (known["others"] or "").split()
    return Leaving(shipment, found, packed, known["is_held"], known["is_article"], others_, known["left_at"])


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
    with change(shipment, by=by) as fresh:
        leaving = read_leaving(fresh)
        refuse_blocked(fresh, "ship", is_held=leaving.is_held)
        send_off(leaving, parcels, by=by, at=at)
    return fresh


def send_off(leaving: Leaving, parcels: Sequence[ParcelDraft], *, by: Actor, at: datetime | None = None) -> None:
    """Let it leave, of which somebody saw that nothing keeps it. The shipment is open in change()."""
    at = at or timezone.now()
    with change(leaving.shipment, by=by, at=at) as fresh:
        _leave(fresh, leaving.lines, by)
        _box(leaving, parcels, at, by)
        fresh.ship(at=at)
    standing = [*leaving.others, fresh.status] if leaving.lines else ()
    resolve_order(fresh.order, by=by, standing=standing, left_at=max(leaving.left_at or at, at))


def _leave(shipment: Shipment, lines: Sequence[ShipmentLine], by: Actor) -> None:
    if unpicked := {line: line.reserved - line.picked for line in lines if line.reserved > line.picked}:
        drop_tasks(shipment)
        ledger.pick(shipment, unpicked, by=by)
    if unpacked := {line: line.quantity - line.packed for line in lines if line.quantity > line.packed}:
        ledger.pack(unpacked)
    ledger.ship(shipment, lines, by=by)


def _box(leaving: Leaving, drafts: Sequence[ParcelDraft], at: datetime, by: Actor) -> None:
    """Let the parcels that were packed leave, or make those that are named."""
    shipment, packed = leaving.shipment, list(leaving.packed)
    if packed and any(draft.lines for draft in drafts):  # what is in them was said anew: they were packed again
        drop_parcels(shipment)
        packed = []
    parcels = _send(packed, drafts, at) if packed else _make(shipment, leaving.lines, drafts or [ParcelDraft()], at)
    for parcel in parcels:
        facts = {"shipment": shipment.number, "parcel": parcel.number, "of": len(parcels)}
        record(shipment.order, "parcel.shipped", by=by, facts=facts, at=at)


def _send(packed: list[Parcel], drafts: Sequence[ParcelDraft], at: datetime) -> list[Parcel]:
    """Fill in what was not known when the boxes were closed, a draft a parcel."""
    if drafts and len(drafts) != len(packed):
        parcels = f"{len(packed)} {agree(len(packed), 'parcel', 'parcels')}"
        raise ParcelsDoNotAddUp(f"It is packed in {parcels}, not in {len(drafts)}.", packed=len(packed))
    for parcel, draft in zip(packed, drafts or [ParcelDraft()] * len(packed), strict=True):
        _fill(parcel, draft, at)
    Parcel.objects.bulk_update(packed, ["carrier", "tracking_number", "tracking_key", "weight_grams", "shipped_at"])
    return packed


def _make(
    shipment: Shipment, lines: Sequence[ShipmentLine], drafts: Sequence[ParcelDraft], at: datetime
) -> list[Parcel]:
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


def _contents(lines: Sequence[ShipmentLine], drafts: Sequence[ParcelDraft]) -> list[dict[ShipmentLine, int]]:
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
