"""`/livez`: the process answers. `/readyz`: it can work. A doorbell that is down only makes it slower: `degraded`."""

from collections.abc import Callable
from functools import cache
from typing import Any

from celery import current_app
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError as KombuError
from redis.exceptions import RedisError

from orders.models.append_only import missing_triggers
from orders.outbox import IMPATIENT

SAFE_SQLITE = (3, 51, 3)  # before it: the WAL-reset bug
OK = "ok"


@require_safe
def livez(_request: HttpRequest) -> JsonResponse:
    """Touch nothing: a database that stumbles must not restart every process."""
    return JsonResponse({"status": OK})


@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Say whether requests may come: 503 if not, and what is wrong."""
    checks = {"doorbell": _result_of(_doorbell), "database": _result_of(_database)}
    engine = None
    if checks["database"] == OK:  # else each of these would wait for it once more
        checks |= {name: _result_of(check) for name, check in OF_DATABASE.items()}
        engine = _engine()
    wrong = {name for name, result in checks.items() if result != OK}
    status = "unavailable" if wrong - BEARABLE else "degraded" if wrong else OK
    body = {"status": status, "checks": checks, "database": engine}
    return JsonResponse(body, status=503 if status == "unavailable" else 200)


def _result_of(check: Callable[[], str]) -> str:
    """Return "ok" or what is wrong, in a word: no host names or versions of others leave this way."""
    try:
        return check()
    except (DatabaseError, KombuError, RedisError, OSError) as error:
        return f"failed: {type(error).__name__}"


def _database() -> str:
    """Ask whether writing is open to us; nothing is written."""
    query, writable = ("PRAGMA query_only", 0) if _is_sqlite() else ("SHOW transaction_read_only", "off")
    with connection.cursor() as cursor:
        cursor.execute(query)
        return OK if cursor.fetchone()[0] == writable else "read-only"


def _migrations() -> str:
    waiting = _shipped_migrations() - MigrationRecorder(connection).applied_migrations().keys()
    return f"{len(waiting)} not applied" if waiting else OK


@cache
def _shipped_migrations() -> frozenset[tuple[str, str]]:
    """Return the migrations that came with this release: read once, they stay the same as long as the process."""
    return frozenset(MigrationLoader(None).graph.nodes)


def _triggers() -> str:
    return ", ".join(f"{name} is missing" for name in missing_triggers(connection)) or OK


def _doorbell() -> str:
    """Connect as the bell does: a host that is silent costs a tenth of a second."""
    with current_app.connection_for_write(transport_options=IMPATIENT) as doorbell:
        doorbell.default_channel  # noqa: B018 - connects
    return OK


def _sqlite() -> str:
    return OK if not _is_sqlite() or _library().sqlite_version_info >= SAFE_SQLITE else "WAL-reset bug"


def _engine() -> str:
    if _is_sqlite():
        return f"SQLite {_library().sqlite_version}"
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0]}"


def _library() -> Any:
    return connection.Database  # type: ignore[attr-defined]  # django-stubs does not know it


def _is_sqlite() -> bool:
    return connection.vendor == "sqlite"


OF_DATABASE = {"migrations": _migrations, "append_only": _triggers, "sqlite": _sqlite}
BEARABLE = {"doorbell", "sqlite"}
