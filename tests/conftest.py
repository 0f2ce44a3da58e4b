"""Fixtures that every test may ask for."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connection, connections
from django.db.backends.base.operations import BaseDatabaseOperations

from orders.models.append_only import lifted
from tests import factories
from tests.api import Api


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Any) -> None:
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _stories_play_in_2026(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their days are written without the year, whatever year the tests run in."""
    monkeypatch.setattr("tracking.timeline.dates.this_year", lambda: 2026)


@pytest.fixture(scope="session", autouse=True)
def _flush_may_lift_the_triggers() -> Iterator[None]:
    """The flush of a test database is the one thing that may empty an append-only table."""
    flush = BaseDatabaseOperations.execute_sql_flush

    def lifting(self: Any, sql_list: list[str]) -> None:
        with ExitStack() as stack:
            stack.enter_context(lifted(connections[self.connection.alias]))
            flush(self, sql_list)

    BaseDatabaseOperations.execute_sql_flush = lifting
    yield
    BaseDatabaseOperations.execute_sql_flush = flush


@pytest.fixture(scope="session", autouse=True)
def _nobody_is_left_in_the_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """PostgreSQL knows the session of a killed process a moment longer, and drops no database meanwhile."""
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            connection.close()  # whatever became of it in the last test
            with connection.cursor() as cursor:
                others = "datname = current_database() AND pid <> pg_backend_pid()"
                cursor.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")


@pytest.fixture
def is_long(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--long"))


@pytest.fixture
def is_postgres(db: None) -> bool:
    return connection.vendor == "postgresql"


@pytest.fixture
def shop(db: None) -> factories.Shop:
    """A little shop: a channel, a warehouse, mugs and teapots, plenty of stock."""
    return factories.Shop()


@pytest.fixture
def api(shop: factories.Shop) -> Api:
    """A key of the shop's channel, with all scopes."""
    return Api(shop.channel.name)
