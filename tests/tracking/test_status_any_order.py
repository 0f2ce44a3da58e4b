"""The fold answers to the set of pictures: whatever their order, however often each came, whatever they hold."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracking.pictures import LEIPZIG, MADRID, NOW
from tracking.status import Eta, Headline, Journey, Place, Result, Scan, Snapshot, fold, words

MANY = settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SOME = settings(MANY, max_examples=150)
START = datetime(2026, 11, 20, tzinfo=UTC)
TO_MADRID = Journey(origin=LEIPZIG, destination=MADRID, shipped_on=date(2026, 11, 20))
STATUSES = ["", *words.RANK]

REASONS = ["", "signed", "delayed", "duties_unpaid", "pickup_failed"]
PLACES = [Place(), LEIPZIG, MADRID, Place(city="leipzig ", postal_code="04103", country="de")]
MOMENTS = [START + timedelta(hours=hours) for hours in (-600, 0, 1, 2, 9, 14, 30, 31, 47, 60, 90, 140, 170)]
ETAS = [None, *(Eta(date(2026, 11, day), date(2026, 11, day + 1)) for day in (18, 22, 26))]


def a_scan(dice: Random, *, is_zone_true: bool) -> Scan:
    moment = dice.choice([None, *MOMENTS])
    is_true = is_zone_true and moment is not None
    return Scan(
        at=moment if is_true else None,
        wall=moment.replace(tzinfo=None).isoformat()[: dice.choice([10, 19])] if moment else "",
        is_zone_true=is_true,
        status=dice.choice(STATUSES),
        reason=dice.choice(REASONS),
        is_unmapped=dice.random() < 0.1,
        code=dice.choice(["", "A", "B"]),
        message=dice.choice(["", "Left", "LEFT", "Here"]),
        place=dice.choice(PLACES),
    )


def a_summary(dice: Random) -> Snapshot:
    return Snapshot(
        source=dice.choice(["endpoint:1", "endpoint:2", "key:1"]),
        source_tracker_id=dice.choice(["", "trk_1", "trk_2"]),
        stated_at=dice.choice([None, *MOMENTS]),
        headline=Headline(status=dice.choice(STATUSES), reason=dice.choice(REASONS)),
        eta=dice.choice(ETAS),
        is_complete=dice.random() < 0.6,
        delivered_at=dice.choice([None, None, *MOMENTS]),
        is_return=dice.random() < 0.1,
    )


def pool(make: Callable[..., Any], **more: Any) -> st.SearchStrategy[Any]:
    """Things to draw from, made beforehand: an example then costs next to nothing."""
    dice = Random(7)
    return st.sampled_from([make(dice, **more) for _ in range(600)])


true_scans, wall_scans = pool(a_scan, is_zone_true=True), pool(a_scan, is_zone_true=False)
summaries = pool(a_summary)


@st.composite
def snapshots(draw: Any, scans: st.SearchStrategy[Scan]) -> Snapshot:
    said = draw(st.lists(scans, max_size=4))
    return replace(draw(summaries), scans=tuple(replace(scan, seq=seq) for seq, scan in enumerate(said)))


sets = st.one_of(
    st.lists(snapshots(true_scans), min_size=1, max_size=5),
    st.lists(snapshots(true_scans | wall_scans), min_size=1, max_size=5),
)


@MANY
@given(sets, st.data())
def test_any_order_and_any_repetition_give_one_result(said: list[Snapshot], data: Any) -> None:
    again = data.draw(st.permutations([*said, *data.draw(st.lists(st.sampled_from(said), max_size=4))]))
    assert fold(again, now=NOW, journey=TO_MADRID) == fold(said, now=NOW, journey=TO_MADRID)


@SOME
@given(sets)
def test_the_result_is_whole(said: list[Snapshot]) -> None:
    result = fold(said, now=NOW, journey=TO_MADRID)
    keys = [milestone.key for milestone in result.milestones]
    assert result.status in words.RANK
    assert len(keys) == len(set(keys))
    assert (result.status == "DELIVERED") >= (result.delivered_at is not None)
    assert len(result.timeline) <= sum(len(each.scans) for each in said)
    scanned = {scan.status for each in said for scan in each.scans} | {each.headline.status for each in said}
    assert result.status in scanned | {"UNKNOWN", "RETURNED_TO_SENDER"}


@SOME
@given(st.lists(snapshots(true_scans), min_size=1, max_size=4), st.integers(-11, 11))
def test_the_offset_in_which_an_instant_is_written_changes_nothing(said: list[Snapshot], hours: int) -> None:
    there = timezone(timedelta(hours=hours))
    moved = [
        replace(each, scans=tuple(replace(s, at=s.at.astimezone(there) if s.at else None) for s in each.scans))
        for each in said
    ]
    assert fold(moved, now=NOW, journey=TO_MADRID) == fold(said, now=NOW, journey=TO_MADRID)


@SOME
@given(st.lists(true_scans, min_size=1, max_size=6), st.data())
def test_it_does_not_matter_in_how_many_partial_pictures_scans_come(said: list[Scan], data: Any) -> None:
    together = [Snapshot(scans=tuple(said), source="key:1")]
    alone = [Snapshot(scans=(scan,), source="key:1") for scan in data.draw(st.permutations(said))]
    assert fold(alone, now=NOW) == fold(together, now=NOW)


@st.composite
def histories(draw: Any) -> list[Scan]:
    """A history as it grows: later and later, every line with a status."""
    hours = sorted(draw(st.lists(st.integers(0, 150), min_size=1, max_size=7, unique=True)))
    said = true_scans.filter(lambda scan: scan.status not in {"", "UNKNOWN"})
    return [replace(draw(said), at=START + timedelta(hours=hour), wall="", is_zone_true=True) for hour in hours]


def grown(history: list[Scan]) -> list[Snapshot]:
    """Return the complete pictures that a source sends as the history grows, its headline being its last line."""
    lines = tuple(replace(scan, seq=seq, code=f"C{seq}") for seq, scan in enumerate(history))
    return [
        Snapshot(
            scans=lines[:size],
            source="endpoint:1",
            stated_at=lines[size - 1].at,
            headline=Headline(status=lines[size - 1].status, reason=lines[size - 1].reason),
            is_complete=True,
        )
        for size in range(1, len(lines) + 1)
    ]


def facts(result: Result) -> tuple[Any, ...]:
    return result.status, result.reason, result.timeline, result.delivered_at, result.milestones


@SOME
@given(histories(), st.data())
def test_an_older_picture_of_a_growing_history_adds_nothing(history: list[Scan], data: Any) -> None:
    pictures = grown(history)
    some = data.draw(st.permutations(pictures))[: data.draw(st.integers(0, len(pictures)))]
    assert facts(fold([*some, pictures[-1]], now=NOW)) == facts(fold(pictures[-1:], now=NOW))
