"""Counting: what is to be counted, and the sheet of one count. Blind: no page here says what the books expect."""

from typing import Any
from uuid import uuid4

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from fulfillment import reports
from fulfillment.forms import CountForm
from fulfillment.models import Bin, Count, Scan, Warehouse
from fulfillment.services import finish_sheet, scan_to_count
from fulfillment.services.counts import ask_count
from fulfillment.services.counts.sheet import Sheet, read_sheet
from fulfillment.services.scanned import spellings
from fulfillment.views.access import actor, allowed_to, go, is_htmx, say, show
from fulfillment.views.steps import again, here, places_of
from orders.models import Product


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("count")
def counts(request: HttpRequest) -> HttpResponse:
    """List what is to be counted; a scan of a bin or an article begins a count of it, or offers what waits there."""
    warehouse = here(request)
    text = (request.POST or request.GET).get("scanned", "").strip()[: Scan.TEXT_LENGTH]
    if request.method == "POST":
        return _begin(request, warehouse, text)
    offer = _offer(request, warehouse, text)
    context = offer | {
        "given": {"warehouse": warehouse},
        "warehouses": places_of(request),
        "rows": [row for row in reports.counts_to_do(warehouse, actor(request)) if row not in offer.get("waiting", ())],
        "listed": reports.COUNTS_LISTED,
        "ask": "Bin or article",
    }
    return show(request, "fulfillment/counts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("count")
def count(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what of a count comes next, and take a scan, a figure or the end of it."""
    here = Count.objects.filter(warehouse__in=Warehouse.objects.of(request.user), pk=pk)
    mine = here.select_related("warehouse", "bin", "product")
    form = CountForm(request.POST)
    if request.method == "POST" and form.is_valid():
        return _do(request, mine, form)
    sheet = read_sheet(get_object_or_404(mine), actor(request))
    if request.method != "POST":
        return _screen(request, sheet) if sheet.count.status in Count.TO_COUNT else redirect("floor:counts")
    say(request, form.complaint, is_right=False)
    return _screen(request, sheet, status=422)


def _do(request: HttpRequest, mine: QuerySet[Count], form: CountForm) -> HttpResponse:
    seen, act = form.cleaned_data["seen"], form.act(actor(request))
    scan, sheet = finish_sheet(mine, act, seen or 0) if form.is_whole else scan_to_count(mine, act, seen)
    say(request, scan.sentence, is_right=scan.is_done)
    sheet = sheet or read_sheet(get_object_or_404(mine), act.by)
    if sheet.count.status not in Count.TO_COUNT:
        return go(request, reverse("floor:counts"))
    return _screen(request, sheet) if is_htmx(request) else redirect(request.path)


def _begin(request: HttpRequest, warehouse: Warehouse, text: str) -> HttpResponse:
    """Begin a count of what was scanned; where single positions of it wait to be counted, offer those instead."""
    place, product = _meant(warehouse, text)
    if place is None and product is None:
        said = f"“{text}” is no bin or article that we know. Scan it again." if text else "Nothing was scanned."
        say(request, said, is_right=False)
        return go(request, reverse("floor:counts"))
    if "whole" not in request.POST and reports.counts_within(warehouse, actor(request), place, product):
        return go(request, again("floor:counts", {"scanned": text}))
    begun = ask_count(warehouse, bin=place, product=product, by=actor(request))
    return go(request, reverse("floor:count", args=[begun.pk]))


def _offer(request: HttpRequest, warehouse: Warehouse, text: str) -> dict[str, Any]:
    """Return the counts that wait where somebody wants to count."""
    place, product = _meant(warehouse, text) if text else (None, None)
    if place is None and product is None:
        return {}
    waiting = reports.counts_within(warehouse, actor(request), place, product)
    return {"waiting": waiting, "asked": place or product, "scanned_before": text}


def _meant(warehouse: Warehouse, text: str) -> tuple[Bin | None, Product | None]:
    place = Bin.objects.filter(warehouse=warehouse, code__in=spellings(text)).first()
    return place, None if place else Product.objects.filter(sku__in=spellings(text)).first()


def _screen(request: HttpRequest, sheet: Sheet, status: int = 200) -> HttpResponse:
    count, place, line = sheet.count, sheet.place, sheet.open_line
    due = [each for each in sheet.due_again if place and each.bin_id == place.pk]
    is_closable = count.status == Count.Status.OPEN and not line and bool(place or count.product_id)
    context = {
        "count": count,
        "place": place,
        "line": line,
        "due": [(each, sheet.version_of(each.product_id), uuid4()) for each in due if each != line],
        "given": sheet.given,
        "going": [each for each in sheet.where_next() if each != place],
        "is_closable": is_closable,
        "seen": sheet.seen if is_closable and not count.product_id else 0,
        "ask": _ask(sheet, place, line is not None),
    }
    return show(request, "fulfillment/count.html", context, status=status)


def _ask(sheet: Sheet, place: Bin | None, is_open: bool) -> str:  # noqa: FBT001
    if is_open:
        return "How many?"
    if place is None or sheet.count.product_id:
        return "Scan the bin"
    return "Scan an article"
