"""With Redis away nobody waits for it: every page and every call of the API is asked for all the while."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib import admin

from notifications.models import Message
from orders.models import Order, Outbox
from tests.api import Api
from tests.api import order as body_of
from tests.chaos.house import WORKER, House
from tests.factories import Shop
from tests.hooks import Carrier, event
from tests.mail import Sink, free_port
from tests.processes import ending, eventually, start_valkey
from tests.staff import superuser
from tracking.services import link_for

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

SLOWEST_SECONDS = 0.5
WARM_ROUNDS = 4
PAGES = ["/", "/track/", "/floor/", "/floor/receive/", "/reports/", "/admin/", "/api/v1/docs", "/livez", "/readyz"]
LISTS = [f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry]


class Visitor:
    """A customer, the staff and a shop's systems in one, who notes down how long each answer took."""

    def __init__(self, url: str, shop: Shop) -> None:
        staff = {"sessionid": superuser().cookies["sessionid"].value}
        self.web = httpx.Client(base_url=url, cookies=staff, trust_env=False)
        self.key = {"Authorization": f"Bearer {Api(shop.channel.name).secret}"}
        self.carrier = Carrier()
        self.took: list[tuple[float, str]] = []

    def round(self) -> None:
        """Bring one order to the door and look at everything on the way, and have another one cancelled."""
        order, other = (self.call("/orders", body_of(("MUG-01", 1))) for _ in range(2))
        self.call(f"/orders/{order['number']}/hold", {"reason": "OTHER"})
        self.call(f"/orders/{order['number']}/release", {})
        self.call(f"/orders/{other['number']}/cancel", {"reason": "Ordered twice."})
        self._look_at(order["number"])
        shipment, parcel = order["shipments"][0]["number"], f"JD{time.monotonic_ns()}"
        self.call(f"/shipments/{shipment}/pick", {})
        self.call(f"/shipments/{shipment}/pack", {})
        self.call(f"/shipments/{shipment}/ship", {"parcels": [{"carrier": "dhl", "tracking_number": parcel}]})
        self.call("/carrier-events", [event(parcel, "OUT_FOR_DELIVERY")])
        self._deliver_hook(event(parcel, "DELIVERED"))
        stock = {"warehouse": "MAIN", "reference": parcel, "lines": [{"sku": "MUG-01", "quantity": 2}]}
        self.call("/stock/receipts", stock)
        for path in (
            "/orders",
            f"/orders/{order['number']}",
            f"/orders/{order['number']}/events",
            "/stock",
            "/products",
        ):
            self.ask("GET", f"/api/v1{path}", headers=self.key)

    def call(self, path: str, body: Any) -> Any:
        return self.ask("POST", f"/api/v1{path}", json=body, headers=self.key).json()

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        begun = time.monotonic()
        answer = self.web.request(method, path, **more)
        self.took.append((time.monotonic() - begun, f"{method} {path}"))
        assert answer.status_code < 400, answer.text
        return answer

    def _look_at(self, number: str) -> None:
        order = Order.objects.get(number=number)
        track = f"/track/{link_for(order).token}/"
        mine = [track, f"{track}live?seen=0", f"/admin/orders/order/{order.pk}/change/"]
        for path in [*PAGES, *LISTS, *mine, f"/floor/find/?q={number}"]:
            self.ask("GET", path)
        token = self.web.cookies["csrftoken"]
        self.ask("POST", "/", data={"number": number, "email": "ana@example.com", "csrfmiddlewaretoken": token})

    def _deliver_hook(self, scan: dict[str, Any]) -> None:
        body = self.carrier.body([scan])
        headers = self.carrier.headers(body) | {"Content-Type": "application/json"}
        self.ask("POST", self.carrier.endpoint.path, content=body, headers=headers)


def delivered() -> int:
    return Order.objects.filter(status="DELIVERED").count()


def is_told() -> bool:
    return not Outbox.objects.exists() and not Message.objects.unsent().exists()


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as sink:
        yield sink


@pytest.mark.parametrize("trouble", [signal.SIGKILL, signal.SIGSTOP], ids=["dead", "silent"])
def test_no_page_and_no_call_waits_for_a_broker_that_is_away(
    trouble: signal.Signals, shop: Shop, sink: Sink, tmp_path: Path, is_long: bool
) -> None:
    port = free_port()
    shop.receive(shop.mug, 1000)
    valkey = start_valkey(port, tmp_path)
    with ending(valkey), House(tmp_path, email_url=sink.url, redis_url=f"redis://127.0.0.1:{port}/0") as house:
        visitor, worker = Visitor(house.url, shop), house.pid(WORKER)
        for _ in range(WARM_ROUNDS):  # each web process once
            visitor.round()
        visitor.took.clear()
        os.kill(valkey.pid, trouble)
        until, rounds = time.monotonic() + (60 if is_long else 5), 0
        while time.monotonic() < until:
            visitor.round()
            rounds += 1
        assert visitor.web.get("/readyz").json()["status"] == "degraded"
        assert Outbox.objects.exists(), "nobody rang"

        if trouble == signal.SIGSTOP:
            os.kill(valkey.pid, signal.SIGCONT)
        else:
            valkey.wait()
            valkey = start_valkey(port, tmp_path)
        with ending(valkey):
            eventually(lambda: delivered() == rounds + WARM_ROUNDS and is_told(), 60)
        assert house.pid(WORKER) == worker, "it lived through it"
    left_out = Message.objects.exclude(status="SENT").values_list("kind", "status")
    assert set(left_out) <= {("parcel.out_for_delivery", "SUPPRESSED")}, "it was delivered before the mail went out"
    print(f"{len(visitor.took)} requests, the slowest {sorted(visitor.took)[-3:]}")
    assert max(visitor.took)[0] <= SLOWEST_SECONDS
