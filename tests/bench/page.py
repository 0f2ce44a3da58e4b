"""The customer's page, cold, warm and unchanged, beside a bare Django view, each as the web server would call it."""

import sys
from collections.abc import Callable
from typing import Any
from wsgiref.util import setup_testing_defaults

import django
from django.conf import settings

django.setup()
settings.ROOT_URLCONF = "tests.bench.bare"
settings.TEMPLATES[0]["DIRS"].append(settings.BASE_DIR / "tests" / "bench" / "templates")
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"

from django.core.cache import cache  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from fulfillment.ledger.stock import Arrival  # noqa: E402
from fulfillment.services import receive_stock, ship_shipment  # noqa: E402
from orders.models import Order  # noqa: E402
from orders.services import note_order  # noqa: E402
from tests.bench.fill import Fill  # noqa: E402
from tests.bench.measure import Report, rates  # noqa: E402
from tests.factories import ALICE, ProductFactory, Shop  # noqa: E402
from tracking.services import link_for  # noqa: E402

LINES, EVENTS = 5, 8


class Bench:
    """An order of five lines and eight events, and the requests for it."""

    def __init__(self, *, quick: bool) -> None:
        self.quick, self.report = quick, Report(quick)
        call_command("migrate", verbosity=0)
        self.handler = WSGIHandler()
        self.shop = Shop()
        products = [ProductFactory(sku=f"B-{n}") for n in range(LINES)]
        arrivals = [Arrival(product, 1000, "A-01", n) for n, product in enumerate(products)]
        receive_stock(self.shop.warehouse, arrivals, by=ALICE, reference="opening stock")
        self.order = self.shop.order(*[(product, 2) for product in products])
        while Order.objects.get(pk=self.order.pk).version < EVENTS:
            note_order(self.order, by=ALICE, text="seen")
        self.template = self.shop.order(*[(product, 2) for product in products[:3]])
        ship_shipment(self.template.shipments.get(), by=ALICE)
        self.path = f"/track/{link_for(self.order).token}/"

    def run(self) -> None:
        self.report.say(f"-- {connection.vendor} {'.'.join(map(str, connection.get_database_version()))}")
        fill, medians = Fill(self.template), []
        for size in (100, 200) if self.quick else (1_000, 100_000):
            fill.up_to(size)
            medians.append(self.measure(size))
        for side in ("cold", "warm", "204"):
            growth = medians[0][side] / medians[1][side]
            self.report.judge(f"{side}: time at the most orders ÷ time at the fewest", growth, 1.3, at_most=True)
        self.report.end()

    def measure(self, size: int) -> dict[str, float]:
        live = f"{self.path}live?seen={EVENTS}"
        asks: dict[str, Callable[[], int]] = {
            "cold": self.cold,
            "warm": lambda: self.get(self.path),
            "204": lambda: self.get(live, status=204),
            "bare": lambda: self.get(f"/bare/{self.order.number}/"),
            "nothing": lambda: self.get("/bare/nothing"),
        }
        counts = {name: self.count(ask) for name, ask in asks.items()}
        found = rates({name: self.repeated(ask) for name, ask in asks.items()}, rounds=2 if self.quick else 9)
        self.report.say(f"{size:,} orders in the database")
        middle = {name: self.report.show(f"{name} ({counts[name]} queries)", found[name]) for name in asks}
        self.report.judge("warm page ÷ bare view", middle["warm"] / middle["bare"], 3)
        self.report.judge("cold page ÷ bare view", middle["cold"] / middle["bare"], 0.4)
        self.report.judge("204 ÷ bare response", middle["204"] / middle["nothing"], 0.5)
        for name, most in (("cold", 8), ("warm", 2), ("204", 1)):
            self.report.judge(f"queries, {name}", counts[name], most, at_most=True)
        return middle

    def cold(self) -> int:
        cache.clear()
        return self.get(self.path)

    def repeated(self, ask: Callable[[], int]) -> Callable[[], int]:
        times = 20 if self.quick else 150
        return lambda: sum(ask() for _ in range(times))

    def count(self, ask: Callable[[], int]) -> int:
        ask()
        with CaptureQueriesContext(connection) as queries:
            ask()
        return len(queries)

    def get(self, path: str, status: int = 200) -> int:
        """Call the application as the web server does; the answer is read whole."""
        where, _, query = path.partition("?")
        environ: dict[str, Any] = {"PATH_INFO": where, "QUERY_STRING": query, "REQUEST_METHOD": "GET"}
        setup_testing_defaults(environ)
        environ["HTTP_HOST"] = "127.0.0.1"
        answered = []
        response = self.handler(environ, lambda state, _headers: answered.append(state))
        body = b"".join(response)
        response.close()
        if not answered[0].startswith(str(status)) or (status == 200 and len(body) < 100 and "nothing" not in path):
            raise RuntimeError(f"{path} answered {answered[0]}")
        return 1


if __name__ == "__main__":
    Bench(quick="--quick" in sys.argv).run()
