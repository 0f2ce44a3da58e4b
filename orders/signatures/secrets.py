"""Secrets and tokens that we make, and whether one that somebody gives can be one."""

import base64
import secrets

from orders.signatures.formats import PREFIX, plain_key, standard_key

SECRET_BYTES = 32
LEAST_SECRET_BYTES = 24
LEAST_SECRET_LENGTH = 12


def new_secret() -> str:
    """Return a secret as Standard Webhooks writes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def new_token() -> str:
    """Return a token for an address: some senders take no longer one than 200 characters in all."""
    return secrets.token_urlsafe(SECRET_BYTES)


def is_standard(secret: str) -> bool:
    return len(standard_key(secret) or b"") >= LEAST_SECRET_BYTES


def is_long(secret: str) -> bool:
    """Say whether a secret that the provider made can be one: we do not choose its form."""
    return len(secret.strip()) >= LEAST_SECRET_LENGTH and plain_key(secret) is not None and secret.isprintable()
