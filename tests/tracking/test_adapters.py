"""What each provider sends, read into a picture: its words as they came, its times for what they are worth."""

import copy
import itertools
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.intake.payload import Unreadable
from tests.tracking.payloads import (
    HEADLINES,
    LINES,
    NUMBERS,
    PAYLOADS,
    STATUSES,
    WAY,
    WORDS,
    at,
    drop,
    paths,
    put,
    steps,
)
from tests.tracking.pictures import NOW
from tracking.carriers import ADAPTERS
from tracking.carriers.base import Ignored, Invalid, Stopped
from tracking.carriers.codes import CODES
from tracking.carriers.meaning import table_of, understood
from tracking.status import Eta, Place, Snapshot, fold

PROVIDERS = sorted(PAYLOADS)
each_provider = pytest.mark.parametrize("provider", PROVIDERS)
TRUE_ZONES = {"aftership", "17track"}
TABLES = {provider: table_of(provider, CODES) for provider in PROVIDERS}
Body = dict[str, Any]


def payload(provider: str, *names: str, **more: Any) -> Body:
    return PAYLOADS[provider]("JD014", steps(*(names or WAY)), **more)


def read(provider: str, body: Any) -> Any:
    """Return the one thing in a body; a dict is written as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    (item,) = ADAPTERS[provider](raw, {})
    return item


def picture(provider: str, body: Any) -> Snapshot:
    """Return what is read in it, with what its words mean."""
    found = read(provider, body)
    assert isinstance(found, Snapshot), found
    return understood(found, TABLES[provider])


def line(provider: str, body: Body, n: int = -1) -> Body:
    found: Body = at(body, LINES[provider])[n]
    return found


# --- the whole journey ----------------------------------------------------------------------------------------


@each_provider
def test_a_journey_is_read_as_it_was_told(provider: str) -> None:
    it = picture(provider, payload(provider))
    assert (it.provider, it.tracking_number, it.is_complete, it.is_test) == (provider, "JD014", True, False)
    assert [scan.status for scan in it.scans] == [STATUSES[name] for name in WAY]
    assert [scan.seq for scan in it.scans] == list(range(len(WAY)))
    assert [scan.message for scan in it.scans] == [f"Parcel: {name}" for name in WAY]
    assert {scan.is_zone_true for scan in it.scans} == {provider in TRUE_ZONES}
    assert [scan.wall for scan in it.scans] == [
        moment.replace(tzinfo=None).isoformat() if provider not in TRUE_ZONES else scan.wall
        for scan, (moment, _) in zip(it.scans, steps(*WAY), strict=True)
    ]
    if provider in TRUE_ZONES:
        assert [scan.at for scan in it.scans] == [moment for moment, _ in steps(*WAY)]
        assert it.scans[0].wall == "2026-11-23T09:00:00"
    assert it.headline.status == "DELIVERED"
    assert it.eta is not None
    assert it.eta.earliest == date(2026, 11, 26)
    assert fold([it], now=NOW).status == "DELIVERED"


@each_provider
def test_the_words_are_kept_as_they_came(provider: str) -> None:
    it = read(provider, payload(provider))
    details = [WORDS[provider][name][1] for name in WAY]
    assert [scan.raw_detail for scan in it.scans] == details
    assert {scan.status for scan in it.scans} == {""}
    main, detail = HEADLINES[provider]
    body = payload(provider)
    assert it.headline.raw == at(body, main)
    assert it.headline.detail == (at(body, detail) if detail else "")


def test_each_names_the_carrier_its_own_way_and_its_own_tracker() -> None:
    found = {provider: read(provider, payload(provider)) for provider in PROVIDERS}
    assert {provider: (it.carrier, it.source_tracker_id) for provider, it in found.items()} == {
        "17track": ("100001", ""),
        "aftership": ("dhl", "as_JD014"),
        "easypost": ("dhlexpress", "trk_JD014"),
        "karrio": ("dhl_express", "trk_JD014"),
        "shippo": ("dhl_express", ""),
    }
    assert {provider for provider, it in found.items() if it.stated_at} == {"17track", "aftership", "easypost"}


def test_the_published_payload_of_easypost_is_understood() -> None:
    raw = (File(__file__).parents[1] / "data/signatures/easypost-tracker.json").read_bytes()
    it = picture("easypost", raw)
    assert [scan.reason for scan in it.scans] == ["label_created", "arrived", "arrived", "departed", "", "", "arrived"]
    assert it.scans[1].place == Place("ORLANDO", "FL", "32809", "US")
    assert (it.headline.status, it.headline.reason, it.eta) == (
        "IN_TRANSIT",
        "arrived",
        Eta(date(2024, 8, 5), date(2024, 8, 5)),
    )
    assert isinstance(read("easypost", raw.replace(b"tracker.updated", b"batch.updated")), Ignored)


@each_provider
def test_the_direction_of_the_lines_does_not_matter(provider: str) -> None:
    body = payload(provider)
    there = picture(provider, body)
    at(body, LINES[provider]).reverse()
    assert picture(provider, body).scans == there.scans


def test_where_times_do_not_tell_the_direction_the_sources_habit_does() -> None:
    for provider in PROVIDERS:
        body = payload(provider, "accepted", "moving")
        lines = at(body, LINES[provider])
        for each in lines:
            for name in ("datetime", "status_date", "checkpoint_time", "date", "timestamp", "time_iso", "time_utc"):
                each.pop(name, None)
            each.pop("time_raw", None)
        said = [scan.message for scan in picture(provider, body).scans]
        assert (provider, said) == (provider, ["Parcel: accepted", "Parcel: moving"])


@each_provider
def test_the_same_scan_twice_in_one_list_is_one(provider: str) -> None:
    body = payload(provider)
    lines = at(body, LINES[provider])
    lines.insert(1, copy.deepcopy(lines[1]))
    assert len(fold([picture(provider, body)], now=NOW).timeline) == len(WAY)


@each_provider
def test_all_orders_of_three_payloads_give_one_result(provider: str) -> None:
    pictures = [picture(provider, payload(provider, *WAY[:size])) for size in (2, 3, 5)]
    results = {fold([*order, order[0]], now=NOW) for order in itertools.permutations(pictures)}
    assert len(results) == 1
    (result,) = results
    assert (result.status, len(result.timeline)) == ("DELIVERED", 5)
    assert [each.key for each in result.milestones] == ["first_scan", "out_for_delivery", "delivered"]


@each_provider
@pytest.mark.parametrize(
    ("way", "status"),
    [
        (("accepted", "out", "attempt"), "DELIVERY_ATTEMPT_FAILED"),
        (("accepted", "moving", "returning"), "RETURNING_TO_SENDER"),
        (("accepted", "moving", "lost"), "LOST"),
        (("accepted", "strange"), "IN_TRANSIT"),
    ],
)
def test_other_ends_of_a_journey(provider: str, way: tuple[str, ...], status: str) -> None:
    it = picture(provider, payload(provider, *way))
    if provider == "karrio" and way[-1] == "lost":  # its headline knows no loss: the scan does
        assert it.scans[-1].status == "LOST"
        return
    assert fold([it], now=NOW).status == status


@each_provider
def test_lost_then_found(provider: str) -> None:
    lost = picture(provider, payload(provider, "accepted", "moving", "lost"))
    found = picture(provider, payload(provider, "accepted", "moving", "lost", "moving", "out"))
    for order in ([lost, found], [found, lost]):
        assert fold(order, now=NOW).status == "OUT_FOR_DELIVERY"


@each_provider
def test_a_scan_after_the_delivery_does_not_undo_it(provider: str) -> None:
    body = payload(provider, "accepted", "delivered", "moving")
    result = fold([picture(provider, body)], now=NOW)
    assert result.status == "DELIVERED"
    assert set(result.needs_review) & {"scan_after_delivered", "headline_disagrees"}


# --- times ----------------------------------------------------------------------------------------------------


def test_the_same_checkpoint_of_aftership_in_two_zones_is_one_scan() -> None:
    body = payload("aftership", "accepted", "moving")
    other = copy.deepcopy(body)
    for each, moment in zip(at(other, LINES["aftership"]), ("08:00:00Z", "17:00:00.000Z"), strict=True):
        each["checkpoint_time"] = f"2026-11-23T{moment}"
    pictures = [picture("aftership", each) for each in (body, other)]
    assert pictures[0].scans[1].at == pictures[1].scans[1].at
    assert len(fold(pictures, now=NOW).timeline) == 2


@pytest.mark.parametrize(
    ("text", "wall", "is_true"),
    [
        ("2026-11-23T10:00:00", "2026-11-23T10:00:00", False),
        ("2026-11-23", "2026-11-23", False),
        ("2026-11-23 10:00", "2026-11-23T10:00:00", False),
        ("2026-11-23T10:00:00+05:30", "2026-11-23T10:00:00", True),
        ("yesterday", "yesterday", False),
        (None, "", False),
        ([], "", False),
        ("0001-01-01T00:00:00Z", "", False),
    ],
)
def test_a_time_of_aftership_is_an_instant_only_with_an_offset(text: Any, wall: str, is_true: bool) -> None:
    body = payload("aftership", "accepted", "moving")
    line("aftership", body)["checkpoint_time"] = text
    scan = next(each for each in picture("aftership", body).scans if each.message == "Parcel: moving")
    assert (scan.wall, scan.is_zone_true, scan.at is not None) == (wall, is_true, is_true)


@pytest.mark.parametrize(
    ("day", "time", "stamp", "wall"),
    [
        ("2026-11-23", "09:30", None, "2026-11-23T09:30:00"),
        ("2026-11-23", "09:30 PM", None, "2026-11-23T21:30:00"),
        ("2026-11-23", "17:05 PM", None, "2026-11-23T17:05:00"),
        ("2026-11-23", "17:05:09 AM", None, "2026-11-23T17:05:09"),
        ("2026-11-23", "12:10 AM", None, "2026-11-23T00:10:00"),
        ("2026-11-23", "00:10 AM", None, "2026-11-23T00:10:00"),
        ("2026-11-23", "12:10 PM", None, "2026-11-23T12:10:00"),
        ("2026-11-23", "9:05 p.m.", None, "2026-11-23T21:05:00"),
        ("2026-11-23", None, None, "2026-11-23"),
        ("2026-11-23", "noon", None, "2026-11-23"),
        (None, None, "2026-11-23T09:30:00.000Z", "2026-11-23T09:30:00"),
        ("2026-11-23", "09:30", "2026-11-23T10:30:00.000Z", "2026-11-23T09:30:00"),
        ("23 Nov", "09:30", None, "23 Nov"),
    ],
)
def test_the_clock_of_karrio_is_a_wall_clock_whatever_its_suffix(day: Any, time: Any, stamp: Any, wall: str) -> None:
    body = payload("karrio", "moving")
    line("karrio", body).update({"date": day, "time": time, "timestamp": stamp})
    scan = picture("karrio", body).scans[0]
    assert (scan.wall, scan.is_zone_true, scan.at) == (wall, False, None)


def test_an_offset_of_karrio_counts_where_it_is_not_zero() -> None:
    body = payload("karrio", "moving")
    line("karrio", body)["timestamp"] = "2026-11-23T09:30:00+01:00"
    scan = picture("karrio", body).scans[0]
    assert (scan.wall, str(scan.at), scan.is_zone_true) == ("2026-11-23T09:30:00", "2026-11-23 08:30:00+00:00", True)


def test_without_a_zone_17track_tells_a_wall_clock() -> None:
    body = payload("17track", "moving")
    line("17track", body).update({"time_iso": None, "time_utc": None})
    assert str(picture("17track", body).scans[0].at) == "2026-11-23 08:00:00+00:00"  # its raw time has a zone
    line("17track", body)["time_raw"]["timezone"] = None
    scan = picture("17track", body).scans[0]
    assert (scan.wall, scan.at, scan.is_zone_true) == ("2026-11-23T09:00:00", None, False)


def test_the_legs_of_17track_are_one_line() -> None:
    first, second = (
        payload("17track", "accepted", "moving"),
        payload("17track", "accepted", "moving", "out", "delivered"),
    )
    providers = at(second, LINES["17track"][:-2])
    providers[0]["events"] = providers[0]["events"][:2]  # the last mile: out, delivered
    providers.append(at(first, LINES["17track"][:-1]))
    it = picture("17track", second)
    assert [scan.message.removeprefix("Parcel: ") for scan in it.scans] == ["accepted", "moving", "out", "delivered"]


def test_the_stage_of_17track_speaks_where_there_is_no_sub_status() -> None:
    body = payload("17track", "accepted", "moving", "out")
    for each in at(body, LINES["17track"]):
        each["sub_status"] = None
    assert [(scan.status, scan.reason) for scan in picture("17track", body).scans] == [
        ("IN_TRANSIT", "accepted"),
        ("IN_TRANSIT", "departed"),
        ("OUT_FOR_DELIVERY", ""),
    ]


# --- when it is expected ----------------------------------------------------------------------------------------

DAY = Eta(date(2026, 11, 30), date(2026, 11, 30))
RANGE = Eta(date(2026, 11, 29), date(2026, 11, 30))


@pytest.mark.parametrize(
    ("provider", "changes", "eta"),
    [
        (
            "easypost",
            {("result", "carrier_detail"): None, ("result", "est_delivery_date"): "2026-11-30T00:00:00Z"},
            DAY,
        ),
        ("easypost", {("result", "carrier_detail"): None, ("result", "est_delivery_date"): None}, None),
        (
            "easypost",
            {("result", "carrier_detail"): None, ("result", "est_delivery_date"): "2026-11-22T09:04:00Z"},
            None,
        ),
        ("easypost", {("result", "carrier_detail", "est_delivery_date_local"): "2026-11-30"}, DAY),
        ("shippo", {("data", "eta"): "2026-11-30T00:00:00Z"}, DAY),
        ("shippo", {("data", "eta"): None, ("data", "original_eta"): "2026-11-30T23:59:00Z"}, DAY),
        ("shippo", {("data", "eta"): 5, ("data", "original_eta"): []}, None),
        ("karrio", {("data", "estimated_delivery"): None, ("data", "info", "expected_delivery"): "2026-11-30"}, DAY),
        ("karrio", {("data", "estimated_delivery"): None, ("data", "info"): None}, None),
        (
            "aftership",
            {("msg", "courier_estimated_delivery_date"): None, ("msg", "expected_delivery"): "2026-11-30"},
            DAY,
        ),
        (
            "aftership",
            {
                ("msg", "courier_estimated_delivery_date", "estimated_delivery_date_min"): "2026-11-29",
                ("msg", "courier_estimated_delivery_date", "estimated_delivery_date_max"): "2026-11-30",
            },
            RANGE,
        ),
        (
            "17track",
            {
                ("data", "track_info", "time_metrics", "estimated_delivery_date"): {
                    "from": "2026-11-29T00:00:00-05:00",
                    "to": "2026-11-30T23:59:59-05:00",
                }
            },
            RANGE,
        ),
        ("17track", {("data", "track_info", "time_metrics"): None}, None),
    ],
)
def test_the_expected_day_is_the_one_that_was_written(
    provider: str, changes: Mapping[tuple[Any, ...], Any], eta: Eta | None
) -> None:
    body = payload(provider)
    for path, value in changes.items():
        put(body, path, value)
    assert picture(provider, body).eta == eta


# --- traps ----------------------------------------------------------------------------------------------------


def test_a_complaint_of_easypost_is_no_scan_and_lowers_nothing() -> None:
    body = payload("easypost", "accepted", "moving")
    at(body, LINES["easypost"]).append(
        {"datetime": "2026-11-25T00:00:00Z", "status": "error", "message": "Unable to retrieve tracking data."}
    )
    put(body, ("result", "status"), "error")
    put(body, ("result", "status_detail"), "error")
    result = fold([picture("easypost", body)], now=NOW)
    assert (result.status, len(result.timeline)) == ("IN_TRANSIT", 2)


def test_karrio_says_delivered_in_a_field_of_its_own() -> None:
    body = payload("karrio", "accepted", "moving")
    put(body, ("data", "delivered"), True)
    assert picture("karrio", body).headline.status == "DELIVERED"
    put(body, ("data", "delivered"), "true")
    assert picture("karrio", body).headline.status == "IN_TRANSIT"


def test_a_retired_tracker_of_karrio_keeps_its_status() -> None:
    before = picture("karrio", payload("karrio", "accepted", "moving"))
    body = payload("karrio", "accepted", "moving")
    put(body, ("data", "status"), "unknown")
    assert fold([before, picture("karrio", body)], now=NOW).status == "IN_TRANSIT"


def test_shippo_names_scans_anew_each_time_and_they_stay_the_same() -> None:
    body = payload("shippo", "accepted", "moving")
    other = json.loads(json.dumps(body).replace("obj_", "another_"))
    assert read("shippo", body).digest() == read("shippo", other).digest()


def test_a_number_that_nobody_knows_has_no_status_and_is_no_error() -> None:
    body = payload("shippo")
    put(body, ("data", "tracking_status"), None)
    put(body, ("data", "tracking_history"), [])
    it = picture("shippo", body)
    assert (it.headline.status, it.scans, fold([it], now=NOW).status) == ("", (), "UNKNOWN")


def test_shippo_may_send_the_sub_status_as_a_text() -> None:
    body = payload("shippo", "accepted", "moving")
    line("shippo", body)["substatus"] = "package_held"
    assert picture("shippo", body).scans[1].reason == "held"


def test_an_empty_checkpoint_of_aftership_is_no_scan() -> None:
    body = payload("aftership", "accepted", "moving")
    at(body, LINES["aftership"]).append(dict.fromkeys(line("aftership", body)))
    at(body, LINES["aftership"]).append(None)
    assert len(fold([picture("aftership", body)], now=NOW).timeline) == 2


def test_somebody_marked_it_as_delivered_without_a_checkpoint() -> None:
    body = payload("aftership", "accepted", "moving")
    body["msg"] |= {
        "tag": "Delivered",
        "subtag": "Delivered_001",
        "shipment_delivery_date": "2026-11-24T12:00:00+01:00",
    }
    result = fold([picture("aftership", body)], now=NOW)
    assert (result.status, result.needs_review) == ("DELIVERED", ("delivered_without_scan",))
    assert str(result.delivered_at) == "2026-11-24 11:00:00+00:00"


def test_a_country_of_three_letters_is_its_code_of_two() -> None:
    body = payload("aftership", "moving")
    for code, ours in (("DEU", "DE"), ("usa", "US"), ("FR", "FR"), ("XXX", ""), (5, ""), (None, "")):
        line("aftership", body)["country_iso3"] = code
        assert (code, picture("aftership", body).scans[0].place.country) == (code, ours)


@pytest.mark.parametrize(
    ("provider", "field", "event"),
    [
        ("easypost", "description", "batch.updated"),
        ("easypost", "description", None),
        ("easypost", "result", None),
        ("shippo", "event", "transaction_created"),
        ("shippo", "event", 5),
        ("aftership", "event", "return_update"),
        ("karrio", "event", "shipment_purchased"),
        ("17track", "event", []),
    ],
)
def test_what_we_did_not_ask_for_is_ignored(provider: str, field: str, event: Any) -> None:
    assert isinstance(read(provider, payload(provider) | {field: event}), Ignored)


def test_a_number_that_17track_stopped_to_watch_is_a_fact_about_17track() -> None:
    assert read("17track", payload("17track") | {"event": "TRACKING_STOPPED"}) == Stopped("JD014")
    assert isinstance(read("17track", {"event": "TRACKING_STOPPED", "data": {}}), Invalid)


@pytest.mark.parametrize("event", ["tracking_update", "edd_revise", "tracking_pending_time"])
def test_every_event_of_aftership_about_a_tracking_is_wanted(event: str) -> None:
    assert isinstance(read("aftership", payload("aftership") | {"event": event}), Snapshot)


def test_the_first_version_of_17track_is_named() -> None:
    for data in ([], {"number": "1", "track": {"z0": {}}}):
        with pytest.raises(Unreadable, match="version 1"):
            read("17track", {"event": "TRACKING_UPDATED", "data": data})


@pytest.mark.parametrize(
    ("provider", "changes"),
    [
        ("easypost", {("mode",): "test"}),
        ("easypost", {("result", "mode"): "test"}),
        ("shippo", {("test",): True}),
        ("shippo", {("data", "carrier"): "shippo", ("data", "tracking_number"): "SHIPPO_TRANSIT"}),
        ("karrio", {("data", "test_mode"): True}),
    ],
)
def test_a_payload_that_says_it_is_a_test_is_known_as_one(
    provider: str, changes: Mapping[tuple[Any, ...], Any]
) -> None:
    body = payload(provider)
    for path, value in changes.items():
        put(body, path, value)
    assert read(provider, body).is_test


# --- whatever comes -------------------------------------------------------------------------------------------

ODD: list[Any] = [None, "", "NULL", 0, 5, -1, 1.5, True, False, [], {}, [1], {"a": 1}, "x" * 600, "a\0b", "\ud800"]


@each_provider
@pytest.mark.parametrize(
    "raw", [b"", b"null", b'"x"', b"5", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"a": 1' + b"0" * 2000 + b"}"]
)
def test_a_body_that_is_something_else_says_so(provider: str, raw: bytes) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(provider, raw)
    assert refusal.value.sentence.endswith(".")


@each_provider
def test_an_empty_object_is_about_nothing(provider: str) -> None:
    assert isinstance(read(provider, {}), Ignored | Invalid)


def read_or_refused(provider: str, body: Body) -> Any:
    try:
        return read(provider, body)
    except Unreadable as refusal:  # of the shape of the whole: an old version of 17TRACK
        return refusal


@each_provider
def test_every_field_null_missing_or_of_another_type_is_read_or_named(provider: str) -> None:
    """Each field of a payload in turn, with each odd value: nothing raises, and what is refused says where."""
    sample = payload(provider)
    for path in paths(sample):
        for value in ODD:
            body = copy.deepcopy(sample)
            put(body, path, value)
            found = read_or_refused(provider, body)
            assert isinstance(found, Snapshot | Ignored | Unreadable) or (found.path and found.reason), (path, value)
        body = copy.deepcopy(sample)
        drop(body, path)
        assert isinstance(read(provider, body), Snapshot | Ignored | Invalid)


@each_provider
def test_a_number_that_is_none_is_named(provider: str) -> None:
    for value in (None, "", " - ", "---", [], {}, True, "x" * 256):
        body = payload(provider)
        put(body, NUMBERS[provider], value)
        found = read(provider, body)
        assert isinstance(found, Invalid), (value, found)
        assert found.path == ".".join(NUMBERS[provider])
    put(body, NUMBERS[provider], 340434161094042557)
    assert read(provider, body).tracking_number == "340434161094042557"


@each_provider
def test_a_status_or_a_list_of_a_wrong_type_is_named_and_what_only_adorns_is_left_out(provider: str) -> None:
    body = payload(provider)
    put(body, HEADLINES[provider][0], ["delivered"])
    assert isinstance(read(provider, body), Invalid)
    body = payload(provider)
    put(body, LINES[provider], "none")
    assert isinstance(read(provider, body), Invalid)
    body = payload(provider)
    for name in ("message", "status_details", "description", "tracking_location", "location", "address", "city"):
        if name in line(provider, body):
            line(provider, body)[name] = [5]
    assert isinstance(read(provider, body), Snapshot)


@each_provider
def test_a_history_without_end_is_named(provider: str) -> None:
    body = payload(provider)
    put(body, LINES[provider], [line(provider, body)] * 2001)
    assert read(provider, body).reason == "There are 2001 lines; 2000 are the most of a history."


def test_a_history_of_17track_that_is_long_by_its_many_legs_is_named() -> None:
    """What counts is the whole of it: a body has room for hundreds of legs that are short enough each."""
    body = payload("17track")
    leg = at(body, LINES["17track"][:-1])
    put(body, LINES["17track"][:-2], [leg] * 401)  # of 5 lines each
    found = read("17track", body)
    assert (found.path, found.value) == ("data.track_info.tracking.providers", "2005")
    put(body, LINES["17track"][:-2], [leg] * 400)
    assert len(read("17track", body).scans) == 2000


@each_provider
def test_a_line_that_says_nothing_is_no_scan(provider: str) -> None:
    body = payload(provider, "accepted", "moving")
    at(body, LINES[provider])[1:1] = [{}, None, dict.fromkeys(line(provider, body))] * 600
    it = picture(provider, body)
    assert [scan.message for scan in it.scans] == ["Parcel: accepted", "Parcel: moving"]
    assert [scan.seq for scan in it.scans] == [0, 1]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PROVIDERS), st.data())
def test_no_payload_makes_it_raise_and_what_it_reads_can_be_folded(provider: str, data: Any) -> None:
    body = payload(provider)
    for path in data.draw(st.lists(st.sampled_from(paths(body)), min_size=1, max_size=4)):
        try:
            put(body, path, data.draw(values))
        except (KeyError, IndexError, TypeError):
            continue  # what was changed before holds no such path any more
    try:
        found = read(provider, body)
    except Unreadable:
        return
    if isinstance(found, Snapshot):
        assert fold([understood(found, TABLES[provider])], now=NOW).status
        assert [scan.status for scan in found.scans] == [""] * len(found.scans)
