"""Secrets that we must use again (to sign or to verify) stand in the database encrypted: Fernet under SECRET_KEY."""

import base64
import hashlib
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    TextField = models.TextField[Any, list[str]]
else:
    TextField = models.TextField


@lru_cache(maxsize=4)
def _box(secret_key: str) -> Fernet:
    key = hashlib.sha256(b"ordertrail secret box\0" + secret_key.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def seal(content: bytes) -> bytes:
    return _box(settings.SECRET_KEY).encrypt(content)


def unseal(sealed: bytes) -> bytes | None:
    """Return the content; None where SECRET_KEY was changed since."""
    try:
        return _box(settings.SECRET_KEY).decrypt(sealed)
    except InvalidToken:
        return None


class SecretListField(TextField):
    """A list of texts, encrypted at rest. After SECRET_KEY was changed it reads as empty: nothing is genuine then."""

    _pyi_private_set_type: list[str]  # type: ignore[assignment]  # what mypy's plugin for Django reads

    def get_prep_value(self, value: Any) -> str:
        return seal(json.dumps(list(value)).encode()).decode()

    def from_db_value(self, value: str | None, *_: Any) -> list[str]:
        content = unseal(value.encode()) if value else None
        return list(json.loads(content)) if content else []
