"""Carriers' houses as they send: each signs by its own rule, written here once more, and posts to an endpoint."""

import base64
import hashlib
import hmac
import json
import unicodedata
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from orders.models import Channel, Endpoint
from orders.services import open_endpoint
from tests.hooks import Carrier

SECRETS = {name: f"{name}-secret-of-ours" for name in ("easypost", "shippo", "aftership", "karrio", "17track")}
PROVIDERS = sorted(SECRETS)


def _mac(secret: str, message: bytes) -> Any:
    return hmac.new(unicodedata.normalize("NFKD", secret).encode(), message, hashlib.sha256)


def easypost(secret: str, body: bytes, _at: datetime) -> dict[str, str]:
    return {"X-Hmac-Signature": f"hmac-sha256-hex={_mac(secret, body).hexdigest()}"}


def easypost_v2(secret: str, body: bytes, at: datetime, path: str) -> dict[str, str]:
    stamp = format_datetime(at)
    message = f"{stamp}POST{path}".encode() + body
    return {
        "X-Hmac-Signature-V2": f"hmac-sha256-hex={_mac(secret, message).hexdigest()}",
        "X-Timestamp": stamp,
        "X-Path": path,
    }


def shippo(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    return {"Shippo-Auth-Signature": f"t={stamp},v1={_mac(secret, f'{stamp}.'.encode() + body).hexdigest()}"}


def aftership(secret: str, body: bytes, _at: datetime) -> dict[str, str]:
    return {"aftership-hmac-sha256": base64.b64encode(_mac(secret, body).digest()).decode()}


def karrio(secret: str, _body: bytes, _at: datetime) -> dict[str, str]:
    return {"X-Event-Id": secret}


def seventeen(secret: str, body: bytes, _at: datetime) -> dict[str, str]:
    return {"sign": hashlib.sha256(body + b"/" + secret.encode()).hexdigest()}


SIGN = {"easypost": easypost, "shippo": shippo, "aftership": aftership, "karrio": karrio, "17track": seventeen}


class Sender:
    """A provider with an endpoint of its own."""

    def __init__(self, provider: str, *, mode: str = Endpoint.Mode.LIVE, channel: Channel | None = None) -> None:
        self.provider = provider
        self.endpoint = open_endpoint(provider=provider, mode=mode, channel=channel, secrets=[SECRETS[provider]])

    def headers(self, body: bytes, *, secret: str = "", at: datetime | None = None) -> dict[str, str]:
        return SIGN[self.provider](secret or SECRETS[self.provider], body, at or timezone.now())

    def send(self, body: Any, **more: Any) -> HttpResponse:
        """Deliver a body, JSON unless it is bytes."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.post(raw, self.headers(raw, **more))

    def post(self, raw: bytes, headers: dict[str, str], *, token: str | None = None) -> HttpResponse:
        address = self.endpoint.secret_path if token is None else f"{self.endpoint.path}?token={token}"
        client = Client(enforce_csrf_checks=True)
        return client.post(address, raw, content_type="application/json", headers=headers)


def any_sender(provider: str, **more: Any) -> Any:
    """Return a sender of any provider, our own format among them."""
    return Carrier(**more) if provider == "generic" else Sender(provider, **more)
