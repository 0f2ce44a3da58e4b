"""Inbound endpoints: opened with a secret that is told once, given a new one, closed and opened again."""

import base64
import secrets

from django.db import transaction

from orders.lifecycle import Refused
from orders.models import Channel, Endpoint

SECRET_BYTES = 32
KEPT = 2
"""How many secrets are valid after a rotation: the new one, and the last, until the sender has changed over."""


class EndpointUnchanged(Refused):
    """The endpoint is closed, or open, already."""

    code = "endpoint_unchanged"


def open_endpoint(*, provider: str, mode: str = Endpoint.Mode.LIVE, channel: Channel | None = None) -> Endpoint:
    """Make an endpoint; its one secret stands in `secrets`."""
    endpoint = Endpoint(provider=provider, mode=mode, channel=channel)
    endpoint.secrets = [_new_secret()]
    endpoint.save(force_insert=True)
    return endpoint


def rotate_secret(endpoint: Endpoint) -> str:
    """Give the endpoint a new secret and return it; the one before stays valid until the next rotation."""
    secret = _new_secret()
    with transaction.atomic():
        fresh = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        fresh.secrets = [secret, *fresh.secrets][:KEPT]
        fresh.save(update_fields=["secrets"])
    return secret


def close_endpoint(endpoint: Endpoint) -> None:
    """Take nothing in any more. Raises EndpointUnchanged."""
    _switch(endpoint, is_active=False, sentence="This endpoint is closed already.")


def reopen_endpoint(endpoint: Endpoint) -> None:
    """Take deliveries in again. Raises EndpointUnchanged."""
    _switch(endpoint, is_active=True, sentence="This endpoint is open already.")


def _switch(endpoint: Endpoint, *, is_active: bool, sentence: str) -> None:
    if not Endpoint.objects.filter(pk=endpoint.pk, is_active=not is_active).update(is_active=is_active):
        raise EndpointUnchanged(sentence)


def _new_secret() -> str:
    """Return a secret as Standard Webhooks writes it."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"
