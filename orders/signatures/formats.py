"""How signatures stand in headers, and how they are made again: keys, codes over bytes, and times."""

import base64
import binascii
import hashlib
import hmac
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import NamedTuple

PREFIX = "whsec_"
MOST_OF_A_TIME = len("9999999999")


class Given(NamedTuple):
    """What a header of a signature holds: several, where a sender changes over, and the time if it stands in it."""

    signatures: Sequence[str]
    time: str = ""


def standard_key(secret: str) -> bytes | None:
    """Return the bytes of a `whsec_…`; None where it is not base64."""
    text = secret.removeprefix(PREFIX)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def plain_key(secret: str) -> bytes | None:
    with suppress(UnicodeEncodeError):
        return secret.encode()
    return None


def nfkd_key(secret: str) -> bytes | None:
    return plain_key(unicodedata.normalize("NFKD", secret))


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def hash_with_key(key: bytes, message: bytes) -> bytes:
    return hashlib.sha256(message + b"/" + key).digest()


def key_itself(key: bytes, _message: bytes) -> bytes:
    return key


def hexadecimal(mac: bytes) -> bytes:
    return mac.hex().encode()


def as_it_is(mac: bytes) -> bytes:
    return mac


def whole(header: str) -> Given:
    return Given([header])


def after(prefix: str) -> Callable[[str], Given]:
    return lambda header: Given([header.removeprefix(prefix)] if header.startswith(prefix) else [])


def standard(header: str) -> Given:
    """Read what stands after `v1,` in each part of a space-separated list; other parts are none of ours."""
    parts = (part.partition(",") for part in header.split(" "))
    return Given([signature for version, _, signature in parts if version == "v1" and signature])


def timed(header: str) -> Given:
    """Read `t=…,v1=…`; more than one time could be read in two ways."""
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [value for name, _, value in pairs if name == "v1" and value]
    return Given(signatures, times[0]) if len(times) == 1 else Given([])


def unix(text: str) -> float | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_OF_A_TIME else None


def rfc2822(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
