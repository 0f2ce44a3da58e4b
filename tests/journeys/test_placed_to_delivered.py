"""One order from the click to the door, through the API alone: a live server, a worker, a mail server, a carrier."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils import timezone

from notifications.models import Message
from orders.models import Outbox
from tests.api import Api
from tests.api import order as body_of
from tests.factories import Shop
from tests.hooks import event
from tests.mail import Sink
from tests.processes import ending, eventually, start_worker
from tracking.services import run_audit

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "00340434161094042557"
HOURS_AGO = {
    "PRE_TRANSIT": 40,
    "IN_TRANSIT": 34,
    "OUT_FOR_DELIVERY": 28,
    "DELIVERED": 1,
}  # out on another day, whatever the hour
TOLD = [  # what the carrier says at once, some of it twice and in disorder; what the page says then
    (["IN_TRANSIT"], "Your order is on its way"),
    (["OUT_FOR_DELIVERY", "PRE_TRANSIT", "OUT_FOR_DELIVERY", "IN_TRANSIT"], "Your order is out for delivery"),
    (["DELIVERED", "IN_TRANSIT", "PRE_TRANSIT", "DELIVERED"], "Your order was delivered"),
    (["OUT_FOR_DELIVERY", "IN_TRANSIT", "DELIVERED", "PRE_TRANSIT"], "Your order was delivered"),
]


@pytest.fixture
def sink(db: None, tmp_path: Path) -> Iterator[Sink]:
    """The mail server of a real worker, woken by the doorbell alone."""
    with Sink() as sink, ending(start_worker(tmp_path / "worker.log", EMAIL_URL=sink.url)):
        yield sink


@pytest.fixture
def web(live_server: Any, api: Api) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {api.secret}"}
    with httpx.Client(base_url=live_server.url, headers=headers, trust_env=False) as web:
        yield web


def is_told() -> bool:
    return not Outbox.objects.exists() and not Message.objects.unsent().exists()


class Reader:
    """The customer, whose page asks again and again whether something changed."""

    def __init__(self, web: httpx.Client, url: str) -> None:
        self._web, self._path, self._seen = web, httpx.URL(url).path, ""

    def look(self) -> str:
        """Open the page; return what it says first."""
        page = self._web.get(self._path, headers={"Authorization": ""}).text
        [heading] = re.findall(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)
        [self._seen] = set(re.findall(r"live\?seen=(\d+)", page))
        return " ".join(re.sub(r"<[^>]+>", " ", heading).split())

    def poll(self) -> int:
        """Ask as the open page does; return the status of the answer."""
        return self._web.get(f"{self._path}live", params={"seen": self._seen}).status_code


def test_an_order_goes_by_the_api_from_the_click_to_the_door(web: httpx.Client, shop: Shop, sink: Sink) -> None:
    shop.receive(shop.mug, 5)
    order = web.post("/api/v1/orders", json=body_of(("MUG-01", 2))).json()
    reader = Reader(web, order["tracking_url"])
    assert (order["status"], reader.look(), reader.poll()) == ("CONFIRMED", "We have your order", 204)

    parcels = [{"carrier": "dhl", "tracking_number": NUMBER}]
    shipment = order["shipments"][0]["number"]
    assert web.post(f"/api/v1/shipments/{shipment}/ship", json={"parcels": parcels}).json()["status"] == "SHIPPED"
    assert (reader.poll(), reader.look(), reader.poll()) == (200, "Your order has left the shop", 204)

    now = timezone.now().replace(microsecond=0)
    scans = {code: event(NUMBER, code, now - timedelta(hours=ago)) for code, ago in HOURS_AGO.items()}
    for codes, words in TOLD:
        answer = web.post("/api/v1/carrier-events", json=[scans[code] for code in codes])
        assert answer.status_code == 200
        assert (reader.look(), reader.poll()) == (words, 204)
        eventually(is_told)  # as long as it is news

    assert web.get(f"/api/v1/orders/{order['number']}").json()["status"] == "DELIVERED"
    assert sorted(sink.subjects) == [
        f"We have your order {order['number']}",
        f"Your parcel has arrived · {order['number']}",
        f"Your parcel is on its way · {order['number']}",
        f"Your parcel is out for delivery · {order['number']}",
    ]
    assert len(set(sink.ids)) == len(sink.mails) == Message.objects.filter(status="SENT").count()
    assert run_audit().errors == 0
