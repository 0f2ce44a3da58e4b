"""Taking back what was booked last on one of the screens that are filled in scan by scan."""

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from fulfillment.forms import UndoForm
from fulfillment.models import Receipt, Scan, Warehouse
from fulfillment.services import Act, undo_booking
from fulfillment.views.access import actor, allowed_to, go, say
from fulfillment.views.steps import again

SCREENS = {
    Scan.Step.RECEIVE: "floor:receive",
    Scan.Step.PUT_AWAY: "floor:put_away",
    Scan.Step.MOVE: "floor:move",
}


@require_POST
@allowed_to("receive", "put_away", "move")
def undo(request: HttpRequest) -> HttpResponse:
    """Take it back, and show the screen on which it was booked."""
    form = UndoForm(request.POST)
    if not form.is_valid():
        raise BadRequest(form.complaint)
    by, given = actor(request), form.cleaned_data
    mine = Scan.objects.filter(
        by=str(by), step__in=SCREENS, quantity__gt=0, bin__warehouse__in=Warehouse.objects.of(request.user)
    )
    scan = get_object_or_404(mine.select_related("bin__warehouse"), pk=given["scan"])
    said = undo_booking(scan, Act(form.operation_id(), by, scan.text)).sentence
    say(request, said, is_right=True)
    here = {"warehouse": scan.bin.warehouse.code} if scan.bin else {}
    more = {"reference": given["reference"]} if _stands(given["reference"], scan) else {}
    return go(request, again(SCREENS[Scan.Step(scan.step)], here | more))


def _stands(reference: str, scan: Scan) -> bool:
    """Say whether there still is such a delivery: what nobody announced is gone with the last of its units."""
    return bool(reference and scan.bin) and (
        Receipt.objects.numbered(reference).filter(warehouse__bins=scan.bin_id).exists()
    )
