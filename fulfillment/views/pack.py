"""Packing one shipment: everything is checked on its way into the box."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from fulfillment.forms import ScanForm
from fulfillment.models import Shipment
from fulfillment.services import close_box, pack_without_scanning, scan_to_pack
from fulfillment.services.scan_pack import packing_of
from fulfillment.views.access import actor, allowed_to, answer, in_the_way, load, say, show


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("pack")
def pack(request: HttpRequest, number: str) -> HttpResponse:
    """Show what belongs in the box, and take a scan there."""
    form = ScanForm(request.POST)
    if request.method == "POST" and form.is_valid():
        do = pack_without_scanning if form.is_whole else close_box if form.is_closing else scan_to_pack
        scan = do(Shipment.objects.of(request.user).filter(number=number), form.act(actor(request)))
        return answer(request, scan, "pack", lambda fresh: _screen(request, fresh))
    shipment = load(request, number)
    if request.method != "POST":
        return in_the_way(request, shipment, "pack") or _screen(request, shipment)
    say(request, form.complaint, is_right=False)
    return in_the_way(request, shipment, "pack") or _screen(request, shipment, status=422)


def _screen(request: HttpRequest, shipment: Shipment, status: int = 200) -> HttpResponse:
    packing = packing_of(shipment)
    items = packing.items
    context = {
        "shipment": shipment,
        "packing": packing,
        "items": items,
        "checked": sum(item.checked for item in items),
        "wanted": sum(item.wanted for item in items),
        "last": packing.last,
        "scanned": request.GET.get("scanned", ""),
        "ask": "Weigh the box" if packing.is_all_in else "Scan each article",
    }
    return show(request, "fulfillment/pack.html", context, status=status)
