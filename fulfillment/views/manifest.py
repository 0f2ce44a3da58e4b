"""Loading the van: what waits for a carrier, what is in its van, and the list that its driver signs."""

from collections.abc import Callable

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from fulfillment.forms import ScanForm
from fulfillment.models import Manifest, Parcel, Scan, Warehouse
from fulfillment.services import Act, close_manifest, load_all, scan_to_load, unload
from fulfillment.services.loading import waiting_for
from fulfillment.views.access import actor, allowed_to, go, is_htmx, say, show
from fulfillment.views.find import NO_CARRIER

LATEST = 10
LISTED = 200


@require_safe
@allowed_to("load")
def manifests(request: HttpRequest) -> HttpResponse:
    """List the carriers that parcels wait for, and the latest manifests to print again."""
    mine = Warehouse.objects.of(request.user)
    groups = Parcel.objects.to_load().filter(shipment__warehouse__in=mine).order_by("shipment__warehouse", "carrier")
    named = ("shipment__warehouse__name", "shipment__warehouse__code")
    counted = groups.values("shipment__warehouse", *named, "carrier").annotate(
        waiting=Count("pk"), loaded=Count("pk", filter=Q(loaded_at__isnull=False))
    )
    closed = Manifest.objects.filter(warehouse__in=mine).annotate(count=Count("parcels")).select_related("warehouse")
    context = {
        "groups": [(group, _url(group["shipment__warehouse"], group["carrier"])) for group in counted],
        "closed": closed.order_by("-pk")[:LATEST],
    }
    return show(request, "fulfillment/manifests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("load")
def manifest(request: HttpRequest, warehouse: int, carrier: str) -> HttpResponse:
    """Show what is in the van and what is missing, and take a scan, or the end of it."""
    place = get_object_or_404(Warehouse.objects.of(request.user), pk=warehouse)
    carrier = "" if carrier == NO_CARRIER else carrier
    if request.method != "POST":
        return _screen(request, place, carrier)
    form = ScanForm(request.POST)
    if not form.is_valid():
        say(request, form.complaint, is_right=False)
        return _screen(request, place, carrier, status=422)
    act = form.act(actor(request))
    scan = _service(request, form)(place, carrier, act)
    say(request, scan.sentence, is_right=scan.is_done)
    if form.is_closing and scan.is_done:
        return go(request, reverse("floor:manifests"))
    return _screen(request, place, carrier) if is_htmx(request) else redirect(request.path)


def _service(request: HttpRequest, form: ScanForm) -> Callable[[Warehouse, str, Act], Scan]:
    """Return what the press or scan asks for."""
    if form.is_closing:
        return close_manifest
    if form.is_whole:
        return load_all
    return unload if "out" in request.POST else scan_to_load


def _screen(request: HttpRequest, place: Warehouse, carrier: str, status: int = 200) -> HttpResponse:
    rows = list(waiting_for(place, carrier).select_related("shipment__order").order_by("loaded_at", "pk")[:LISTED])
    if not rows and not Parcel.objects.filter(shipment__warehouse=place, carrier=carrier).exists():
        raise Http404
    missing = [parcel for parcel in rows if parcel.loaded_at is None]
    loaded = [parcel for parcel in rows if parcel.loaded_at is not None]
    context = {
        "warehouse": place,
        "carrier": carrier,
        "missing": missing,
        "loaded": loaded,
        "total": len(rows),
        "scanned": request.GET.get("scanned", ""),
        "ask": "Scan each parcel",
    }
    return show(request, "fulfillment/manifest.html", context, status=status)


def _url(warehouse: int, carrier: str) -> str:
    return reverse("floor:manifest", args=[warehouse, carrier or NO_CARRIER])
