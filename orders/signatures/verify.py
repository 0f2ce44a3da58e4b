"""The verifier: raw bytes, every secret tried, in constant time."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from orders.signatures.names import as_bytes
from orders.signatures.schemes import BODY, SCHEMES, TIME, Proof, Scheme

TOLERANCE_SECONDS = 300

Headers = Mapping[str, str]


class Trust(NamedTuple):
    """What an endpoint believes: its secrets and the tokens of its address, the current first, and where it is."""

    secrets: Sequence[str]
    tokens: Sequence[str] = ()
    path: str = ""
    accept_v2: bool = False


def is_genuine(provider: str, trust: Trust, headers: Headers, body: bytes, *, now: datetime, token: str = "") -> bool:
    """Say whether somebody who knows a secret, and the address's token if it has one, sent this; not long ago."""
    scheme = SCHEMES.get(provider)
    if scheme is None:
        return False
    lower = _lower(headers)
    has_token = not scheme.has_token or _is_known(token, trust.tokens)
    is_enough = scheme.is_token_enough and not trust.secrets
    return has_token and (is_enough or _is_proved(scheme, trust, lower, body, now))


def kept_headers(provider: str, headers: Headers) -> dict[str, str]:
    """Return the headers that are worth keeping: those we name, and nothing that is secret."""
    lower = _lower(headers)
    return {name: lower[name][:255] for name in SCHEMES[provider].kept if name in lower}


def dedupe_key(provider: str, headers: Headers, body: bytes) -> str:
    """Return what names a genuine delivery, the same at each redelivery."""
    return SCHEMES[provider].dedupe(_lower(headers), body)


def _is_known(token: str, tokens: Sequence[str]) -> bool:
    given = token.encode("utf-8", "replace")
    found = False
    for each in tokens:  # all of them, so that the time tells nothing
        found |= bool(each) and hmac.compare_digest(each.encode(), given)
    return found


def _is_proved(scheme: Scheme, trust: Trust, headers: Headers, body: bytes, now: datetime) -> bool:
    proof = next((each for each in scheme.proofs if each.header in headers), None)
    if proof is None or (proof.is_second and not trust.accept_v2):
        return False
    given = proof.read(headers[proof.header])
    time = headers.get(proof.clock, "") if proof.clock else given.time
    if not _is_well_formed(proof, headers, trust) or not _is_fresh(proof, time, now):
        return False
    message = b"".join(_part(name, headers, body, time) for name in proof.signed)
    return _is_signed(proof, trust.secrets, message, [as_bytes(each) for each in given.signatures])


def _is_signed(proof: Proof, keys: Sequence[str], message: bytes, given: Sequence[bytes]) -> bool:
    found = False
    for secret in keys:  # all of them, so that the time tells nothing
        key = proof.key(secret)
        expected = proof.encode(proof.mac(key, message)) if key else b""
        for each in given:
            found |= bool(expected) and hmac.compare_digest(expected, each)
    return found


def _is_well_formed(proof: Proof, headers: Headers, trust: Trust) -> bool:
    needed = [name for name in proof.signed if name not in {BODY, TIME} and not name.startswith('"')]
    is_plain = all(headers.get(name, "").isascii() and "." not in headers.get(name, "") for name in proof.plain)
    is_here = not proof.place or headers.get(proof.place) == trust.path
    return all(headers.get(name) for name in needed) and is_plain and is_here


def _is_fresh(proof: Proof, time: str, now: datetime) -> bool:
    if TIME not in proof.signed:
        return True
    moment = proof.moment(time)
    return moment is not None and abs(moment - now.timestamp()) <= TOLERANCE_SECONDS


def _part(name: str, headers: Headers, body: bytes, time: str) -> bytes:
    if name == BODY:
        return body
    if name == TIME:
        return as_bytes(time)
    return as_bytes(name[1:-1] if name.startswith('"') else headers[name])


def _lower(headers: Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
