"""Receiving: one article after the other, each booked into its bin as soon as it lies there."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from fulfillment.forms import ReceiptForm
from fulfillment.models import Bin, Scan, Warehouse
from fulfillment.services import Act, scan_to_receive
from fulfillment.views.access import actor, allowed_to, go, say, show
from orders.models import Product

ASKED = {
    "warehouse": ("reference", "Delivery number"),
    "reference": ("reference", "Delivery number"),
    "sku": ("sku", "Scan an article"),
    "quantity": ("quantity", "How many?"),
    "bin": ("bin", "Scan the bin"),
}
"""Step → the name of the field that asks for it, and what it says."""
SHOWN = 10
NEAR = 3


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("receive")
def receive(request: HttpRequest) -> HttpResponse:
    """Ask for the next thing of a delivery; when its bin is scanned, book it."""
    form = ReceiptForm(request.POST or request.GET)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        act = Act(form.operation_id(), actor(request), given["sku"].sku)
        scan = scan_to_receive(given["sku"], given["quantity"], given["bin"], act, given["reference"])
        say(request, scan.sentence, is_right=True)
        return go(request, f"{reverse('floor:receive')}?{urlencode(_delivery(given))}")
    if form.complaint:
        say(request, form.complaint, is_right=False)
    return _screen(request, form, 422 if request.method == "POST" else 200)


def _screen(request: HttpRequest, form: ReceiptForm, status: int) -> HttpResponse:
    given, (asked, ask) = form.cleaned_data, ASKED[form.step]
    product = given.get("sku")
    mine = Scan.objects.filter(by=str(actor(request)), step=Scan.Step.RECEIVE).order_by("-pk")
    context = {
        "form": form,
        "given": given,
        "asked": asked,
        "ask": ask,
        "again": urlencode(_delivery(given)) if form.is_begun else "",
        "warehouses": [] if form.is_begun else Warehouse.objects.all(),
        "bins": _near(form, product) if form.step == "bin" and product else [],
        "booked": mine[:SHOWN],
    }
    return show(request, "fulfillment/receive.html", context, status=status)


def _delivery(given: dict[str, Any]) -> dict[str, str]:
    return {"warehouse": given["warehouse"].code, "reference": given["reference"]}


def _near(form: ReceiptForm, product: Product) -> list[str]:
    """Return bins where the article lies already."""
    lying = Bin.objects.filter(warehouse=form.cleaned_data["warehouse"], stock__product=product, stock__quantity__gt=0)
    return list(lying.exclude(kind=Bin.Kind.STAGE).order_by("code").values_list("code", flat=True)[:NEAR])
