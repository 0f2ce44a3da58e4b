"""The fold's work grows with the scans, not with their square: counted in steps of the interpreter, not in seconds."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any

import pytest

from tests.tracking.pictures import MADRID
from tracking.status import Headline, Journey, Scan, Snapshot, fold

START = datetime(2026, 11, 1, tzinfo=UTC)
NOW = START + timedelta(days=30)
TO_MADRID = Journey(destination=MADRID)
FEW, MANY = 60, 240


def steps(said: Sequence[Snapshot]) -> int:
    """Return how many instructions the interpreter runs in the fold."""
    count = 0

    def watch(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        fold(said, now=NOW, journey=TO_MADRID)
    finally:
        sys.settrace(before)
    return count


def a_line(n: int, **more: Any) -> Scan:
    at = START + timedelta(minutes=n)
    text = at.replace(tzinfo=None).isoformat()
    return Scan(**{"at": at, "wall": text, "seq": n, "status": "IN_TRANSIT", "code": f"C{n}", "message": "On"} | more)


def a_picture(scans: Sequence[Scan], status: str, **more: Any) -> Snapshot:
    stated = {"stated_at": scans[-1].at, "headline": Headline(status=status), "is_complete": True}
    return Snapshot(tuple(scans), **{"source": "endpoint:1"} | stated | more)


def growing(size: int) -> list[Snapshot]:
    """Ten pictures of a history as it grows."""
    lines = [a_line(n) for n in range(size)]
    return [a_picture(lines[: size * tenth // 10], "RETURNING_TO_SENDER") for tenth in range(1, 11)]


def returning_word_by_word(size: int) -> list[Snapshot]:
    """Partial pictures of one scan each, every one with a headline that is later than them all."""
    lines = [a_line(n) for n in range(size)]
    return [a_picture([line], "RETURNING_TO_SENDER", stated_at=NOW, is_complete=False) for line in lines]


def forgotten(size: int) -> list[Snapshot]:
    """Each picture holds two scans that the others do not have, and wall clocks alone."""
    walls = [replace(a_line(n), at=None, is_zone_true=False) for n in range(size)]
    stated = [START + timedelta(hours=n) for n in range(size)]
    return [a_picture(walls[n : n + 2], "IN_TRANSIT", stated_at=stated[n]) for n in range(0, size, 2)]


def out_of_line(size: int) -> list[Snapshot]:
    """A whole picture by wall clocks, and as many scans beside it."""
    walls = [replace(a_line(n), at=None, is_zone_true=False) for n in range(2 * size)]
    return [a_picture(walls[::2], "IN_TRANSIT", stated_at=NOW), Snapshot(tuple(walls[1::2]), source="key:1")]


@pytest.mark.parametrize("make", [growing, returning_word_by_word, forgotten, out_of_line])
def test_four_times_the_scans_are_about_four_times_the_work(make: Callable[[int], list[Snapshot]]) -> None:
    assert steps(make(MANY)) < 4.5 * steps(make(FEW))


def test_what_makes_a_scan_one_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    work_out = Scan.identity.func
    monkeypatch.setattr(Scan.identity, "func", lambda scan: asked.append(id(scan)) or work_out(scan))
    said = growing(MANY)
    fold(said, now=NOW, journey=TO_MADRID)
    assert sorted(asked) == sorted(id(scan) for scan in said[-1].scans)
