"""API keys: a channel's bearer keys, whose secret is told once and never again."""

from datetime import datetime

from django.utils import timezone

from orders.lifecycle import Refused
from orders.models import ApiKey, Channel

PREFIX_LENGTH = 12


class KeyRevoked(Refused):
    """The key was revoked before: it cannot be revoked again, nor come back."""

    code = "key_revoked"


def issue_key(
    channel: Channel, *, name: str, scopes: list[str], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Make a key; return it and its secret, which cannot be read again."""
    secret = ApiKey.new_secret()
    key = ApiKey.objects.create(
        channel=channel,
        name=name,
        scopes=sorted(scopes),
        expires_at=expires_at,
        prefix=secret[:PREFIX_LENGTH],
        digest=ApiKey.digest_of(secret),
    )
    return key, secret


def revoke_key(key: ApiKey) -> None:
    """Let the key open nothing from now on. Raises KeyRevoked."""
    if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        raise KeyRevoked("This key was revoked already.")
