"""The queue of writers: advisory locks on `<database>-lock`, polled with a deadline.

Whoever waits holds a place, and moves up as the next one falls free: nobody passes. With one lock for all, whoever asks
at the right moment has it, and of eight writers one waited six times as long. A blocking lock has no deadline: one
stopped process would hang the shop.

The worker stands back before it takes a place: it writes nearly all the time it works, and at each of its turns as many
answers would wait as the web server has threads.
"""

import fcntl
import os
import struct
import sys
import time
from typing import TYPE_CHECKING, Self

from django.db import OperationalError

if TYPE_CHECKING:
    from django.db.backends.sqlite3.base import DatabaseWrapper

POLL_SECONDS = 0.0005
PLACES = 8 if sys.platform == "linux" else 1
"""The first writes. Where more than these wait, the rest stand before the last place in no order."""
PATIENCE_SECONDS = 0.5 if os.nice(0) > 0 else 0.0
"""A process that was told to be nice lets others pass, so long: nobody waits for its answer."""
FLOCK = "hhqqi4x"
"""C's struct flock."""


class WriterQueue:
    """One connection's place in the queue. Not re-entrant, and not shared between threads or processes."""

    patience = PATIENCE_SECONDS

    def __init__(self, wrapper: "DatabaseWrapper") -> None:
        self.wrapper = wrapper
        self.fd: int | None = None
        self.pid = 0
        self.is_held = False

    def acquire(self) -> None:
        """Wait for our turn; OperationalError after OPTIONS["timeout"] seconds."""
        self._open()
        if self.is_held:
            return
        deadline = time.monotonic() + self.wrapper.settings_dict["OPTIONS"].get("timeout", 5)
        self._let_pass(time.monotonic() + self.patience)
        self._take(PLACES - 1, deadline)
        for place in reversed(range(PLACES - 1)):
            try:
                self._take(place, deadline)
            finally:
                self._free(place + 1)
        self.is_held = True

    def release(self) -> None:
        if self.is_held and self.fd is not None and self.pid == os.getpid():
            self._free(0)
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

    def _let_pass(self, deadline: float) -> None:
        """Stand back while anybody waits or writes."""
        while time.monotonic() < deadline and self._is_anybody_there():
            time.sleep(POLL_SECONDS)

    def _is_anybody_there(self) -> bool:
        assert self.fd is not None
        if sys.platform != "linux":
            return False
        asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, PLACES, 0)
        found = fcntl.fcntl(self.fd, fcntl.F_OFD_GETLK, asked)
        return bool(struct.unpack(FLOCK, found)[0] != fcntl.F_UNLCK)

    def _take(self, place: int, deadline: float) -> None:
        while not self._try(place):
            if time.monotonic() > deadline:
                raise OperationalError("database is locked: the queue of writers did not move")
            time.sleep(POLL_SECONDS)

    def _try(self, place: int) -> bool:
        try:
            self._lock(place, fcntl.LOCK_EX)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def _free(self, place: int) -> None:
        self._lock(place, fcntl.LOCK_UN)

    def _lock(self, place: int, how: int) -> None:
        assert self.fd is not None
        if sys.platform == "linux":  # a lock of one byte that belongs to the open file, as flock's does
            kind = fcntl.F_UNLCK if how == fcntl.LOCK_UN else fcntl.F_WRLCK
            fcntl.fcntl(self.fd, fcntl.F_OFD_SETLK, struct.pack(FLOCK, kind, os.SEEK_SET, place, 1, 0))
        else:
            fcntl.flock(self.fd, how | fcntl.LOCK_NB)

    def _open(self) -> None:
        """Return our own descriptor: flock belongs to the open file, and a forked child must not share it."""
        if self.fd is None or self.pid != os.getpid():
            name = f"{self.wrapper.settings_dict['NAME']}-lock"
            self.fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self.pid, self.is_held = os.getpid(), False
