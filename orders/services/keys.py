"""API keys: made here, shown once, and from then on known by their hash."""

from collections.abc import Sequence

from orders.models import SCOPES, ApiKey, Channel

SHOWN = 12


def create_api_key(channel: Channel, *, scopes: Sequence[str] = SCOPES, name: str = "") -> tuple[ApiKey, str]:
    """Return the key and its secret, which nobody can read again. Raises ValueError for a scope that is none."""
    if unknown := set(scopes) - set(SCOPES):
        raise ValueError(f"no such scope: {', '.join(sorted(unknown))}")
    secret = ApiKey.new_secret()
    key = ApiKey.objects.create(
        channel=channel,
        name=name,
        prefix=secret[:SHOWN],
        digest=ApiKey.digest_of(secret),
        scopes=sorted(set(scopes)),
    )
    return key, secret
