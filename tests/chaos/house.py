"""A house as a shop starts it: `manage.py up` on the test database, with the children it keeps alive."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Self

from tests.mail import free_port
from tests.processes import answers, environment, eventually, python, stop

WORKER, VALKEY, WEB = " worker ", "unixsocket", " config.server "
"""Words of their command lines."""
OPEN_WITHIN_SECONDS = 60  # static files are gathered first


class House:
    """`up`, until the block ends. `redis_url`: the broker it rings; empty, it keeps a Valkey of its own."""

    def __init__(self, folder: Path, *, email_url: str, redis_url: str = "") -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.broker = redis_url or f"redis+socket://{folder / 'valkey.sock'}"
        more = {"VAR_DIR": str(folder), "PUBLIC_URL": self.url, "EMAIL_URL": email_url, "REDIS_URL": redis_url}
        self._env, self._log = environment(**more), folder / "up.log"
        self.up: subprocess.Popen[bytes]

    def __enter__(self) -> Self:
        self.up = python("manage.py", "up", "--port", str(self.port), env=self._env, log=self._log)
        try:
            eventually(lambda: answers(self.port), OPEN_WITHIN_SECONDS, f"no house: {self._log}")
        except BaseException:
            stop(self.up)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        stop(self.up)

    def pid(self, words: str) -> int:
        """Return the process id of the child whose command line holds these words; 0 while there is none."""
        return next((pid for pid in children(self.up.pid) if words in command_line(pid)), 0)

    def kill(self, words: str) -> int:
        """End a child with -9; return its process id."""
        pid = self.pid(words)
        assert pid, f"no child {words}"
        os.kill(pid, signal.SIGKILL)
        return pid

    def kill_all_of(self, words: str) -> int:
        """End a child and all that it started with -9, at one moment; return its process id."""
        pid = self.pid(words)
        assert pid, f"no child {words}"
        os.killpg(pid, signal.SIGKILL)
        return pid

    def comes_back(self, words: str, dead: int) -> None:
        """Wait until the supervisor has started the child again."""
        eventually(lambda: self.pid(words) not in {0, dead}, 10, f"{words} did not come back")


def children(pid: int) -> list[int]:
    """Return the processes that this one started and that still run."""
    return [int(stat.parent.name) for stat in Path("/proc").glob("[0-9]*/stat") if _parent(stat) == pid]


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:  # it ended meanwhile
        return ""


def _parent(stat: Path) -> int:
    try:
        state, parent = stat.read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return 0
    return 0 if state == "Z" else int(parent)
