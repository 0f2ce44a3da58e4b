"""Which deliveries are taken for genuine: over raw bytes, with any of the secrets, not long ago; all else is not."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from orders.signatures import SCHEMES, Trust, dedupe_key, is_genuine, kept_headers, new_secret

NOW = datetime(2025, 11, 24, 10, 0, tzinfo=UTC)
OLD, NEW = new_secret(), new_secret()
BODY = b'{"code": "DELIVERED"}'


def signed(secret: str, body: bytes = BODY, *, at: datetime = NOW, **more: str) -> dict[str, str]:
    """Sign with the library that the senders use: not with ours."""
    headers = {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("msg_1", at, body.decode()),
    }
    return headers | {name.replace("_", "-"): value for name, value in more.items()}


def accepted(headers: dict[str, str], body: bytes = BODY, keys: Any = (NEW, OLD), now: datetime = NOW) -> bool:
    return is_genuine("generic", Trust(keys), headers, body, now=now)


def test_the_golden_vector_of_openssl_is_genuine() -> None:
    """Made by: openssl dgst -sha256 -mac HMAC -macopt hexkey:31f290f6bf06298aab4f08d43c3f082cf648a362da2da4b0

    over id.timestamp.body with `tests/data/signatures/generic.json`; -binary, then base64.
    """
    headers = {
        "webhook-id": "msg_2Lh9KRb0pzN4LePd3XiA4v12Axj",
        "webhook-timestamp": "1763978400",
        "webhook-signature": "v1,v9ZUeFpcClDTUzqQL5rMyXaSL9pQaiCu0GJgfPBj6JA=",
    }
    body = (Path(__file__).parents[1] / "data/signatures/generic.json").read_bytes()
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert is_genuine("generic", Trust([secret]), headers, body, now=NOW)
    assert not is_genuine("generic", Trust([secret]), headers, body + b" ", now=NOW)


@pytest.mark.parametrize("secret", [NEW, OLD], ids=["current", "previous"])
def test_the_current_and_the_previous_secret_are_accepted(secret: str) -> None:
    assert accepted(signed(secret))


def test_a_removed_secret_is_refused() -> None:
    assert not accepted(signed(OLD), keys=[NEW])


def test_without_a_secret_or_a_scheme_nothing_is_genuine() -> None:
    assert not accepted(signed(NEW), keys=[])
    assert not is_genuine("nobody", Trust([NEW]), signed(NEW), BODY, now=NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_é", "not base64!", "whsec_===="])
def test_a_secret_that_is_none_proves_nothing(secret: str) -> None:
    """Not even to somebody who signs with the empty key."""
    headers = signed(NEW)
    mac = hmac.digest(b"", f"msg_1.{headers['Webhook-Timestamp']}.".encode() + BODY, "sha256")
    for signature in (headers["Webhook-Signature"], "v1," + base64.b64encode(mac).decode(), "v1,"):
        assert not accepted(headers | {"Webhook-Signature": signature}, keys=[secret])


@pytest.mark.parametrize("place", range(len(BODY)))
def test_one_flipped_bit_in_the_body_is_refused(place: int) -> None:
    flipped = bytes(byte ^ (index == place) for index, byte in enumerate(BODY))
    assert not accepted(signed(NEW), flipped)


def test_the_same_json_written_anew_is_refused() -> None:
    assert not accepted(signed(NEW), b'{"code":"DELIVERED"}')


@pytest.mark.parametrize(("seconds", "is_fresh"), [(-301, False), (-299, True), (299, True), (301, False)])
def test_it_is_genuine_for_five_minutes_either_way(seconds: int, is_fresh: bool) -> None:
    assert accepted(signed(NEW, at=NOW + timedelta(seconds=seconds))) == is_fresh


@pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
@pytest.mark.parametrize(
    "value", [None, "", " ", "é", "\udcff", "漢字", "v1", "v1,", ",", "v1,,", "NaN", "1e9", "²", "9" * 400]
)
def test_a_missing_or_malformed_header_is_refused_and_raises_nothing(name: str, value: str | None) -> None:
    headers = signed(NEW)
    del headers[name]
    assert not accepted(headers | ({} if value is None else {name: value}))


def test_an_id_with_a_dot_could_be_read_in_two_ways_and_is_refused() -> None:
    at = str(int(NOW.timestamp()))
    headers = {"webhook-id": "a.b", "webhook-timestamp": at, "webhook-signature": Webhook(NEW).sign("a.b", NOW, "{}")}
    assert not accepted(headers, b"{}")


def test_one_good_signature_among_others_is_enough() -> None:
    good = signed(NEW)["Webhook-Signature"]
    others = f"v1a,{'A' * 88} v2,x v1,AAAA nonsense {good}"
    assert accepted(signed(NEW) | {"Webhook-Signature": others})
    assert not accepted(signed(NEW) | {"Webhook-Signature": good.replace("v1,", "v1a,")})


def test_case_of_a_headers_name_does_not_matter() -> None:
    assert accepted({name.upper(): value for name, value in signed(NEW).items()})


@given(st.dictionaries(st.sampled_from(list(signed(NEW))), st.text(max_size=60)), st.binary(max_size=40))
def test_no_headers_make_it_raise_or_pass(headers: dict[str, str], body: bytes) -> None:
    assert not accepted(signed(NEW) | headers, body) or (headers, body) == ({}, BODY)


def test_bytes_that_are_no_text_are_signed_as_bytes() -> None:
    body = b"\xff\xfe{"
    stamp = str(int(NOW.timestamp()))
    mac = hmac.new(base64.b64decode(NEW.removeprefix("whsec_")), b"m." + stamp.encode() + b"." + body, hashlib.sha256)
    signature = "v1," + base64.b64encode(mac.digest()).decode()
    assert accepted({"webhook-id": "m", "webhook-timestamp": stamp, "webhook-signature": signature}, body)


def test_only_the_headers_we_name_are_kept() -> None:
    kept = kept_headers("generic", signed(NEW, Authorization="Bearer x", Content_Type="application/json"))
    assert kept == {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "content-type": "application/json",
    }


def test_the_id_names_a_delivery_and_one_that_cannot_be_stored_is_hashed() -> None:
    assert dedupe_key("generic", {"Webhook-Id": "msg_1"}, BODY) == "msg_1"
    strange = {dedupe_key("generic", {"webhook-id": name}, BODY) for name in ("x" * 256, "x" * 257, "a\0b", "é")}
    assert {len(key) for key in strange} == {64}
    assert len(strange) == 4


def test_new_secrets_are_strong_and_differ() -> None:
    is_strong = SCHEMES["generic"].is_strong
    assert is_strong(NEW)
    assert NEW != OLD
    assert not is_strong("whsec_" + base64.b64encode(b"x" * 23).decode())
