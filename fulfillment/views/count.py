"""Counting: what is to be counted, and the sheet of one count. Blind: no page here says what the books expect."""

from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from fulfillment import reports
from fulfillment.forms import CountForm
from fulfillment.models import Bin, Count, Scan, Warehouse
from fulfillment.services import finish_sheet, scan_to_count
from fulfillment.services.counts import ask_count, seen_at
from fulfillment.services.scan_count import bin_of, due_again, open_line, where_next
from fulfillment.views.access import actor, allowed_to, go, is_htmx, say, show
from fulfillment.views.steps import here, places_of
from orders.models import Product


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("count")
def counts(request: HttpRequest) -> HttpResponse:
    """List what is to be counted; a scan of any bin or article begins a count of it."""
    warehouse = here(request)
    if request.method == "POST":
        return _begin(request, warehouse, request.POST.get("scanned", "").strip()[: Scan.TEXT_LENGTH])
    context = {
        "given": {"warehouse": warehouse},
        "warehouses": places_of(request),
        "rows": reports.counts_to_do(warehouse, actor(request)),
        "listed": reports.COUNTS_LISTED,
        "ask": "Bin or article",
    }
    return show(request, "fulfillment/counts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("count")
def count(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what of a count comes next, and take a scan, a figure or the end of it."""
    mine = Count.objects.filter(warehouse__in=Warehouse.objects.of(request.user))
    sheet = get_object_or_404(mine.select_related("warehouse", "bin__warehouse", "product"), pk=pk)
    if request.method != "POST":
        return _sheet(request, sheet) if sheet.status in Count.TO_COUNT else redirect("floor:counts")
    form = CountForm(request.POST)
    if not form.is_valid():
        say(request, form.complaint, is_right=False)
        return _sheet(request, sheet, status=422)
    seen, act = form.cleaned_data["seen"], form.act(actor(request))
    scan = finish_sheet(sheet, act, seen or 0) if form.is_whole else scan_to_count(sheet, act, seen)
    say(request, scan.sentence, is_right=scan.is_done)
    sheet = mine.select_related("warehouse", "bin__warehouse", "product").get(pk=pk)
    if sheet.status not in Count.TO_COUNT:
        return go(request, reverse("floor:counts"))
    return _sheet(request, sheet) if is_htmx(request) else redirect(request.path)


def _begin(request: HttpRequest, warehouse: Warehouse, text: str) -> HttpResponse:
    spellings = {text, text.upper()}
    place = Bin.objects.filter(warehouse=warehouse, code__in=spellings).first()
    product = None if place else Product.objects.filter(sku__in=spellings).first()
    if place is None and product is None:
        said = f"“{text}” is no bin or article that we know. Scan it again." if text else "Nothing was scanned."
        say(request, said, is_right=False)
        return go(request, reverse("floor:counts"))
    begun = ask_count(warehouse, bin=place, product=product, by=actor(request))
    return go(request, reverse("floor:count", args=[begun.pk]))


def _sheet(request: HttpRequest, sheet: Count, status: int = 200) -> HttpResponse:
    by = actor(request)
    place = bin_of(sheet, by)
    line = open_line(sheet, place, by) if place else None
    due = due_again(sheet, place) if place else []
    given = list(sheet.lines.select_related("product", "bin").exclude(counted=None))
    again = {each.pk for each in due_again(sheet, None)}
    context = {
        "count": sheet,
        "place": place,
        "line": line,
        "due": [(each, seen_at(each.bin, each.product), uuid4()) for each in due if each != line],
        "given": [each for each in given if each.pk not in again],
        "going": [each for each in where_next(sheet) if each != place],
        "is_closable": sheet.status == Count.Status.OPEN and not line and bool(place or sheet.product_id),
        "seen": _seen(sheet),
        "ask": _ask(sheet, place, line is not None),
    }
    return show(request, "fulfillment/count.html", context, status=status)


def _seen(sheet: Count) -> int:
    if sheet.bin is None or sheet.product_id:
        return 0
    return seen_at(sheet.bin, without=sheet.lines.values_list("product", flat=True))


def _ask(sheet: Count, place: Bin | None, is_open: bool) -> str:  # noqa: FBT001
    if is_open:
        return "How many?"
    if place is None or sheet.product_id:
        return "Scan the bin"
    return "Scan an article"
