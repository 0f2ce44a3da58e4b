"""Sends deliveries to our hooks as a carrier would: signed by the library of Standard Webhooks, over real requests."""

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from orders.models import Channel, Endpoint
from orders.services import open_endpoint


class Carrier:
    """A sender with an endpoint of its own."""

    def __init__(self, *, mode: str = Endpoint.Mode.LIVE, channel: Channel | None = None) -> None:
        self.endpoint = open_endpoint(provider="generic", mode=mode, channel=channel)

    def headers(self, body: bytes, *, secret: str = "", at: datetime | None = None, **more: Any) -> dict[str, str]:
        name, at = more.pop("id", str(uuid4())), at or timezone.now()
        signature = Webhook(secret or self.endpoint.secrets[0]).sign(name, at, body.decode())
        given = {"Webhook-Id": name, "Webhook-Timestamp": str(int(at.timestamp())), "Webhook-Signature": signature}
        return given | more.pop("headers", {})

    def send(self, body: Any, **more: Any) -> HttpResponse:
        """Deliver a body, JSON unless it is bytes."""
        raw = body if isinstance(body, bytes) else self.body(body)
        return self.post(raw, self.headers(raw, **more))

    @staticmethod
    def body(value: Any) -> bytes:
        return json.dumps(value).encode()

    def post(self, raw: bytes, headers: dict[str, str]) -> HttpResponse:
        client = Client(enforce_csrf_checks=True)
        return client.post(self.endpoint.path, raw, content_type="application/json", headers=headers)


def event(number: str, code: str = "IN_TRANSIT", at: datetime | str | None = None, **more: Any) -> dict[str, Any]:
    """An event in our own format."""
    moment = at if isinstance(at, str) else (at or timezone.now()).isoformat()
    return {"carrier": "dhl", "tracking_number": number, "code": code, "occurred_at": moment} | more
