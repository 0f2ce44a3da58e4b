"""The worker stands back for whoever waits for an answer: at the processors, and in the queue of SQLite's writers."""

import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from config.processes import plan
from config.sqlite.queue import PATIENCE_SECONDS, WriterQueue
from config.supervisor import Process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the queue has one place, and nobody is seen")
LONG = 20.0


def writer(folder: Path, patience: float = 0.0) -> WriterQueue:
    settings = {"NAME": folder / "shop.sqlite3", "OPTIONS": {"timeout": LONG}}
    queue = WriterQueue(cast("Any", SimpleNamespace(settings_dict=settings)))
    queue.patience = patience
    return queue


def write(queue: WriterQueue, name: str, done: list[str]) -> None:
    with queue:
        done.append(name)


def test_who_is_patient_lets_pass_who_came_later(tmp_path: Path) -> None:
    done: list[str] = []
    with writer(tmp_path):
        patient = threading.Thread(target=write, args=(writer(tmp_path, LONG), "patient", done))
        patient.start()
        time.sleep(0.05)
        other = threading.Thread(target=write, args=(writer(tmp_path), "other", done))
        other.start()
        time.sleep(0.05)
    other.join()
    patient.join()
    assert done == ["other", "patient"]


def test_patience_ends_and_then_there_is_a_place_like_any_other(tmp_path: Path) -> None:
    done: list[str] = []
    with writer(tmp_path):
        patient = threading.Thread(target=write, args=(writer(tmp_path, 0.02), "patient", done))
        patient.start()
        time.sleep(0.2)
        other = threading.Thread(target=write, args=(writer(tmp_path), "other", done))
        other.start()
        time.sleep(0.05)
    other.join()
    patient.join()
    assert done == ["patient", "other"]


def test_nobody_stands_back_who_was_not_told_to() -> None:
    assert PATIENCE_SECONDS == 0.0


def test_the_worker_is_told_to_and_its_session_with_it(tmp_path: Path) -> None:
    """Linux may share the processors out by session first (`autogroup`): being nice inside one's own says nothing."""
    nice = next(each["nice"] for each in plan("127.0.0.1", 8000) if each["name"] == "worker")
    log = tmp_path / "child.log"
    tell = "import os, glob; print(os.nice(0), *(open(each).read() for each in glob.glob('/proc/self/autogroup')))"
    child = Process("worker", [sys.executable, "-c", tell], log=str(log), nice=nice)
    child.start()
    assert child.child is not None
    child.child.wait(LONG)
    mine, *session = log.read_text().split()
    assert int(mine) == nice > 0
    if session:
        assert int(session[-1]) == nice
