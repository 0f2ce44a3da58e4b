"""Who ordered and where it goes stands where it belongs, and in no log, trail, address or task."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings
from django.test import Client

from notifications.models import Message
from notifications.tasks import relay
from orders.models import Event
from tests.api import Api
from tests.factories import Shop
from tests.hooks import Carrier, event
from tracking.services import answer_look_ups, run_audit, understand_inbox

WORDS = ("Xanthippe", "Quaglia", "xanthippe.quaglia", "691234567", "Zzyzx", "a secret note", "a secret reason")
CUSTOMER = {
    "name": "Xanthippe Quaglia",
    "email": "xanthippe.quaglia@example.com",
    "phone": "+34691234567",
    "locale": "es",
}
ADDRESS = {"name": "Xanthippe Quaglia", "line1": "Zzyzx Road 1", "city": "Madrid", "postal_code": "1", "country": "ES"}
PARCEL = {"carrier": "dhl", "tracking_number": "00340434161094042557"}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What our handler writes, with its filters, of all that is logged on whichever level."""
    [ours] = [each for each in logging.getLogger().handlers if type(each) is logging.StreamHandler]
    stream = io.StringIO()
    before, root = ours.setStream(stream), logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(level)
    ours.setStream(before)


@pytest.fixture
def broker() -> Iterator["redis.Redis[bytes]"]:
    valkey = redis.Redis.from_url(settings.REDIS_URL)
    valkey.flushdb()
    yield valkey
    valkey.flushdb()


def queued(broker: "redis.Redis[bytes]") -> str:
    lists = [key for key in broker.scan_iter() if broker.type(key) == b"list"]
    return " ".join(item.decode() for key in lists for item in broker.lrange(key, 0, -1))


@pytest.mark.django_db(transaction=True)
def test_nothing_personal_leaves_its_place(
    shop: Shop, api: Api, log: io.StringIO, broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.outbox._quiet_until", 0.0)
    shop.receive(shop.mug, 9)
    order = api.place(("MUG-01", 3), customer=CUSTOMER, ship_to=ADDRESS)
    assert api.post("/orders", {"customer": CUSTOMER}).status_code == 422
    for path, body in (
        (f"/orders/{order['number']}/hold", {"reason": "FRAUD", "note": "a secret note"}),
        (f"/orders/{order['number']}/release", {"note": "a secret note"}),
        (f"/orders/{order['number']}/cancel", {"reason": "a secret reason", "lines": [{"line": 1, "quantity": 1}]}),
        (f"/shipments/{order['number']}-1/ship", {"parcels": [PARCEL]}),
    ):
        assert api.post(path, body).status_code == 200
    token = order["tracking_url"].strip("/").rsplit("/", 1)[1]
    for path in (f"/track/{token}/", f"/track/{token}/live"):
        assert (Client().get(path).status_code, Client().post(path).status_code) == (200, 405)
    Client().post("/track/", {"number": order["number"], "email": CUSTOMER["email"]})
    answer_look_ups()
    carrier = Carrier()
    carrier.send(event(PARCEL["tracking_number"], "DELIVERED") | {"message": "Signed by Xanthippe Quaglia"})
    understand_inbox()
    relay()
    assert Message.objects.filter(status="SENT").count() >= 4
    assert run_audit().errors == 0

    trail = [(each.kind, each.by, json.dumps(each.facts, ensure_ascii=False)) for each in Event.objects.all()]
    assert {"order.held", "order.lines_cancelled", "parcel.delivered", "link.requested"} <= {kind for kind, *_ in trail}
    tasks = queued(broker)
    assert "notifications.tasks.relay" in tasks
    for place in (str(trail), log.getvalue(), tasks, order["tracking_url"]):
        assert [word for word in WORDS if word in place] == []
    assert "Method Not Allowed (POST): /track/…/" in log.getvalue()
    assert token not in log.getvalue() + str(trail) + tasks
