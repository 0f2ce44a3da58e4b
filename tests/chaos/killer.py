"""Kills the children of a house while orders run."""

import contextlib
import random
import threading
import time

import pytest
import redis

from tests.chaos.house import VALKEY, WORKER, House
from tests.mail import KeyedSink
from tests.processes import eventually


class Killer(threading.Thread):
    """Kills the worker once in so many mails, every second time while one is in its hands; and Valkey twice."""

    def __init__(self, house: House, sink: KeyedSink, *, kills: int, every: int) -> None:
        super().__init__(daemon=True)
        self.house, self.sink, self.kills, self.every = house, sink, kills, every
        self.killed: list[int] = []
        self.trouble: BaseException | None = None

    def run(self) -> None:
        try:
            for n in range(self.kills):
                eventually(lambda n=n: len(self.sink.mails) >= n * self.every, 200, "mails do not go out any more")
                self._kill_worker(is_in_hand=n % 2 == 0)
                if n in {self.kills // 2, self.kills - 2}:
                    self._kill_valkey()
        except BaseException as trouble:  # noqa: BLE001 - the test raises it
            self.trouble = trouble
            self.sink.gate.set()

    def _kill_worker(self, *, is_in_hand: bool) -> None:
        come = self.sink.held if is_in_hand else self.sink.arrived
        come.clear()
        if is_in_hand:
            self.sink.gate.clear()
        assert come.wait(60), "the worker sends nothing any more"
        if not is_in_hand:
            time.sleep(random.uniform(0, 1))
        dead = self.house.kill(WORKER)
        self.killed.append(dead)
        self.sink.gate.set()
        self.house.comes_back(WORKER, dead)

    def _kill_valkey(self) -> None:
        self._valkey().set("is it empty", "no")
        self.house.comes_back(VALKEY, self.house.kill(VALKEY))
        for _ in range(50):
            with contextlib.suppress(redis.ConnectionError):
                assert self._valkey().get("is it empty") is None
                return
            time.sleep(0.1)
        pytest.fail("Valkey does not answer")

    def _valkey(self) -> "redis.Redis":
        return redis.Redis(unix_socket_path=self.house.broker.removeprefix("redis+socket://"))
