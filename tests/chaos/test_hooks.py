"""What a hook answers over real HTTP, to the genuine and to all others: nothing lost, nothing done by halves."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils import timezone

from orders.models import Endpoint, Event, Inbox
from tests.chaos.test_web import Web
from tests.factories import Shop
from tests.processes import stop
from tests.senders import PROVIDERS, any_sender
from tests.tracking.payloads import HEADLINES, PAYLOADS, put, steps
from tests.tracking.test_references import Store, happened
from tests.tracking.test_understand import ago, event, shipped
from tracking.models import Snapshot, Tracker
from tracking.services import understand_inbox

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
ALL = [*PROVIDERS, "shopify", "generic"]
SIGNED_TIME = {"generic", "shippo"}
"""Whose signature covers when it was made."""


@pytest.fixture
def web(db: None, tmp_path: Path) -> Iterator[Web]:
    web = Web(tmp_path)
    yield web
    stop(web.process)
    assert "Traceback" not in web.log.read_text()


class Line:
    """A provider's line to the running web server."""

    def __init__(self, web: Web, provider: str, shop: Shop) -> None:
        self.provider: str = provider
        self.sender: Any = Store(shop.channel) if provider == "shopify" else any_sender(provider)
        self.url = f"{web.url}{self.sender.endpoint.secret_path}"

    def good(self, status: Any = None) -> dict[str, Any]:
        """Return a payload; `status` stands where its status belongs."""
        if self.provider == "generic":
            return event("JD1", "IN_TRANSIT", ago(3)) | ({} if status is None else {"code": status})
        if self.provider == "shopify":
            return happened("JD1", "in_transit" if status is None else status, 3)
        body = PAYLOADS[self.provider]("JD1", steps("label", "accepted", "moving", start=ago(9), hours=2))
        if status is not None:
            put(body, HEADLINES[self.provider][0], status)
        return body

    def send(self, body: Any, *, headers: dict[str, str] | None = None, **more: Any) -> int:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = self.sender.headers(raw, **more) if headers is None else headers
        answer = httpx.post(self.url, content=raw, headers=given, timeout=20, trust_env=False)
        return answer.status_code

    @property
    def rows(self) -> list[tuple[str, str]]:
        rows = Inbox.objects.filter(endpoint=self.sender.endpoint).order_by("received_at")
        return [(row.status, row.problems[0]["reason"] if row.problems else row.note) for row in rows]

    @property
    def refused(self) -> int:
        return int(Endpoint.objects.get(pk=self.sender.endpoint.pk).refused)


def test_what_every_hook_answers(shop: Shop, web: Web) -> None:
    for provider in ALL:
        _refusals(Line(web, provider, shop))
        _set_aside(Line(web, provider, shop))
    assert (Snapshot.objects.count(), Tracker.objects.count(), Event.objects.count()) == (0, 0, 0)
    order = shipped(shop, "JD1")
    line = Line(web, "aftership", shop)
    assert [line.send(line.good()) for _ in range(3)] == [200] * 3
    understand_inbox()
    assert (line.rows, Tracker.objects.get().status) == ([("PROCESSED", "")], "IN_TRANSIT")
    assert order.events.filter(kind="parcel.in_transit").count() == 1


def _refusals(line: Line) -> None:
    """What is not genuine is 401, too large 413: kept is nothing but how often."""
    good = line.good()
    assert (line.provider, line.send(good, headers={})) == (line.provider, 401)
    assert line.send(good, secret="whsec_" + "A" * 43) == 401
    if line.provider != "karrio":  # it signs nothing
        raw = json.dumps(good).encode()
        assert line.send(raw.replace(b"JD1", b"JD2"), headers=line.sender.headers(raw)) == 401
    old = 401 if line.provider in SIGNED_TIME else 200
    assert line.send(good, at=timezone.now() - timedelta(minutes=6)) == old
    assert line.send(b" " * (6 * 2**20)) == 413
    assert len(line.rows) == (old == 200), "a sender that signs no time may send late"
    Endpoint.objects.filter(pk=line.sender.endpoint.pk).update(secrets=[])
    time.sleep(1)  # so long it is believed
    expected = 401 if line.provider != "shippo" else 200  # its token in the address is enough
    assert line.send(line.good("ANOTHER")) == expected
    assert line.refused == 3 + (old == 401) + (expected == 401) - (line.provider == "karrio")
    Inbox.objects.filter(endpoint=line.sender.endpoint).delete()


def _set_aside(line: Line) -> None:
    """What is genuine and cannot be used is 200, kept as it came, and set aside with a reason."""
    bodies = [b"this is no JSON", b'{"half": ', b"\xff\xfe", line.good([{"a": 1}])]
    sent = bodies if line.provider != "generic" else [bodies[0], bodies[1], bodies[3]]  # its library signs text alone
    assert [line.send(body) for body in sent] == [200] * len(sent)
    understand_inbox()
    assert {status for status, _ in line.rows} == {"QUARANTINED"}
    assert all(reason for _, reason in line.rows)
    kept = {bytes(raw) for raw in Inbox.objects.filter(endpoint=line.sender.endpoint).values_list("raw", flat=True)}
    assert kept == {body if isinstance(body, bytes) else json.dumps(body).encode() for body in sent}
