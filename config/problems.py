"""RFC 9457: an error as `application/problem+json`, with a stable `code` for programs and a sentence for people."""

import json
import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, HttpError, ValidationError

from orders.api.auth import ScopeMissing
from orders.intake.payload import Unreadable
from orders.lifecycle import Refused

logger = logging.getLogger(__name__)

MAX_ERRORS = 100
MAX_PATH = 255
WORDS = {  # pydantic's name of an error, or its beginning: our code and sentence
    "missing": ("missing", "This is missing."),
    "extra_forbidden": ("unknown_field", "There is no such field."),
    "too_long": ("too_long", "This has at most {max_length} characters."),
    "too_short": ("empty", "This must not be empty."),
    "string_too_long": ("too_long", "This has at most {max_length} characters."),
    "string_too_short": ("empty", "This must not be empty."),
    "string_pattern_mismatch": ("format_invalid", "This is not written as it should be."),
    "string_unicode": ("text_invalid", "The text holds characters that cannot be kept."),
    "string": ("text_expected", "This has to be a text."),
    "too_long of List": ("too_many", "At most {max_length} are taken here."),
    "too_short of List": ("too_few", "At least {min_length} is needed here."),
    "timezone": ("timezone_missing", "A moment needs its time zone, as in 2026-11-22T10:00:00Z."),
    "datetime": ("moment_invalid", "A moment is written like 2026-11-22T10:00:00Z."),
    "int": ("number_invalid", "This has to be a whole number."),
    "decimal": ("number_invalid", "This has to be a number."),
    "greater_than_equal": ("out_of_range", "This is at least {ge}."),
    "less_than_equal": ("out_of_range", "This is at most {le}."),
    "bool": ("boolean_expected", "This has to be true or false."),
    "list": ("list_expected", "This has to be a list."),
    "model": ("object_expected", "This has to be an object."),
    "dict": ("object_expected", "This has to be an object."),
}


def problem(request: HttpRequest, status: int, code: str, detail: str, **more: Any) -> HttpResponse:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "instance": request.path,
    }
    return HttpResponse(
        json.dumps({**body, **{name: value for name, value in more.items() if name not in body}}, default=str),
        status=status,
        content_type="application/problem+json",
    )


def invalid(request: HttpRequest, errors: list[dict[str, str]]) -> HttpResponse:
    """Answer 422: the first error gives code and detail, all of them stand in `errors`."""
    first = errors[0]
    detail = f"{first['path']}: {first['message']}".removeprefix(": ")
    return problem(request, 422, first["code"], detail, errors=errors[:MAX_ERRORS])


def on_validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return invalid(request, [_row(each) for each in error.errors[:MAX_ERRORS]])


def on_refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    errors = getattr(refusal, "errors", None)
    if errors:
        return invalid(request, errors)
    return problem(request, 409, refusal.code, refusal.sentence, **refusal.detail)


def on_unauthenticated(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    if "Authorization" in request.headers:
        answer = problem(request, 401, "key_invalid", "This key is not known, or not valid any more.")
        answer["WWW-Authenticate"] = 'Bearer realm="Ordertrail", error="invalid_token"'
    else:
        answer = problem(request, 401, "key_missing", "Send your key: Authorization: Bearer otk_…")
        answer["WWW-Authenticate"] = 'Bearer realm="Ordertrail"'
    return answer


def on_scope_missing(request: HttpRequest, error: ScopeMissing) -> HttpResponse:
    answer = problem(request, 403, "scope_missing", str(error), scope=error.scope)
    answer["WWW-Authenticate"] = f'Bearer realm="Ordertrail", error="insufficient_scope", scope="{error.scope}"'
    return answer


def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    cause = error.__cause__
    if isinstance(cause, Unreadable):
        return problem(request, 415 if cause.code == "content_type_unsupported" else 400, cause.code, cause.sentence)
    return problem(request, error.status_code, "request_refused", str(error))


def on_not_found(request: HttpRequest, _error: Http404) -> HttpResponse:
    return problem(request, 404, "not_found", "There is nothing here.")


def on_bug(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(request, 500, "internal_error", "Something went wrong on our side.")


HANDLERS: Mapping[type[Exception], Any] = {
    ValidationError: on_validation_error,
    Refused: on_refused,
    AuthenticationError: on_unauthenticated,
    ScopeMissing: on_scope_missing,
    HttpError: on_http_error,
    Http404: on_not_found,
    Exception: on_bug,
}


def _row(error: Mapping[str, Any]) -> dict[str, str]:
    """Translate one error of pydantic, as ninja hands it on."""
    kind, context = error["type"], error.get("ctx", {})
    for name in (f"{kind} of {context.get('field_type')}", kind, kind.split("_")[0]):
        if name in WORDS:
            code, sentence = WORDS[name]
            return {"path": _path(error["loc"], ""), "code": code, "message": sentence.format(**context)}
    return {"path": _path(error["loc"], context.get("path", "")), "code": kind, "message": error["msg"]}


def _path(loc: Iterable[Any], within: str) -> str:
    """Return the path in the body (whose root has the name of a parameter), or the name in the query or path."""
    source, *rest = loc
    names = rest[1:] if source == "body" else [] if source == "query" and within else rest
    return ".".join([*map(str, names), within] if within else map(str, names))[:MAX_PATH]
