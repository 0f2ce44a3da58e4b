"""Packing one shipment: everything is checked on its way into the box."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from fulfillment.forms import ScanForm
from fulfillment.models import Scan, Shipment
from fulfillment.reports import step_of
from fulfillment.services import close_box, pack_without_scanning, scan_to_pack
from fulfillment.services.scan_pack import packing_of
from fulfillment.views.access import actor, allowed_to, answer, in_the_way, load, say, show


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("pack")
def pack(request: HttpRequest, number: str) -> HttpResponse:
    """Show what belongs in the box, and take a scan there."""
    form = ScanForm(request.POST)
    if request.method == "POST" and form.is_valid():
        mine, act = Shipment.objects.of(request.user).filter(number=number), form.act(actor(request))
        if form.is_whole:
            return _pack_all(request, pack_without_scanning(mine, act, form.cleaned_data["without"] or 0))
        scan = close_box(mine, act) if form.is_closing else scan_to_pack(mine, act)
        return answer(request, scan, "pack", lambda fresh: _screen(request, fresh))
    shipment = load(request, number)
    if request.method != "POST":
        return in_the_way(request, shipment, "pack") or _screen(request, shipment)
    say(request, form.complaint, is_right=False)
    return in_the_way(request, shipment, "pack") or _screen(request, shipment, status=422)


def _pack_all(request: HttpRequest, scan: Scan) -> HttpResponse:
    """Say what nobody scanned, and offer to pack without; or lead on, once it is packed."""
    shipment = scan.shipment
    if scan.is_done or shipment is None or step_of(shipment.status) != "pack":
        return answer(request, scan, "pack", lambda fresh: _screen(request, fresh))
    say(request, scan.sentence, is_right=False)
    return _screen(request, shipment, is_asked=True)


def _screen(request: HttpRequest, shipment: Shipment, status: int = 200, *, is_asked: bool = False) -> HttpResponse:
    packing = packing_of(shipment)
    items = packing.items
    context = {
        "shipment": shipment,
        "packing": packing,
        "items": items,
        "without": packing.missing if is_asked else 0,
        "checked": sum(item.checked for item in items),
        "wanted": sum(item.wanted for item in items),
        "last": packing.last,
        "scanned": request.GET.get("scanned", ""),
        "ask": "Weigh the box" if packing.is_all_in else "Scan each article",
    }
    return show(request, "fulfillment/pack.html", context, status=status)
