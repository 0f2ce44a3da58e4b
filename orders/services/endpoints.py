"""Inbound hooks: opened with a secret that is told once, given a new one, closed and opened again."""

from collections.abc import Sequence

from django.db import transaction

from orders import signatures
from orders.lifecycle import Refused
from orders.models import Channel, Endpoint

KEPT = 2
"""How many secrets are valid after a rotation: the new one, and the last, until the sender has changed over."""


class UnknownProvider(Refused):
    """We cannot tell whether what such a provider sends is genuine."""

    code = "unknown_provider"


class WeakSecret(Refused):
    """The secret is not what Standard Webhooks asks for."""

    code = "weak_secret"


class EndpointUnchanged(Refused):
    """The endpoint is closed, or open, already."""

    code = "endpoint_unchanged"


def open_endpoint(
    *, provider: str, mode: str = Endpoint.Mode.LIVE, channel: Channel | None = None, secrets: Sequence[str] = ()
) -> Endpoint:
    """Open a hook, with a new secret unless some are given. Raises UnknownProvider, WeakSecret."""
    if provider not in signatures.SCHEMES:
        known = ", ".join(sorted(signatures.SCHEMES))
        raise UnknownProvider(f"There is no provider {provider}. There is: {known}.")
    if any(not signatures.is_strong(secret) for secret in secrets):
        raise WeakSecret("A secret is whsec_ and at least 24 bytes in base64.")
    given = list(secrets) or [signatures.new_secret()]
    return Endpoint.objects.create(provider=provider, mode=mode, channel=channel, secrets=given)


def rotate_secret(endpoint: Endpoint) -> str:
    """Give the endpoint a new secret and return it; the one before stays valid until the next rotation."""
    secret = signatures.new_secret()
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
