"""Shipping one shipment: the carrier, its number, the weight; in one parcel or several."""

from typing import Any

from babel import Locale
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from fulfillment.carrier import carrier_name
from fulfillment.forms import MAX_PARCELS, OperationForm, ParcelFormSet
from fulfillment.models import Parcel, Shipment
from fulfillment.services import Act, ParcelDraft, scan_to_ship
from fulfillment.services.ship import Leaving, read_leaving
from fulfillment.views.access import actor, allowed_to, answer, in_the_way, load, show

RECENT = 50


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("ship")
def ship(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for the parcels, and let them leave."""
    stamp, filled = OperationForm(request.POST), _Filled(request)
    if request.method == "POST" and stamp.is_valid():
        return _ship(request, number, Act(stamp.operation_id(), actor(request), filled.first), filled)
    shipment = load(request, number)
    if request.method == "POST":
        filled.say(read_leaving(shipment))
        return filled.ask(status=422)
    return in_the_way(request, shipment, "ship") or _screen(request, read_leaving(shipment))


def _ship(request: HttpRequest, number: str, act: Act, filled: "_Filled") -> HttpResponse:
    mine = Shipment.objects.of(request.user).filter(number=number)
    scan = scan_to_ship(mine, act, filled.say, filled.numbers)
    return answer(request, scan, "ship", lambda fresh: _screen(request, read_leaving(fresh))) if scan else filled.ask()


class _Filled:
    """The form of the parcels as it was filled in, read against what stands there."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        named = [request.POST.get(f"parcel-{n}-tracking_number", "").strip() for n in range(MAX_PARCELS)]
        self.first, self.numbers = named[0], set(filter(None, named))

    def say(self, leaving: Leaving) -> list[ParcelDraft] | None:
        self.leaving = leaving
        self.parcels = ParcelFormSet(
            self.request.POST, lines=leaving.lines, packed=leaving.packed, is_article=leaving.is_article
        )
        self.more = int("add" in self.request.POST and not leaving.packed)
        self.is_unfinished = bool(self.more) or self.parcels.is_unfinished
        return None if self.is_unfinished or not self.parcels.is_valid() else self.parcels.drafts()

    def ask(self, status: int = 200) -> HttpResponse:
        """Ask for what is missing, or say what is wrong."""
        if not self.is_unfinished:
            return _screen(self.request, self.leaving, self.parcels, status=422)
        typed = ParcelFormSet(
            initial=self.parcels.typed(more=self.more), lines=self.leaving.lines, packed=self.leaving.packed
        )
        return _screen(self.request, self.leaving, typed, status=status)


def _screen(
    request: HttpRequest, leaving: Leaving, parcels: ParcelFormSet | None = None, status: int = 200
) -> HttpResponse:
    shipment, carriers = leaving.shipment, [carrier_name(code) for code in _carriers()]
    context: dict[str, Any] = {
        "shipment": shipment,
        "lines": leaving.lines,
        "country": Locale("en").territories.get(shipment.order.ship_country, shipment.order.ship_country),
        "units": leaving.units,
        "is_skipping": shipment.status != Shipment.Status.PACKED,
        "carriers": carriers,
        "parcels": parcels or _parcels(leaving, carriers[0] if carriers else ""),
        "most": MAX_PARCELS,
    }
    return show(request, "fulfillment/ship.html", context, status=status)


def _parcels(leaving: Leaving, carrier: str) -> ParcelFormSet:
    """Return the form of the parcels as they were packed, or of one."""
    initial = [{"carrier": carrier, "weight_grams": parcel.weight_grams} for parcel in leaving.packed]
    return ParcelFormSet(initial=initial or [{"carrier": carrier}], lines=leaving.lines, packed=leaving.packed)


def _carriers() -> list[str]:
    """Return the carriers of the last parcels, the latest first."""
    recent = Parcel.objects.order_by("-pk").values_list("carrier", flat=True)[:RECENT]
    return list(dict.fromkeys(carrier for carrier in recent if carrier))
