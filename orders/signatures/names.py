"""What names a genuine delivery, the same at each redelivery."""

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

MOST_OF_A_NAME = 255

Headers = Mapping[str, str]


def body_hash(_headers: Headers, body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def canonical_hash(headers: Headers, body: bytes) -> str:
    """Hash what the JSON says, whatever the order of its names and the space between them."""
    try:
        said = json.loads(body, object_pairs_hook=_sorted, parse_int=_number, parse_float=_number)
        return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()
    except (ValueError, RecursionError):
        return body_hash(headers, body)


def _sorted(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {"object": sorted(pairs, key=lambda pair: pair[0])}  # a name that stands twice counts twice


def _number(text: str) -> dict[str, Any]:
    return {"number": text}


def named_by_header(name: str) -> Callable[[Headers, bytes], str]:
    def dedupe(headers: Headers, body: bytes) -> str:
        given = headers.get(name, "")
        if _is_name(given):
            return given
        return hashlib.sha256(as_bytes(given) or body).hexdigest()

    return dedupe


def happening_of_a_shop(headers: Headers, body: bytes) -> str:
    """Name a happening at Shopify: shop, topic, and the event or else the delivery, by headers with `X-` or without."""
    given = {name.removeprefix("x-"): value for name, value in headers.items()}
    name = given.get("shopify-event-id") or given.get("shopify-webhook-id")
    if not name:
        return body_hash(headers, body)
    parts = (given.get("shopify-shop-domain", ""), given.get("shopify-topic", ""), name)
    return hashlib.sha256(as_bytes("\0".join(parts))).hexdigest()


def named_in_body(name: str) -> Callable[[Headers, bytes], str]:
    def dedupe(headers: Headers, body: bytes) -> str:
        with suppress(ValueError, RecursionError):
            said = json.loads(body, parse_int=_number, parse_float=_number)
            given = said.get(name) if isinstance(said, dict) else None
            if isinstance(given, str) and _is_name(given):
                return given
        return body_hash(headers, body)

    return dedupe


def _is_name(text: str) -> bool:
    return 0 < len(text) <= MOST_OF_A_NAME and text.isascii() and text.isprintable()


def as_bytes(text: str) -> bytes:
    """Return the bytes of a header as they came: WSGI shows them as Latin-1."""
    return text.encode("latin-1", "replace")
