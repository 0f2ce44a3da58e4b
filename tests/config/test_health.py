"""`/livez` and `/readyz`."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client


def ready() -> tuple[int, dict[str, Any]]:
    answer = Client().get("/readyz")
    return answer.status_code, answer.json()


def test_livez_answers_and_touches_nothing() -> None:
    """It has no database here: pytest-django would fail a query, and a session is one."""
    answer = Client().get("/livez")
    assert (answer.status_code, answer.json(), answer.cookies) == (200, {"status": "ok"}, {})


@pytest.mark.django_db
def test_readyz_says_what_it_looked_at_and_which_database_it_is() -> None:
    status, body = ready()
    checks = dict.fromkeys(("doorbell", "database", "migrations", "append_only", "sqlite"), "ok")
    assert (status, body["status"], body["checks"]) == (200, "ok", checks)
    name = {"sqlite": "SQLite 3.", "postgresql": "PostgreSQL 1"}[connection.vendor]
    assert body["database"].startswith(name)


@pytest.fixture
def silent_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A host that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("CELERY_BROKER_WRITE_URL", f"redis://127.0.0.1:{server.getsockname()[1]}/0")
        yield


@pytest.mark.django_db
def test_a_silent_broker_makes_it_degraded_within_half_a_second(silent_broker: None) -> None:
    began = time.monotonic()
    status, body = ready()
    assert time.monotonic() - began < 0.5
    assert (status, body["status"]) == (200, "degraded")
    assert body["checks"]["doorbell"].startswith("failed: ")
    assert body["checks"]["database"] == "ok"


@pytest.mark.django_db
def test_a_trigger_that_is_down_makes_it_unavailable_and_is_named() -> None:
    on = " ON orders_event" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER orders_event_no_update{on}")
    status, body = ready()
    assert (status, body["status"], body["checks"]["append_only"]) == (
        503,
        "unavailable",
        "orders_event_no_update is missing",
    )


@pytest.mark.django_db
def test_a_migration_that_waits_makes_it_unavailable() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'notifications' AND name LIKE '0001%'")
    status, body = ready()
    assert (status, body["checks"]["migrations"]) == (503, "1 not applied")


@pytest.mark.django_db
def test_a_database_that_takes_no_writes_makes_it_unavailable() -> None:
    on, off = (
        ("PRAGMA query_only = 1", "PRAGMA query_only = 0")
        if connection.vendor == "sqlite"
        else ("SET LOCAL transaction_read_only = on", "SELECT 1")
    )
    with connection.cursor() as cursor:
        cursor.execute(on)
        status, body = ready()
        cursor.execute(off)
    assert (status, body["checks"]["database"]) == (503, "read-only")


@pytest.mark.parametrize("url", ["postgres://nobody@127.0.0.1:1/nothing", "sqlite:////nowhere/at/all.sqlite3"])
def test_without_a_database_it_answers_503_and_livez_lives_on(url: str) -> None:
    program = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "ready, live = Client().get('/readyz'), Client().get('/livez')\n"
        "print(live.status_code, ready.status_code, ready.content.decode())"
    )
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment | {"ALLOWED_HOSTS": "testserver"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    live, ready, body = done.stdout.split(" ", 2)
    assert (live, ready) == ("200", "503")
    assert json.loads(body) == {
        "status": "unavailable",
        "checks": {"doorbell": "ok", "database": "failed: OperationalError"},
        "database": None,
    }
