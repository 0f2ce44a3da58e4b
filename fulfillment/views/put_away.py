"""Putting away: from the dock to a shelf, from which it can be sold then."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from fulfillment import ledger
from fulfillment.models import Bin, Scan
from fulfillment.reports import at_dock, propose_bin
from fulfillment.services import Act, scan_to_move
from fulfillment.views.access import actor, allowed_to, go, say, show
from fulfillment.views.step_forms import PutAwayForm
from fulfillment.views.steps import again, fill, mine, steps

ASKED = {
    "warehouse": ("sku", "Scan an article"),
    "sku": ("sku", "Scan an article"),
    "bin": ("bin", "Scan the bin"),
    "quantity": ("quantity", "How many?"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("put_away")
def put_away(request: HttpRequest) -> HttpResponse:
    """Ask for an article at the dock and its bin; when the number is there, move it."""
    form = fill(request, PutAwayForm)
    if request.method == "POST" and form.is_valid():
        return _move(request, form)
    if form.complaint:
        say(request, form.complaint, is_right=False)
    return _screen(request, form, 422 if request.method == "POST" else 200)


def _move(request: HttpRequest, form: PutAwayForm) -> HttpResponse:
    given = form.cleaned_data
    dock = form.dock or ledger.standing_bin(given["warehouse"], Bin.Kind.DOCK)
    act = Act(form.operation_id(), actor(request), given["sku"].sku)
    scan = scan_to_move(dock, given["bin"], given["sku"], given["quantity"], act, Scan.Step.PUT_AWAY)
    say(request, scan.sentence, is_right=scan.is_done)
    if not scan.is_done:
        return _screen(request, form)
    return go(request, again("floor:put_away", {"warehouse": given["warehouse"].code}))


def _screen(request: HttpRequest, form: PutAwayForm, status: int = 200) -> HttpResponse:
    given = form.cleaned_data
    warehouse, product = given.get("warehouse"), given.get("sku")
    rows = at_dock(warehouse) if warehouse else []
    here = next((row.units for row in rows if row.product == product), 0)
    proposal = propose_bin(warehouse, product) if warehouse and product and form.step == "bin" else None
    context = steps(request, form, ASKED) | {
        "rows": [] if form.is_begun else rows,
        "place_word": "Put it into" if proposal else "",
        "place": (proposal and proposal.bin) or given.get("bin"),
        "notes": _notes(form, here, proposal.reason if proposal else ""),
        "buttons": [(here, f"All {here}" if here > 1 else "This one")] if form.is_last and here else [],
    }
    if not form.is_begun:
        context |= mine(request, Scan.Step.PUT_AWAY)
    return show(request, "fulfillment/put_away.html", context, status=status)


def _notes(form: PutAwayForm, here: int, reason: str) -> list[str]:
    if not form.is_begun:
        return []
    found = [f"{here} at the dock." if here else "The books know of none at the dock."]
    if form.step == "bin":
        found.append(reason or "No bin is empty: choose one.")
    return found
