"""Picking one shipment: the bin, the article, the quantity; too few, and the last scan taken back."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from fulfillment.forms import PickForm
from fulfillment.ledger.stock import DEFAULT_BIN
from fulfillment.models import PickTask, Scan, Shipment
from fulfillment.services import Act, pick_without_scanning, scan_to_pick, short_stop, undo_pick
from fulfillment.services.claims import cart_with
from fulfillment.services.scan_pick import Picking, read_picking
from fulfillment.views.access import actor, allowed_to, answer, in_the_way, load, say, show


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("pick")
def pick(request: HttpRequest, number: str) -> HttpResponse:
    """Show the stop where the walk is, and take a scan there."""
    form = PickForm(request.POST)
    if request.method == "POST" and form.is_valid():
        scan, walk = _do(request, number, form)
        return answer(request, scan, "pick", lambda fresh: _after(request, fresh, walk))
    shipment = load(request, number)
    if request.method != "POST":
        ready = in_the_way(request, shipment, "pick") or _on_cart(request, shipment)
        return ready or _screen(request, _read(request, shipment))
    say(request, form.complaint, is_right=False)
    return in_the_way(request, shipment, "pick") or _screen(request, _read(request, shipment), status=422)


def _do(request: HttpRequest, number: str, form: PickForm) -> tuple[Scan, Picking | None]:
    mine = Shipment.objects.of(request.user).filter(number=number)
    act: Act = form.act(actor(request))
    if form.cleaned_data["short"]:
        reason = PickTask.Reason(form.cleaned_data["short"])
        return short_stop(mine, act, reason, form.cleaned_data["place"]), None
    if form.cleaned_data["undo"]:
        return undo_pick(mine, act), None
    return (pick_without_scanning(mine, act), None) if form.is_whole else scan_to_pick(mine, act)


def _after(request: HttpRequest, shipment: Shipment, walk: Picking | None) -> HttpResponse:
    if walk:
        return _screen(request, walk)
    return in_the_way(request, shipment, "pick") or _screen(request, _read(request, shipment))


def _read(request: HttpRequest, shipment: Shipment) -> Picking:
    return read_picking(shipment, actor(request))


def _on_cart(request: HttpRequest, shipment: Shipment) -> HttpResponse | None:
    """Return the screen that says with which cart the shipment is picked, if it is on one."""
    cart = cart_with(shipment)
    return show(request, "fulfillment/on_cart.html", {"shipment": shipment, "cart": cart}) if cart else None


def _screen(request: HttpRequest, walk: Picking, status: int = 200) -> HttpResponse:
    stop, stops = walk.stop, walk.stops
    if stop is None:
        context = {"shipment": walk.shipment, "ask": "Scan its number", "last": walk.to_undo}
        return show(request, "fulfillment/pick_rest.html", context, status=status)
    place = stops.index(stop)
    context = {
        "shipment": walk.shipment,
        "stop": stop,
        "stops": stops,
        "place": place + 1,
        "following": next((each for each in stops[place + 1 :] if each.left), None),
        "is_at": walk.is_at,
        "has_bin": stop.bin is not None and stop.bin.code != DEFAULT_BIN,
        "ask": "Scan the article" if walk.is_at else "Scan the bin",
        "reasons": PickTask.Reason.choices,
        "where": [("line", stop.line.pk), ("place", stop.bin.pk)] if stop.bin else [],
        "last": walk.to_undo,
    }
    return show(request, "fulfillment/pick.html", context, status=status)
