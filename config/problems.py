"""RFC 9457: an error as `application/problem+json`, with a stable `code` for programs."""

import json
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse


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
        json.dumps(body | more, default=str),
        status=status,
        content_type="application/problem+json",
    )
