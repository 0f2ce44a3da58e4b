"""The doorbells of what carriers say, and of who looks for an order."""

import threading
import time
from collections.abc import Callable

from celery import shared_task

from tracking.services import (
    adopt_unmatched,
    answer_look_ups,
    ask_providers,
    end_estimates,
    estimate_departed,
    forget_unmatched,
    learn_lanes,
    listen,
    replay_history,
    sweep_alarms,
    understand_inbox,
)

SECONDS = 120


_is_rung, _hands = threading.Event(), threading.Lock()
_aside, _lane = dict[Callable[[], object], None](), threading.Lock()


def _aside_of_the_rest(act: Callable[[], object]) -> None:
    """Do what takes its time one after the other, so that it never holds more than one thread of the worker.

    Who comes while another is at it leaves its work to that one.
    """
    _aside[act] = None
    while _aside and _lane.acquire(blocking=False):
        try:
            for each in list(_aside):
                del _aside[each]
                each()
        finally:
            _lane.release()


@shared_task(name="tracking.tasks.understand")
def understand() -> None:
    """Understand what waits in the inbox until nothing is left, or the time is up: then the next bell goes on.

    One thread a process: another would read the same rows for nothing. Whoever is at it looks again for a bell that
    rang meanwhile.
    """
    deadline = time.monotonic() + SECONDS
    _is_rung.set()
    while _is_rung.is_set() and time.monotonic() < deadline and _hands.acquire(blocking=False):
        try:
            _is_rung.clear()
            _drain(deadline)
        finally:
            _hands.release()


def _drain(deadline: float) -> None:
    while time.monotonic() < deadline and understand_inbox():
        pass
    adopt_unmatched()


@shared_task(name="tracking.tasks.ask")
def ask() -> None:
    """Ask providers of the parcels that nothing was heard of."""
    _aside_of_the_rest(ask_providers)


@shared_task(name="tracking.tasks.listen")
def hear() -> None:
    """Find out whose webhooks have stopped, or get lost."""
    listen()


@shared_task(name="tracking.tasks.look_up")
def look_up() -> None:
    """Answer those who look for their order."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and answer_look_ups():
        pass


@shared_task(name="tracking.tasks.adopt")
def adopt() -> None:
    """Fold what had no parcel and has one now, and forget what waited in vain."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and adopt_unmatched():
        pass
    while time.monotonic() < deadline and forget_unmatched():
        pass


@shared_task(name="tracking.tasks.estimate")
def estimate() -> None:
    """Say when what has left should arrive, and no more what did not come by then."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and estimate_departed():
        pass
    while time.monotonic() < deadline and end_estimates():
        pass


@shared_task(name="tracking.tasks.replay")
def replay() -> None:
    """Let history follow what carriers' words mean now."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and replay_history():
        pass


@shared_task(name="tracking.tasks.learn")
def learn() -> None:
    """Learn from the parcels that arrived how long they take, and how quiet they are, lane by lane."""
    _aside_of_the_rest(learn_lanes)


@shared_task(name="tracking.tasks.watch")
def watch() -> None:
    """Look at all that is on its way: who needs a person, and who does not any more."""
    _aside_of_the_rest(sweep_alarms)
