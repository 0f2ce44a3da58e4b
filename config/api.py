"""`/api/v1`: the routers of the apps in one API, its errors as problems, its description for programs and people."""

from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser

from config.problems import HANDLERS
from fulfillment.api import receipts, returns, shipments, stock
from orders.api import orders, products
from orders.api.auth import BearerKey
from orders.intake.payload import Unreadable, read_json
from tracking import api as tracking

DESCRIPTION = """
Orders come in, are followed, and can be changed while they are here. Send a key of your channel as
`Authorization: Bearer …`. Every POST takes an `Idempotency-Key`: with it, a retry changes nothing and gets the first
answer again. Errors are `application/problem+json` with a stable `code`.
"""
KEY_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "The same key with the same request happens once and is answered the same, for seven days.",
}
PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "An error (RFC 9457). `code` is stable; `errors` name the fields of a 422.",
    "required": ["type", "title", "status", "code", "detail", "instance"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "code", "detail", "instance")},
        "status": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("path", "code", "message")},
            },
        },
    },
}
PROBLEM_ANSWER = {
    "description": "Refused, invalid, not found …",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


class JsonParser(Parser):
    """Takes JSON that says it is JSON."""

    def parse_body(self, request: HttpRequest) -> Any:
        kind = request.content_type or ""
        if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
            raise Unreadable("content_type_unsupported", "Send the body as application/json.")
        return read_json(request.body)


class Description(OpenAPISchema):
    """The OpenAPI description, which also tells of scopes, problems and the Idempotency-Key."""

    def operation_details(self, operation: Operation) -> dict[str, Any]:
        details: dict[str, Any] = super().operation_details(operation)
        scopes = [auth.scope for auth in operation.auth_callbacks if isinstance(auth, BearerKey)]
        details["description"] = f"{details.get('description', '')}\n\nScope: `{' '.join(scopes)}`".strip()
        details["responses"]["default"] = PROBLEM_ANSWER
        if "POST" in operation.methods:
            details["parameters"].append(KEY_PARAMETER)
        return details

    def get_components(self) -> dict[str, Any]:
        self.add_schema_definitions({"Problem": PROBLEM})
        components: dict[str, Any] = super().get_components()
        return components


class OrdertrailAPI(NinjaAPI):
    """Ninja's API with our description."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        return Description(self, self.get_root_path(path_params or {}) if path_prefix is None else path_prefix)


api = OrdertrailAPI(
    title="Ordertrail",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    parser=JsonParser(),
)
for module in (orders, shipments, returns, stock, receipts, products, tracking):
    api.add_router("", module.router)
for _error, _handler in HANDLERS.items():
    api.add_exception_handler(_error, _handler)
