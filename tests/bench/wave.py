"""Releasing a wave of 500 orders over 5 000 bins; and each cart's walk beside the best of 200 random tours."""

import random
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from fulfillment import ledger, route  # noqa: E402
from fulfillment.ledger.stock import Arrival  # noqa: E402
from fulfillment.models import Bin, Cart, CartSlot, PickTask, Wave  # noqa: E402
from fulfillment.services import accept_orders, receive_stock, release_wave  # noqa: E402
from fulfillment.services.waves import depth_of  # noqa: E402
from orders.models import Product  # noqa: E402
from tests.bench.measure import Report  # noqa: E402
from tests.bench.tours import best_of_many  # noqa: E402
from tests.factories import ALICE, Shop, draft  # noqa: E402

ORDERS, BINS, SLOTS = 500, 5_000, 8
AISLES, BAYS, LEVELS = 20, 50, 5
SINGLES = 0.4
STARTS = 200


class Bench:
    """A warehouse of twenty aisles with an article in each bin, and orders of one to six articles."""

    def __init__(self, *, quick: bool) -> None:
        self.quick, self.report = quick, Report(quick)
        self.chance = random.Random(7)
        call_command("migrate", verbosity=0)
        self.shop = Shop()
        bins = [
            f"{a}-{b:02}-{c}" for a in range(1, AISLES + 1) for b in range(1, BAYS + 1) for c in range(1, LEVELS + 1)
        ]
        self.bins = bins[: 200 if quick else BINS]
        self.products = Product.objects.bulk_create(
            Product(sku=f"B-{n}", name=f"Article {n}") for n in range(len(self.bins))
        )
        arrivals = [Arrival(*each, n) for n, each in enumerate(self._lying())]
        receive_stock(self.shop.warehouse, arrivals, by=ALICE, reference="opening stock")

    def _lying(self) -> list[tuple[Product, int, str]]:
        places = self.chance.sample(self.bins, len(self.bins))
        return [(product, 1_000, place) for product, place in zip(self.products, places, strict=True)]

    def run(self) -> None:
        self.report.say(f"-- {connection.vendor} {'.'.join(map(str, connection.get_database_version()))}")
        times = []
        for _ in range(1 if self.quick else 3):
            self.place(20 if self.quick else ORDERS)
            times.append(self.release())
        self.report.say(
            f"{len(self.bins):,} bins; {CartSlot.objects.filter(cart__wave=self.wave).count()} orders a wave"
        )
        self.report.show("releasing a wave", times, " s")
        self.report.judge("slowest release, seconds", max(times), 5, at_most=True)
        self.report.judge("queries of it", self.queries, 40, at_most=True)
        self.walks()
        left = list(ledger.verify())
        self.report.judge("differences in the books", len(left), 0, at_most=True)
        self.report.end()

    def place(self, count: int) -> None:
        drafts = []
        for _ in range(count):
            articles = 1 if self.chance.random() < SINGLES else self.chance.randint(2, 6)
            units = 1 if articles == 1 else self.chance.randint(1, 3)
            drafts.append(draft(*[(product, units) for product in self.chance.sample(self.products, articles)]))
        accept_orders(drafts, channel=self.shop.channel, by=ALICE)

    def release(self) -> float:
        with CaptureQueriesContext(connection) as queries:
            started = time.perf_counter()
            self.wave: Wave = release_wave(self.shop.warehouse, by=ALICE, slots=SLOTS)
            took = time.perf_counter() - started
        self.queries = len(queries)
        return took

    def walks(self) -> None:
        """Print the length of every cart's walk, and how it compares."""
        depth, carts = depth_of(self.shop.warehouse.pk), list(Cart.objects.filter(wave=self.wave))
        found = [walk_of(cart) for cart in carts]
        with ProcessPoolExecutor(2) as pool:
            best = list(pool.map(best_of_many, found, [depth] * len(found)))
        ratios = []
        for cart, walk, at_best in zip(carts, found, best, strict=True):
            mine = route.length(walk, depth)
            plain = route.length([walk[n] for n in route.serpentine(walk)], depth)
            ratios.append(mine / at_best)
            self.report.say(
                f"{cart!s:<8} {cart.kind:<6} {len(walk):>2} stops  {mine / 10:>7.1f} m   best of {STARTS} "
                f"{at_best / 10:>7.1f} m   ratio {ratios[-1]:.3f}   serpentine {plain / at_best:.3f}"
            )
        self.report.judge("most stops of a cart", max(map(len, found)), 40, at_most=True)
        self.report.show("walk ÷ best of 200 random tours", ratios, "")
        self.report.say(f"mean {statistics.mean(ratios):.3f} over {len(ratios)} carts")
        self.report.judge("the longest of them", max(ratios), 1.15, at_most=True)


def walk_of(cart: Cart) -> list[route.Spot]:
    """Return the stops of a cart as its tasks number them."""
    stops = PickTask.objects.filter(cart=cart).order_by("place").values_list("place", "bin").distinct()
    bins = Bin.objects.in_bulk([place for _, place in stops])
    return [route.Spot(bins[pk].aisle, bins[pk].bay, bins[pk].level) for _, pk in stops]


if __name__ == "__main__":
    Bench(quick="--quick" in sys.argv).run()
