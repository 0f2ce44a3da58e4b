"""Who stands here: people change on a shared device by badge or PIN, from whatever screen a badge is scanned on."""

from typing import cast

from django.contrib.auth import login
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from fulfillment.forms import SwitchForm
from fulfillment.models import Warehouse
from fulfillment.services import is_badge
from fulfillment.services.switch import FLOOR_BACKEND, Met
from fulfillment.views.access import DEVICE, DEVICE_KEPT, is_htmx, is_shared, may_enter, say, show, to_login
from fulfillment.views.steps import HERE


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def switch(request: HttpRequest) -> HttpResponse:
    """Take a badge, or name and PIN; on a device that nobody shares yet, from somebody who is logged in."""
    if not (request.user.is_authenticated or is_shared(request)):
        return to_login(request)
    if request.user.is_authenticated and not may_enter(request.user):
        raise PermissionDenied
    form = SwitchForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _met(request, form.met())
    if form.errors:
        say(request, str(form.non_field_errors()[0]), is_right=False)
    return _screen(request, 422 if form.errors else 200)


def badge_scanned(request: HttpRequest) -> HttpResponse:
    """Change the person where a badge was scanned into a field that asks for something else.

    Not by GET: what is scanned stands in the address then, and a badge is as good as a password.
    """
    form = SwitchForm({"scanned": next((text for text in request.POST.values() if is_badge(str(text))), "")})
    if request.method != "POST" or not form.is_valid():
        say(request, "Scan your badge here.", is_right=False)
        return _leave(request, reverse("floor:switch"))
    return _met(request, form.met())


def _met(request: HttpRequest, met: Met) -> HttpResponse:
    """Log the person in, for the floor alone; the device is shared from now on."""
    if met.user is None or not may_enter(met.user):
        sentence = met.sentence or f"{_name(cast('User', met.user))} has no work on the floor."
        say(request, sentence, is_right=False)
        return _screen(request, 422)
    here = request.session.get(HERE)
    login(request, met.user, backend=FLOOR_BACKEND)  # another session, under another name
    if here and Warehouse.objects.of(met.user).filter(code=here).exists():
        request.session[HERE] = here
    say(request, f"Hello {_name(met.user)}.", is_right=True)
    response = _leave(request, _onward(request))
    kept = {"max_age": DEVICE_KEPT, "httponly": True, "samesite": "Lax", "secure": request.is_secure()}
    response.set_signed_cookie(DEVICE, "shared", salt=DEVICE, **kept)
    return response


def _screen(request: HttpRequest, status: int) -> HttpResponse:
    return show(request, "fulfillment/switch.html", {"ask": "Scan your badge"}, status=status)


def _onward(request: HttpRequest) -> str:
    wanted = request.GET.get("next", "")
    is_ours = wanted.startswith("/floor/") and url_has_allowed_host_and_scheme(wanted, None)
    return wanted if is_ours else reverse("floor:entry")


def _leave(request: HttpRequest, url: str) -> HttpResponse:
    """Load the next page anew: the one that is open holds the keys of the session before."""
    return HttpResponseClientRedirect(url) if is_htmx(request) else redirect(url)


def _name(user: User) -> str:
    return user.first_name or user.get_username()
