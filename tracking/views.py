"""The customer's page, whole and live, the look-up that mails its link, and the managers' report."""

from django.contrib.auth.decorators import login_required, permission_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from fulfillment.models import Warehouse
from orders.models import Order
from tracking.forms import LookUpForm
from tracking.models import TrackingLink
from tracking.models.link import Opened
from tracking.reports import make_report
from tracking.services import look_up
from tracking.timeline import page_of

KEPT_SECONDS = 60
POLL_SECONDS, POLL_SECONDS_AFTER = 5, 60


@require_safe
def order(request: HttpRequest, token: str) -> HttpResponse:
    """Show the order that the token opens."""
    opened = TrackingLink.opened_by(token, timezone.now())
    if opened is None:
        return _not_found(request)
    return _private(HttpResponse(_rendered("tracking/order.html", opened)))


def unchanged(token: str, seen: str) -> HttpResponse | None:
    """Answer 204 while the reader has seen the newest version: for `config.middleware`, before all else is done."""
    if TrackingLink.has_seen(token, seen, timezone.now()):
        return _private(HttpResponse(status=204))
    return None


@require_safe
def live(request: HttpRequest, token: str) -> HttpResponse:
    """Show the part of the page that changes; while it has not, `unchanged` answers."""
    opened = TrackingLink.opened_by(token, timezone.now())
    if opened is None:
        return _not_found(request)
    return _private(HttpResponse(_rendered("tracking/order.html#live", opened)))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Ask for number and e-mail, and answer the same whether we know them or not."""
    form = LookUpForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return render(request, "tracking/find.html", {"form": form})
    if not form.is_valid():
        return render(request, "tracking/find.html", {"form": form}, status=422)
    look_up(form.cleaned_data["number"], form.cleaned_data["email"])
    return render(request, "tracking/find.html", {"is_answered": True})


@never_cache
@require_safe
@login_required
@permission_required("tracking.view_reports", raise_exception=True)
def reports(request: HttpRequest) -> HttpResponse:
    """Show how the orders fare."""
    return render(
        request, "tracking/reports.html", {"report": make_report(timezone.now(), Warehouse.objects.of(request.user))}
    )


def _rendered(template: str, opened: Opened) -> str:
    """Return the page or its live part, made at most once a minute and version: it is the same for every reader.

    Nothing of the visitor is in it, not even the token: the page asks for its live part by a relative address.
    """
    key = f"{template}:{opened.order_id}:{opened.version}:{get_language()}"
    kept: str | None = cache.get(key)
    if kept is None:
        pace = POLL_SECONDS if opened.status in Order.OPEN else POLL_SECONDS_AFTER
        kept = render_to_string(template, {"opened": opened, "page": page_of(opened.order_id), "pace": pace})
        cache.set(key, kept, KEPT_SECONDS)
    return kept


def _not_found(request: HttpRequest) -> HttpResponse:
    """Answer unknown, revoked and expired alike, byte for byte."""
    return _private(render(request, "404.html", status=404))


def _private(response: HttpResponse) -> HttpResponse:
    """Keep it from caches, search engines and the next page; by hand, as every open page asks every five seconds."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response
