"""SQLite as we need it: a recent library, and a queue for its writers.

SQLite's own busy handler is unfair: of eight writers one got a single turn in six seconds. So each writer first
takes an advisory lock on a file beside the database. That lock is only the queue; SQLite's own lock is the truth.
"""

import contextlib
import sys

with contextlib.suppress(ImportError):  # Debian's 3.40 has the WAL-reset bug, fixed in 3.51.3
    import pysqlite3
    import pysqlite3.dbapi2

    sys.modules["sqlite3"], sys.modules["sqlite3.dbapi2"] = pysqlite3, pysqlite3.dbapi2

from collections.abc import Callable
from typing import Any

from django.db.backends.sqlite3 import base

from config.sqlite.queue import WriterQueue

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class QueuedCursor(base.SQLiteCursorWrapper):
    """Queues the writes that run outside a transaction."""

    queue: WriterQueue

    def execute(self, query: str, params: Any = None) -> Any:
        return self._queued(super().execute, query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        return self._queued(super().executemany, query, param_list)

    def _queued(self, run: Callable[..., Any], query: str, params: Any) -> Any:
        if self.connection.in_transaction or not query.lstrip()[:7].upper().startswith(WRITES):
            return run(query, params)
        with self.queue:
            return run(query, params)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite, whose writers stand in a queue."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queue = WriterQueue(self)

    def create_cursor(self, name: str | None = None) -> Any:  # noqa: ARG002
        cursor = self.connection.cursor(factory=QueuedCursor)
        cursor.queue = self.queue
        return cursor

    def _start_transaction_under_autocommit(self) -> None:
        self.queue.acquire()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # django-stubs does not know it
        except BaseException:
            self.queue.release()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]  # django-stubs does not know it
        finally:
            self._leave_queue_after_transaction()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]  # django-stubs does not know it
        finally:
            self._leave_queue_after_transaction()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]  # django-stubs does not know it
        finally:
            self.queue.close()

    def _leave_queue_after_transaction(self) -> None:
        if self.connection is None or not self.connection.in_transaction:
            self.queue.release()
