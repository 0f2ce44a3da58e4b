"""What every request passes: its id, limits of its body, the policy of its page, and errors made readable."""

import re
import time
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject
from django_htmx.http import push_url, reswap, retarget

from config.problems import problem
from fulfillment.services.switch import FLOOR_BACKEND
from orders.lifecycle import Refused
from tracking.views import unchanged

GetResponse = Callable[[HttpRequest], HttpResponseBase]

SEEN = "floor_seen"

UNCLEAN = re.compile(r"[^A-Za-z0-9._:/+=@-]+")
MAX_REQUEST_ID = 128
LENGTH_DIGITS = 18
UTF8 = {"utf-8", "utf8", "us-ascii", "ascii"}
LIVE = re.compile(r"/track/(?P<token>[^/]+)/live")
PLAIN_ERRORS = {
    400: ("request_refused", "The request cannot be understood."),
    404: ("not_found", "There is nothing here."),
    405: ("method_not_allowed", "That cannot be done with this path."),
    412: ("precondition_failed", "It has changed since: the version is another."),
}


class RequestIdMiddleware:
    """Outermost: every answer carries the caller's `X-Request-Id`, bounded and cleaned, or one of ours."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = UNCLEAN.sub("", request.META.get("HTTP_X_REQUEST_ID", ""))[:MAX_REQUEST_ID]
        response = self.get_response(request)
        response["X-Request-Id"] = given or uuid.uuid4().hex
        return response


class ProblemMiddleware:
    """Under /api/ no error is a page: what Django itself answers becomes a problem."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_error = response.status_code >= HTTPStatus.BAD_REQUEST
        if not (is_error and request.path.startswith("/api/")) or "json" in response.get("Content-Type", ""):
            return response
        code, sentence = PLAIN_ERRORS.get(response.status_code, ("internal_error", "Something went wrong on our side."))
        answer = problem(request, response.status_code, code, sentence)
        if "Allow" in response:
            answer["Allow"] = response["Allow"]
        return answer


class BodyLimitMiddleware:
    """Before anything reads it: a body over the limit is 413, and a chunked one 411, as WSGI would show it as empty.

    One in other letters than UTF-8 is 415: what a codec makes of it no database keeps. A hook takes the bytes as they
    are, whatever they are called: what is genuine is never refused for its label.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            return problem(request, 411, "length_required", "Send the body with a Content-Length.")
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or len(length) > LENGTH_DIGITS or int(length) > settings.BODY_LIMIT:
            return problem(request, 413, "body_too_large", "The body is larger than 5 MiB.")
        charset = (request.content_params or {}).get("charset", "utf-8").lower()
        if charset not in UTF8 and not request.path.startswith("/hooks/"):
            return problem(request, 415, "not_utf8", "Send the body as UTF-8.")
        return self.get_response(request)


class UnchangedMiddleware:
    """Every open page asks every five seconds: where nothing changed, the answer needs nothing of what comes after."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        found = LIVE.fullmatch(request.path_info) if request.method == "GET" else None
        answer = unchanged(found["token"], request.GET.get("seen", "")) if found else None
        return answer or self.get_response(request)


class PolicyMiddleware(CSPMiddleware):
    """The strict policy everywhere; the admin's theme needs a wider one, and the floor the camera."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith("/admin/"):
            response._csp_update = settings.ADMIN_CONTENT_SECURITY_POLICY  # type: ignore[attr-defined]  # noqa: SLF001
        camera = "(self)" if request.path.startswith("/floor/") else "()"
        response["Permissions-Policy"] = f"camera={camera}, microphone=(), geolocation=()"
        return super().process_response(request, response)


class FloorSessionMiddleware:
    """A session that a badge or a PIN opened: good for the floor alone, and until nobody has touched it for a while.

    Elsewhere it is nobody's: who goes on to the admin logs in with a password.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        request.user = SimpleLazyObject(lambda: self._person(request, user))  # type: ignore[assignment]  # as Django does
        return self.get_response(request)

    def _person(self, request: HttpRequest, user: Any) -> Any:
        if not user.is_authenticated or request.session[BACKEND_SESSION_KEY] != FLOOR_BACKEND:
            return user
        if not request.path.startswith("/floor/"):
            return AnonymousUser()
        now, idle = int(time.time()), int(settings.FLOOR_IDLE.total_seconds())
        if now - request.session.setdefault(SEEN, now) > idle:
            request.session.flush()
            return AnonymousUser()
        if now - request.session[SEEN] > idle // 20:
            request.session[SEEN] = now
        return user


class RefusedMiddleware:
    """A refusal is expected: 409, as a page or a fragment, whichever was asked for; the API makes its own problems."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refused):
            return None
        context: dict[str, Any] = {"refusal": exception}
        if not getattr(request, "htmx", False):
            return render(request, "refused.html", context, status=exception.status)
        flash = render(request, "refused.html#flash", context, status=exception.status)
        # the reader stays on the page that asked
        push_url(flash, False)
        return reswap(retarget(flash, "#flash"), "innerHTML")  # beside what was asked for, not in its place
