"""Picking one shipment: the bin, the article, the quantity."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from fulfillment import ledger
from fulfillment.forms import ScanForm
from fulfillment.ledger.stock import DEFAULT_BIN
from fulfillment.models import Shipment
from fulfillment.services import pick_without_scanning, scan_to_pick
from fulfillment.services.claims import cart_with
from fulfillment.services.scan_pick import is_at, stop_of
from fulfillment.views.access import actor, allowed_to, answer, in_the_way, load, say, show


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("pick")
def pick(request: HttpRequest, number: str) -> HttpResponse:
    """Show the stop where the walk is, and take a scan there."""
    shipment = load(request, number)
    if request.method != "POST":
        return in_the_way(request, shipment, "pick") or _on_cart(request, shipment) or _screen(request, shipment)
    form = ScanForm(request.POST)
    if not form.is_valid():
        say(request, form.complaint, is_right=False)
        return in_the_way(request, shipment, "pick") or _screen(request, shipment, status=422)
    do = pick_without_scanning if form.is_whole else scan_to_pick
    scan = do(shipment, form.act(actor(request)))
    return answer(request, scan, "pick", lambda fresh: _screen(request, fresh))


def _on_cart(request: HttpRequest, shipment: Shipment) -> HttpResponse | None:
    """Return the screen that says with which cart the shipment is picked, if it is on one."""
    cart = cart_with(shipment)
    return show(request, "fulfillment/on_cart.html", {"shipment": shipment, "cart": cart}) if cart else None


def _screen(request: HttpRequest, shipment: Shipment, status: int = 200) -> HttpResponse:
    stops = ledger.walk(shipment)
    stop = stop_of(stops)
    if stop is None:
        return show(
            request, "fulfillment/pick_rest.html", {"shipment": shipment, "ask": "Scan its number"}, status=status
        )
    place = stops.index(stop)
    at = is_at(shipment, stop, actor(request))
    context = {
        "shipment": shipment,
        "stop": stop,
        "stops": stops,
        "place": place + 1,
        "following": next((each for each in stops[place + 1 :] if each.left), None),
        "is_at": at,
        "has_bin": stop.bin is not None and stop.bin.code != DEFAULT_BIN,
        "ask": "Scan the article" if at else "Scan the bin",
    }
    return show(request, "fulfillment/pick.html", context, status=status)
