"""What every request passes: limits of its body, the policy of its page, and refusals made readable."""

from collections.abc import Callable
from typing import Any

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django_htmx.http import reswap, retarget

from config.problems import problem
from orders.lifecycle import Refused

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class BodyLimitMiddleware:
    """First of all: a body over the limit is 413, and a chunked one 411, as WSGI would show it as empty."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            return problem(request, 411, "length_required", "Send the body with a Content-Length.")
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > settings.BODY_LIMIT:
            return problem(request, 413, "body_too_large", "The body is larger than 5 MiB.")
        return self.get_response(request)


class PolicyMiddleware(CSPMiddleware):
    """The strict policy everywhere; the admin's theme needs a wider one."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith("/admin/"):
            response._csp_update = settings.ADMIN_CONTENT_SECURITY_POLICY  # type: ignore[attr-defined]  # noqa: SLF001
        return super().process_response(request, response)


class RefusedMiddleware:
    """A refusal is expected: 409, as a page, a fragment or a problem, whichever was asked for."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_plain_error = response.status_code in {404, 405} and "json" not in response.get("Content-Type", "")
        if request.path.startswith("/api/") and is_plain_error:
            code, sentence = PLAIN_ERRORS[response.status_code]
            answer = problem(request, response.status_code, code, sentence)
            if "Allow" in response:
                answer["Allow"] = response["Allow"]
            return answer
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refused):
            return None
        context: dict[str, Any] = {"refusal": exception}
        if not getattr(request, "htmx", False):
            return render(request, "refused.html", context, status=409)
        flash = render(request, "refused.html#flash", context, status=409)
        return reswap(retarget(flash, "#flash"), "innerHTML")  # beside what was asked for, not in its place


PLAIN_ERRORS = {
    404: ("not_found", "There is nothing here."),
    405: ("method_not_allowed", "That cannot be done with this path."),
}
