"""Rings the doorbell. The only domain module that knows a task's name.

The row is the task; the bell may fail, and may not wait: a broker that does not answer costs a few milliseconds once
in five seconds, and a beat finds what no bell rang for. Whoever rings on and on is heard twenty times a second: the
first at once, the others by an echo, so that a worker in a flood does not do more answering than working.
"""

import logging
import os
import threading
import time
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError as KombuError
from redis.exceptions import RedisError

QUIET_SECONDS = 5
GAP_SECONDS = 0.05
IMPATIENT = {"max_retries": 0, "socket_connect_timeout": 0.05, "socket_timeout": 0.05}
TASKS = {
    "relay": "notifications.tasks.relay",
    "understand": "tracking.tasks.understand",
    "replay": "tracking.tasks.replay",
    "ask": "tracking.tasks.ask",
    "look_up": "tracking.tasks.look_up",
    "allocate": "fulfillment.tasks.allocate",
}

logger = logging.getLogger(__name__)
_quiet_until = 0.0
_rope = threading.local()  # a connection to the broker, kept: a new one for each bell costs a third of an order


def ring(bell: str) -> None:
    """Ring after the commit: once a transaction, whatever happened in it."""
    already = {hook[1] for hook in transaction.get_connection().run_on_commit}
    if _BELLS[bell] not in already:
        transaction.on_commit(_BELLS[bell], robust=True)


class _Echo(threading.Thread):
    """Rings a little later, once, for all who rang since the last time."""

    def __init__(self) -> None:
        super().__init__(name="echo of the doorbell", daemon=True)
        self._lock, self._is_owed = threading.Lock(), threading.Event()
        self._rung: dict[str, float] = {}
        self._owed: set[str] = set()

    def takes(self, task: str) -> bool:
        """Say whether the bell rang just now: then the echo will ring."""
        with self._lock:
            now = time.monotonic()
            if now - self._rung.get(task, -GAP_SECONDS) >= GAP_SECONDS:
                self._rung[task] = now
                return False
            self._owed.add(task)
            self._is_owed.set()
            if self.ident is None:
                self.start()
            return True

    def run(self) -> None:
        while self._is_owed.wait():
            time.sleep(GAP_SECONDS)
            with self._lock:
                tasks, self._owed = self._owed, set()
                self._is_owed.clear()
                self._rung |= dict.fromkeys(tasks, time.monotonic())
            for task in sorted(tasks):
                _send(task)


_echo = _Echo()


def _begin_anew() -> None:
    global _echo  # noqa: PLW0603 - threads do not come along into a child
    _echo = _Echo()


os.register_at_fork(after_in_child=_begin_anew)


def _ring_now(task: str) -> None:
    if not _echo.takes(task):
        _send(task)


def _send(task: str) -> None:
    global _quiet_until  # noqa: PLW0603 - one bell rope a process
    if time.monotonic() < _quiet_until:
        return
    try:
        current_app.send_task(task, producer=_producer(), retry=False, ignore_result=True)
    except (KombuError, RedisError, OSError) as error:
        _let_go()
        _quiet_until = time.monotonic() + QUIET_SECONDS
        logger.warning("the doorbell does not ring (%s): the beat will", type(error).__name__)


def _producer() -> Any:
    if not hasattr(_rope, "producer"):
        connection = current_app.connection_for_write(transport_options=IMPATIENT)
        _rope.connection = connection
        _rope.producer = current_app.amqp.Producer(connection, auto_declare=False)
    return _rope.producer


def _let_go() -> None:
    """Forget the connection: the next bell makes a new one."""
    connection = _rope.__dict__.pop("connection", None)
    _rope.__dict__.pop("producer", None)
    if connection is not None:
        connection.release()


def _bell(task: str) -> Any:
    return lambda: _ring_now(task)


_BELLS = {bell: _bell(task) for bell, task in TASKS.items()}
