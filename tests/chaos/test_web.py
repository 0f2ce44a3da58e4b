"""The web server, killed and stalled, before real clients: an order that was answered is there, and once."""

import os
import queue
import random
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.db import connections

from config import processes
from fulfillment import ledger
from orders.models import IdempotencyKey, Order
from tests.api import Api
from tests.api import order as body_of
from tests.factories import Shop, shipment
from tests.mail import free_port
from tests.processes import answers, environment, eventually, python, stop

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]


class Web:
    """Our web server as `up` starts it, on the test database."""

    def __init__(self, folder: Path) -> None:
        self.port, self.log = free_port(), folder / "web.log"
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = processes._web("127.0.0.1", self.port)[1:]
        self.process = python(*command, env=environment(PUBLIC_URL=self.url), log=self.log)
        eventually(lambda: answers(self.port), 30, "no web server")

    def kill(self) -> None:
        """Kill -9 the server and its workers at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def web(db: None, tmp_path: Path) -> Iterator[Web]:
    web = Web(tmp_path)
    yield web
    stop(web.process)
    assert "Traceback" not in web.log.read_text()


def client(web: Web, api: Api) -> httpx.Client:
    headers = {"Authorization": f"Bearer {api.secret}"}
    return httpx.Client(base_url=f"{web.url}/api/v1", headers=headers, timeout=10, trust_env=False)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_two_hundred_orders_are_placed_once_each_though_the_server_is_killed(
    web: Web, shop: Shop, api: Api, is_long: bool
) -> None:
    shop.receive(shop.mug, 1000)
    wanted, kills = (200, 10) if is_long else (60, 3)
    todo: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    placed: dict[str, str] = {}
    tries: Counter[str] = Counter()
    for _ in range(wanted):
        todo.put(body_of(("MUG-01", 2)))

    def place(body: dict[str, Any]) -> str:
        """Try, as a shop does, until there is an answer; a body of half an answer is none."""
        while True:
            tries[body["external_id"]] += 1
            try:
                with client(web, api) as buyer:
                    answer = buyer.post("/orders", json=body, headers={"Idempotency-Key": body["external_id"]})
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            assert answer.status_code == 201, answer.text
            return str(answer.json()["number"])

    def work() -> None:
        while not todo.empty():
            body = todo.get()
            placed[body["external_id"]] = place(body)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for n in range(1, kills + 1):
        eventually(lambda n=n: len(placed) >= wanted * n // (kills + 2), 60)
        time.sleep(random.random() / 20)
        web.kill()
        web.start()
    for worker in workers:
        worker.join()
    connections.close_all()
    assert max(tries.values()) > 1, "some were in the middle of it"
    assert dict(Order.objects.values_list("external_id", "number")) == placed
    assert (len(placed), IdempotencyKey.objects.count()) == (wanted, wanted)
    assert shop.stock(shop.mug) == (1000, 2 * wanted)
    assert list(ledger.verify()) == []


def test_a_twin_in_flight_gets_the_bytes_of_the_first(web: Web, shop: Shop, api: Api) -> None:
    shop.receive(shop.mug, 100)
    with client(web, api) as buyer:
        for _ in range(10):
            body = body_of(("MUG-01", 1))
            call = lambda body=body: buyer.post(  # noqa: E731
                "/orders", json=body, headers={"Idempotency-Key": body["external_id"]}
            )
            found = at_once(*[call] * 4)
            assert {(answer.status_code, answer.content) for answer in found} == {(201, found[0].content)}
            assert Counter("Idempotent-Replayed" in answer.headers for answer in found) == {True: 3, False: 1}
    assert (Order.objects.count(), shop.stock(shop.mug)) == (10, (100, 10))


def test_cancel_hold_pick_and_ship_at_one_moment_leave_one_story(web: Web, shop: Shop, api: Api, is_long: bool) -> None:
    """Whatever wins, nobody reads an error of ours, and the units are in one place."""
    shop.receive(shop.mug, 400)
    ends: Counter[str] = Counter()
    with client(web, api) as house:
        for _ in range(100 if is_long else 25):
            number = house.post("/orders", json=body_of(("MUG-01", 2))).json()["number"]
            acts = {
                f"/orders/{number}/cancel": {"reason": "changed my mind"},
                f"/orders/{number}/hold": {"reason": "FRAUD"},
                f"/shipments/{number}-1/pick": {},
                f"/shipments/{number}-1/ship": {},
            }
            found = at_once(*[lambda act=act: house.post(act[0], json=act[1]) for act in acts.items()])
            codes = dict(zip(acts, (answer.status_code for answer in found), strict=True))
            assert set(codes.values()) <= {200, 409}, codes
            order = Order.objects.get(number=number)
            ends[order.status] += 1
            is_cancelled, is_shipped = (codes[f"/orders/{number}/cancel"] == 200), order.status == "SHIPPED"
            assert (is_cancelled, order.status == "CANCELLED") in {(True, True), (False, False)}
            assert (codes[f"/shipments/{number}-1/ship"] == 200) == is_shipped
            assert not (is_cancelled and is_shipped)
            held_first = order.events.filter(kind="order.held").exists() and not is_shipped and not is_cancelled
            assert held_first == (order.status in {"CONFIRMED", "IN_FULFILLMENT"}), shipment(order).status
    assert len(ends) > 1
    assert shop.stock(shop.mug)[0] == 400 - 2 * ends["SHIPPED"]
    assert list(ledger.verify()) == []


def test_an_upload_that_stalls_keeps_nobody_waiting(web: Web, api: Api) -> None:
    """A till on a bad line sends half an order and stays on the line."""
    where = urlsplit(web.url)
    with socket.create_connection((where.hostname, where.port)) as till:
        head = f"POST /api/v1/orders HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {api.secret}\r\n"
        till.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 2000\r\n\r\n{{".encode())
        time.sleep(0.3)
        begun = time.monotonic()
        for _ in range(8):
            assert httpx.get(f"{web.url}/livez", timeout=5, trust_env=False).status_code == 200
        assert time.monotonic() - begun < 4
