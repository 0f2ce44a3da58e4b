"""Who may be here, and what the floor's views have in common."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django_htmx.http import HttpResponseClientRedirect, HttpResponseLocation

from fulfillment.blockers import reasons
from fulfillment.models import Scan, Shipment
from fulfillment.reports import step_of
from fulfillment.services import is_badge
from orders.models import Actor

PERMISSIONS = {
    "pick": "fulfillment.pick_shipment",
    "release": "fulfillment.release_wave",
    "pack": "fulfillment.pack_shipment",
    "ship": "fulfillment.ship_shipment",
    "receive": "fulfillment.receive_stock",
    "put_away": "fulfillment.receive_stock",
    "move": "fulfillment.receive_stock",
    "count": "fulfillment.count_stock",
    "returns": "fulfillment.receive_return",
    "load": "fulfillment.close_manifest",
}
DEVICE, DEVICE_KEPT = "floor_device", timedelta(days=90)
"""The cookie of a device that people share."""
More = ParamSpec("More")
View = Callable[Concatenate[HttpRequest, More], HttpResponse]


def allowed_to(*steps: str) -> "Callable[[View[More]], View[More]]":
    """Let those in who may do any of these steps; ask others to log in, or refuse them."""

    def decorate(view: "View[More]") -> "View[More]":
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, *args: More.args, **kwargs: More.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return to_login(request)
            if not any(may(request, step) for step in steps):
                raise PermissionDenied
            given = [str(text) for text in (request.POST or request.GET).values()]
            if any("\0" in text for text in [*given, request.path, *request.GET.values()]):
                raise BadRequest("No database keeps the character zero.")
            if any(is_badge(text) for text in given):
                return _badge(request)
            return view(request, *args, **kwargs)

        return cast("View[More]", guarded)

    return decorate


def may_enter(user: Any) -> bool:
    """Say whether there is any work on the floor for this user."""
    return any(user.has_perm(name) for name in set(PERMISSIONS.values()))


def may(request: HttpRequest, step: str) -> bool:
    return request.user.has_perm(PERMISSIONS[step])


def actor(request: HttpRequest) -> Actor:
    return Actor("user", str(request.user.pk))


def is_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def load(request: HttpRequest, number: str) -> Shipment:
    """Return the shipment, if it is one of the warehouses where this person works. Raises Http404."""
    mine = Shipment.objects.of(request.user).select_related("order", "warehouse")
    return get_object_or_404(mine, number=number)


def say(request: HttpRequest, sentence: str, *, is_right: bool) -> None:
    messages.add_message(request, messages.SUCCESS if is_right else messages.ERROR, sentence)


def answer(request: HttpRequest, scan: Scan, step: str, panel: Callable[[Shipment], HttpResponse]) -> HttpResponse:
    """Say what came of a scan: on the same screen, or back on the floor once the shipment is through this step."""
    say(request, scan.sentence, is_right=scan.is_done)
    shipment = scan.shipment  # as the service left it; empty where this was answered at another screen before
    if shipment is None:
        return go(request, reverse("floor:entry"))
    if step_of(shipment.status) != step:
        return go(request, f"{reverse('floor:entry')}?done={shipment.number}")
    if is_htmx(request):
        return panel(shipment)
    return redirect(request.path)


def go(request: HttpRequest, url: str) -> HttpResponse:
    """Lead to another screen; with htmx in the same document, so that a tone can sound to its end."""
    if is_htmx(request):
        return HttpResponseLocation(url, target="body", swap="innerHTML show:window:top")  # type: ignore[arg-type]
    return redirect(url)


def show(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Render a screen; to a scan or a press that htmx sent, its working panel and what came of it."""
    is_panel = is_htmx(request) and request.method == "POST"
    given = context | {"operation": uuid4(), "is_panel": is_panel}
    if not is_panel:
        return render(request, template, given, status=status)
    parts = (f"{template}#panel", "fulfillment/_verdict.html")
    return HttpResponse("".join(render_to_string(part, given, request) for part in parts), status=status)


def in_the_way(request: HttpRequest, shipment: Shipment, step: str) -> HttpResponse | None:
    """Return the screen that says why the shipment cannot go through this step now, if it cannot."""
    verb = "start_picking" if step == "pick" and shipment.status == Shipment.Status.READY else step
    found = reasons(shipment, verb)
    if not found:
        return None
    following = step_of(shipment.status)
    context = {
        "shipment": shipment,
        "reasons": found,
        "step": step,
        "following": following if following and following != step and may(request, following) else None,
    }
    return show(request, "fulfillment/blocked.html", context)


def to_login(request: HttpRequest) -> HttpResponse:
    """Ask who is there: by badge or PIN on a device that people share, else by password."""
    here = request.htmx.current_url_abs_path if is_htmx(request) else request.get_full_path()  # type: ignore[attr-defined]
    asked = reverse("floor:switch") if is_shared(request) else None
    url = redirect_to_login(here or reverse("floor:entry"), asked).url
    return HttpResponseClientRedirect(url) if is_htmx(request) else redirect(url)


def is_shared(request: HttpRequest) -> bool:
    """Say whether people change on this device by badge and PIN."""
    return request.get_signed_cookie(DEVICE, None, salt=DEVICE, max_age=DEVICE_KEPT) is not None


def _badge(request: HttpRequest) -> HttpResponse:
    from fulfillment.views.person import badge_scanned  # a screen of its own, and it asks here as well

    return badge_scanned(request)
