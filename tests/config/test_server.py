"""The web server reads the house once, before its workers are forked."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import environment

SHOWN = """
import multiprocessing, sys
from config import server
assert "config.wsgi" not in sys.modules
server.read_the_house()
from django.db import connections
import threading
opened = [each for each in connections.all(initialized_only=True) if each.connection is not None]
print(multiprocessing.get_start_method(), "config.wsgi" in sys.modules, opened, threading.active_count())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")
def test_what_is_forked_has_read_the_house_and_holds_no_connection_and_no_thread(tmp_path: Path) -> None:
    env = environment(VAR_DIR=str(tmp_path))
    command = [sys.executable, "-W", "ignore", "-c", SHOWN]
    ended = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (ended.stdout.strip(), ended.returncode) == ("fork True [] 1", 0), ended.stderr
