"""The papers of the warehouse, to print or print again: an address holds the number of a thing, and nobody's name."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from fulfillment import papers
from fulfillment.models import Cart, Manifest, Parcel, Shipment, Warehouse
from fulfillment.views.access import allowed_to
from orders.admin.trail import names_of

PDF, ZPL = "application/pdf", "application/zpl; charset=utf-8"

# The library that draws takes a second to load: no page but these needs it.


@require_safe
@allowed_to("pack", "ship")
def slip(request: HttpRequest, number: str) -> HttpResponse:
    """Answer with the packing slip of a shipment, on A4 or, if asked for, on A5."""
    from fulfillment.documents.slip import SIZES, draw

    shipment = get_object_or_404(
        _here(request, papers.shipments().exclude(status=Shipment.Status.CANCELLED)), number=number
    )
    size = request.GET.get("size", "A4")
    return _paper(draw(papers.slip_of(shipment), size if size in SIZES else "A4"), f"slip-{shipment.number}.pdf")


@require_safe
@allowed_to("pick", "pack", "ship")
def pick_list(request: HttpRequest, number: str) -> HttpResponse:
    """Answer with the walk of a shipment on paper."""
    from fulfillment.documents.picklist import draw

    shipment = get_object_or_404(_here(request, Shipment.objects.standing()), number=number)
    return _paper(draw(papers.walk_of(shipment)), f"pick-list-{shipment.number}.pdf")


@require_safe
@allowed_to("pick", "pack", "ship")
def cart_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with the walk of a cart on paper."""
    from fulfillment.documents.picklist import draw

    mine = Cart.objects.filter(wave__warehouse__in=Warehouse.objects.of(request.user))
    cart = get_object_or_404(mine.select_related("wave__warehouse"), pk=pk)
    return _paper(draw(papers.walk_of_cart(cart)), f"pick-list-{cart}.pdf")


@require_safe
@allowed_to("pack", "ship")
def label(request: HttpRequest, number: str) -> HttpResponse:
    """Answer with the label of a parcel, 100 × 150 mm."""
    from fulfillment.documents.label import draw

    return _paper(draw(papers.label_of(_parcel(request, number))), f"label-{number}.pdf")


@require_safe
@allowed_to("pack", "ship")
def label_zpl(request: HttpRequest, number: str) -> HttpResponse:
    """Answer with the label of a parcel in the language of label printers."""
    from fulfillment.documents.zpl import draw

    return _paper(draw(papers.label_of(_parcel(request, number))).encode(), f"label-{number}.zpl", ZPL)


@require_safe
@allowed_to("load")
def manifest(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with a manifest, for the driver to sign."""
    from fulfillment.documents.manifest import draw

    mine = Manifest.objects.filter(warehouse__in=Warehouse.objects.of(request.user)).select_related("warehouse")
    found = get_object_or_404(mine, pk=pk)
    return _paper(draw(papers.handover_of(found, names_of({found.by})[found.by])), f"manifest-{pk}.pdf")


def _here(request: HttpRequest, shipments: "QuerySet[Shipment]") -> "QuerySet[Shipment]":
    return shipments.filter(warehouse__in=Warehouse.objects.of(request.user))


def _parcel(request: HttpRequest, number: str) -> Parcel:
    mine = papers.parcels().filter(shipment__warehouse__in=Warehouse.objects.of(request.user))
    return get_object_or_404(mine, number=number)


def _paper(content: bytes, name: str, kind: str = PDF) -> HttpResponse:
    """Answer with a paper that opens where it is asked for."""
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'inline; filename="{name}"'})
