"""The packing station: whatever is scanned there leads to the shipment that is to be packed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from fulfillment.models import Scan, Shipment, Warehouse
from fulfillment.services import find_to_pack
from fulfillment.views.access import allowed_to, say, show


@require_safe
@allowed_to("pack")
def station(request: HttpRequest) -> HttpResponse:
    """Ask for a number, a slot, a label or an article, and go to its shipment."""
    text = request.GET.get("scanned", "").strip()[: Scan.TEXT_LENGTH]
    if text:
        found = find_to_pack(text, Warehouse.objects.of(request.user))
        if found is not None:
            is_due = found.status == Shipment.Status.PICKED
            return redirect("floor:pack" if is_due else "floor:shipment", found.number)
        say(request, f"“{text}” leads to nothing that is to be packed here. Scan its order.", is_right=False)
    waiting = Shipment.objects.of(request.user).filter(status=Shipment.Status.PICKED).unblocked().count()
    return show(request, "fulfillment/station.html", {"waiting": waiting})
