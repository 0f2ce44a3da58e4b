"""The queue of writers: an advisory lock on `<database>-lock`, polled with a deadline.

A blocking lock would be fairer, but has no deadline: one stopped process would hang the shop.
"""

import fcntl
import os
import time
from typing import TYPE_CHECKING, Self

from django.db import OperationalError

if TYPE_CHECKING:
    from django.db.backends.sqlite3.base import DatabaseWrapper

POLL_SECONDS = 0.0005


class WriterQueue:
    """One connection's place in the queue. Not re-entrant, and not shared between threads or processes."""

    def __init__(self, wrapper: "DatabaseWrapper") -> None:
        self.wrapper = wrapper
        self.fd: int | None = None
        self.pid = 0
        self.is_held = False

    def acquire(self) -> None:
        """Wait for our turn; OperationalError after OPTIONS["timeout"] seconds."""
        fd = self._open()
        if self.is_held:
            return
        deadline = time.monotonic() + self.wrapper.settings_dict["OPTIONS"].get("timeout", 5)
        while not self._try_lock(fd):
            if time.monotonic() > deadline:
                raise OperationalError("database is locked: the queue of writers did not move")
            time.sleep(POLL_SECONDS)
        self.is_held = True

    def release(self) -> None:
        if self.is_held and self.fd is not None and self.pid == os.getpid():
            fcntl.flock(self.fd, fcntl.LOCK_UN)
        self.is_held = False

    def close(self) -> None:
        if self.fd is not None and self.pid == os.getpid():
            os.close(self.fd)
        self.fd, self.is_held = None, False

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *exc: object) -> None:
        self.release()

    @staticmethod
    def _try_lock(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _open(self) -> int:
        """Return our own descriptor: flock belongs to the open file, and a forked child must not share it."""
        if self.fd is None or self.pid != os.getpid():
            name = f"{self.wrapper.settings_dict['NAME']}-lock"
            self.fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self.pid, self.is_held = os.getpid(), False
        return self.fd
