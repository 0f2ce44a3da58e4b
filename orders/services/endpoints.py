"""Opening inbound hooks."""

from collections.abc import Sequence

from orders import signatures
from orders.lifecycle import Refused
from orders.models import Channel, Endpoint


class UnknownProvider(Refused):
    """We cannot tell whether what such a provider sends is genuine."""

    code = "unknown_provider"


class WeakSecret(Refused):
    """The secret is not what Standard Webhooks asks for."""

    code = "weak_secret"


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
