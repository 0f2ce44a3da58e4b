"""What `up` holds while nothing happens: web server, worker, beat and Valkey, each page counted once (PSS)."""

import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import django

django.setup()

from django.db import connection  # noqa: E402

from tests.bench.measure import Report  # noqa: E402
from tests.mail import free_port  # noqa: E402
from tests.processes import answers, ending, eventually, python  # noqa: E402

MOST_MB = 450
START_SECONDS = 120
SETTLE_SECONDS = 10


def run(*, quick: bool) -> None:
    report, port = Report(quick), free_port()
    report.say(f"-- {connection.vendor} {'.'.join(map(str, connection.get_database_version()))}")
    connection.close()
    env = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}  # so that it starts its own
    log = Path(os.environ["VAR_DIR"]) / "up.log"
    with ending(python("manage.py", "up", "--port", str(port), env=env, log=log)) as house:
        eventually(lambda: answers(port), START_SECONDS, f"up does not answer: {log}")
        time.sleep(1 if quick else SETTLE_SECONDS)
        held = {pid: _pss_mb(pid) for pid in _with_children(house.pid)}
    for pid, megabytes in held.items():
        report.say(f"process {pid:<44} {megabytes:>10,.0f} MB")
    report.judge("MB held by all", sum(held.values()), MOST_MB, at_most=True)
    report.end()


def _with_children(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _with_children(int(child))


def _pss_mb(pid: int) -> float:
    found = re.search(r"^Pss: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) / 1024


if __name__ == "__main__":
    run(quick="--quick" in sys.argv)
