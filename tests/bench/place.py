"""How many orders a second the real service places, beside the same rows as raw SQL; and many clients at one SKU."""

import multiprocessing
import random
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from typing import Any
from uuid import uuid4

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, connections, models, transaction  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from fulfillment.ledger.stock import Arrival  # noqa: E402
from fulfillment.models import Reservation, Shipment, ShipmentLine, StockItem, StockMovement  # noqa: E402
from fulfillment.services import accept_order, receive_stock, ship_shipment  # noqa: E402
from orders.models import Customer, Event, Order, OrderLine, Outbox, Product  # noqa: E402
from tests.bench.fill import RAW, Fill  # noqa: E402
from tests.bench.measure import Report, rates  # noqa: E402
from tests.factories import ALICE, ProductFactory, Shop, draft  # noqa: E402

PLENTY = 1_000_000
CLIENTS = 8
RATIO = 0.12


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
        self.round = 10 if quick else 60

    def run(self) -> None:
        self.report.say(f"-- {connection.vendor} {'.'.join(map(str, connection.get_database_version()))}")
        template = self.place()
        ship_shipment(template.shipments.get(), by=ALICE)
        fill, speeds = Fill(template), []
        for size in (100, 200) if self.quick else (1_000, 100_000):
            fill.up_to(size)
            speeds.append(self.beside_raw_sql(size))
        self.report.judge("time at the most orders ÷ time at the fewest", speeds[0] / speeds[1], 1.3, at_most=True)
        if connection.vendor == "postgresql":
            self.many_clients()
        self.report.end()

    def place(self, products: list[Product] | None = None) -> Order:
        chosen = products or random.sample(self.products, 3)
        customer = {"name": "Ana Ruiz", "email": f"{uuid4()}@example.com"}
        return accept_order(
            draft(*[(product, 2) for product in chosen], customer=customer), channel=self.shop.channel, by=ALICE
        )

    def beside_raw_sql(self, size: int) -> float:
        self.place()
        with CaptureQueriesContext(connection) as queries:
            order = self.place()
        raw = RawOrder(order)
        sides: dict[str, Callable[[], int]] = {
            "service": lambda: self.repeat(self.place),
            "raw": lambda: self.repeat(raw.write),
        }
        found = rates(sides, rounds=2 if self.quick else 7)
        self.report.say(f"{size:,} orders in the database, {len(queries)} statements an order")
        ours = self.report.show("orders placed through the service", found["service"])
        bare = self.report.show("the same rows, one INSERT a table, by the driver", found["raw"])
        self.report.judge("service ÷ raw", ours / bare, RATIO)
        return ours

    def repeat(self, act: Callable[[], Any]) -> int:
        for _ in range(self.round):
            act()
        return self.round

    def many_clients(self) -> None:
        seconds = 1.0 if self.quick else 8.0
        spread = self.clients([product.sku for product in self.products], seconds)
        hot = self.clients([self.products[0].sku], seconds)
        ours = self.report.show(f"{CLIENTS} clients, all at one SKU", [hot["rate"]])
        wide = self.report.show(f"{CLIENTS} clients, 200 SKUs", [spread["rate"]])
        self.report.judge("one SKU ÷ 200 SKUs", ours / wide, 0.5)
        self.report.judge("longest wait for an order (s)", max(hot["longest"], spread["longest"]), 1.0, at_most=True)
        oversold = StockItem.objects.filter(reserved__gt=models.F("on_hand")).count()
        self.report.judge("SKUs oversold", oversold, 0, at_most=True)

    def clients(self, skus: list[str], seconds: float) -> dict[str, float]:
        connections.close_all()
        with ProcessPoolExecutor(CLIENTS, mp_context=multiprocessing.get_context("fork")) as pool:
            start = time.time() + 1
            runs = [pool.submit(client, skus, start, seconds, seed) for seed in range(CLIENTS)]
            done = [run.result() for run in runs]
        return {"rate": sum(placed for placed, _ in done) / seconds, "longest": max(longest for _, longest in done)}


def client(skus: list[str], start: float, seconds: float, seed: int) -> tuple[int, float]:
    """Place orders of one line until time is up; return how many, and the longest that one took."""
    choose, shop, longest = random.Random(seed), Shop(), 0.0
    products = list(Product.objects.filter(sku__in=skus))
    time.sleep(max(0, start - time.time()))
    for placed in count():
        begun = time.perf_counter()
        if time.time() >= start + seconds:
            return placed, longest
        customer = {"name": "Ana", "email": f"{uuid4()}@example.com"}
        accept_order(draft((choose.choice(products), 1), customer=customer), channel=shop.channel, by=ALICE)
        longest = max(longest, time.perf_counter() - begun)
    raise AssertionError


class RawOrder:
    """The rows that the service wrote for an order, written again with fresh keys straight through the driver."""

    fresh = count(RAW, 1000)

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
            Outbox: {"event__order": order},
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
