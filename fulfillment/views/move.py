"""Moving stock from bin to bin. What is blocked is moved by those who may adjust stock."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from fulfillment.models import Scan
from fulfillment.reports import lies_in
from fulfillment.services import Act, scan_to_move
from fulfillment.views.access import actor, allowed_to, go, say, show
from fulfillment.views.step_forms import MoveForm
from fulfillment.views.steps import again, fill, mine, steps

ASKED = {
    "warehouse": ("source", "Scan the bin"),
    "source": ("source", "Scan the bin"),
    "sku": ("sku", "Scan an article"),
    "quantity": ("quantity", "How many?"),
    "target": ("target", "Scan the new bin"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("move")
def move(request: HttpRequest) -> HttpResponse:
    """Ask for bin, article and number; when the other bin is scanned, move it."""
    form = fill(request, MoveForm)
    if request.method == "POST" and form.is_valid():
        return _move(request, form)
    if form.complaint:
        say(request, form.complaint, is_right=False)
    return _screen(request, form, 422 if request.method == "POST" else 200)


def _move(request: HttpRequest, form: MoveForm) -> HttpResponse:
    given = form.cleaned_data
    act = Act(form.operation_id(), actor(request), given["sku"].sku)
    scan = scan_to_move(given["source"], given["target"], given["sku"], given["quantity"], act, Scan.Step.MOVE)
    say(request, scan.sentence, is_right=scan.is_done)
    if not scan.is_done:
        return _screen(request, form)
    return go(request, again("floor:move", {"warehouse": given["warehouse"].code}))


def _screen(request: HttpRequest, form: MoveForm, status: int = 200) -> HttpResponse:
    given = form.cleaned_data
    context = steps(request, form, ASKED) | {
        "lying": lies_in(given["source"]) if form.step == "sku" else [],
        "place_word": "From",
        "place": given.get("source") if form.is_begun else None,
        "quantity": given.get("quantity"),
    }
    if not form.is_begun:
        context |= mine(request, Scan.Step.MOVE)
    return show(request, "fulfillment/move.html", context, status=status)
