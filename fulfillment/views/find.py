"""The field of the floor takes whatever somebody holds, and leads to the screen where they go on with it."""

import re
from collections.abc import Callable
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from fulfillment.blockers import SHIPMENT_STATE
from fulfillment.models import Bin, Cart, Parcel, Receipt, Scan, Shipment, Warehouse
from fulfillment.services import find_to_pack
from fulfillment.services.scanned import spellings
from fulfillment.views.access import allowed_to, may, say
from orders.models import Product

_CART = re.compile(r"W(\d{1,9})-(\d{1,4})")
NO_CARRIER = "-"
Mine = QuerySet[Warehouse]


@require_safe
@allowed_to("pick", "pack", "ship")
def find(request: HttpRequest) -> HttpResponse:
    """Go straight to what was scanned: a shipment on the floor, a cart, a slot, a delivery, a bin, an article."""
    text = request.GET.get("scanned", "").strip()[: Scan.TEXT_LENGTH]
    found = list(Shipment.objects.of(request.user).numbered(text).order_by("pk"))
    here = [shipment for shipment in found if shipment.status in Shipment.ON_FLOOR]
    if len(here) == 1:
        return redirect("floor:shipment", here[0].number)
    if text and not found and (url := _way(request, text)):
        return redirect(url)
    say(request, _not_here(text, found, here), is_right=False)
    return redirect("floor:entry")


def state_of(shipment: Shipment) -> str:
    return f"{shipment.number} is {SHIPMENT_STATE[shipment.status]}."


def way_to_pack(text: str, mine: Mine) -> str:
    """Return where what was scanned is packed, or waits; an article out of a tote is scanned there at once."""
    found = find_to_pack(text, mine)
    if found is None:
        return ""
    if found.status != Shipment.Status.PICKED:
        return reverse("floor:shipment", args=[found.number])
    is_article = found.lines.filter(order_line__product__sku__in=spellings(text)).exists()
    rest = f"?{urlencode({'scanned': text})}" if is_article else ""
    return reverse("floor:pack", args=[found.number]) + rest


def _not_here(text: str, found: list[Shipment], here: list[Shipment]) -> str:
    if here:
        numbers = " and ".join(shipment.number for shipment in here)
        return f"The order has {len(here)} shipments here: {numbers}. Scan one of them."
    if found:
        return " ".join(state_of(shipment) for shipment in found)
    return f"“{text}” is nothing that we know here. Scan it again." if text else "Nothing was scanned."


def _way(request: HttpRequest, text: str) -> str:
    """Return where this person goes on with it; nothing where they do not."""
    mine = Warehouse.objects.of(request.user)
    ways = (lead(text, mine) for step, lead in LEADS if step is None or may(request, step))
    return next((url for url in ways if url), "")


def _way_to_cart(text: str, mine: Mine) -> str:
    read = _CART.fullmatch(text.upper())
    cart = (
        Cart.objects.filter(wave=int(read[1]), number=int(read[2]), wave__warehouse__in=mine).first() if read else None
    )
    return reverse("floor:cart", args=[cart.pk]) if cart else ""


def _way_to_van(text: str, mine: Mine) -> str:
    """Return the list of the carrier that takes a shipped parcel along: it is scanned there at once."""
    waiting = Parcel.objects.to_load().filter(shipment__warehouse__in=mine).select_related("shipment")
    key = Parcel.key_of(text)
    parcel = waiting.filter(Q(number=text.upper()) | Q(tracking_key=key or text)).order_by("-pk").first()
    if parcel is None:
        return ""
    van = reverse("floor:manifest", args=[parcel.shipment.warehouse_id, parcel.carrier or NO_CARRIER])
    return f"{van}?{urlencode({'scanned': text})}"


def _way_to_delivery(text: str, mine: Mine) -> str:
    named = Receipt.objects.open().numbered(text).filter(warehouse__in=mine)
    receipt = named.select_related("warehouse").first()
    given = {"warehouse": receipt.warehouse.code, "reference": receipt.reference} if receipt else {}
    return f"{reverse('floor:receive')}?{urlencode(given)}" if given else ""


def _way_to_shelf(text: str, mine: Mine) -> str:
    place = Bin.objects.filter(warehouse__in=mine, code__in=spellings(text)).select_related("warehouse").first()
    if place is None and not Product.objects.filter(sku__in=spellings(text)).exists():
        return ""
    given = {"warehouse": place.warehouse.code} if place else {}
    return f"{reverse('floor:look_up')}?{urlencode(given | {'scanned': text})}"


LEADS: tuple[tuple[str | None, Callable[[str, Mine], str]], ...] = (
    ("pick", _way_to_cart),
    ("load", _way_to_van),
    ("pack", way_to_pack),
    ("receive", _way_to_delivery),
    (None, _way_to_shelf),
)
"""Step that one has to be allowed → what may be meant, the likeliest first."""
