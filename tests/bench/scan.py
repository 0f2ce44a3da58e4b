"""A scan on a cart, from request to rendered panel, at 100 000 SKUs and 1 000 open shipments; beside a bare insert."""

import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from uuid import uuid4

import django

django.setup()

from django.conf import settings  # noqa: E402

settings.ROOT_URLCONF = "tests.bench.scan_bare"
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"

from django.contrib.auth.models import Group, User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from fulfillment import ledger  # noqa: E402
from fulfillment.models import Bin, BinStock, Cart, Shipment, StockItem, StockMovement  # noqa: E402
from fulfillment.services import accept_orders, read_walk, release_wave, take_cart  # noqa: E402
from fulfillment.services.claims import cart_of  # noqa: E402
from orders.models import Actor, Product  # noqa: E402
from orders.models.append_only import lifted  # noqa: E402
from tests.bench.measure import Report  # noqa: E402
from tests.factories import ALICE, Shop, draft  # noqa: E402
from tests.fulfillment.test_scan_queries import MOST  # noqa: E402
from tests.fulfillment.test_scan_queries import SCANS as KINDS  # noqa: E402

SKUS, SHIPMENTS, UNITS = 100_000, 1_000, 500
AISLES, BAYS, LEVELS = 20, 50, 5
SCANS = 600
TRANSACTION = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


class Bench:
    """A warehouse with a hundred thousand articles, and a picker with one cart after the other."""

    def __init__(self, *, quick: bool) -> None:
        self.quick, self.report, self.chance = quick, Report(quick), random.Random(7)
        call_command("migrate", verbosity=0)
        self.asked = {kind: queries_of(scan) for kind, (_, scan) in KINDS.items()}
        self.shop = Shop()
        self.skus = 500 if quick else SKUS
        self.fill()
        self.place(20 if quick else SHIPMENTS)
        user = User.objects.create_user("picker")
        user.groups.add(Group.objects.get(name="picker"))
        self.by, self.client = Actor.of("user", user), Client(SERVER_NAME="127.0.0.1")
        self.client.force_login(user)

    def fill(self) -> None:
        """Put every article into a bin of its own or a neighbour's, by SQL; the movements say the same."""
        bins = [Bin.named(self.shop.warehouse, f"{a}-{b:02}-{c}") for a in range(1, AISLES + 1)
                for b in range(1, BAYS + 1) for c in range(1, LEVELS + 1)]  # fmt: skip
        Bin.objects.bulk_create(bins)
        first, count, home = Bin.objects.get(code="1-01-1").pk, len(bins), self.shop.warehouse.pk
        start = Product.objects.order_by("-pk").values_list("pk", flat=True)[0] + 1
        self.first = start
        series = f"SELECT {start} + i AS n, {first} + i % {count} AS place FROM ({_series(self.skus)}) AS s"
        product, item, lies, move = (m._meta.db_table for m in (Product, StockItem, BinStock, StockMovement))
        by, u = connection.ops.quote_name("by"), UNITS
        made = {
            f"{item} (id, product_id, warehouse_id, on_hand, reserved, blocked)": f"n, n, {home}, {u}, 0, 0",
            f"{lies} (id, product_id, bin_id, lot, quantity)": f"n, n, place, '', {u}",
            f"{move} (operation, n, kind, stock_item_id, quantity, to_bin_id, lot, on_hand_delta, reserved_delta, "
            f"blocked_delta, cause, {by}, at)": f"'opening', n, 'RECEIVE', n, {u}, place, '', {u}, 0, 0, "
            "'opening stock', 'system:bench', CURRENT_TIMESTAMP",
        }
        Product.objects.bulk_create(
            [Product(pk=start + n, sku=f"S-{n:06}", name=f"Article {n}") for n in range(self.skus)], batch_size=20_000
        )
        with lifted(connection), connection.cursor() as cursor:
            for into, values in made.items():
                cursor.execute(f"INSERT INTO {into} SELECT {values} FROM ({series}) AS x")
            if connection.vendor == "postgresql":
                for table in (product, item, lies):
                    cursor.execute(
                        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))"
                    )
            cursor.execute("ANALYZE")

    def place(self, count: int) -> None:
        """Open so many shipments: a third of one unit, the others of two articles, one and three units."""
        known = Product.objects.in_bulk(
            self.chance.sample(range(self.first, self.first + self.skus), min(2 * count, self.skus))
        )
        articles = list(known.values())
        for _ in range(count // 20):
            drafts = [
                draft((self.chance.choice(articles), 1))
                if n % 3 == 0
                else draft(*zip(self.chance.sample(articles, 2), (1, 3), strict=True))
                for n in range(20)
            ]
            accept_orders(drafts, channel=self.shop.channel, by=ALICE)

    def run(self) -> None:
        self.report.say(f"-- {connection.vendor} {'.'.join(map(str, connection.get_database_version()))}")
        self.report.say(f"{Product.objects.count():,} SKUs, {Shipment.objects.count():,} open shipments")
        release_wave(self.shop.warehouse, by=ALICE, limit=SHIPMENTS)
        times, counts = self.walk(30 if self.quick else SCANS)
        for kind in times:
            self.tell(kind, times[kind], counts[kind])
        scans = [took for kind in times if kind != "bare insert" for took in times[kind]]
        at_scan, at_bare = p95(scans), p95(times["bare insert"])
        self.tell("all scans", scans, [count for kind in counts if kind != "bare insert" for count in counts[kind]])
        self.report.judge("p95 of a scan, milliseconds", at_scan, 100, at_most=True)
        self.report.judge("p95 of a scan ÷ of a bare insert", at_scan / at_bare, 8, at_most=True)
        self.report.judge("queries of a bin", max(counts["bin"]), 12, at_most=True)
        self.report.judge("queries of a unit", max(counts["unit"]), 12, at_most=True)
        edges = counts["unit that begins or ends a shipment"]
        self.report.judge("queries of a unit that begins or ends a shipment", max(edges), 12, at_most=True)
        for kind, asked in self.asked.items():
            self.report.judge(f"queries of {kind}", asked, MOST, at_most=True)
        left = list(ledger.verify())
        self.report.judge("differences in the books", len(left), 0, at_most=True)
        self.report.end()

    def walk(self, scans: int) -> tuple[dict[str, list[float]], dict[str, list[int]]]:
        """Walk cart after cart; after each scan, do the bare insert."""
        times: dict[str, list[float]] = defaultdict(list)
        counts: dict[str, list[int]] = defaultdict(list)
        for n in range(scans):
            cart = self.cart()
            text, kind = self.next_scan(cart)
            url, sent = f"/floor/carts/{cart.pk}/", {"operation": str(uuid4()), "scanned": text}
            with CaptureQueriesContext(connection) as captured:
                took = self.post(url, sent) if n % 3 == 0 else 0.0
            if n % 3 == 0:  # counting costs time, so what is counted is not timed
                counts[kind].append(sum(not each["sql"].startswith(TRANSACTION) for each in captured))
                continue
            took = self.post(url, sent)
            if n > 8:
                times[kind].append(took)
                times["bare insert"].append(self.post("/bare/insert", {}))
        return times, counts

    def cart(self) -> Cart:
        """Return the picker's cart; when it is done, any other: of one unit an order, or of several."""
        if mine := cart_of(self.by):
            return mine
        return take_cart(self.chance.choice(list(Cart.objects.free().select_related("wave__warehouse"))), by=self.by)

    def next_scan(self, cart: Cart) -> tuple[str, str]:
        """Say what is scanned next, and what kind of scan that is."""
        walk = read_walk(cart, self.by)
        task = walk.task
        if task is None:
            raise RuntimeError("the cart is done, and yet it is ours")
        if not walk.is_at:
            return task.bin.code, "bin"
        line, shipment = task.shipment_line, task.shipment_line.shipment
        others = [each for each in walk.to_do if each.shipment_line.shipment_id == shipment.pk and each is not task]
        is_edge = shipment.status == Shipment.Status.READY or (task.left == 1 and not others)
        return line.order_line.product.sku, "unit that begins or ends a shipment" if is_edge else "unit"

    def post(self, url: str, sent: dict[str, str]) -> float:
        started = time.perf_counter()
        response = self.client.post(url, sent, headers={"HX-Request": "true"})
        took = time.perf_counter() - started
        if response.status_code != 200:
            raise RuntimeError(f"{url} answered {response.status_code}")
        return took * 1000

    def tell(self, kind: str, times: list[float], counts: list[int]) -> None:
        queries = f"{min(counts)}–{max(counts)} queries" if counts else ""
        speed = f"p50 {statistics.median(times):>6.1f} ms   p95 {p95(times):>6.1f} ms"
        self.report.say(f"{kind:<38} n {len(times):>4}   {speed}   {queries}")


def queries_of(scan: Callable[[Shop], list[str]]) -> int:
    """Count what a kind of scan asks, in a shop of its own that is forgotten afterwards."""
    with transaction.atomic():
        asked = len(scan(Shop()))
        transaction.set_rollback(True)
    return asked


def p95(times: list[float]) -> float:
    return sorted(times)[max(0, int(len(times) * 0.95) - 1)]


def _series(count: int) -> str:
    if connection.vendor == "postgresql":
        return f"SELECT generate_series(0, {count - 1}) AS i"
    return f"WITH RECURSIVE t(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM t WHERE i < {count - 1}) SELECT i FROM t"


if __name__ == "__main__":
    Bench(quick="--quick" in sys.argv).run()
