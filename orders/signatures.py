"""Is a delivery genuine? One verifier over a table of schemes: raw bytes, every secret tried, constant time.

It fails closed (no scheme, no secret, no header: not genuine) and raises nothing, whatever the headers hold.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

BODY = "body"
TOLERANCE_SECONDS = 300
PREFIX = "whsec_"
SECRET_BYTES = 32
LEAST_SECRET_BYTES = 24
MOST_OF_A_NAME = 255


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a provider signs.

    `signed` is what the signature covers: names of headers, `body`, and text between them in quotes. `kept` are the
    headers that stay with the delivery, `dedupe` the one that names it.
    """

    signature: str
    given: Callable[[str], Iterable[str]]
    key: Callable[[str], bytes | None]
    signed: Sequence[str]
    dedupe: str
    timestamp: str = ""
    plain: Sequence[str] = ()
    kept: Sequence[str] = ()
    digest: str = "sha256"
    encode: Callable[[bytes], str] = field(default=lambda mac: base64.b64encode(mac).decode())


def is_genuine(
    provider: str,
    keys: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: datetime,
) -> bool:
    """Say whether somebody who knows one of the secrets sent exactly these bytes, not long ago."""
    scheme = SCHEMES.get(provider)
    lower = {name.lower(): value for name, value in headers.items()}
    if scheme is None or not _is_well_formed(scheme, lower) or not _is_fresh(scheme, lower, now):
        return False
    message = b"".join(_part(name, lower, body) for name in scheme.signed)
    given = [_bytes(each) for each in scheme.given(lower[scheme.signature])]
    found = False
    for secret in keys:  # all of them, so that the time tells nothing
        key = scheme.key(secret)
        expected = scheme.encode(hmac.digest(key, message, scheme.digest)) if key else ""
        for each in given:
            found |= bool(expected) and hmac.compare_digest(_bytes(expected), each)
    return found


def kept_headers(provider: str, headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that are worth keeping: those we name, and nothing that is secret."""
    lower = {name.lower(): value for name, value in headers.items()}
    return {name: lower[name][:255] for name in SCHEMES[provider].kept if name in lower}


def dedupe_key(provider: str, headers: Mapping[str, str], body: bytes) -> str:
    """Return what names a genuine delivery, the same at each redelivery."""
    lower = {name.lower(): value for name, value in headers.items()}
    name = lower.get(SCHEMES[provider].dedupe, "")
    is_name = 0 < len(name) <= MOST_OF_A_NAME and name.isascii() and name.isprintable()
    return name if is_name else hashlib.sha256(_bytes(name) or body).hexdigest()


def new_secret() -> str:
    """Return a secret as Standard Webhooks writes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def is_strong(secret: str) -> bool:
    """Say whether a secret can be given to an endpoint: readable, and long enough not to be guessed."""
    return len(standard_key(secret) or b"") >= LEAST_SECRET_BYTES


def standard_key(secret: str) -> bytes | None:
    """Return the bytes of a `whsec_…`; None where it is not base64."""
    text = secret.removeprefix(PREFIX)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _is_well_formed(scheme: Scheme, headers: Mapping[str, str]) -> bool:
    needed = {scheme.signature, *(name for name in scheme.signed if name != BODY and not name.startswith('"'))}
    is_plain = all(headers.get(name, "").isascii() and "." not in headers.get(name, "") for name in scheme.plain)
    return all(headers.get(name) for name in needed) and is_plain


def _is_fresh(scheme: Scheme, headers: Mapping[str, str], now: datetime) -> bool:
    if not scheme.timestamp:
        return True
    text = headers.get(scheme.timestamp, "")
    is_number = text.isascii() and text.isdigit() and len(text) <= len("9999999999")
    return is_number and abs(int(text) - now.timestamp()) <= TOLERANCE_SECONDS


def _part(name: str, headers: Mapping[str, str], body: bytes) -> bytes:
    if name == BODY:
        return body
    return _bytes(name[1:-1] if name.startswith('"') else headers[name])


def _bytes(text: str) -> bytes:
    """Return the bytes of a header as they came: WSGI shows them as Latin-1."""
    return text.encode("latin-1", "replace")


def _standard_signatures(header: str) -> Iterable[str]:
    """Return what stands after `v1,` in each part of a space-separated list; other parts are none of ours."""
    parts = (part.partition(",") for part in header.split(" "))
    return [signature for version, _, signature in parts if version == "v1" and signature]


SCHEMES: Mapping[str, Scheme] = {
    "generic": Scheme(  # Standard Webhooks 1.0; the id holds no dot, or it could be read in two ways
        signature="webhook-signature",
        given=_standard_signatures,
        key=standard_key,
        signed=("webhook-id", '"."', "webhook-timestamp", '"."', BODY),
        dedupe="webhook-id",
        timestamp="webhook-timestamp",
        plain=("webhook-id",),
        kept=("webhook-id", "webhook-timestamp", "content-type"),
    ),
}
