"""Every documented word of every provider means what its documentation says; one never seen is asked about."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.meanings import DETAILS, EVENTS, FINAL, MUST_ACT, STATUSES, Line
from tests.tracking.pictures import NOW
from tracking.carriers.codes import CODES
from tracking.carriers.meaning import Meaning, Row, Table, mean, table_of, understood, unmapped
from tracking.models.tracker import Status
from tracking.status import Headline, Scan, Snapshot, fold, words
from tracking.status.picture import same_code

TABLES = {provider: table_of(provider, CODES) for provider in STATUSES}


def read(provider: str, status: str, detail: str = "", code: str = "", **more: Any) -> Meaning:
    return mean(TABLES[provider], "", status, detail, code, **more)


def pairs() -> list[Any]:
    found = [(provider, line) for provider, details in DETAILS.items() for line in details]
    return [pytest.param(provider, line, id=f"{provider} {line.word}") for provider, line in found]


@pytest.mark.parametrize("provider", STATUSES)
def test_every_documented_main_status_is_mapped(provider: str) -> None:
    for line in STATUSES[provider]:
        expected = Meaning(line.status, line.reason, line.must_act)
        assert (line.word, read(provider, line.word)) == (line.word, expected)


@pytest.mark.parametrize(("provider", "line"), pairs())
def test_every_documented_detail_refines_every_main_status_as_documented(provider: str, line: Line) -> None:
    for main in STATUSES[provider]:
        if (provider, main.word) in FINAL:
            expected = Meaning(main.status, main.reason, main.must_act)
        elif line.counts(main.word):
            expected = Meaning(line.status, line.reason, line.must_act)
        else:
            reason = line.reason or main.reason
            expected = Meaning(main.status, reason, line.must_act or main.must_act or reason in MUST_ACT)
        assert (main.word, read(provider, main.word, line.word)) == (main.word, expected)


@pytest.mark.parametrize(("provider", "line"), pairs())
def test_a_detail_without_a_main_status_tells_what_it_can(provider: str, line: Line) -> None:
    status = "" if line.status == "main" else line.status
    assert read(provider, "", line.word) == Meaning(status, line.reason, line.must_act)


@pytest.mark.parametrize("restyle", [str.upper, str.lower, lambda text: f" {text.replace('_', '-')} "])
def test_case_and_separators_do_not_matter(restyle: Callable[[str], str]) -> None:
    for provider, details in DETAILS.items():
        for line in details:
            main = STATUSES[provider][3].word
            assert read(provider, restyle(main), restyle(line.word)) == read(provider, main, line.word)


def test_the_table_holds_nothing_that_is_not_documented() -> None:
    documented = {
        *((provider, "status", same_code(line.word)) for provider, found in STATUSES.items() for line in found),
        *((provider, "detail", same_code(line.word)) for provider, found in DETAILS.items() for line in found),
        *(("aftership", "event", code) for code in EVENTS),
        ("karrio", "detail", "retailer_cancelled"),  # see below
    }
    assert {(key.provider, key.field, key.code) for key in CODES} == documented
    assert {row.status for row in CODES.values()} <= {"", *Status.values}
    assert {row.reason for row in CODES.values()} <= {"", *words.REASONS}


@pytest.mark.parametrize("code", EVENTS)
def test_the_code_of_an_event_adds_a_reason_where_there_is_none(code: str) -> None:
    assert read("aftership", "InTransit", "InTransit_001", code) == Meaning("IN_TRANSIT", EVENTS[code])
    assert read("aftership", "Exception", "Exception_001", code).reason == (EVENTS[code] or "other")
    assert read("aftership", "AttemptFail", "AttemptFail_003", code).reason == "business_closed"


def test_an_order_that_the_retailer_cancelled_is_cancelled_unless_somebody_had_the_parcel() -> None:
    scans = (Scan(wall="2026-11-24T10:00:00", is_zone_true=False, raw_status="pending", code="a"),)
    cancelled = Scan(
        wall="2026-11-24T11:00:00", is_zone_true=False, raw_status="on_hold", raw_detail="retailer_cancelled"
    )
    early = understood(Snapshot((*scans, cancelled), provider="karrio"), TABLES["karrio"])
    assert [(scan.status, scan.reason) for scan in early.scans] == [
        ("PRE_TRANSIT", ""),
        ("CANCELLED", "seller_issue"),
    ]
    moved = Scan(wall="2026-11-24T10:30:00", is_zone_true=False, raw_status="in_transit", code="b")
    late = understood(Snapshot((*scans, moved, cancelled), provider="karrio"), TABLES["karrio"])
    assert (late.scans[2].status, late.scans[2].reason) == ("EXCEPTION", "seller_issue")


# --- never seen -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "status", "detail", "meaning"),
    [
        ("aftership", "Exception", "Exception_099", ("EXCEPTION", "other")),
        ("aftership", "InTransit", "Exception_099", ("EXCEPTION", "other")),
        ("aftership", "Delivered", "Delivered_042", ("DELIVERED", "")),
        ("17track", "InTransit", "InTransit_PickedUp_Locker", ("IN_TRANSIT", "accepted")),
        ("17track", "Exception", "Exception_Stolen", ("EXCEPTION", "other")),
        ("17track", "InTransit", "Teleported", ("IN_TRANSIT", "")),
        ("easypost", "in_transit", "held_by_dragons", ("IN_TRANSIT", "")),
        ("easypost", "delivered", "delivered_by_drone", ("DELIVERED", "")),
        ("shippo", "TRANSIT", "package_lost_again", ("IN_TRANSIT", "")),
        ("shippo", "DELIVERED", "package_shown", ("DELIVERED", "")),
        ("karrio", "on_hold", "carrier_parcel_lost_again", ("EXCEPTION", "held")),
    ],
)
def test_a_detail_never_seen_is_its_family_or_leaves_the_main_status(
    provider: str, status: str, detail: str, meaning: tuple[str, str]
) -> None:
    found = read(provider, status, detail)
    assert (found.status, found.reason) == meaning
    assert found.unmapped == (("detail", same_code(detail)),)


@pytest.mark.parametrize("provider", STATUSES)
def test_a_main_status_never_seen_says_nothing_and_leaves_the_detail_its_say(provider: str) -> None:
    assert read(provider, "teleported") == Meaning(unmapped=(("status", "teleported"),))
    line = next((line for line in DETAILS.get(provider, []) if line.status != "main"), None)
    if line:
        assert read(provider, "teleported", line.word)[:2] == (line.status, line.reason)


def test_a_picture_names_its_unknown_words_and_its_status_does_not_fall() -> None:
    scans = (
        Scan(wall="2026-11-24T10:00:00", is_zone_true=False, raw_status="in_transit", code="a"),
        Scan(wall="2026-11-24T11:00:00", is_zone_true=False, raw_status="Beamed Up", raw_detail="by scotty", code="b"),
    )
    said = Snapshot(scans, provider="karrio", headline=Headline(raw="beamed-up"), is_complete=True)
    assert unmapped(said, TABLES["karrio"]) == {("status", "beamed_up"), ("detail", "by_scotty")}
    result = fold([understood(said, TABLES["karrio"])], now=NOW)
    assert (result.status, result.needs_review) == ("IN_TRANSIT", ("unmapped_value",))
    mapped = TABLES["karrio"].changed("", "status", "beamed_up", Row("OUT_FOR_DELIVERY"))
    assert fold([understood(said, mapped)], now=NOW).status == "OUT_FOR_DELIVERY"


@given(st.sampled_from(sorted(TABLES)), st.text(max_size=30), st.text(max_size=30), st.text(max_size=30), st.booleans())
def test_no_word_makes_it_raise(provider: str, status: str, detail: str, code: str, is_in_hand: bool) -> None:
    found = read(provider, status, detail, code, is_in_hand=is_in_hand)
    assert found.status in {"", *Status.values}
    assert isinstance(Table("generic").look_up("", "status", status), tuple)
