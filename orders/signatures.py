"""Is a delivery genuine? One verifier over a table of schemes: raw bytes, every secret tried, constant time.

It fails closed (no scheme, no secret, no token, no header: not genuine) and raises nothing, whatever the headers hold.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

BODY, TIME = "body", "time"
TOLERANCE_SECONDS = 300
PREFIX = "whsec_"
SECRET_BYTES = 32
LEAST_SECRET_BYTES = 24
LEAST_SECRET_LENGTH = 12
MOST_OF_A_NAME = 255
MOST_OF_A_TIME = len("9999999999")

Headers = Mapping[str, str]


class Trust(NamedTuple):
    """What an endpoint believes: its secrets and the tokens of its address, the current first, and where it is."""

    secrets: Sequence[str]
    tokens: Sequence[str] = ()
    path: str = ""
    accept_v2: bool = False


class Given(NamedTuple):
    """What a header of a signature holds: several, where a sender changes over, and the time if it stands in it."""

    signatures: Sequence[str]
    time: str = ""


# --- how signatures are read, and made again ----------------------------------------------------------------------


def standard_key(secret: str) -> bytes | None:
    """Return the bytes of a `whsec_…`; None where it is not base64."""
    text = secret.removeprefix(PREFIX)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _plain_key(secret: str) -> bytes | None:
    with suppress(UnicodeEncodeError):
        return secret.encode()
    return None


def _nfkd_key(secret: str) -> bytes | None:
    return _plain_key(unicodedata.normalize("NFKD", secret))


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _hash_with_key(key: bytes, message: bytes) -> bytes:
    return hashlib.sha256(message + b"/" + key).digest()


def _key_itself(key: bytes, _message: bytes) -> bytes:
    return key


def _hex(mac: bytes) -> bytes:
    return mac.hex().encode()


def _as_it_is(mac: bytes) -> bytes:
    return mac


def _whole(header: str) -> Given:
    return Given([header])


def _after(prefix: str) -> Callable[[str], Given]:
    return lambda header: Given([header.removeprefix(prefix)] if header.startswith(prefix) else [])


def _standard(header: str) -> Given:
    """Read what stands after `v1,` in each part of a space-separated list; other parts are none of ours."""
    parts = (part.partition(",") for part in header.split(" "))
    return Given([signature for version, _, signature in parts if version == "v1" and signature])


def _timed(header: str) -> Given:
    """Read `t=…,v1=…`; more than one time could be read in two ways."""
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [value for name, _, value in pairs if name == "v1" and value]
    return Given(signatures, times[0]) if len(times) == 1 else Given([])


def _unix(text: str) -> float | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_OF_A_TIME else None


def _rfc2822(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


# --- what names a delivery ----------------------------------------------------------------------------------------


def _body_hash(_headers: Headers, body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _canonical_hash(headers: Headers, body: bytes) -> str:
    """Hash what the JSON says, whatever the order of its names and the space between them."""
    try:
        said = json.loads(body, object_pairs_hook=_sorted, parse_int=_number, parse_float=_number)
        return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()
    except (ValueError, RecursionError):
        return _body_hash(headers, body)


def _sorted(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {"object": sorted(pairs, key=lambda pair: pair[0])}  # a name that stands twice counts twice


def _number(text: str) -> dict[str, Any]:
    return {"number": text}


def _named_by_header(name: str) -> Callable[[Headers, bytes], str]:
    def dedupe(headers: Headers, body: bytes) -> str:
        given = headers.get(name, "")
        if _is_name(given):
            return given
        return hashlib.sha256(_bytes(given) or body).hexdigest()

    return dedupe


def _named_in_body(name: str) -> Callable[[Headers, bytes], str]:
    def dedupe(headers: Headers, body: bytes) -> str:
        with suppress(ValueError, RecursionError):
            said = json.loads(body, parse_int=_number, parse_float=_number)
            given = said.get(name) if isinstance(said, dict) else None
            if isinstance(given, str) and _is_name(given):
                return given
        return _body_hash(headers, body)

    return dedupe


def _is_name(text: str) -> bool:
    return 0 < len(text) <= MOST_OF_A_NAME and text.isascii() and text.isprintable()


# --- the table ----------------------------------------------------------------------------------------------------


def new_secret() -> str:
    """Return a secret as Standard Webhooks writes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def new_token() -> str:
    """Return a token for an address: some senders take no longer one than 200 characters in all."""
    return secrets.token_urlsafe(SECRET_BYTES)


def _is_standard(secret: str) -> bool:
    return len(standard_key(secret) or b"") >= LEAST_SECRET_BYTES


def _is_long(secret: str) -> bool:
    """Say whether a secret that the provider made can be one: we do not choose its form."""
    return len(secret.strip()) >= LEAST_SECRET_LENGTH and _plain_key(secret) is not None and secret.isprintable()


@dataclass(frozen=True, slots=True)
class Proof:
    """How a signature is made. `signed` is what it covers: names of headers, BODY, TIME, and text between in quotes.

    `clock` names the header with the TIME, where it is not in the signature's own. `place` is the header that holds the
    path, which must be ours. `plain` are headers without a dot. `is_second` counts only where an endpoint asks for it.
    """

    header: str
    read: Callable[[str], Given]
    signed: Sequence[str] = (BODY,)
    key: Callable[[str], bytes | None] = _plain_key
    mac: Callable[[bytes, bytes], bytes] = _hmac
    encode: Callable[[bytes], bytes] = _hex
    moment: Callable[[str], float | None] = _unix
    clock: str = ""
    place: str = ""
    plain: Sequence[str] = ()
    is_second: bool = False


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a provider proves that it is itself: by the first of the proofs whose header came, by a token in the
    address, or both. `kept` are the headers that stay with the delivery; none of them is secret.

    `makes_secret`: the provider makes the secret, so that it has to be entered here.
    """

    name: str
    proofs: Sequence[Proof]
    dedupe: Callable[[Headers, bytes], str]
    kept: Sequence[str] = ("content-type",)
    has_token: bool = False
    is_token_enough: bool = False
    makes_secret: bool = False
    is_strong: Callable[[str], bool] = _is_long

    @property
    def has_second(self) -> bool:
        return any(proof.is_second for proof in self.proofs)


SCHEMES: Mapping[str, Scheme] = {
    "generic": Scheme(  # Standard Webhooks 1.0; the id holds no dot, or it could be read in two ways
        name="Generic",
        proofs=[
            Proof(
                header="webhook-signature",
                read=_standard,
                signed=("webhook-id", '"."', TIME, '"."', BODY),
                key=standard_key,
                encode=base64.b64encode,
                clock="webhook-timestamp",
                plain=("webhook-id",),
            )
        ],
        dedupe=_named_by_header("webhook-id"),
        kept=("webhook-id", "webhook-timestamp", "content-type"),
        is_strong=_is_standard,
    ),
    "easypost": Scheme(
        name="EasyPost",
        proofs=[
            Proof(header="x-hmac-signature", read=_after("hmac-sha256-hex="), key=_nfkd_key),
            Proof(
                header="x-hmac-signature-v2",
                read=_after("hmac-sha256-hex="),
                signed=(TIME, '"POST"', "x-path", BODY),
                key=_nfkd_key,
                moment=_rfc2822,
                clock="x-timestamp",
                place="x-path",
                is_second=True,
            ),
        ],
        dedupe=_named_in_body("id"),
    ),
    "shippo": Scheme(
        name="Shippo",
        proofs=[Proof(header="shippo-auth-signature", read=_timed, signed=(TIME, '"."', BODY))],
        dedupe=_canonical_hash,
        kept=("content-type", "shippo-api-version"),
        has_token=True,
        is_token_enough=True,
        makes_secret=True,
    ),
    "aftership": Scheme(
        name="AfterShip",
        proofs=[Proof(header="aftership-hmac-sha256", read=_whole, encode=base64.b64encode)],
        dedupe=_named_in_body("event_id"),
        makes_secret=True,
    ),
    "karrio": Scheme(  # its header holds the secret in clear: it is never kept
        name="Karrio",
        proofs=[Proof(header="x-event-id", read=_whole, signed=(), mac=_key_itself, encode=_as_it_is)],
        dedupe=_canonical_hash,
        has_token=True,
        makes_secret=True,
    ),
    "17track": Scheme(
        name="17TRACK",
        proofs=[Proof(header="sign", read=_whole, mac=_hash_with_key)],
        dedupe=_body_hash,
        makes_secret=True,
    ),
}


# --- the verifier -------------------------------------------------------------------------------------------------


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
    return _is_signed(proof, trust.secrets, message, [_bytes(each) for each in given.signatures])


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
        return _bytes(time)
    return _bytes(name[1:-1] if name.startswith('"') else headers[name])


def _lower(headers: Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _bytes(text: str) -> bytes:
    """Return the bytes of a header as they came: WSGI shows them as Latin-1."""
    return text.encode("latin-1", "replace")
