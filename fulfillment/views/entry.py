"""Where the floor begins: what waits for this person, what is due first, and one field that goes straight there."""

from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from fulfillment import reports
from fulfillment.blockers import reasons
from fulfillment.models import Scan, Shipment, Warehouse
from fulfillment.services.claims import cart_of
from fulfillment.services.scan_pick import fetched_by
from fulfillment.views.access import PERMISSIONS, actor, allowed_to, load, may, say
from fulfillment.views.find import state_of
from fulfillment.views.tiles import tiles_for

TITLES = {"pick": "To pick", "pack": "To pack", "ship": "To ship"}


@require_safe
@allowed_to(*PERMISSIONS)
def entry(request: HttpRequest) -> HttpResponse:
    """Show the queues of the steps that this person may do, one of them opened."""
    here = Shipment.objects.of(request.user)
    counts = reports.waiting(here, timezone.localdate())
    mine = [step for step in reports.STEPS if may(request, step)]
    chosen = request.GET.get("queue", "")
    if chosen not in mine:
        chosen = next((step for step in mine if counts[step].free), mine[0] if mine else "")
    context = {
        "queues": [(step, TITLES[step], counts[step]) for step in mine],
        "chosen": chosen,
        "rows": reports.queue(here, chosen) if chosen else [],
        "counted": counts.get(chosen),
        "listed": reports.LISTED,
        "today": timezone.localdate(),
        "tiles": list(tiles_for(request)),
        "cart": cart_of(actor(request)) if "pick" in mine else None,
        "operation": uuid4(),
        "free_carts": reports.free_carts(Warehouse.objects.of(request.user)).total() if "pick" in mine else 0,
    } | _after(request)
    return render(request, "fulfillment/entry.html", context)


@require_safe
@allowed_to("pick", "pack", "ship")
def open_shipment(request: HttpRequest, number: str) -> HttpResponse:
    """Lead to the screen of the step that the shipment waits for."""
    shipment = load(request, number)
    step = reports.step_of(shipment.status)
    if step and may(request, step):
        return redirect(f"floor:{step}", shipment.number)
    say(request, state_of(shipment), is_right=False)
    return redirect("floor:entry")


def _after(request: HttpRequest) -> dict[str, object]:
    """Offer the next step of the shipment that was just worked on, and the way back from the last scan of it."""
    number = request.GET.get("done")
    here = Shipment.objects.of(request.user).select_related("order")
    shipment = here.filter(number=number).first() if number else None
    return {"onward": _onward(request, shipment), "last": _last(request, shipment)} if shipment else {}


def _onward(request: HttpRequest, shipment: Shipment) -> dict[str, str] | None:
    step = reports.step_of(shipment.status)
    if step is None or not may(request, step):
        return None
    return {"number": shipment.number, "step": step, "url": reverse(f"floor:{step}", args=[shipment.number])}


def _last(request: HttpRequest, shipment: Shipment) -> Scan | None:
    """Return what this person fetched last of a shipment that is picked, while it can be taken back."""
    if shipment.status != Shipment.Status.PICKED or not may(request, "pick") or reasons(shipment, "unpick"):
        return None
    return fetched_by(shipment, actor(request)).select_related("shipment", "line__order_line").first()
