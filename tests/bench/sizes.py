"""The same shop with little and with much history, in two databases: both are measured in the same rounds."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.db import connection, connections
from django.db.utils import load_backend

from orders.models import Order
from tests.bench.fill import fill


class Sizes:
    """A database for each size, copied from the one we are in; the first is that one."""

    def __init__(self, orders: list[Order], counts: Iterable[int]) -> None:
        self.wrappers = {count: _copy(count) for count in counts}
        for count in self.wrappers:
            self.use(count)
            fill(orders, count)

    def use(self, count: int) -> None:
        """Let all that follows run in the database of this size."""
        connections["default"] = self.wrappers[count]

    def at(self, count: int, act: Callable[[], Any]) -> Callable[[], Any]:
        def there() -> Any:
            self.use(count)
            return act()

        return there


def _copy(count: int) -> Any:
    here = connection.settings_dict
    name = f"{here['NAME']}-{count}"
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        shutil.copy(Path(here["NAME"]), Path(name))
    else:
        _copy_on_server(here["NAME"], name)
    return load_backend(here["ENGINE"]).DatabaseWrapper(here | {"NAME": name}, "default")


def _copy_on_server(source: str, name: str) -> None:
    """Nobody may be in the source meanwhile."""
    import psycopg

    parameters = connection.get_connection_params()
    connection.close()
    known = {key: parameters[key] for key in ("host", "port", "user", "password") if key in parameters}
    with psycopg.connect(**known, dbname="template1", autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
