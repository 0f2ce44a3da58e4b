"""THE table: how each provider proves that it is itself."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from orders.signatures import formats as how
from orders.signatures import names
from orders.signatures.secrets import is_long, is_standard

BODY, TIME = "body", "time"


@dataclass(frozen=True, slots=True)
class Proof:
    """How a signature is made. `signed` is what it covers: names of headers, BODY, TIME, and text between in quotes.

    `clock` names the header with the TIME, where it is not in the signature's own. `place` is the header that holds the
    path, which must be ours. `plain` are headers without a dot. `is_second` counts only where an endpoint asks for it.
    """

    header: str
    read: Callable[[str], how.Given]
    signed: Sequence[str] = (BODY,)
    key: Callable[[str], bytes | None] = how.plain_key
    mac: Callable[[bytes, bytes], bytes] = how.hmac_sha256
    encode: Callable[[bytes], bytes] = how.hexadecimal
    moment: Callable[[str], float | None] = how.unix
    clock: str = ""
    place: str = ""
    plain: Sequence[str] = ()
    is_second: bool = False


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a provider proves that it is itself: by the first of the proofs whose header came, by a token in the
    address, or both. `kept` are the headers that stay with the delivery; none of them is secret.

    `makes_secret`: the provider makes the secret, so that it has to be entered here. `needs_channel`: it names orders
    by a shop's own ids, which mean nothing without its channel.
    """

    name: str
    proofs: Sequence[Proof]
    dedupe: Callable[[names.Headers, bytes], str]
    kept: Sequence[str] = ("content-type",)
    has_token: bool = False
    is_token_enough: bool = False
    makes_secret: bool = False
    needs_channel: bool = False
    is_strong: Callable[[str], bool] = is_long

    @property
    def has_second(self) -> bool:
        return any(proof.is_second for proof in self.proofs)


SCHEMES: Mapping[str, Scheme] = {
    "generic": Scheme(  # Standard Webhooks 1.0; the id holds no dot, or it could be read in two ways
        name="Generic",
        proofs=[
            Proof(
                header="webhook-signature",
                read=how.standard,
                signed=("webhook-id", '"."', TIME, '"."', BODY),
                key=how.standard_key,
                encode=base64.b64encode,
                clock="webhook-timestamp",
                plain=("webhook-id",),
            )
        ],
        dedupe=names.named_by_header("webhook-id"),
        kept=("webhook-id", "webhook-timestamp", "content-type"),
        is_strong=is_standard,
    ),
    "easypost": Scheme(
        name="EasyPost",
        proofs=[
            Proof(header="x-hmac-signature", read=how.after("hmac-sha256-hex="), key=how.nfkd_key),
            Proof(
                header="x-hmac-signature-v2",
                read=how.after("hmac-sha256-hex="),
                signed=(TIME, '"POST"', "x-path", BODY),
                key=how.nfkd_key,
                moment=how.rfc2822,
                clock="x-timestamp",
                place="x-path",
                is_second=True,
            ),
        ],
        dedupe=names.named_in_body("id"),
    ),
    "shippo": Scheme(
        name="Shippo",
        proofs=[Proof(header="shippo-auth-signature", read=how.timed, signed=(TIME, '"."', BODY))],
        dedupe=names.canonical_hash,
        kept=("content-type", "shippo-api-version"),
        has_token=True,
        is_token_enough=True,
        makes_secret=True,
    ),
    "aftership": Scheme(
        name="AfterShip",
        proofs=[Proof(header="aftership-hmac-sha256", read=how.whole, encode=base64.b64encode)],
        dedupe=names.named_in_body("event_id"),
        makes_secret=True,
    ),
    "karrio": Scheme(  # its header holds the secret in clear: it is never kept
        name="Karrio",
        proofs=[Proof(header="x-event-id", read=how.whole, signed=(), mac=how.key_itself, encode=how.as_it_is)],
        dedupe=names.canonical_hash,
        has_token=True,
        makes_secret=True,
    ),
    "shopify": Scheme(  # newer deliveries name the same headers without `X-`
        name="Shopify",
        proofs=[
            Proof(header=name, read=how.whole, encode=base64.b64encode)
            for name in ("x-shopify-hmac-sha256", "shopify-hmac-sha256")
        ],
        dedupe=names.happening_of_a_shop,
        kept=(
            "content-type",
            *(
                f"{prefix}shopify-{name}"
                for prefix in ("x-", "")
                for name in ("topic", "shop-domain", "api-version", "webhook-id", "event-id", "triggered-at", "test")
            ),
        ),
        makes_secret=True,
        needs_channel=True,
    ),
    "17track": Scheme(
        name="17TRACK",
        proofs=[Proof(header="sign", read=how.whole, mac=how.hash_with_key)],
        dedupe=names.body_hash,
        makes_secret=True,
    ),
}
