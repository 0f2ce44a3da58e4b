"""Inbound hooks: opened with a secret that is told once, given a new one, closed and opened again."""

from collections.abc import Sequence

from django.db import transaction

from orders import signatures
from orders.lifecycle import Refused
from orders.models import Channel, Endpoint
from orders.services import door
from orders.signatures import SCHEMES, Scheme

KEPT = 2
"""How many secrets are valid after a rotation: the new one, and the last, until the sender has changed over."""


class UnknownProvider(Refused):
    """We cannot tell whether what such a provider sends is genuine."""

    code = "unknown_provider"


class WeakSecret(Refused):
    """The secret is not what its provider, or Standard Webhooks, asks for."""

    code = "weak_secret"


class SecretNeeded(Refused):
    """The provider makes the secret: there is none that we could make."""

    code = "secret_needed"


class ChannelNeeded(Refused):
    """Without a channel nothing that comes in would reach a parcel."""

    code = "channel_needed"


class NoToken(Refused):
    """The provider signs what it sends: its address holds no token."""

    code = "no_token"


class NoSecondSignature(Refused):
    """The provider has no second way to sign."""

    code = "no_second_signature"


class OnlyOneSecret(Refused):
    """There is no older secret that could be removed."""

    code = "only_one_secret"


class EndpointUnchanged(Refused):
    """The endpoint is closed, or open, already."""

    code = "endpoint_unchanged"


def open_endpoint(
    *,
    provider: str,
    mode: str = Endpoint.Mode.LIVE,
    channel: Channel | None = None,
    secrets: Sequence[str] = (),
    accept_v2: bool = False,
) -> Endpoint:
    """Open a hook, with what it is locked by. Raises UnknownProvider, WeakSecret, NoSecondSignature,
    ChannelNeeded.

    A new secret is made unless some are given, or the provider makes it: until it is entered, nothing is genuine.
    """
    scheme = SCHEMES.get(provider)
    if scheme is None:
        raise UnknownProvider(f"There is no provider {provider}. There is: {', '.join(sorted(SCHEMES))}.")
    for secret in secrets:
        _refuse_weak(scheme, secret)
    if accept_v2 and not scheme.has_second:
        raise NoSecondSignature(f"{scheme.name} signs one way only.")
    if channel is None:
        _refuse_without_channel(scheme, mode)
    given = list(secrets) or ([] if scheme.makes_secret else [signatures.new_secret()])
    tokens = [signatures.new_token()] if scheme.has_token else []
    return Endpoint.objects.create(
        provider=provider, mode=mode, channel=channel, secrets=given[:KEPT], tokens=tokens, accept_v2=accept_v2
    )


def rotate_secret(endpoint: Endpoint, given: str = "") -> str:
    """Give the endpoint another secret and return it; the one before stays valid until the next rotation.

    Raises SecretNeeded, WeakSecret.
    """
    scheme = SCHEMES[endpoint.provider]
    if scheme.makes_secret and not given:
        raise SecretNeeded(f"{scheme.name} makes the secret: enter the one that it shows.")
    if given:
        _refuse_weak(scheme, given)
    secret = given or signatures.new_secret()
    with transaction.atomic():
        fresh = _locked(endpoint)
        fresh.secrets = [secret, *(each for each in fresh.secrets if each != secret)][:KEPT]
        fresh.save(update_fields=["secrets"])
    door.forget()
    return secret


def rotate_token(endpoint: Endpoint) -> str:
    """Give the endpoint another address and return it; the one before stays valid until the next. Raises NoToken."""
    if not SCHEMES[endpoint.provider].has_token:
        raise NoToken(f"{SCHEMES[endpoint.provider].name} signs what it sends: its address holds no token.")
    with transaction.atomic():
        fresh = _locked(endpoint)
        fresh.tokens = [signatures.new_token(), *fresh.tokens][:KEPT]
        fresh.save(update_fields=["tokens"])
    door.forget()
    return f"{fresh.url}?token={fresh.tokens[0]}"


def forget_old_secrets(endpoint: Endpoint) -> None:
    """Believe the current secret, and the current address, alone. Raises OnlyOneSecret."""
    with transaction.atomic():
        fresh = _locked(endpoint)
        if len(fresh.secrets) < KEPT and len(fresh.tokens) < KEPT:
            raise OnlyOneSecret("Only the current secret is valid already.")
        fresh.secrets, fresh.tokens = fresh.secrets[:1], fresh.tokens[:1]
        fresh.save(update_fields=["secrets", "tokens"])
    door.forget()


def believe_second_signature(endpoint: Endpoint, *, is_believed: bool) -> None:
    """Take, or do not take, what is signed the second way alone. Raises NoSecondSignature, EndpointUnchanged."""
    scheme = SCHEMES[endpoint.provider]
    if not scheme.has_second:
        raise NoSecondSignature(f"{scheme.name} signs one way only.")
    if not Endpoint.objects.filter(pk=endpoint.pk, accept_v2=not is_believed).update(accept_v2=is_believed):
        raise EndpointUnchanged("It is so already.")
    door.forget()


def close_endpoint(endpoint: Endpoint) -> None:
    """Take nothing in any more. Raises EndpointUnchanged."""
    _switch(endpoint, is_active=False, sentence="This endpoint is closed already.")


def reopen_endpoint(endpoint: Endpoint) -> None:
    """Take deliveries in again. Raises EndpointUnchanged."""
    _switch(endpoint, is_active=True, sentence="This endpoint is open already.")


def _locked(endpoint: Endpoint) -> Endpoint:
    return Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)


def _refuse_weak(scheme: Scheme, secret: str) -> None:
    if scheme.is_strong(secret):
        return
    if scheme.makes_secret or scheme.name != "Generic":
        raise WeakSecret(f"A secret has at least {signatures.LEAST_SECRET_LENGTH} characters, all of them readable.")
    raise WeakSecret("A secret is whsec_ and at least 24 bytes in base64.")


def _refuse_without_channel(scheme: Scheme, mode: str) -> None:
    if scheme.needs_channel:
        raise ChannelNeeded(f"{scheme.name} names orders by the shop's own ids: choose the channel of that shop.")
    if mode == Endpoint.Mode.TEST:
        raise ChannelNeeded("An endpoint for tests reaches the orders of one channel only: choose which.")


def _switch(endpoint: Endpoint, *, is_active: bool, sentence: str) -> None:
    if not Endpoint.objects.filter(pk=endpoint.pk, is_active=not is_active).update(is_active=is_active):
        raise EndpointUnchanged(sentence)
    door.forget()
