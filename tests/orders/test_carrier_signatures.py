"""Every scheme of the table: published vectors, our own of openssl, flipped bits, and headers that are none."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.signatures import SCHEMES, Trust, dedupe_key, is_genuine, kept_headers
from tests import senders
from tests.orders.test_signatures import NEW as STANDARD
from tests.orders.test_signatures import signed

NOW = datetime(2025, 11, 24, 10, 0, tzinfo=UTC)
DATA = Path(__file__).parents[1] / "data/signatures"
BODY = (DATA / "easypost-tracker.json").read_bytes()
BATCH = (DATA / "easypost-batch.json").read_bytes()
PATH, TOKEN = "/hooks/easypost/abc/", "a-token-of-ours-of-some-length"
SHORT, LONG = 8_000, 100_000


CLOSED = Trust([])


@dataclass(frozen=True)
class Request:
    """A delivery as it came, and what the endpoint believes."""

    provider: str
    headers: dict[str, str]
    body: bytes = BODY
    token: str = ""
    trust: Trust = CLOSED
    is_body_signed: bool = True

    def is_genuine(self, **more: Any) -> bool:
        now = more.pop("now", NOW)
        it = replace(self, **more)
        return is_genuine(it.provider, it.trust, it.headers, it.body, now=now, token=it.token)


def request(provider: str, **more: Any) -> Request:
    secret = senders.SECRETS[provider]
    headers = senders.SIGN[provider](secret, BODY, NOW)
    has_token = SCHEMES[provider].has_token
    trust = Trust([secret], [TOKEN] if has_token else [], PATH)
    is_body_signed = provider != "karrio"
    return Request(
        provider, headers, token=TOKEN if has_token else "", trust=trust, is_body_signed=is_body_signed, **more
    )


def second() -> Request:
    """EasyPost's second signature alone, on an endpoint that believes it."""
    secret = senders.SECRETS["easypost"]
    headers = senders.easypost_v2(secret, BODY, NOW, PATH)
    return Request("easypost", headers, trust=Trust([secret], [], PATH, accept_v2=True))


REQUESTS = {
    **{provider: request(provider) for provider in senders.PROVIDERS},
    "easypost-v2": second(),
    "generic": Request("generic", signed(STANDARD, BODY, at=NOW), trust=Trust([STANDARD])),
    "shippo, token alone": Request("shippo", {}, token=TOKEN, trust=Trust([], [TOKEN]), is_body_signed=False),
}
each_request = pytest.mark.parametrize("name", REQUESTS)
each_signed = pytest.mark.parametrize("name", [name for name, each in REQUESTS.items() if each.headers])


# --- vectors --------------------------------------------------------------------------------------------------

PUBLISHED = {  # https://github.com/EasyPost/examples: `sécret` over the bodies; older and newer edition of the test
    "batch": (BATCH, "e93977c8ccb20363d51a62b3fe1fc402b7829be1152da9e88cf9e8d07115a46b"),
    "tracker": (BODY, "38f3f53c103713df81616a0a186d77141957323ec21d5fe9363db93840f527db"),
}


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("secret", ["s\u00e9cret", "se\u0301cret"], ids=["composed", "decomposed"])
def test_the_published_vectors_of_easypost_pass(name: str, secret: str) -> None:
    body, mac = PUBLISHED[name]
    headers = {"X-Hmac-Signature": f"hmac-sha256-hex={mac}"}
    assert is_genuine("easypost", Trust([secret]), headers, body, now=NOW)
    assert not is_genuine("easypost", Trust(["secret"]), headers, body, now=NOW)
    assert not is_genuine("easypost", Trust([secret]), headers, body + b"\n", now=NOW)


V2 = "hmac-sha256-hex=c8bc7165efbd94f3c64c2e4fb350f3c4174cb7cd3bebf27c4124fa73b9e91f24"
OPENSSL = {
    "shippo": {
        "Shippo-Auth-Signature": "t=1763978400,v1=bca16518e0c32007a622495938dd96666b6d92c3167a9af0abe9696a88b2fe91"
    },
    "aftership": {"aftership-hmac-sha256": "sKhRWoAkJofkWjsYhNGjihChgTZ2x8o6GqHWVIazun8="},
    "easypost-v2": {"X-Hmac-Signature-V2": V2, "X-Timestamp": "Mon, 24 Nov 2025 10:00:00 +0000", "X-Path": PATH},
}


@pytest.mark.parametrize("name", OPENSSL)
def test_the_golden_vectors_of_openssl_are_genuine(name: str) -> None:
    """Made by `openssl dgst -sha256 -hmac <provider>-secret-of-ours` over what it signs of easypost-tracker.json:

    shippo `1763978400.` + body, hex; aftership body, base64; easypost-v2 time + POST + path + body, hex.
    """
    assert REQUESTS[name].is_genuine(headers=OPENSSL[name])


def test_the_golden_vector_of_17track_is_genuine() -> None:
    """Made by `(cat easypost-tracker.json; printf /17track-key-of-ours) | openssl dgst -sha256`."""
    headers = {"sign": "d2f6a94b7307a72e8205e25a2e1e5bfb59f67890728ac228cd621af5d4adfa68"}
    assert is_genuine("17track", Trust(["17track-key-of-ours"]), headers, BODY, now=NOW)
    assert not is_genuine("17track", Trust(["17track-key-of-our"]), headers, BODY, now=NOW)


# --- what is believed, and what is not ------------------------------------------------------------------------


@each_request
def test_what_a_provider_signs_is_genuine(name: str) -> None:
    assert REQUESTS[name].is_genuine()


@each_signed
def test_the_previous_secret_is_believed_until_it_is_removed(name: str) -> None:
    it = REQUESTS[name]
    other = "whsec_" + "A" * 43 if name == "generic" else "another-secret-of-ours"
    assert it.is_genuine(trust=it.trust._replace(secrets=[other, *it.trust.secrets]))
    assert not it.is_genuine(trust=it.trust._replace(secrets=[other]))


@each_signed
def test_without_a_secret_that_was_configured_nothing_is_genuine(name: str) -> None:
    it = REQUESTS[name]
    without = [[], [""], [" "]] if name != "shippo" else [[""], [" "]]  # without any, its token is enough
    for secrets in without:
        assert not it.is_genuine(trust=it.trust._replace(secrets=secrets))


@pytest.mark.parametrize("provider", senders.PROVIDERS)
def test_who_signs_with_the_empty_secret_is_refused(provider: str) -> None:
    headers = senders.SIGN[provider]("", BODY, NOW)
    it = REQUESTS[provider]
    assert not it.is_genuine(headers=headers, trust=it.trust._replace(secrets=[""]))


@pytest.mark.parametrize("name", ["karrio", "shippo", "shippo, token alone"])
@pytest.mark.parametrize("token", ["", " ", "a", TOKEN + "x", TOKEN[:-1], TOKEN.upper(), "é", "\udcff", "\0"])
def test_another_token_in_the_address_is_refused(name: str, token: str) -> None:
    assert not REQUESTS[name].is_genuine(token=token)
    assert not REQUESTS[name].is_genuine(token=token, trust=REQUESTS[name].trust._replace(tokens=["", TOKEN]))


@pytest.mark.parametrize("name", ["karrio", "shippo", "shippo, token alone"])
def test_without_a_token_of_its_own_an_address_is_closed(name: str) -> None:
    for token in ("", TOKEN):
        assert not REQUESTS[name].is_genuine(token=token, trust=REQUESTS[name].trust._replace(tokens=[]))
        assert not REQUESTS[name].is_genuine(token="", trust=REQUESTS[name].trust._replace(tokens=[""]))


@pytest.mark.parametrize("name", ["karrio", "shippo", "shippo, token alone"])
def test_the_previous_token_is_believed_until_it_is_removed(name: str) -> None:
    it = REQUESTS[name]
    assert it.is_genuine(trust=it.trust._replace(tokens=["new", TOKEN]))
    assert not it.is_genuine(trust=it.trust._replace(tokens=["new"]))


def test_an_endpoint_of_shippo_with_a_secret_wants_the_signature() -> None:
    it = REQUESTS["shippo"]
    assert not it.is_genuine(headers={})
    assert REQUESTS["shippo, token alone"].is_genuine(headers={})


@pytest.mark.parametrize("name", ["shippo", "easypost-v2", "generic"])
@pytest.mark.parametrize(("seconds", "is_fresh"), [(-301, False), (-299, True), (299, True), (301, False)])
def test_where_a_time_is_signed_it_counts_for_five_minutes(name: str, seconds: int, is_fresh: bool) -> None:
    assert REQUESTS[name].is_genuine(now=NOW + timedelta(seconds=seconds)) == is_fresh


def test_the_second_signature_of_easypost_alone_counts_only_where_it_was_asked_for() -> None:
    it = REQUESTS["easypost-v2"]
    assert not it.is_genuine(trust=it.trust._replace(accept_v2=False))
    assert not it.is_genuine(trust=it.trust._replace(path="/hooks/easypost/other/"))
    wrong = {"X-Hmac-Signature": "hmac-sha256-hex=" + "0" * 64}
    assert not it.is_genuine(headers=it.headers | wrong)  # the first decides where it is there
    assert not it.is_genuine(headers=it.headers | {"X-Hmac-Signature": ""})
    first = REQUESTS["easypost"]
    assert first.is_genuine(headers=first.headers | {"X-Hmac-Signature-V2": "x"}, trust=it.trust)


@each_signed
def test_the_same_json_written_anew_is_refused(name: str) -> None:
    it = REQUESTS[name]
    if it.is_body_signed:
        assert not it.is_genuine(body=BODY.replace(b'","', b'", "'))


def test_several_signatures_of_shippo_may_stand_in_one_header_and_one_time() -> None:
    it = REQUESTS["shippo"]
    good = it.headers["Shippo-Auth-Signature"]
    stamp, _, mac = good.partition(",")
    for header in (f"{stamp},v1=abc,{mac}", f"{mac},{stamp}", f"{stamp}, v0=x, {mac}"):
        assert it.is_genuine(headers={"shippo-auth-signature": header})
    for header in (f"t=1,{good}", f"{good},t=1", mac, stamp, f"{stamp},v0={mac[3:]}", f"{stamp},{mac},{stamp}"):
        assert not it.is_genuine(headers={"shippo-auth-signature": header})


ODD = [
    None,
    "",
    " ",
    "é",
    "\udcff",
    "漢字",
    "\0",
    ",",
    "=",
    "t=",
    "v1=",
    "t=,v1=",
    "hmac-sha256-hex=",
    "NaN",
    "²",
    "9" * 400,
]


@each_signed
@pytest.mark.parametrize("value", ODD)
def test_a_missing_or_malformed_header_is_refused_and_raises_nothing(name: str, value: str | None) -> None:
    it = REQUESTS[name]
    for header in it.headers:
        rest = {each: text for each, text in it.headers.items() if each != header}
        assert not it.is_genuine(headers=rest | ({} if value is None else {header: value}))


TIMES = [
    "Mon",
    "Mon, 99 Nov 2025 10:00:00 +0000",
    "Mon, 24 Nov 99999 10:00:00",
    "0",
    "1763978400",
    "+9999",
    "24 Nov 2025",
]


@pytest.mark.parametrize("value", TIMES)
def test_a_time_that_is_none_is_refused_and_raises_nothing(value: str) -> None:
    it = REQUESTS["easypost-v2"]
    assert not it.is_genuine(headers=it.headers | {"X-Timestamp": value})


@given(st.sampled_from(sorted(REQUESTS)), st.data())
def test_no_headers_make_it_raise_or_pass(name: str, data: Any) -> None:
    it = REQUESTS[name]
    if not it.headers:
        return
    given = data.draw(st.dictionaries(st.sampled_from(sorted(it.headers)), st.text(max_size=60), min_size=1))
    assert not it.is_genuine(headers=it.headers | given) or it.headers | given == it.headers
    assert not it.is_genuine(headers=given) or given == it.headers


def test_case_of_a_headers_name_does_not_matter() -> None:
    for it in REQUESTS.values():
        assert it.is_genuine(headers={name.upper(): value for name, value in it.headers.items()})


# --- flipped bits ---------------------------------------------------------------------------------------------


def parts(it: Request) -> list[str]:
    """Return what is covered, a part as often as it has bytes."""
    lengths = {name: len(value) for name, value in it.headers.items()}
    lengths |= {"body": len(it.body)} if it.is_body_signed else {}
    lengths |= {"token": len(it.token)} if it.token else {}
    return [part for part, length in lengths.items() for _ in range(length)]


def flip(raw: bytes, dice: random.Random) -> bytes:
    place, bit = dice.randrange(len(raw)), 1 << dice.randrange(8)
    return raw[:place] + bytes([raw[place] ^ bit]) + raw[place + 1 :]


def mutated(it: Request, part: str, dice: random.Random) -> Request:
    if part == "body":
        return replace(it, body=flip(it.body, dice))
    if part == "token":
        return replace(it, token=flip(it.token.encode(), dice).decode("latin-1"))
    value = flip(it.headers[part].encode("latin-1"), dice).decode("latin-1")
    return replace(it, headers=it.headers | {part: value})


def test_every_single_flipped_bit_of_a_signed_request_is_refused(is_long: bool) -> None:
    """100 000 of them with `--long`: half of the flips in headers and tokens, though the bodies are far longer."""
    dice, times = random.Random(4), (LONG if is_long else SHORT)
    names = sorted(REQUESTS)
    passed = []
    for turn in range(times):
        it = REQUESTS[names[turn % len(names)]]
        covered = parts(it)
        part = dice.choice(sorted(set(covered))) if dice.random() < 0.5 else dice.choice(covered)
        if mutated(it, part, dice).is_genuine():
            passed.append((it.provider, part))
    assert passed == []


# --- what names a delivery, and what is kept of it ------------------------------------------------------------

SAME = [b'{"b": [1.50, {"x": null}], "a": "\\u00e9"}', '{ "a":"é","b":[1.50,{"x":null}]}'.encode()]
OTHER = [b'{"b": [1.5, {"x": null}], "a": "\\u00e9"}', b'{"b": [{"x": null}, 1.50], "a": "\\u00e9"}']
TWICE = [b'{"a": 1}', b'{"a": 2, "a": 1}', b'{"a": "1"}', b'[["a", 1]]', b'{"object": [["a", {"number": "1"}]]}']


@pytest.mark.parametrize("provider", ["shippo", "karrio"])
def test_without_an_id_a_delivery_is_named_by_what_its_json_says(provider: str) -> None:
    assert len({dedupe_key(provider, {}, body) for body in SAME}) == 1
    assert len({dedupe_key(provider, {}, body) for body in [*SAME, *OTHER, *TWICE]}) == 3 + len(TWICE)


@pytest.mark.parametrize(("provider", "field"), [("easypost", "id"), ("aftership", "event_id")])
def test_the_events_own_id_names_it(provider: str, field: str) -> None:
    assert dedupe_key(provider, {}, f'{{"{field}": "evt_1", "x": 1}}'.encode()) == "evt_1"
    odd = [
        '{"%s": 5}',
        '{"%s": ""}',
        '{"%s": "é"}',
        '{"%s": null}',
        '{"x": "%s"}',
        '["%s"]',
        '"%s"',
        '{"%s": "a\\u0000"}',
    ]
    keys = {dedupe_key(provider, {}, (text % field).encode()) for text in odd}
    assert (len(keys), {len(key) for key in keys}) == (len(odd), {64})


@pytest.mark.parametrize("provider", sorted(SCHEMES))
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"1" * 5000, b"null", b"NaN"])
def test_a_body_that_is_no_json_has_a_name_too(provider: str, body: bytes) -> None:
    assert len(dedupe_key(provider, {}, body)) == 64
    assert dedupe_key(provider, {}, body) != dedupe_key(provider, {}, body + b"x")


def test_what_17track_sends_is_named_by_its_bytes() -> None:
    assert len({dedupe_key("17track", {}, body) for body in SAME}) == 2


@each_request
def test_nothing_secret_is_kept_of_the_headers(name: str) -> None:
    it = REQUESTS[name]
    kept = kept_headers(it.provider, it.headers | {"Authorization": "x", "Content-Type": "application/json"})
    known = {"content-type", "webhook-id", "webhook-timestamp", "shippo-api-version"}
    assert set(kept) <= known
    assert not set(kept.values()) & {*it.trust.secrets, *it.trust.tokens}
