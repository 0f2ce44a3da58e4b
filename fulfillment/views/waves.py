"""Waves: what was released to the floor, how far it is, and releasing more."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from fulfillment import reports
from fulfillment.forms import ReleaseForm
from fulfillment.models import Cart, Shipment
from fulfillment.services import claim_cart, release_wave
from fulfillment.views.access import actor, allowed_to, go, may, say, show
from fulfillment.views.steps import here, places_of


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("pick", "release")
def waves(request: HttpRequest) -> HttpResponse:
    """List the latest waves of a warehouse, and release the next."""
    form = ReleaseForm(request.POST or None)
    if request.method != "POST":
        return _screen(request, form)
    if not may(request, "release"):
        raise PermissionDenied
    if not form.is_valid():
        say(request, form.complaint, is_right=False)
        return _screen(request, form, status=422)
    given = form.cleaned_data
    wave = release_wave(
        here(request), by=actor(request), limit=given["limit"], slots=given["slots"], operation=given["operation"]
    )
    count = Cart.objects.filter(wave=wave).count()
    say(request, f"{wave} is released on {count} cart{'s' if count > 1 else ''}.", is_right=True)
    return go(request, f"{reverse('floor:waves')}?warehouse={wave.warehouse.code}")


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("pick")
def next_cart(request: HttpRequest) -> HttpResponse:
    """Give this person the next cart of the warehouse where they are; it is asked for on the floor's first screen."""
    if request.method != "POST":
        return redirect("floor:entry")
    return redirect("floor:cart", claim_cart(here(request), by=actor(request)).pk)


def _screen(request: HttpRequest, form: ReleaseForm, status: int = 200) -> HttpResponse:
    warehouse = here(request)
    ready = Shipment.objects.filter(warehouse=warehouse, status=Shipment.Status.READY, slot=None).unblocked()
    rows = reports.waves_of(warehouse)
    context = {
        "form": form,
        "given": {"warehouse": warehouse},
        "warehouses": places_of(request),
        "rows": rows,
        "free_carts": sum(row.free for row in rows),
        "waiting": ready.count(),
        "may_release": may(request, "release"),
        "may_pick": may(request, "pick"),
    }
    return show(request, "fulfillment/waves.html", context, status=status)
