"""Looking up what lies where. Nothing is changed, so nothing is kept of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from fulfillment.models import Bin, StockItem, Warehouse
from fulfillment.reports import lies_in, lies_where
from fulfillment.services.scanned import spellings
from fulfillment.views.access import allowed_to, say, show
from fulfillment.views.steps import here, places_of
from orders.models import Product


@require_safe
@allowed_to("pick", "pack", "ship", "receive")
def look_up(request: HttpRequest) -> HttpResponse:
    """Show what lies in the bin that was scanned, or where the article lies."""
    text = request.GET.get("scanned", "").strip()[:64]
    warehouse = here(request)
    place = Bin.objects.filter(warehouse=warehouse, code__in=spellings(text)).first()
    product = None if place else Product.objects.filter(sku__in=spellings(text)).first()
    if text and not (place or product):
        say(request, f"“{text}” is neither a bin in {warehouse} nor an article. Scan it again.", is_right=False)
    context: dict[str, Any] = {"place": place, "product": product, "given": {"warehouse": warehouse}}
    context |= {"warehouses": places_of(request), "ask": "Bin or article"}
    context |= {"lying": lies_in(place)} if place else {}
    context |= _of(request, product) if product else {}
    return show(request, "fulfillment/look_up.html", context)


def _of(request: HttpRequest, product: Product) -> dict[str, Any]:
    mine = list(Warehouse.objects.of(request.user))
    items = StockItem.objects.filter(product=product, warehouse__in=mine).select_related("warehouse")
    return {"places": lies_where(product, mine), "balances": items.order_by("warehouse__priority", "warehouse")}
