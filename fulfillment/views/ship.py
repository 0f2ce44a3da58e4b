"""Shipping one shipment: the carrier, its number, the weight; in one parcel or several."""

from typing import Any

from babel import Locale
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from fulfillment.forms import MAX_PARCELS, OperationForm, ParcelFormSet
from fulfillment.models import Parcel, Shipment, ShipmentLine
from fulfillment.services import Act, scan_to_ship
from fulfillment.services.units import lines_of
from fulfillment.views.access import actor, allowed_to, answer, in_the_way, load, show

RECENT = 50


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("ship")
def ship(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for the parcels, and let them leave."""
    shipment = load(request, number)
    lines = lines_of(shipment)
    if request.method != "POST":
        return in_the_way(request, shipment, "ship") or _screen(request, shipment, lines)
    packed = list(shipment.parcels.filter(shipped_at=None))
    stamp, parcels = OperationForm(request.POST), ParcelFormSet(request.POST, lines=lines, packed=packed)
    more = int("add" in request.POST and not packed)
    if more or parcels.is_unfinished:
        typed = ParcelFormSet(initial=parcels.typed(more=more), lines=lines, packed=packed)
        return _screen(request, shipment, lines, typed)
    if not (stamp.is_valid() and parcels.is_valid()):
        return _screen(request, shipment, lines, parcels, status=422)
    drafts = parcels.drafts()
    scan = scan_to_ship(shipment, Act(stamp.operation_id(), actor(request), drafts[0].tracking_number), drafts)
    return answer(request, scan, "ship", lambda fresh: _screen(request, fresh, lines))


def _screen(
    request: HttpRequest,
    shipment: Shipment,
    lines: list[ShipmentLine],
    parcels: ParcelFormSet | None = None,
    status: int = 200,
) -> HttpResponse:
    carriers = _carriers()
    context: dict[str, Any] = {
        "shipment": shipment,
        "lines": lines,
        "country": Locale("en").territories.get(shipment.order.ship_country, shipment.order.ship_country),
        "units": sum(line.quantity for line in lines),
        "is_skipping": shipment.status != Shipment.Status.PACKED,
        "carriers": carriers,
        "parcels": parcels or _parcels(shipment, lines, carriers[0] if carriers else ""),
        "most": MAX_PARCELS,
    }
    return show(request, "fulfillment/ship.html", context, status=status)


def _parcels(shipment: Shipment, lines: list[ShipmentLine], carrier: str) -> ParcelFormSet:
    """Return the form of the parcels as they were packed, or of one."""
    packed = list(shipment.parcels.all())
    initial = [{"carrier": carrier, "weight_grams": parcel.weight_grams} for parcel in packed]
    return ParcelFormSet(initial=initial or [{"carrier": carrier}], lines=lines, packed=packed)


def _carriers() -> list[str]:
    """Return the carriers of the last parcels, the latest first."""
    recent = Parcel.objects.order_by("-pk").values_list("carrier", flat=True)[:RECENT]
    return list(dict.fromkeys(carrier for carrier in recent if carrier))
