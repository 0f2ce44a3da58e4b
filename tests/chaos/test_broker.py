"""The broker is a doorbell: it may be killed at any time and come back with nothing."""

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notifications.models import Message
from orders import outbox
from tests.factories import Shop
from tests.mail import KeyedSink, Sink, free_port
from tests.processes import answers, ending, eventually, start_beat, start_valkey, start_worker, stop

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]


class House:
    """A Valkey of our own with worker and beat, and a mail server that they send to."""

    def __init__(self, folder: Path, sink: Sink) -> None:
        self.folder, self.sink, self.port = folder, sink, free_port()
        self.env = {"REDIS_URL": f"redis://127.0.0.1:{self.port}/0", "EMAIL_URL": sink.url}
        self.valkey = start_valkey(self.port, folder)
        self.worker = start_worker(folder / "worker.log", **self.env)

    def kill_valkey(self) -> None:
        stop(self.valkey, signal.SIGKILL)
        assert not answers(self.port)

    def bring_valkey_back(self) -> None:
        self.valkey = start_valkey(self.port, self.folder)

    def stop(self) -> None:
        for process in (self.worker, self.valkey):
            stop(process)


@pytest.fixture
def house(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house whose broker this process rings as well."""
    with contextlib.ExitStack() as stack:
        house = House(tmp_path, stack.enter_context(KeyedSink()))
        stack.callback(house.stop)
        stack.enter_context(ending(start_beat(tmp_path, **house.env)))
        monkeypatch.setattr(outbox.current_app.conf, "broker_url", house.env["REDIS_URL"])
        monkeypatch.setattr(outbox, "_rope", threading.local())
        monkeypatch.setattr(outbox, "_quiet_until", 0.0)
        yield house


def is_sent(message: Any) -> bool:
    return bool(message.filter(status__in=["SENT", "UNCERTAIN"]).exclude(sent_at=None).exists())


def test_consumption_goes_on_within_ten_seconds_after_the_broker_came_back_empty(
    house: House, shop: Shop, is_long: bool
) -> None:
    before = shop.order((shop.mug, 1))
    eventually(lambda: is_sent(before.messages), 20)

    house.sink.gate.clear()
    house.sink.arrived.clear()
    running = shop.order((shop.mug, 1))
    eventually(house.sink.arrived.is_set, 20)
    house.kill_valkey()  # while a task is in the middle of a mail
    begun = time.monotonic()
    meanwhile = shop.order((shop.mug, 1))
    assert time.monotonic() - begun < 0.5, "a broker that is away makes nobody wait"
    time.sleep(2)
    house.sink.gate.set()
    eventually(lambda: is_sent(running.messages), 20)

    time.sleep(60 if is_long else 6)
    house.bring_valkey_back()
    assert eventually(lambda: is_sent(meanwhile.messages), 10) < 10
    after = shop.order((shop.mug, 1))
    eventually(lambda: is_sent(after.messages), 10)
    assert len(house.sink.ids) == 4
    assert set(Message.objects.values_list("status", flat=True)) <= {"SENT", "UNCERTAIN"}
