"""How many orders a second the real service places, beside the same rows as raw SQL; and many clients at one SKU."""

import multiprocessing
import random
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from itertools import count
from typing import Any
from uuid import uuid4

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, connections, models, transaction  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from fulfillment import ledger  # noqa: E402
from fulfillment.ledger.stock import Arrival  # noqa: E402
from fulfillment.models import Reservation, Shipment, ShipmentLine, StockMovement  # noqa: E402
from fulfillment.services import accept_order, receive_stock  # noqa: E402
from orders.models import Customer, Event, Order, OrderLine, Product  # noqa: E402
from tests.bench.fill import PATTERNS, patterns  # noqa: E402
from tests.bench.measure import Report, rates, ratio  # noqa: E402
from tests.bench.sizes import Sizes  # noqa: E402
from tests.factories import ALICE, ProductFactory, Shop, draft  # noqa: E402
from tests.plans import plans_of  # noqa: E402

PLENTY = 10_000_000
CLIENTS = 8
RATIO = 0.12
RAW = 10**12  # what is written raw lives above this


class Bench:
    """A shop with two hundred products and plenty of stock, and a thing or two to do with it."""

    def __init__(self, *, quick: bool) -> None:
        self.quick = quick
        self.report = Report(quick)
        call_command("migrate", verbosity=0)
        self.shop = Shop()
        self.products = [ProductFactory(sku=f"B-{n}") for n in range(200)]
        arrivals = [Arrival(product, PLENTY, "A-01", n) for n, product in enumerate(self.products)]
        receive_stock(self.shop.warehouse, arrivals, by=ALICE, reference="opening stock")
        self.round = 5 if quick else 20
        self.counts = (100, 200) if quick else (1_000, 100_000)

    def run(self) -> None:
        self.report.say(f"-- {connection.vendor} {'.'.join(map(str, connection.get_database_version()))}")
        self.sizes = Sizes(patterns(self.shop, self.products, 10 if self.quick else PATTERNS), self.counts)
        self.statements()
        if connection.vendor == "postgresql":
            self.many_clients()
        self.report.judge("balances that differ from the ledger", len(list(ledger.verify())), 0, at_most=True)
        self.beside_raw_sql()
        self.report.end()

    def place(self, products: list[Product] | None = None) -> Order:
        chosen = products or random.sample(self.products, 3)
        customer = {"name": "Ana Ruiz", "email": f"{uuid4()}@example.com"}
        return accept_order(
            draft(*[(product, 2) for product in chosen], customer=customer), channel=self.shop.channel, by=ALICE
        )

    def statements(self) -> None:
        """The same number of statements at every size, and none that reads history whole."""
        self.report.judge_same(
            "statements an order at each size", [self.sizes.at(n, self.count)() for n in self.counts]
        )
        self.report.judge_plans("placing: reads history whole", plans_of(self.place, is_small=False))

    def count(self) -> int:
        self.place()
        with CaptureQueriesContext(connection) as queries:
            self.place()
        return len(queries)

    def beside_raw_sql(self) -> None:
        raw = RawOrder(self.place())
        sides = {
            (name, size): self.sizes.at(size, act)
            for name, act in (("service", lambda: self.repeat(self.place)), ("raw", lambda: self.repeat(raw.write)))
            for size in self.counts
        }
        found = rates(sides, rounds=2 if self.quick else 30)
        for (name, size), speeds in found.items():
            self.report.show(f"{name}, {size:,} orders", speeds)
        for size in self.counts:
            part = ratio(found["service", size], found["raw", size])
            self.report.judge(f"service ÷ the same rows raw, {size:,} orders", part, RATIO)
        growth = ratio(found["service", self.counts[0]], found["service", self.counts[-1]])
        self.report.judge("time at the most orders ÷ at the fewest", growth, 1.3, at_most=True)

    def repeat(self, act: Callable[[], Any]) -> int:
        for _ in range(self.round):
            act()
        return self.round

    def many_clients(self) -> None:
        """Eight at one SKU, and at two hundred, in turn; waits are of clients that have placed an order before."""
        choices = {"all at one SKU": self.products[:1], "200 SKUs": self.products}
        found: dict[str, list[float]] = {name: [] for name in choices}
        longest = 0.0
        connections.close_all()
        with ProcessPoolExecutor(CLIENTS, mp_context=multiprocessing.get_context("fork")) as pool:
            for turn in range(1 if self.quick else 5):
                for name, products in choices.items():
                    rate, wait = self.turn(pool, products, 1.0 if self.quick else 3.0, turn)
                    found[name].append(rate)
                    longest = max(longest, wait)
        for name, speeds in found.items():
            self.report.show(f"{CLIENTS} clients, {name}", speeds)
        self.report.judge("one SKU ÷ 200 SKUs", ratio(*found.values()), 0.5)
        self.report.judge("longest wait for an order (s)", longest, 1.0, at_most=True)

    def turn(self, pool: Executor, products: list[Product], seconds: float, turn: int) -> tuple[float, float]:
        start = time.time() + 1
        runs = [pool.submit(client, self.shop, products, start, seconds, turn * CLIENTS + n) for n in range(CLIENTS)]
        done = [run.result() for run in runs]
        return sum(placed for placed, _ in done) / seconds, max(longest for _, longest in done)


def client(shop: Shop, products: list[Product], start: float, seconds: float, seed: int) -> tuple[int, float]:
    """Place orders of one line until time is up; return how many, and the longest that one took."""
    choose, longest = random.Random(seed), 0.0

    def place() -> None:
        customer = {"name": "Ana", "email": f"{uuid4()}@example.com"}
        accept_order(draft((choose.choice(products), 1), customer=customer), channel=shop.channel, by=ALICE)

    place()  # connects
    time.sleep(max(0, start - time.time()))
    for placed in count():
        begun = time.perf_counter()
        if time.time() >= start + seconds:
            return placed, longest
        place()
        longest = max(longest, time.perf_counter() - begun)
    raise AssertionError


class RawOrder:
    """The rows that the service wrote for an order, written again with fresh keys straight through the driver."""

    fresh = count(RAW, 1_000_000)  # between them is room for what the service writes on SQLite

    def __init__(self, order: Order) -> None:
        self.inserts = [self._prepare(model, rows) for model, rows in self._rows(order) if rows]

    @staticmethod
    def _rows(order: Order) -> Iterator[tuple[type[models.Model], list[dict[str, Any]]]]:
        mine: dict[type[models.Model], dict[str, Any]] = {
            Customer: {"pk": order.customer_id},
            Order: {"pk": order.pk},
            OrderLine: {"order": order},
            Shipment: {"order": order},
            ShipmentLine: {"shipment__order": order},
            StockMovement: {"order_line__order": order},
            Reservation: {"shipment_line__shipment__order": order},
            Event: {"order": order},
        }
        for model, where in mine.items():
            yield model, list(model._base_manager.filter(**where).values())

    def write(self) -> None:
        base = next(self.fresh)
        with transaction.atomic():
            cursor = connection.connection.cursor()
            for sql, values in self.inserts:
                cursor.execute(sql, [value(base) if callable(value) else value for value in values])

    def _prepare(self, model: type[models.Model], rows: list[dict[str, Any]]) -> tuple[str, list[Any]]:
        fields = model._meta.concrete_fields
        values = [self._value(field, row, place) for place, row in enumerate(rows) for field in fields]
        quoted = ", ".join(connection.ops.quote_name(field.column) for field in fields)
        mark = "?" if connection.vendor == "sqlite" else "%s"
        marks = ", ".join([f"({', '.join([mark] * len(fields))})"] * len(rows))
        return f"INSERT INTO {model._meta.db_table} ({quoted}) VALUES {marks}", values

    @staticmethod
    def _value(field: Any, row: dict[str, Any], place: int) -> Any:
        """Return what the driver wants, or how to make it of the base of the fresh keys."""
        old = row[field.attname]
        if field.attname in {"id", "event_id", "order_line_id", "shipment_line_id"}:
            return lambda base: base + place
        if field.attname in {"order_id", "shipment_id", "customer_id"}:
            return lambda base: base
        if field.attname in {"number", "external_id", "email", "operation"} and isinstance(old, str) and old:
            return lambda base: f"R{base}"
        return field.get_db_prep_save(old, connection)


if __name__ == "__main__":
    Bench(quick="--quick" in sys.argv).run()
