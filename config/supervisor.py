"""Keeps processes running: starts them, starts again what dies, stops them in order. Knows nothing of Django.

Run as `python -m config.supervisor` with a plan as JSON in the environment; `up` and `demo` write it and become this
process, which then needs 10 MB instead of 95. No child outlives it: not after Ctrl-C, not after kill -9.
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

PLAN = "ORDERTRAIL_PLAN"
PR_SET_PDEATHSIG = 1
GRACE_SECONDS = 10
LOOK_SECONDS = 0.2
RESTART_SECONDS = 0.3
LONG_RESTART_SECONDS = 1.5
SHORT_LIFE_SECONDS = 2.0


@dataclass
class Process:
    """One child. `is_task`: it is not started again; if `is_last`, its end ends everything, with its exit code.

    `nice`: how far it stands back for the others where the processors are all taken.
    """

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    log: str = ""
    is_task: bool = False
    is_last: bool = False
    nice: int = 0
    child: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0

    def start(self) -> None:
        output = self._output()
        self.child = subprocess.Popen(  # noqa: S603
            self.command,
            env=os.environ | self.env,
            start_new_session=True,  # so that Ctrl-C reaches the supervisor alone
            preexec_fn=self._prepare,  # noqa: PLW1509 - nothing but system calls
            stdout=output,
            stderr=output,
        )
        self.started_at, self.restart_at = time.monotonic(), 0.0

    def _prepare(self) -> None:
        die_with_parent()
        stand_back(self.nice)

    def _output(self) -> IO[bytes] | None:
        return Path(self.log).open("ab") if self.log else None

    @property
    def where(self) -> str:
        """Say where it told why."""
        return f" (see {self.log})" if self.log else ""

    def has_died(self) -> bool:
        return self.child is not None and self.child.poll() is not None

    def plan_restart(self) -> None:
        """Come back soon; a little later if it died as soon as it was started."""
        now = time.monotonic()
        self.restart_at = now + (
            RESTART_SECONDS if now - self.started_at > SHORT_LIFE_SECONDS else LONG_RESTART_SECONDS
        )
        self.child = None

    def stop(self) -> None:
        if self.child is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.wait(GRACE_SECONDS)
        self.end_children()
        self.child.wait()

    def end_children(self) -> None:
        """Kill what is left of the process and of those that it started: they are one group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL) if self.child else None


def die_with_parent() -> None:
    """Ask Linux to end this process when its parent does; elsewhere nothing is asked."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def stand_back(niceness: int) -> None:
    """Be nice to the others. Linux may share the processors out by session first: then the session has to be nice.

    Who is not root may say so ten times a second on the whole machine: those who are not nice say nothing.
    """
    if not niceness:
        return
    os.nice(niceness)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(niceness))


class Supervisor:
    """Runs the processes until a signal comes, or the last task ends."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.processes = [Process(**each) for each in plan["processes"]]
        self.ready_url: str = plan.get("ready_url", "")
        self.announcement: str = plan.get("announcement", "")
        self.is_ending = False  # a plain flag: who waits for an Event holds its lock when the handler wants it
        self.exit_code = 0

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._end)
        try:
            for process in self.processes:
                process.start()
            threading.Thread(target=self._announce, daemon=True).start()
            while not self.is_ending:
                self._look()
                time.sleep(LOOK_SECONDS)
        finally:
            self._stop_all()
        return self.exit_code

    def _end(self, *_: object) -> None:
        self.is_ending = True

    def _look(self) -> None:
        for process in self.processes:
            if process.restart_at and time.monotonic() >= process.restart_at:
                process.start()
            elif process.has_died():
                self._bury(process)

    def _bury(self, process: Process) -> None:
        code = process.child.returncode if process.child else 0
        process.end_children()
        if process.is_last:
            self.exit_code = code if code >= 0 else 1
            self.is_ending = True
        elif process.is_task:
            process.child = None
            if code:
                say(f"{process.name} ended with {code}{process.where}")
        else:
            process.plan_restart()
            say(f"{process.name} ended with {code}: starting it again{process.where}")

    def _stop_all(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for process in reversed(self.processes):
            process.stop()

    def _announce(self) -> None:
        """Say that the house is open, once the web server answers."""
        while self.ready_url and not self.is_ending:
            try:
                with urllib.request.urlopen(self.ready_url, timeout=2):  # noqa: S310 - our own, on loopback
                    say(self.announcement)
                    return
            except OSError:
                time.sleep(LOOK_SECONDS)


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def follow_uv() -> None:
    """End with `uv run`, which does not take its child along when it is killed."""
    with contextlib.suppress(OSError):
        if Path(f"/proc/{os.getppid()}/comm").read_text().strip() == "uv":
            die_with_parent()


if __name__ == "__main__":
    follow_uv()
    sys.exit(Supervisor(json.loads(os.environ.pop(PLAN))).run())
