"""The rules F1–F12 of the fold, each by an example. The order of arrival is in `test_status_any_order`."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.tracking.pictures import LEIPZIG, MADRID, NOW, at, event, folded, passed, picture, scan, shown, wall
from tracking.models.tracker import Status
from tracking.status import Eta, Headline, Journey, Scan, Snapshot, fold, read_eta, words

TO_MADRID = Journey(origin=LEIPZIG, destination=MADRID)


def test_the_words_of_the_fold_are_those_of_the_model() -> None:
    assert set(Status.values) == set(words.RANK)
    assert set(words.REASONS.values()) <= set(words.RANK)
    assert set(words.REASONS) >= words.ACT


def test_nothing_said_is_unknown() -> None:
    assert folded().status == "UNKNOWN"
    assert folded(picture()).status == "UNKNOWN"


# --- F1 ---------------------------------------------------------------------------------------------------


def test_f1_a_scan_with_an_offset_and_the_same_in_utc_are_one() -> None:
    assert len(folded(event("24 10:00+01:00"), event("24 09:00")).timeline) == 1


def test_f1_case_and_spaces_make_no_second_scan_but_another_word_does() -> None:
    said = [event("24 10:00", message=text) for text in ("Left Leipzig", "left  LEIPZIG ", "Left Madrid")]
    assert len(folded(*said).timeline) == 2


def test_f1_another_place_makes_a_second_scan() -> None:
    assert len(folded(event("24 10:00", place=LEIPZIG), event("24 10:00", place=MADRID)).timeline) == 2


def test_f1_parts_of_a_second_make_no_second_scan() -> None:
    assert len(folded(event("24 10:00:00.2"), event("24 10:00:00.7")).timeline) == 1


def test_a_line_without_code_message_and_place_is_no_scan() -> None:
    result = folded(picture(scan("24 10:00", "DELIVERED", "", raw_status="")))
    assert (result.status, result.timeline) == ("UNKNOWN", ())


# --- F2 ---------------------------------------------------------------------------------------------------


def test_f2_the_picture_taken_last_speaks() -> None:
    old = picture(scan("23 10:00"), headline="IN_TRANSIT", stated="23 11:00")
    new = picture(scan("23 10:00"), headline="OUT_FOR_DELIVERY", stated="24 11:00")
    assert folded(new, old).status == "OUT_FOR_DELIVERY"


def test_f2_where_nobody_says_when_it_was_taken_the_newest_scan_stands_in() -> None:
    old = picture(scan("23 10:00"), headline="IN_TRANSIT")
    new = picture(scan("23 10:00"), scan("24 08:00", "OUT_FOR_DELIVERY"), headline="OUT_FOR_DELIVERY")
    assert folded(new, old).status == "OUT_FOR_DELIVERY"


def test_f2_a_partial_picture_adds_its_scan_and_does_not_compete() -> None:
    whole = picture(scan("23 10:00"), scan("24 08:00", "OUT_FOR_DELIVERY"), headline="OUT_FOR_DELIVERY")
    result = folded(whole, event("23 12:00", source="endpoint:1"))
    assert (result.status, len(result.timeline)) == ("OUT_FOR_DELIVERY", 3)


def test_f2_only_partial_pictures_are_in_the_order_of_their_instants_then_ranks() -> None:
    result = folded(event("24 10:00", "DELIVERED"), event("24 10:00", "OUT_FOR_DELIVERY"), event("23 10:00"))
    assert [status for _, status in shown(result)] == ["IN_TRANSIT", "OUT_FOR_DELIVERY", "DELIVERED"]


# --- F3 ---------------------------------------------------------------------------------------------------


def test_f3_a_scan_that_the_best_picture_has_forgotten_stays() -> None:
    old = picture(scan("23 10:00", code="A"), scan("23 11:00", code="B"), stated="23 12:00")
    new = picture(scan("23 10:00", code="A"), scan("24 10:00", code="C"), stated="24 12:00")
    assert [each[0] for each in shown(folded(new, old))] == ["23 10:00", "23 11:00", "24 10:00"]


def test_f3_a_reworded_scan_is_not_doubled() -> None:
    old = picture(scan("23 10:00", code="A", message="Left"), stated="23 12:00")
    new = picture(scan("23 10:00", code="A", message="Left the depot", place=LEIPZIG), stated="24 12:00")
    assert [line.message for line in folded(old, new).timeline] == ["Left the depot"]


def test_f3_without_a_code_the_status_tells_a_reworded_scan() -> None:
    old = picture(scan("23 10:00", code="", message="Left"), stated="23 12:00")
    new = picture(scan("23 10:00", code="", message="Left the depot"), stated="24 12:00")
    assert len(folded(old, new).timeline) == 1


def test_f3_two_forgotten_scans_of_one_moment_in_one_picture_both_stay() -> None:
    old = picture(scan("23 10:00", message="one"), scan("23 10:00", message="two"), stated="23 12:00")
    new = picture(scan("24 10:00"), stated="24 12:00")
    assert len(folded(old, new).timeline) == 3


# --- F4 ---------------------------------------------------------------------------------------------------


def test_f4_true_instants_are_sorted_whatever_order_the_source_gives() -> None:
    result = folded(picture(scan("24 10:00"), scan("23 10:00"), stated="24 12:00"))
    assert [each[0] for each in shown(result)] == ["23 10:00", "24 10:00"]
    assert "time_suspect" not in result.needs_review


def test_f4_with_wall_clocks_the_picture_keeps_its_own_order_and_is_suspect_where_time_falls() -> None:
    result = folded(picture(wall("24 17:00"), wall("24 05:10", "DELIVERED"), headline="DELIVERED"))
    assert [each[0] for each in shown(result)] == ["24 17:00", "24 05:10"]
    assert (result.status, result.needs_review) == ("DELIVERED", ("time_suspect",))


def test_f4_a_forgotten_scan_goes_before_the_first_with_a_later_wall() -> None:
    old = picture(wall("23 12:00", code="B"), stated="23 20:00")
    new = picture(wall("23 10:00", code="A"), wall("23 14:00", code="C"), wall("23 11:00", code="D"), stated="24 10:00")
    assert [each[0] for each in shown(folded(new, old))] == ["23 10:00", "23 12:00", "23 14:00", "23 11:00"]


@pytest.mark.parametrize("time", ["26 12:01", "29 10:00"])
def test_f4_a_time_more_than_a_day_ahead_is_suspect(time: str) -> None:
    assert "time_suspect" in folded(event(time)).needs_review
    assert "time_suspect" not in folded(event("26 11:59")).needs_review


def test_f4_a_time_far_ahead_is_no_time_that_anything_happened_at() -> None:
    result = folded(event("25 10:00"), event("28 10:00", "DELIVERED"))
    assert (result.status, "time_suspect" in result.needs_review) == ("DELIVERED", True)
    assert (result.delivered_at, result.delivered_on) == (None, None)
    assert result.last_scan_at == result.first_scan_at


LIFE = Journey(shipped_on=date(2026, 11, 20))


@pytest.mark.parametrize("is_complete", [True, False])
def test_f13_what_was_before_the_parcel_is_of_a_former_one_with_its_number(*, is_complete: bool) -> None:
    ways = ((40, "IN_TRANSIT"), (39, "DELIVERED"), (3, "IN_TRANSIT"))
    *before, since = (Scan(at=NOW - timedelta(days=days), status=status, code=status) for days, status in ways)
    old = Snapshot(tuple(before), headline=Headline(status="DELIVERED"), is_complete=is_complete)
    both = Snapshot((*before, since), headline=Headline(status="IN_TRANSIT"), is_complete=is_complete)
    assert folded(old, journey=LIFE).status == "UNKNOWN"
    assert folded(old, journey=LIFE).needs_review == ("time_suspect",)
    for told in ([both], [old, both], [both, old]):
        result = folded(*told, journey=LIFE)
        assert (result.status, result.first_scan_at, len(result.timeline)) == ("IN_TRANSIT", since.at, 1)
        assert [each.key for each in result.milestones] == ["first_scan"]


def test_f13_a_headline_from_before_the_parcel_is_of_a_former_one() -> None:
    old = Snapshot(headline=Headline(status="DELIVERED"), stated_at=NOW - timedelta(days=40), is_complete=True)
    assert folded(old, journey=LIFE).status == "UNKNOWN"
    assert folded(replace(old, stated_at=at("14 10:00")), journey=LIFE).status == "DELIVERED"


def test_f13_a_parcel_may_be_announced_some_days_before_it_is_booked_as_shipped() -> None:
    label = folded(event("14 10:00", "PRE_TRANSIT"), journey=LIFE)
    assert (label.status, label.needs_review) == ("PRE_TRANSIT", ())


def test_f4_a_delivery_before_everything_else_is_suspect() -> None:
    assert "time_suspect" in folded(event("23 10:00", "DELIVERED"), event("24 10:00")).needs_review


def test_a_date_without_a_time_is_a_date_and_not_midnight() -> None:
    day = Scan(wall="2026-11-24", is_zone_true=False, status="IN_TRANSIT", code="B")
    result = folded(picture(wall("24 09:00", code="A"), day, stated="24 12:00"))
    assert ([line.wall for line in result.timeline][-1], result.needs_review) == ("2026-11-24", ())


# --- F5 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headline", ["", "UNKNOWN"])
def test_f5a_without_a_headline_that_says_something_the_last_mapped_scan_speaks(headline: str) -> None:
    whole = picture(scan("23 10:00"), scan("24 10:00", "EXCEPTION"), scan("24 11:00", ""), headline=headline)
    assert folded(whole).status == "EXCEPTION"


def test_f5b_a_late_label_does_not_hide_a_physical_scan() -> None:
    assert folded(picture(scan("23 10:00"), headline="PRE_TRANSIT")).status == "IN_TRANSIT"
    assert folded(picture(scan("23 10:00", "PRE_TRANSIT"), headline="PRE_TRANSIT")).status == "PRE_TRANSIT"


def test_f5_the_headline_speaks_before_the_scans() -> None:
    assert folded(picture(scan("23 10:00"), headline="AVAILABLE_FOR_PICKUP")).status == "AVAILABLE_FOR_PICKUP"


def test_f5d_a_later_scan_of_another_source_overrules_the_whole_picture() -> None:
    whole = picture(scan("23 10:00"), headline="IN_TRANSIT", stated="23 12:00")
    assert folded(whole, event("24 08:00", "OUT_FOR_DELIVERY")).status == "OUT_FOR_DELIVERY"
    assert folded(whole, event("23 11:00", "OUT_FOR_DELIVERY")).status == "IN_TRANSIT"


def test_f5d_a_wall_clock_of_another_source_overrules_nothing() -> None:
    whole = picture(scan("23 10:00"), headline="IN_TRANSIT", stated="23 12:00")
    other = Snapshot(scans=(wall("24 08:00", "OUT_FOR_DELIVERY"),), source="endpoint:2")
    assert folded(whole, other).status == "IN_TRANSIT"


def test_f5_unknown_scans_and_late_labels_never_lower_the_status() -> None:
    said = [event("23 10:00", "OUT_FOR_DELIVERY"), event("24 10:00", "UNKNOWN"), event("24 11:00", "PRE_TRANSIT")]
    assert folded(*said).status == "OUT_FOR_DELIVERY"


# --- F6 ---------------------------------------------------------------------------------------------------


def test_f6_delivered_stays_when_the_last_out_for_delivery_is_stamped_after_it() -> None:
    result = folded(event("24 10:00", "DELIVERED"), event("24 09:00"), event("24 10:05", "OUT_FOR_DELIVERY"))
    assert (result.status, result.needs_review) == ("DELIVERED", ("scan_after_delivered",))
    assert result.delivered_at == at("24 10:00")


def test_f6_without_a_headline_no_scan_undoes_a_delivery() -> None:
    assert folded(event("20 09:00"), event("20 10:00", "DELIVERED"), event("23 10:00")).status == "DELIVERED"


def test_f6a_a_later_return_undoes_it() -> None:
    result = folded(event("20 10:00", "DELIVERED"), event("21 10:00", "RETURNING_TO_SENDER", reason="refused"))
    assert (result.status, result.reason) == ("RETURNING_TO_SENDER", "refused")
    gone = picture(scan("20 10:00", "DELIVERED"), headline="RETURNING_TO_SENDER", stated="21 10:00")
    assert folded(gone).status == "RETURNING_TO_SENDER"


@pytest.mark.parametrize(("hours", "status"), [(11, "DELIVERED"), (12, "IN_TRANSIT")])
def test_f6b_a_headline_that_gave_it_up_and_a_scan_twelve_hours_later_reopen_it(hours: int, status: str) -> None:
    delivered = at("22 10:00")
    later = scan("22 10:00", at=delivered + timedelta(hours=hours), code="LATER")
    result = folded(picture(scan("22 10:00", "DELIVERED"), later, headline="IN_TRANSIT", stated="24 10:00"))
    review = {"DELIVERED": ("headline_disagrees", "scan_after_delivered"), "IN_TRANSIT": ("reopened",)}
    assert result.status == status
    assert tuple(code for code in result.needs_review if code != "time_suspect") == review[status]


def test_f6b_a_headline_from_before_the_delivery_gives_nothing_up() -> None:
    whole = picture(scan("20 10:00"), headline="IN_TRANSIT", stated="20 12:00")
    assert folded(whole, event("21 10:00", "DELIVERED"), event("23 10:00")).status == "DELIVERED"


def test_f6_a_delivery_as_the_last_scan_beats_a_headline_in_transit() -> None:
    result = folded(picture(scan("23 10:00"), scan("24 10:00", "DELIVERED"), headline="IN_TRANSIT", stated="24 12:00"))
    assert (result.status, result.needs_review) == ("DELIVERED", ("headline_disagrees",))


def test_f6_a_headline_alone_delivers_with_the_sources_date() -> None:
    told = picture(scan("23 10:00"), headline="DELIVERED", stated="24 12:00", delivered_at=at("24 11:00"))
    result = folded(told)
    assert (result.status, result.needs_review) == ("DELIVERED", ("delivered_without_scan",))
    assert result.delivered_at == at("24 11:00")


def test_f6_a_headline_alone_takes_the_time_of_the_newest_scan_only_if_that_is_not_mapped() -> None:
    assert folded(picture(scan("24 11:00", "", "X"), headline="DELIVERED", stated="24 12:00")).delivered_at == at(
        "24 11:00"
    )
    assert folded(picture(scan("24 11:00"), headline="DELIVERED", stated="24 12:00")).delivered_at is None


def test_f6_an_older_headline_keeps_it_delivered() -> None:
    marked = picture(scan("23 10:00"), headline="DELIVERED", stated="23 12:00")
    after = picture(scan("23 10:00"), scan("23 13:00"), headline="IN_TRANSIT", stated="23 14:00")
    assert folded(marked, after).status == "DELIVERED"
    moved = picture(scan("23 10:00"), scan("24 00:00"), headline="IN_TRANSIT", stated="24 10:00")
    assert (folded(marked, moved).status, folded(marked, moved).needs_review) == ("IN_TRANSIT", ("reopened",))


def test_f6_a_source_that_stamps_delivered_on_every_line_is_believed_for_the_newest_only() -> None:
    lines = [scan(f"24 {hour}:00", "DELIVERED", code=str(hour)) for hour in (10, 11, 12)]
    result = folded(picture(*lines, headline="DELIVERED", stated="24 13:00"))
    assert (result.status, result.delivered_at, result.first_scan_at) == ("DELIVERED", at("24 12:00"), at("24 12:00"))


def test_f6_it_was_delivered_at_the_first_of_the_last_unbroken_run() -> None:
    photo = event("24 14:00", "DELIVERED", message="Photo")
    said = [event("24 09:00", "DELIVERED"), event("24 10:00"), event("24 12:00", "DELIVERED"), photo]
    assert folded(*said).delivered_at == at("24 12:00")


def test_f6_the_reason_of_a_later_line_of_the_delivery_is_kept() -> None:
    signed = event("24 10:05", "DELIVERED", message="Signed", reason="signed")
    assert folded(event("24 10:00", "DELIVERED"), signed).reason == "signed"


# --- F7 ---------------------------------------------------------------------------------------------------

RETURN = event("21 10:00", "RETURNING_TO_SENDER")


def test_f7_movement_during_a_return_leaves_it_a_return() -> None:
    assert folded(RETURN, event("22 10:00"), event("23 10:00", "OUT_FOR_DELIVERY")).status == "RETURNING_TO_SENDER"


@pytest.mark.parametrize("place", [LEIPZIG, MADRID.__class__()])
def test_f7_a_delivery_during_a_return_is_the_shop_getting_it_back(place: object) -> None:
    result = folded(RETURN, event("23 10:00", "DELIVERED", place=place), journey=TO_MADRID)
    assert (result.status, result.delivered_at, result.returned_at) == ("RETURNED_TO_SENDER", None, at("23 10:00"))
    assert shown(result)[-1] == ("23 10:00", "RETURNED_TO_SENDER")
    assert passed(result) == ["first_scan", "returning", "returned"]


def test_f7_a_delivery_at_the_customers_door_is_a_delivery() -> None:
    result = folded(RETURN, event("23 10:00", "DELIVERED", place=MADRID), journey=TO_MADRID)
    assert result.status == "DELIVERED"


def test_f7_the_customers_door_that_is_also_the_shop_is_home() -> None:
    circle = Journey(origin=MADRID, destination=MADRID)
    assert folded(RETURN, event("23 10:00", "DELIVERED", place=MADRID), journey=circle).status == "RETURNED_TO_SENDER"


def test_f7_back_at_the_shop_is_for_good() -> None:
    said = [event("21 10:00", "RETURNED_TO_SENDER"), event("23 10:00"), event("24 10:00", "DELIVERED", place=MADRID)]
    assert folded(*said, journey=TO_MADRID).status == "RETURNED_TO_SENDER"


def test_f7_a_lost_return_is_lost_and_found_it_is_a_return_again() -> None:
    lost = event("22 10:00", "LOST")
    assert folded(RETURN, lost).status == "LOST"
    assert folded(RETURN, lost, event("23 10:00")).status == "RETURNING_TO_SENDER"


def test_f7_a_headline_can_begin_the_return() -> None:
    turned = picture(scan("20 10:00"), headline="RETURNING_TO_SENDER", stated="21 10:00")
    moved = picture(scan("20 10:00"), scan("22 10:00"), headline="IN_TRANSIT", stated="22 12:00")
    home = picture(scan("20 10:00"), scan("23 10:00", "DELIVERED"), headline="DELIVERED", stated="23 12:00")
    assert folded(turned, moved).status == "RETURNING_TO_SENDER"
    assert folded(turned, moved, home).status == "RETURNED_TO_SENDER"


def test_f7_a_headline_delivered_after_a_return_scan_is_home() -> None:
    whole = picture(scan("20 10:00"), scan("21 10:00", "RETURNING_TO_SENDER"), headline="DELIVERED", stated="23 10:00")
    assert folded(whole).status == "RETURNED_TO_SENDER"


def test_f7_a_headline_delivered_from_before_the_return_does_not_bring_it_home() -> None:
    before = picture(scan("20 10:00"), headline="DELIVERED", stated="20 12:00")
    after = picture(
        scan("20 10:00"), scan("21 10:00", "RETURNING_TO_SENDER"), headline="RETURNING_TO_SENDER", stated="21 12:00"
    )
    assert folded(before, after).status == "RETURNING_TO_SENDER"


def test_f7_a_picture_taken_back_by_its_source_does_not_send_home_what_lies_at_the_door() -> None:
    door = scan("22 10:00", "DELIVERED", place=MADRID)
    wrong = picture(door, headline="RETURNING_TO_SENDER", stated="22 12:00")
    right = picture(door, headline="DELIVERED", stated="22 14:00")
    assert folded(wrong, right, journey=TO_MADRID).status == "DELIVERED"


def test_f7_a_return_parcel_is_delivered_when_it_is_delivered() -> None:
    whole = picture(
        scan("21 10:00", "RETURNING_TO_SENDER"),
        scan("23 10:00", "DELIVERED"),
        headline="DELIVERED",
        stated="23 12:00",
        is_return=True,
    )
    assert folded(whole).status == "DELIVERED"


# --- F8, F9 -----------------------------------------------------------------------------------------------


def test_f8_an_exception_clears_at_the_next_movement_and_its_reason_stays_in_the_timeline() -> None:
    held = event("23 10:00", "EXCEPTION", reason="customs_documents")
    assert (folded(held).status, folded(held).is_action_required) == ("EXCEPTION", True)
    result = folded(held, event("24 10:00"))
    assert (result.status, result.reason, result.is_action_required) == ("IN_TRANSIT", "", False)
    assert result.timeline[0].reason == "customs_documents"


@pytest.mark.parametrize("soft", ["LOST", "EXPIRED", "CANCELLED"])
def test_f9_a_later_physical_scan_brings_it_back(soft: str) -> None:
    gone = picture(scan("20 10:00"), headline=soft, stated="21 10:00")
    still = picture(scan("20 10:00"), scan("23 10:00", code="FOUND"), headline=soft, stated="24 10:00")
    assert folded(gone).status == soft
    assert folded(gone, still).status == "IN_TRANSIT"
    assert folded(gone, event("22 10:00")).status == "IN_TRANSIT"
    assert folded(event("20 10:00"), event("21 10:00", soft), event("22 10:00")).status == "IN_TRANSIT"


def test_f9_a_scan_from_before_the_declaration_brings_nothing_back() -> None:
    gone = picture(scan("20 10:00"), headline="LOST", stated="21 10:00")
    assert folded(gone, event("20 15:00")).status == "LOST"


def test_f9_a_voided_label_that_is_only_announced_again_stays_cancelled() -> None:
    voided = picture(scan("20 10:00", "PRE_TRANSIT"), headline="CANCELLED", stated="21 10:00")
    assert folded(voided, event("22 10:00", "PRE_TRANSIT")).status == "CANCELLED"


# --- F10 --------------------------------------------------------------------------------------------------


def eta(first: int, last: int | None = None) -> Eta:
    return Eta(date(2026, 11, first), date(2026, 11, last or first))


def test_f10_the_first_and_the_last_eta_are_kept_and_null_erases_nothing() -> None:
    said = [
        picture(scan("20 10:00"), stated="20 12:00", eta=eta(24)),
        picture(scan("20 10:00"), stated="21 12:00", eta=eta(26, 27)),
        picture(scan("20 10:00"), stated="22 12:00"),
    ]
    expected = folded(*said).expectation
    assert expected
    assert (expected.first, expected.last, expected.source) == (eta(24), eta(26, 27), "endpoint:1")


def test_f10_an_eta_before_the_ship_date_does_not_count() -> None:
    told = picture(scan("20 10:00"), stated="20 12:00", eta=eta(18))
    assert folded(told, journey=Journey(shipped_on=date(2026, 11, 19))).expectation is None


def test_f10_the_eta_is_frozen_once_delivered() -> None:
    before = picture(scan("20 10:00"), stated="20 12:00", eta=eta(24))
    after = picture(scan("23 10:00", "DELIVERED"), headline="DELIVERED", stated="23 12:00", eta=eta(23))
    expected = folded(before, after).expectation
    assert expected
    assert expected.last == eta(24)


def test_f10_midnight_is_a_date_and_a_machines_own_time_is_none() -> None:
    assert read_eta("2026-11-24T00:00:00Z") == read_eta("2026-11-24") == date(2026, 11, 24)
    assert read_eta("2026-11-24T23:30:00-08:00") == date(2026, 11, 24)
    assert read_eta("2026-11-24T10:04:00Z", made_at=[at("24 10:00")]) is None
    assert read_eta("soon") is None


# --- F11 --------------------------------------------------------------------------------------------------


def test_f11_a_value_never_seen_is_kept_for_review_and_lowers_nothing() -> None:
    strange = event("24 10:00", "", code="TELEPORTED", is_unmapped=True)
    assert (folded(strange).status, folded(strange).needs_review) == ("UNKNOWN", ("unmapped_value",))
    result = folded(event("23 10:00", "OUT_FOR_DELIVERY"), strange)
    assert (result.status, shown(result)[-1][1]) == ("OUT_FOR_DELIVERY", "UNKNOWN")


def test_f11_a_headline_never_seen_leaves_the_word_to_the_scans() -> None:
    told = picture(scan("24 10:00"), summary=Headline(raw="teleported", is_unmapped=True))
    assert (folded(told).status, folded(told).needs_review) == ("IN_TRANSIT", ("unmapped_value",))


# --- F12 and the derived times -----------------------------------------------------------------------------


def test_f12_each_milestone_is_there_once_with_its_time() -> None:
    result = folded(
        event("21 10:00", "PRE_TRANSIT"),
        event("22 08:00"),
        event("22 09:00", "OUT_FOR_DELIVERY"),
        event("22 15:00", "DELIVERY_ATTEMPT_FAILED"),
        event("23 09:00", "OUT_FOR_DELIVERY"),
        event("23 15:00", "DELIVERY_ATTEMPT_FAILED"),
        event("24 10:00", "AVAILABLE_FOR_PICKUP"),
        event("24 17:00", "DELIVERED"),
    )
    assert {each.key: each.at for each in result.milestones} == {
        "first_scan": at("22 08:00"),
        "out_for_delivery": at("22 09:00"),
        "attempt:1": at("22 15:00"),
        "attempt:2": at("23 15:00"),
        "available_for_pickup": at("24 10:00"),
        "delivered": at("24 17:00"),
    }
    assert (result.first_scan_at, result.out_for_delivery_at) == (at("22 08:00"), at("22 09:00"))
    assert (result.first_attempt_at, result.attempts, result.delivered_at) == (at("22 15:00"), 2, at("24 17:00"))
    assert result.last_scan_at == at("24 17:00")


def test_f12_what_one_scan_passes_stands_in_one_place() -> None:
    (first, delivered) = folded(event("24 10:00", "DELIVERED")).milestones
    assert (first.key, delivered.key) == ("first_scan", "delivered")
    assert (first.place, first.status) == (delivered.place, "DELIVERED")


def test_f12_attempts_less_than_two_hours_apart_are_one() -> None:
    tries = [event(f"23 {time}", "DELIVERY_ATTEMPT_FAILED", message=time) for time in ("10:00", "11:59", "12:00")]
    assert folded(*tries).attempts == 2
    assert folded(*tries[:2]).attempts == 1


def test_f12_only_an_exception_for_which_somebody_must_act_is_a_milestone() -> None:
    late = event("23 10:00", "EXCEPTION", reason="delayed")
    duties = event("23 11:00", "EXCEPTION", reason="duties_unpaid")
    assert passed(folded(late, duties)) == ["first_scan", "exception:duties_unpaid"]


def test_f12_a_milestone_of_more_than_two_days_ago_is_old() -> None:
    (milestone, *_) = folded(event("23 11:59")).milestones
    assert milestone.is_old(NOW)
    (milestone, *_) = folded(event("23 12:01")).milestones
    assert not milestone.is_old(NOW)


NEWS = [
    ([], None),
    (["IN_TRANSIT"], None),
    (["IN_TRANSIT", "OUT_FOR_DELIVERY"], "out_for_delivery"),
    (["OUT_FOR_DELIVERY", "OUT_FOR_DELIVERY"], "out_for_delivery"),
    (["OUT_FOR_DELIVERY", "IN_TRANSIT"], None),
    (["OUT_FOR_DELIVERY", "DELIVERY_ATTEMPT_FAILED"], "attempt:1"),
    (["OUT_FOR_DELIVERY", "DELIVERY_ATTEMPT_FAILED", "IN_TRANSIT"], "attempt:1"),
    (["DELIVERY_ATTEMPT_FAILED", "IN_TRANSIT", "DELIVERY_ATTEMPT_FAILED"], "attempt:2"),
    (["OUT_FOR_DELIVERY", "DELIVERY_ATTEMPT_FAILED", "OUT_FOR_DELIVERY"], None),
    (["DELIVERY_ATTEMPT_FAILED", "AVAILABLE_FOR_PICKUP"], "available_for_pickup"),
    (["OUT_FOR_DELIVERY", "DELIVERED"], "delivered"),
    (["DELIVERED", "OUT_FOR_DELIVERY"], "delivered"),
    (["DELIVERY_ATTEMPT_FAILED", "RETURNING_TO_SENDER"], "returning"),
    (["RETURNING_TO_SENDER", "OUT_FOR_DELIVERY"], "returning"),
    (["RETURNING_TO_SENDER", "DELIVERED"], "returned"),
    (["IN_TRANSIT", "LOST"], "lost"),
    (["LOST", "IN_TRANSIT"], None),
]


@pytest.mark.parametrize(("way", "key"), NEWS)
def test_f12_only_what_is_so_and_nothing_has_passed_by_is_news(way: list[str], key: str | None) -> None:
    news = folded(*(event(f"25 0{hour}:00", status) for hour, status in enumerate(way, start=1))).news
    assert (news and news.key) == key


def test_f12_trouble_is_news_as_long_as_somebody_must_act() -> None:
    trouble = event("24 10:00", "EXCEPTION", reason="duties_unpaid")
    news = folded(trouble, event("24 09:00")).news
    assert (news and news.key) == "exception:duties_unpaid"
    assert folded(trouble, event("24 11:00")).news is None
    assert folded(event("24 10:00", "EXCEPTION", reason="delayed")).news is None


def test_f12_what_was_reopened_is_news_to_nobody() -> None:
    way = (scan("23 10:00", "DELIVERED"), scan("24 10:00"))
    result = folded(picture(*way, headline="IN_TRANSIT", stated="24 11:00"))
    assert ("reopened" in result.needs_review, result.news) == (True, None)


def test_f12_a_headline_is_news_before_any_scan_says_the_same() -> None:
    news = folded(picture(scan("24 10:00", "OUT_FOR_DELIVERY"), headline="DELIVERED", stated="24 18:00")).news
    assert (news and news.key) == "delivered"
    assert folded(picture(scan("24 10:00", "OUT_FOR_DELIVERY"), headline="IN_TRANSIT", stated="24 18:00")).news is None


def test_f12_a_headline_passes_its_milestone_without_a_scan() -> None:
    result = folded(picture(scan("23 10:00"), headline="OUT_FOR_DELIVERY", stated="24 08:00"))
    milestone = result.milestones[-1]
    assert (milestone.key, milestone.at, milestone.is_exact) == ("out_for_delivery", at("24 08:00"), False)


def test_a_label_is_no_first_scan_and_neither_is_trouble_before_the_carrier_has_it() -> None:
    missed = event("23 12:00", "EXCEPTION", reason="pickup_failed")
    result = folded(event("23 10:00", "PRE_TRANSIT"), missed)
    assert (result.first_scan_at, result.status) == (None, "EXCEPTION")


def test_two_trackers_of_one_source_fold_together_and_are_told_to_staff() -> None:
    one = picture(scan("23 10:00"), headline="IN_TRANSIT", stated="23 12:00", source_tracker_id="trk_1")
    other = picture(headline="UNKNOWN", stated="24 12:00", source_tracker_id="trk_2")
    result = folded(one, other)
    assert (result.status, result.needs_review) == ("IN_TRANSIT", ("duplicate_tracker",))


def test_the_example_of_the_whole() -> None:
    label, left = scan("23 09:00", "PRE_TRANSIT"), scan("23 15:00")
    one = picture(label, left, headline="IN_TRANSIT")
    two = picture(label, left, scan("24 11:00", "DELIVERED"), headline="DELIVERED")
    either, other = folded(two, one), folded(one, two)
    assert either == other
    assert (either.status, len(either.timeline), passed(either)) == ("DELIVERED", 3, ["first_scan", "delivered"])


def test_times_from_a_wall_clock_are_estimates_and_shown_as_they_are() -> None:
    result = fold([picture(wall("24 10:00"), stated="24 12:00")], now=NOW)
    assert (result.timeline[0].at, result.timeline[0].wall) == (None, "2026-11-24T10:00:00")
    assert (result.is_time_estimated, result.first_scan_at) == (True, at("24 10:00"))
