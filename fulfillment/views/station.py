"""The packing station: whatever is scanned there leads to the shipment that is to be packed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from fulfillment.models import Scan, Shipment, Warehouse
from fulfillment.views.access import allowed_to, say, show
from fulfillment.views.find import way_to_pack


@require_safe
@allowed_to("pack")
def station(request: HttpRequest) -> HttpResponse:
    """Ask for a number, a slot, a label or an article, and go to its shipment."""
    text = request.GET.get("scanned", "").strip()[: Scan.TEXT_LENGTH]
    if text:
        if url := way_to_pack(text, Warehouse.objects.of(request.user)):
            return redirect(url)
        say(request, f"“{text}” leads to nothing that is to be packed here. Scan its order.", is_right=False)
    waiting = Shipment.objects.of(request.user).filter(status=Shipment.Status.PICKED).unblocked().count()
    return show(request, "fulfillment/station.html", {"waiting": waiting})
