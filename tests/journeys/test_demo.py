"""The demo as a visitor starts it: a house of its own, with a database of its own on the engine of the tests."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.conf import settings
from django.db import connection

from tests.mail import free_port
from tests.processes import answers, eventually

pytestmark = pytest.mark.django_db(transaction=True)

OPEN_WITHIN_SECONDS = 30
FILLED_WITHIN_SECONDS = 120
SURFACES = {"/": "", "/floor/": "/admin/login/", "/reports/": "/admin/login/", "/admin/": "/admin/login/"}


FILLED = (  # each of these lists of the admin has rows once the demo has run for a little
    "fulfillment/receipt/?view=expected",
    "fulfillment/receipt/?view=overdue",
    "fulfillment/receipt/?view=dock",
    "fulfillment/wave/",
    "fulfillment/cart/",
    "fulfillment/picktask/",
    "fulfillment/manifest/",
    "fulfillment/count/?status=OPEN",
    "fulfillment/count/?status=COUNTED",
    "fulfillment/count/?status=APPLIED",
    "fulfillment/return/?status=REQUESTED",
    "fulfillment/return/?status=RECEIVED",
    "fulfillment/return/?status=IN_TRANSIT",
    "fulfillment/return/?status=CLOSED",
    "fulfillment/reorderrule/",
    "tracking/alarm/",
    "tracking/unmappedcode/",
    "orders/inbox/?status=QUARANTINED",
)


STUCK = 3
"""Orders that come to no end: kept by customs, lost, and said in words that nobody knows."""
KNOWN_BY_AUDIT = ("carriers_not_heard", "lost_parcels", "parcels_to_review", *["unknown_words"] * 3)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a house with nothing in it."""
    tmp_path.chmod(0o755)
    env = {name: value for name, value in os.environ.items() if name not in {"REDIS_URL", "EMAIL_URL"}}
    env |= {"VAR_DIR": str(tmp_path), "DEMO_PASSWORD": "a password"}
    if connection.vendor == "sqlite":
        yield env | {"DATABASE_URL": f"sqlite:///{tmp_path}/demo.sqlite3"}
        return
    name = f"demo_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        yield env | {"DATABASE_URL": urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()}
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def demo(*arguments: str, env: dict[str, str], stdout: Any = subprocess.PIPE) -> "subprocess.Popen[str]":
    command = [sys.executable, "manage.py", "demo", *arguments]
    return subprocess.Popen(command, cwd=settings.BASE_DIR, env=env, stdout=stdout, stderr=subprocess.STDOUT, text=True)


def of_house(folder: str) -> list[str]:
    """Return the command lines of the processes that know this VAR_DIR."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"VAR_DIR={folder}\0".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:  # it ended meanwhile
            continue
    return found


def test_fifty_orders_come_to_their_end_and_the_books_are_clean(house: dict[str, str]) -> None:
    process = demo("--orders", "50", "--exit", "--port", str(free_port()), env=house)
    told, _ = process.communicate(timeout=300)
    assert process.returncode == 0, told
    row = figures(told)
    assert row["Orders"] == 50 == row["delivered"] + row["cancelled"] + row["returned"] + STUCK
    assert row["delivered"] >= 40
    for special in (
        "waited for stock",
        "went in two shipments",
        "went in two parcels",
        "were held and released",
        "were cancelled in part",
        "had a failed attempt",
    ):
        assert row[special] >= 2, special
    assert row["Messages"] == row["sent"] + row.get("not sent", 0)  # a fast day passes much by before it is told
    assert row["sent"] >= 3 * row["delivered"], "of each: we have it, on its way, delivered"
    assert re.search(rf": 0 errors, {len(KNOWN_BY_AUDIT)} warnings\.$", told, re.MULTILINE), told
    assert sorted(re.findall(r"^Warning, (\w+):", told, re.MULTILINE)) == sorted(KNOWN_BY_AUDIT)
    assert of_house(house["VAR_DIR"]) == []
    the_carrier_was_bad_and_all_ended_right(told, row)


def figures(told: str) -> dict[str, int]:
    found = re.findall(r"^([^\d\n]+?) +(\d+)(?: +\d+)?$", told, re.MULTILINE)
    return {name.strip(): int(count) for name, count in found}


def the_carrier_was_bad_and_all_ended_right(told: str, row: dict[str, int]) -> None:
    """It reordered, doubled, lost one of twenty and used three new words; the house made good all of it."""
    assert row["Webhooks"] // 20 - row["lost on their way"] in {0, 1}
    assert (row["told twice"] > 0, row["parcels were told out of order"] > 0) == (True, True)
    assert row["unknown words are in their queue"] == 3
    pairs = re.findall(r"^  ((?:parcels|unknown|reached)[^\d\n]+?) +(\d+) +(\d+)$", told, re.MULTILINE)
    assert [name for name, found, wanted in pairs if found != wanted] == []
    assert len(pairs) == 7
    news = row["parcels had news when we asked"]
    assert news >= 3
    assert f"The detector: In the last seven days {news} parcels had news that no webhook told us" in told
    to_do = re.findall(r"^On the board: KP\d{9}PT\. (.*)$", told, re.MULTILINE)
    assert sorted(sentence.split(". ")[-1] for sentence in to_do) == [
        "Claim it from the carrier, and decide whether it goes again.",
        "Clear with carrier or customer what holds it up.",
        "Say what the word means.",
    ]


def log_in(web: httpx.Client, username: str) -> None:
    page = web.get("/admin/login/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="(.*?)"', page)[1]  # type: ignore[index]
    given = {"username": username, "password": "a password", "csrfmiddlewaretoken": token, "next": "/admin/"}
    assert web.post("/admin/login/", data=given).status_code == 302


def test_the_demo_opens_serves_every_surface_and_ends_on_ctrl_c(house: dict[str, str]) -> None:
    begun, port, told = time.monotonic(), free_port(), Path(house["VAR_DIR"], "told.txt")
    with told.open("w") as file:
        process = demo("--port", str(port), env=house, stdout=file)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as web:
            eventually(lambda: answers(port) and web.get("/livez").status_code == 200, OPEN_WITHIN_SECONDS)
            assert web.get("/api/v1/docs").status_code == 200
            for path, login in SURFACES.items():
                answer = web.get(path, follow_redirects=True)
                assert (answer.status_code, answer.url.path) == (200, login or path)
        assert time.monotonic() - begun < OPEN_WITHIN_SECONDS
        eventually(lambda: "Look up an order" in told.read_text(), OPEN_WITHIN_SECONDS)
        assert len(of_house(house["VAR_DIR"])) >= 5
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
    assert process.returncode == 0, told.read_text()
    assert of_house(house["VAR_DIR"]) == []


def test_every_list_has_something_to_show_once_the_demo_has_run_for_a_little(house: dict[str, str]) -> None:
    port = free_port()
    process = demo("--port", str(port), "--speed", "8", env=house, stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: answers(port), FILLED_WITHIN_SECONDS)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as web:
            log_in(web, "ada")
            for path in FILLED:
                has_rows = lambda path=path: 'id="result_list"' in web.get(f"/admin/{path}").text  # noqa: E731
                eventually(has_rows, FILLED_WITHIN_SECONDS, f"nothing stands under {path}")
            is_told = lambda: "Some of its webhooks get lost" in web.get("/admin/orders/endpoint/").text  # noqa: E731
            eventually(is_told, FILLED_WITHIN_SECONDS, "the detector says nothing")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
