"""Our own format: what is read out of it, and what is said of an item that is wrong."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.intake.payload import Unreadable
from tests.hooks import event
from tracking.carriers.base import Invalid
from tracking.carriers.generic import read, read_item
from tracking.carriers.meaning import Row, Table, understood
from tracking.status import Place, Scan, Snapshot, words

AT = "2026-11-25T10:00:00+01:00"


def item(**more: Any) -> dict[str, Any]:
    return event("JD 014-6", "OUT_FOR_DELIVERY", AT) | more


def snapshot(given: Any, *, is_strict: bool = False) -> Snapshot:
    found = read_item(given, is_strict=is_strict)
    assert isinstance(found, Snapshot), found
    return found


def scan(given: Any) -> Scan:
    """Return its scan, as it is understood without any table."""
    return understood(snapshot(given), Table("generic")).scans[0]


def wrong(given: Any, *, is_strict: bool = False) -> tuple[str, str]:
    found = read_item(given, is_strict=is_strict)
    assert isinstance(found, Invalid), found
    return found.path, found.reason


def test_one_event_is_a_partial_picture_of_one_scan() -> None:
    place = {"city": "Leipzig", "postal_code": "04103", "country": "de", "region": None}
    picture = snapshot(item(message=" On the  van ", location=place))
    assert (picture.carrier, picture.tracking_number, picture.is_complete) == ("dhl", "JD 014-6", False)
    (line,) = understood(picture, Table("generic")).scans
    assert (picture.scans[0].status, picture.provider) == ("", "generic")
    assert (line.status, line.code, line.raw_status) == ("OUT_FOR_DELIVERY", "OUT_FOR_DELIVERY", "OUT_FOR_DELIVERY")
    assert (str(line.at), line.wall, line.is_zone_true) == ("2026-11-25 09:00:00+00:00", "2026-11-25T10:00:00", True)
    assert (line.message, line.place) == ("On the  van", Place("Leipzig", "", "04103", "DE"))


@pytest.mark.parametrize("status", words.RANK)
@pytest.mark.parametrize("restyle", [str, str.lower, str.title, lambda text: f" {text.replace('_', ' ')} "])
def test_canonical_names_are_understood_however_they_are_written(status: str, restyle: Callable[[str], str]) -> None:
    for code in (restyle(status), restyle(status).replace("_", "-")):
        line = scan(item(code=code))
        assert (line.status, line.is_unmapped) == (status, False)


@pytest.mark.parametrize("reason", sorted(set(words.REASONS) - {"lost"}))
def test_a_reason_says_its_status_with_it(reason: str) -> None:
    line = scan(item(code=reason))
    assert (line.status, line.reason) == (words.REASONS[reason], reason)
    assert line.is_action_required == (reason in words.ACT)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("TELEPORTED", ""),
        ("IN_TRANSIT_BY_BALLOON", "IN_TRANSIT"),
        ("out for delivery 2", "OUT_FOR_DELIVERY"),
        ("DELIVERED_TO_DEPOT", ""),
        ("LOST_AND_FOUND", ""),
        ("RETURNED_TO_SENDER_2", ""),
    ],
)
def test_a_value_never_seen_is_kept_and_guessed_from_its_family_only_on_the_way(code: str, status: str) -> None:
    line = scan(item(code=code))
    assert (line.status, line.is_unmapped, line.raw_status) == (status, True, code)


def test_a_carriers_own_row_counts_for_that_carrier_alone_and_never_for_our_names() -> None:
    rows = {("dhl", "status", "zz9"): Row("DELIVERED", "signed"), ("", "status", "zz9"): Row("EXCEPTION", "other")}
    table = Table("generic", {**rows, ("dhl", "status", "delivered"): Row("LOST")})
    read_as = [
        understood(snapshot(item(carrier=carrier, code=code)), table).scans[0]
        for carrier, code in (("DHL", "ZZ9"), ("ups", "zz9"), ("dhl", "DELIVERED"), ("dhl", "ZZ9 later"))
    ]
    assert [(line.status, line.reason, line.is_unmapped) for line in read_as] == [
        ("DELIVERED", "signed", False),
        ("EXCEPTION", "other", False),
        ("DELIVERED", "", False),
        ("", "", True),
    ]


@pytest.mark.parametrize("path", ["carrier", "tracking_number", "code"])
@pytest.mark.parametrize("value", [None, "", "  ", [], {}, True])
def test_what_is_needed_and_missing_is_named(path: str, value: object) -> None:
    assert wrong(item(**{path: value}))[0] == path
    without = item()
    del without[path]
    assert wrong(without) == (path, "This is missing.")


@pytest.mark.parametrize("value", ["---", " - ", "NULL", "x" * 256, 1.5, ["JD1"]])
def test_a_tracking_number_that_is_none_is_named(value: object) -> None:
    assert wrong(item(tracking_number=value))[0] == "tracking_number"


def test_a_number_is_a_text_for_us() -> None:
    assert snapshot(item(tracking_number=340434161094042557)).tracking_number == "340434161094042557"


NO_MOMENTS = [None, 0, 1764061200, "", "now", [], {}, True, "2026-11-25", "2026-11-25T10:00:00", "2026-13-25T10:00:00Z"]
NO_MOMENTS += ["25.11.2026 10:00+01:00", "1999-12-31T23:59:59Z", "2100-01-01T00:00:01Z"]
NO_MOMENTS += ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]


@pytest.mark.parametrize("value", NO_MOMENTS)
def test_a_time_without_an_offset_or_that_is_none_is_named(value: object) -> None:
    for is_strict in (True, False):
        assert wrong(item(occurred_at=value), is_strict=is_strict)[0] == "occurred_at"


@pytest.mark.parametrize(
    "text", ["2026-11-25T09:00:00Z", "2026-11-25t09:00:00z", "2026-11-25 14:30:00+05:30", "20261125T090000Z"]
)
def test_any_iso_time_with_an_offset_is_an_instant(text: str) -> None:
    assert str(scan(item(occurred_at=text)).at) == "2026-11-25 09:00:00+00:00"


def test_a_location_may_be_one_text() -> None:
    assert str(scan(item(location="Leipzig, DE")).place) == "Leipzig, DE"


@pytest.mark.parametrize(("location", "path"), [(5.5, "location"), ([], "location"), ({"city": []}, "location.city")])
def test_a_location_of_a_wrong_type_is_named(location: object, path: str) -> None:
    assert wrong(item(location=location))[0] == path


def test_what_a_database_or_a_page_cannot_hold_is_dropped() -> None:
    line = scan(item(message="a\0b\r\nc\ud800", location={"city": "x\0", "country": "DEU"}))
    assert (line.message, line.place) == ("ab c\ufffd", Place(city="x"))
    assert len(scan(item(message="é" * 900)).message) == 500


def test_a_hook_overlooks_what_the_api_names() -> None:
    for fields, path in [
        (item(mesage="typo"), "mesage"),
        (item(location={"zip": "04103"}), "location.zip"),
        (item(location={"country": "Germany"}), "location.country"),
        (item(message="x" * 501), "message"),
        (item(message="a\0"), "message"),
        (item(message=5), "message"),
        (item(carrier=5), "carrier"),
    ]:
        assert isinstance(read_item(fields, is_strict=False), Snapshot), fields
        assert wrong(fields, is_strict=True)[0] == path


@pytest.mark.parametrize("given", [None, "x", 5, [], True])
def test_an_event_that_is_no_object_is_named(given: object) -> None:
    assert wrong(given) == ("", "An event is an object.")


DEEP, LONG = b"[" * 70 + b"]" * 70, b'{"a": 1' + b"0" * 1001 + b"}"


@pytest.mark.parametrize("body", [b"", b"null", b'"x"', b"5", b"{", b"\xff", b"[NaN]", DEEP, b"[" * 100_000, LONG])
def test_a_body_that_is_something_else_says_so(body: bytes) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(body, {})
    assert refusal.value.sentence.endswith(".")


def test_five_hundred_events_are_read_and_one_more_is_too_many() -> None:
    assert len(read(json.dumps([item()] * 500).encode(), {})) == 500
    with pytest.raises(Unreadable, match="501"):
        read(json.dumps([item()] * 501).encode(), {})


@pytest.mark.parametrize("more", [{"test": True}, {"test_mode": True}, {"mode": "test"}, {"mode": "TEST"}])
def test_an_event_that_says_it_is_a_test_is_known_as_one(more: dict[str, Any]) -> None:
    assert snapshot(item(**more)).is_test
    assert not snapshot(item(mode="live", test=False)).is_test


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(list(item(message="", location=""))), anything), st.booleans())
def test_no_item_makes_it_raise(given: dict[str, Any], is_strict: bool) -> None:
    for fields in (given, item() | given):
        assert isinstance(read_item(fields, is_strict=is_strict), Snapshot | Invalid)
