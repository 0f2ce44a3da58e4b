"""The doorbell: whoever rings on and on is heard now and then, and at the end."""

import time
from collections.abc import Iterator

import pytest

from orders import outbox
from tests.processes import eventually

GAP = outbox.GAP_SECONDS


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, float]]]:
    found: list[tuple[str, float]] = []
    monkeypatch.setattr(outbox, "_echo", outbox._Echo())
    monkeypatch.setattr(outbox, "_send", lambda task: found.append((task, time.monotonic())))
    yield found
    time.sleep(2 * GAP)  # what is owed is rung, and not in the next test


def test_the_first_rings_at_once(rung: list[tuple[str, float]]) -> None:
    outbox._ring_now("understand")
    outbox._ring_now("relay")
    assert [task for task, _ in rung] == ["understand", "relay"]


def test_a_hundred_who_ring_at_once_are_heard_at_once_and_once_more_after_the_last(
    rung: list[tuple[str, float]],
) -> None:
    for _ in range(100):
        outbox._ring_now("understand")
    last = time.monotonic()
    eventually(lambda: rung[-1][1] > last, 5)
    time.sleep(3 * GAP)
    assert 2 <= len(rung) <= 2 + (rung[-1][1] - rung[0][1]) / GAP


def test_who_rings_after_a_while_is_heard_at_once(rung: list[tuple[str, float]]) -> None:
    outbox._ring_now("understand")
    time.sleep(1.5 * GAP)
    outbox._ring_now("understand")
    assert len(rung) == 2
