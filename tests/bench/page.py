"""The customer's page, cold, warm and unchanged, beside a bare Django view, each as the web server would call it."""

import sys
from collections.abc import Callable
from functools import partial
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
from fulfillment.services import receive_stock  # noqa: E402
from orders.models import Event, OrderLine  # noqa: E402
from tests.bench.fill import PATTERNS, patterns, ship  # noqa: E402
from tests.bench.measure import Report, rates, ratio  # noqa: E402
from tests.bench.sizes import Sizes  # noqa: E402
from tests.factories import ALICE, ProductFactory, Shop  # noqa: E402
from tests.plans import plans_of  # noqa: E402
from tracking.services import link_for  # noqa: E402

LINES, EVENTS = 5, 8
MOST = {"cold": 8, "warm": 2, "204": 1}
PLENTY = 10_000_000


class Bench:
    """An order of five lines and eight events that is on its way, and the requests for it."""

    def __init__(self, *, quick: bool) -> None:
        self.quick, self.report = quick, Report(quick)
        call_command("migrate", verbosity=0)
        self.handler = WSGIHandler()
        self.shop = Shop()
        products = [ProductFactory(sku=f"B-{n}") for n in range(200)]
        arrivals = [Arrival(product, PLENTY, "A-01", n) for n, product in enumerate(products)]
        receive_stock(self.shop.warehouse, arrivals, by=ALICE, reference="opening stock")
        self.order = self.shop.order(*[(product, 2) for product in products[:LINES]])
        ship(self.order)
        assert OrderLine.objects.filter(order=self.order).count() == LINES
        assert Event.objects.filter(order=self.order).count() == EVENTS
        self.path = f"/track/{link_for(self.order).token}/"
        self.patterns = patterns(self.shop, products, 10 if quick else PATTERNS)
        live = f"{self.path}live?seen={EVENTS}"
        self.asks: dict[str, Callable[[], int]] = {
            "cold": self.cold,
            "warm": lambda: self.get(self.path),
            "204": lambda: self.get(live, status=204),
            "bare": lambda: self.get(f"/bare/{self.order.number}/"),
            "nothing": lambda: self.get("/bare/nothing"),
        }

    def run(self) -> None:
        self.report.say(f"-- {connection.vendor} {'.'.join(map(str, connection.get_database_version()))}")
        counts = (100, 200) if self.quick else (1_000, 100_000)
        self.sizes = Sizes(self.patterns, counts)
        sides = {
            (name, size): self.sizes.at(size, self.repeated(ask)) for name, ask in self.asks.items() for size in counts
        }
        found = rates(sides, rounds=2 if self.quick else 40)
        for (name, size), speeds in found.items():
            self.report.show(f"{name}, {size:,} orders", speeds)
        for size in counts:
            self.report.say(f"{size:,} orders in the database")
            self.report.judge("warm page ÷ bare view", ratio(found["warm", size], found["bare", size]), 3)
            self.report.judge("cold page ÷ bare view", ratio(found["cold", size], found["bare", size]), 0.4)
            self.report.judge("204 ÷ bare response", ratio(found["204", size], found["nothing", size]), 0.5)
        for side, most in MOST.items():
            growth = ratio(found[side, counts[0]], found[side, counts[-1]])
            self.report.judge(f"{side}: time at the most orders ÷ at the fewest", growth, 1.3, at_most=True)
            queries = [self.sizes.at(size, partial(self.count, self.asks[side]))() for size in counts]
            self.report.judge(f"{side}: queries", queries[-1], most, at_most=True)
            self.report.judge_same(f"{side}: queries at each size", queries)
            self.report.judge_plans(f"{side}: reads history whole", plans_of(self.asks[side], is_small=False))
        self.report.judge_same("bare: queries", [self.count(self.asks["bare"]), 3])
        self.report.end()

    def cold(self) -> int:
        cache.clear()
        return self.get(self.path)

    def repeated(self, ask: Callable[[], int]) -> Callable[[], int]:
        times = 10 if self.quick else 40
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
