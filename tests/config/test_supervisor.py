"""The supervisor ends on a signal, and on many: Ctrl-C may reach it twice, once from the terminal."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings

from config.supervisor import PLAN
from tests.processes import eventually

WITHIN_SECONDS = 20


def supervising(*command: str) -> "subprocess.Popen[str]":
    plan = {"processes": [{"name": "sleeper", "command": list(command)}], "ready_url": ""}
    return subprocess.Popen(
        [sys.executable, "-m", "config.supervisor"],
        cwd=settings.BASE_DIR,
        env=os.environ | {PLAN: json.dumps(plan)},
        text=True,
    )


def test_a_burst_of_signals_ends_it_once() -> None:
    supervisor = supervising(sys.executable, "-c", "import time; time.sleep(600)")
    children = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children")
    eventually(children.read_text, WITHIN_SECONDS)
    child = int(children.read_text())
    try:
        deadline = time.monotonic() + WITHIN_SECONDS
        while supervisor.poll() is None and time.monotonic() < deadline:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                supervisor.send_signal(number)
            time.sleep(0.001)
        assert supervisor.wait(timeout=WITHIN_SECONDS) == 0
        assert not Path(f"/proc/{child}").exists()
    finally:
        supervisor.kill()
