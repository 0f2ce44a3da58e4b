"""Receiving: one article after the other, counted on its delivery; the bin says whether it is good or damaged."""

from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from fulfillment.forms import CloseForm
from fulfillment.models import Bin, Receipt, Scan, Warehouse
from fulfillment.services import Act, scan_to_close, scan_to_receive
from fulfillment.views.access import actor, allowed_to, go, say, show
from fulfillment.views.step_forms import ReceiptForm
from fulfillment.views.steps import again, fill, mine, steps
from orders.models import Product

ASKED = {
    "warehouse": ("reference", "Delivery number"),
    "reference": ("reference", "Delivery number"),
    "begin": ("reference", "Delivery number"),
    "sku": ("sku", "Scan an article"),
    "quantity": ("quantity", "How many?"),
    "bin": ("bin", "Scan the bin"),
}
"""Step → the name of the field that asks for it, and what it says."""
OFFERED = 20
NEAR = 3


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("receive")
def receive(request: HttpRequest) -> HttpResponse:
    """Ask for the next thing of a delivery; when its bin is scanned, book it."""
    form = fill(request, ReceiptForm)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        act = Act(form.operation_id(), actor(request), given["sku"].sku)
        scan = scan_to_receive(
            given["sku"], given["quantity"], given["bin"], act, given["reference"], is_begun=given["begin"]
        )
        say(request, scan.sentence, is_right=True)
        return go(request, again("floor:receive", _delivery(given)))
    if form.complaint:
        say(request, form.complaint, is_right=False)
    return _screen(request, form, 422 if request.method == "POST" else 200)


@require_POST
@allowed_to("receive")
def close(request: HttpRequest) -> HttpResponse:
    """Close a delivery; where something is short, it is said first, and pressed again."""
    form = CloseForm(request.POST)
    if not form.is_valid():
        raise BadRequest(form.complaint)
    receipts = Receipt.objects.filter(warehouse__in=Warehouse.objects.of(request.user))
    receipt = get_object_or_404(receipts, pk=form.cleaned_data["receipt"])
    act = Act(form.operation_id(), actor(request), receipt.reference[: Scan.TEXT_LENGTH])
    scan = scan_to_close(receipt, act, form.cleaned_data["without"] or 0)
    say(request, scan.sentence, is_right=scan.is_done)
    more = {} if scan.is_done else {"reference": receipt.reference, "closing": "1"}
    return go(request, again("floor:receive", {"warehouse": receipt.warehouse.code} | more))


def _screen(request: HttpRequest, form: ReceiptForm, status: int) -> HttpResponse:
    given = form.cleaned_data
    product = given.get("sku")
    context = steps(request, form, ASKED) | {
        "receipt": _receipt(form) if form.step == "sku" else None,
        "is_closing": "closing" in request.GET,
        "unknown": given["reference"] if form.step == "begin" else "",
        "typed": form.typed("warehouse") if form.step == "begin" else form.typed(),
        "expected": [] if form.is_begun else _expected(given.get("warehouse")),
        "notes": _notes(form, product) if form.step == "bin" and product else [],
        "quantity": given.get("quantity"),
        "buttons": [("DOCK", "Good: to the dock"), ("DAMAGED", "Damaged")] if form.is_last else [],
        "today": timezone.localdate(),
    }
    if form.step in {"reference", "sku"}:
        context |= mine(request, Scan.Step.RECEIVE)
    return show(request, "fulfillment/receive.html", context, status=status)


def _delivery(given: dict[str, Any]) -> dict[str, str]:
    return {"warehouse": given["warehouse"].code, "reference": given["reference"]}


def _expected(warehouse: Warehouse | None) -> list[Receipt]:
    """Return the deliveries that may be at the door: what was begun, then what is expected first."""
    known = Receipt.objects.open().filter(warehouse=warehouse).expected_first()
    return list(known.with_units()[:OFFERED])


def _receipt(form: ReceiptForm) -> Receipt | None:
    """Return the delivery with its lines; none where it is only begun."""
    given = form.cleaned_data
    known = Receipt.objects.numbered(given["reference"]).filter(warehouse=given["warehouse"])
    receipt = form.receipt or known.first()
    prefetch_related_objects([receipt] if receipt else [], "lines__product")
    return receipt


def _notes(form: ReceiptForm, product: Product) -> list[str]:
    """Say in which bins the article lies already."""
    lying = Bin.objects.filter(warehouse=form.cleaned_data["warehouse"], stock__product=product, stock__quantity__gt=0)
    codes = lying.filter(kind=Bin.Kind.PICK).order_by("code").values_list("code", flat=True)[:NEAR]
    return [f"It lies in {', '.join(codes)} already."] if codes else []
