"""Calls the API as a shop would: a key of a channel, JSON in and out."""

from typing import Any
from uuid import uuid4

from django.apps import apps
from django.http import HttpResponse
from django.test import Client

from orders.intake.draft import EXAMPLE
from orders.models import SCOPES, ApiKey, Channel
from orders.services import issue_key


class Api:
    """A client of `/api/v1` with a key."""

    def __init__(self, channel: str = "web", scopes: tuple[str, ...] = SCOPES) -> None:
        self.channel, _ = Channel.objects.get_or_create(name=channel)
        self.key: ApiKey
        self.key, self.secret = issue_key(self.channel, name="", scopes=list(scopes))
        self.client = Client(headers={"Authorization": f"Bearer {self.secret}"})

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(_full(path), headers=_named(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.post(
            _full(path), {} if body is None else body, content_type="application/json", headers=_named(headers)
        )

    def place(self, *lines: tuple[str, int], **more: Any) -> dict[str, Any]:
        """Place an order of (SKU, quantity) lines; return it."""
        answer = self.post("/orders", order(*lines, **more))
        assert answer.status_code == 201, answer.content
        return answer.json()


def order(*lines: tuple[str, int], **more: Any) -> dict[str, Any]:
    rows = [{"sku": sku, "quantity": quantity, "unit_price": "12.50"} for sku, quantity in lines or [("MUG-01", 2)]]
    return EXAMPLE | {"external_id": str(uuid4()), "lines": rows} | more


def problem_of(answer: HttpResponse) -> tuple[int, str, list[str]]:
    """Return status, code and paths of a problem, having looked at its form."""
    assert answer["Content-Type"] == "application/problem+json", answer.content
    body = answer.json()
    assert body["status"] == answer.status_code
    assert {"type", "title", "detail", "instance"} <= set(body)
    return answer.status_code, body["code"], [error["path"] for error in body.get("errors", [])]


def row_counts() -> dict[str, int]:
    """Return how many rows every table has."""
    return {model._meta.label: model._base_manager.count() for model in apps.get_models(include_auto_created=True)}


def _full(path: str) -> str:
    return path if path.startswith("/api/") else f"/api/v1{path}"


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
