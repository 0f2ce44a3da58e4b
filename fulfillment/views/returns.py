"""The returns desk: find what came back, take it in unit by unit, say what becomes of each."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from fulfillment import reports
from fulfillment.forms import ScanForm
from fulfillment.models import Return, ReturnLine, Scan, Warehouse
from fulfillment.services import Act
from fulfillment.services.returns import Outcome, can_come_back, find_return
from fulfillment.services.scan_return import Coming, close_by_press, grade_by_scan, order_of, scan_to_return
from fulfillment.views.access import actor, allowed_to, go, is_htmx, say, show
from fulfillment.views.steps import here, places_of

GRADES = {"restock": Outcome.RESTOCK, "quarantine": Outcome.QUARANTINE, "scrap": Outcome.SCRAP}


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("returns")
def returns(request: HttpRequest) -> HttpResponse:
    """Ask for a number, of a return, an order, a parcel; and list what is here and what is on its way."""
    warehouse = here(request)
    if request.method == "POST":
        text = request.POST.get("scanned", "").strip()[: Scan.TEXT_LENGTH]
        found = find_return(text) if text else "Nothing was scanned."
        if not isinstance(found, str):
            return go(request, reverse("floor:return", args=[found.number]))
        say(request, found, is_right=False)
        return go(request, reverse("floor:returns"))
    context = {
        "given": {"warehouse": warehouse},
        "warehouses": places_of(request),
        "rows": reports.returns_at_hand(warehouse),
        "ask": "Scan what came back",
    }
    return show(request, "fulfillment/returns.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("returns")
def return_sheet(request: HttpRequest, number: str) -> HttpResponse:
    """Show what came back, or may; take in what is scanned, and say what becomes of it."""
    thing = _load(request, number)
    if request.method != "POST":
        return _sheet(request, thing)
    form = ScanForm(request.POST)
    if not form.is_valid():
        say(request, form.complaint, is_right=False)
        return _sheet(request, thing, status=422)
    act = form.act(actor(request))
    if form.is_whole and isinstance(thing, Return):
        return _close(request, thing, act)
    if grade := GRADES.get(request.POST.get("grade") or request.GET.get("grade", "")):
        return _grade(request, thing, grade, act)
    scan, back = scan_to_return(thing, act, here(request))
    say(request, scan.sentence, is_right=scan.is_done)
    return _again(request, back or thing)


def _close(request: HttpRequest, back: Return, act: Act) -> HttpResponse:
    say(request, close_by_press(back, act).sentence, is_right=True)
    return go(request, reverse("floor:returns"))


def _grade(request: HttpRequest, thing: Coming, grade: Outcome, act: Act) -> HttpResponse:
    wanted = str(act.line or request.GET.get("line"))
    lines = ReturnLine.objects.filter(return_of__number=thing.number).select_related("return_of__warehouse")
    line = next((each for each in lines if str(each.pk) == wanted), None)
    if line is None:
        raise Http404(wanted)
    scan = grade_by_scan(line, grade, act)
    say(request, scan.sentence, is_right=scan.is_done)
    if not scan.is_done:
        return go(request, request.get_full_path())
    return _again(request, thing)


def _again(request: HttpRequest, thing: Coming) -> HttpResponse:
    """Show the sheet again, under the number of the return once there is one."""
    url = reverse("floor:return", args=[thing.number])
    if is_htmx(request) and request.get_full_path() == url:
        return _sheet(request, _load(request, thing.number))
    return go(request, url)


def _load(request: HttpRequest, number: str) -> Coming:
    """Return what has this number, if it is not in a warehouse where this person does not work. Raises Http404."""
    found = Return.objects.filter(number=number).select_related("order", "warehouse").first() or find_return(number)
    if isinstance(found, str):
        raise Http404(number)
    place = found.warehouse if isinstance(found, Return) else None
    if place and not Warehouse.objects.of(request.user).filter(pk=place.pk).exists():
        raise Http404(number)
    return found


def _sheet(request: HttpRequest, thing: Coming, status: int = 200) -> HttpResponse:
    back = thing if isinstance(thing, Return) else None
    lines = list(back.lines.select_related("order_line__product").order_by("order_line__number")) if back else []
    restocked = next((each for each in lines if str(each.pk) == request.GET.get("line")), None)
    is_here = back is not None and back.status == Return.Status.RECEIVED
    can_come = {line: units for line, units in can_come_back(order_of(thing), announced=False).items() if units}
    context = {
        "thing": thing,
        "back": back,
        "order": order_of(thing),
        "lines": lines,
        "rest": [] if lines else can_come.items(),
        "first": next((each for each in lines if each.undecided and is_here), None),
        "restocked": restocked if restocked and restocked.undecided else None,
        "is_here": is_here,
        "is_over": back is not None and back.status not in {*Return.COMING, Return.Status.RECEIVED},
        "scan_url": request.get_full_path() if restocked else reverse("floor:return", args=[thing.number]),
        "ask": "Scan the bin" if restocked else "Scan each article",
    }
    return show(request, "fulfillment/return.html", context, status=status)
