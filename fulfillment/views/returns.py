"""The returns desk: find what came back, take it in unit by unit, say what becomes of each."""

import re

from django.db.models import Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from fulfillment import ledger, reports
from fulfillment.forms import ScanForm
from fulfillment.models import Bin, Return, ReturnLine, Scan, Shipment, Warehouse
from fulfillment.models.scope import within
from fulfillment.services import Act
from fulfillment.services.returns import Outcome, find_return
from fulfillment.services.returns.sheet import Coming, Desk, Named, order_of, read_desk
from fulfillment.services.scan_return import close_by_press, grade_by_scan, scan_to_return
from fulfillment.views.access import actor, allowed_to, go, is_htmx, say, show
from fulfillment.views.steps import here, mine_from_here, places_of
from orders.models import Order
from orders.numbers import read_number, read_pk

_RETURN = re.compile(r"OT-\w+-R\d+")
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
        "ask": "Scan the parcel",
    }
    return show(request, "fulfillment/returns.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("returns")
def return_sheet(request: HttpRequest, number: str) -> HttpResponse:
    """Show what came back, or may; take in what is scanned, and say what becomes of it."""
    form = ScanForm(request.POST)
    if request.method == "POST" and form.is_valid():
        act = form.act(actor(request))
        grade = GRADES.get(request.POST.get("grade") or request.GET.get("grade", ""))
        if grade:
            return _grade(request, number, grade, act)
        if form.is_whole and _RETURN.fullmatch(number):
            return _close(request, number, act, form.cleaned_data["without"] or 0)
        return _take_in(request, number, act)
    desk = _load(request, number)
    if request.method != "POST":
        return _sheet(request, desk)
    say(request, form.complaint, is_right=False)
    return _sheet(request, desk, status=422)


def _close(request: HttpRequest, number: str, act: Act, without: int) -> HttpResponse:
    scan = close_by_press(_returns(request, number), act, without)
    say(request, scan.sentence, is_right=scan.is_done)
    if scan.is_done:
        return go(request, reverse("floor:returns"))
    desk = _load(request, number)
    return _sheet(request, desk, without=sum(desk.missing.values()))


def _take_in(request: HttpRequest, number: str, act: Act) -> HttpResponse:
    scan, desk = scan_to_return(_named(request, number), act, lambda: _bin(request), _mine(request))
    say(request, scan.sentence, is_right=scan.is_done)
    return _again(request, desk or _load(request, number))


def _grade(request: HttpRequest, number: str, outcome: Outcome, act: Act) -> HttpResponse:
    line = read_pk(str(act.line or request.GET.get("line")))
    if line is None:
        raise Http404("no line")
    scan, desk = grade_by_scan(_returns(request, number), line, outcome, act)
    say(request, scan.sentence, is_right=scan.is_done)
    return _again(request, desk or _load(request, number)) if scan.is_done else go(request, request.get_full_path())


def _again(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the sheet again, under the number of the return once there is one."""
    url = reverse("floor:return", args=[desk.thing.number])
    return _sheet(request, desk) if is_htmx(request) and request.get_full_path() == url else go(request, url)


def _named(request: HttpRequest, number: str) -> Named:
    """Return the one of this number, to be looked for behind its lock: how it is written says what it is."""
    order, _, place = number.rpartition("-")
    if _RETURN.fullmatch(number):
        return _returns(request, number)
    if read_number(number) == number:
        return Order.objects.filter(number=number)
    if read_number(order) == order and place.isdecimal():
        return Shipment.objects.filter(number=number)
    found = _find(number)
    return _returns(request, found.number) if isinstance(found, Return) else found


def _returns(request: HttpRequest, number: str) -> QuerySet[Return]:
    return Return.objects.filter(_mine(request), number=number).select_related("warehouse")


def _mine(request: HttpRequest) -> Q:
    """Keep the returns of the warehouses where this person works, and what has none yet."""
    return within(request.user, or_none=True)


def _find(number: str) -> Coming:
    """Return what has this number. Raises Http404."""
    found = Return.objects.filter(number=number).select_related("order", "warehouse").first() or find_return(number)
    if isinstance(found, str):
        raise Http404(number)
    return found


def _load(request: HttpRequest, number: str) -> Desk:
    """Return what came back, if it is not in a warehouse where this person does not work. Raises Http404."""
    found = _find(number)
    place = found.warehouse if isinstance(found, Return) else None
    if place and not Warehouse.objects.of(request.user).filter(pk=place.pk).exists():
        raise Http404(number)
    if isinstance(found, Return):
        return read_desk(found.order, found)
    return read_desk(order_of(found), shipment=found if isinstance(found, Shipment) else None)


def _bin(request: HttpRequest) -> Bin:
    """Return the bin for what comes back in the warehouse where this person is."""
    here_ = Subquery(mine_from_here(request).values("pk")[:1])
    found = Bin.objects.filter(warehouse=here_, code=Bin.Kind.RETURNS).select_related("warehouse").first()
    return found or ledger.standing_bin(here(request), Bin.Kind.RETURNS)


def _proposal(line: ReturnLine) -> reports.Proposal | None:
    home = line.return_of.warehouse
    return reports.propose_bin(home, line.order_line.product) if home else None


def _sheet(request: HttpRequest, desk: Desk, status: int = 200, without: int = 0) -> HttpResponse:
    back, lines, rows = desk.back, desk.returned, desk.rows
    restocked = next((each for each in lines if str(each.pk) == request.GET.get("line") and each.undecided), None)
    is_here = back is not None and back.status == Return.Status.RECEIVED
    url = reverse("floor:return", args=[desk.thing.number])
    context = {
        "thing": desk.thing,
        "back": back,
        "order": desk.order,
        "is_undelivered": desk.shipment is not None,
        "rows": rows,
        "rest": [] if rows else [(line, units) for line, units in desk.can_come.items() if units],
        "first": next((each for each in lines if each.undecided and is_here), None),
        "restocked": restocked,
        "proposal": restocked and _proposal(restocked),
        "is_here": is_here,
        "without": without,
        "is_short": bool(desk.missing) and not without,
        "is_over": back is not None and back.status not in {*Return.COMING, Return.Status.RECEIVED},
        "scan_url": request.get_full_path() if restocked else url,
        "ask": "Scan the bin" if restocked else "Scan each article",
    }
    return show(request, "fulfillment/return.html", context, status=status)
