"""Webhooks at the running house: what `up` started answers them and understands them, and its web server is killed.

An answer says that the delivery is kept: whoever was answered does not send again, so what a kill would lose is missed
at the end, in the inbox and on the parcels.
"""

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402

settings.ROOT_URLCONF = "tests.bench.hooks_bare"

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from fulfillment.services import accept_orders  # noqa: E402
from orders.models import Endpoint, Inbox, Order  # noqa: E402
from tests.bench.fill import ship  # noqa: E402
from tests.bench.hooks_rates import WANTED, tell_rates  # noqa: E402
from tests.bench.measure import Report  # noqa: E402
from tests.bench.sender import Delivery, Sender  # noqa: E402
from tests.chaos.house import WEB, House  # noqa: E402
from tests.factories import ALICE, Shop, draft  # noqa: E402
from tests.hooks import Carrier, event  # noqa: E402
from tests.processes import eventually  # noqa: E402
from tests.senders import Sender as Aggregator  # noqa: E402
from tests.tracking import payloads  # noqa: E402
from tracking.models import Snapshot, Tracker  # noqa: E402
from tracking.services import estimate_departed  # noqa: E402

RATE, SECONDS, KILLS = 150, 60, 5
MOST_MS = 300
WAY = ("label", "accepted", *["moving"] * 11, "out", "delivered")
CODES = {"label": "label_created", "moving": "departed", "out": "out_for_delivery"}
UNDERSTOOD_WITHIN = 120


class Bench:
    """Parcels on their way, half of them of a carrier that tells each scan, half of a house that tells all again."""

    def __init__(self, *, quick: bool) -> None:
        self.report, self.kills = Report(quick), 1 if quick else KILLS
        self.seconds = 6 if quick else SECONDS
        call_command("migrate", verbosity=0)
        self.shop = Shop()
        self.numbers = list(self._parcels(RATE * self.seconds // len(WAY)))
        self.carrier, self.aggregator = Carrier(), Aggregator("easypost")

    def _parcels(self, count: int) -> Iterator[str]:
        known = set(Order.objects.values_list("pk", flat=True))
        self.shop.receive(self.shop.mug, count)
        drafts = [draft((self.shop.mug, 1)) for _ in range(count)]
        for at in range(0, count, 20):
            accept_orders(drafts[at : at + 20], channel=self.shop.channel, by=ALICE)
        yield from map(ship, Order.objects.exclude(pk__in=known).order_by("pk"))
        while estimate_departed():  # as the worker does when they leave
            pass

    def deliveries(self, numbers: Sequence[str]) -> Iterator[Delivery]:
        """Yield what is told, round by round: the first scan of each parcel, then the second."""
        now = timezone.now()
        times = [now - timedelta(minutes=20 * (len(WAY) - n)) for n in range(len(WAY))]
        steps = list(zip(times, WAY, strict=True))
        for n in range(len(WAY)):
            for place, number in enumerate(numbers):
                yield self._whole(number, steps[: n + 1]) if place % 2 else self._one(number, *steps[n])

    def _one(self, number: str, at: datetime, name: str) -> Delivery:
        body, name_of = Carrier.body(event(number, CODES.get(name, name), at)), f"{number}-{at:%H%M}"
        return Delivery(name_of, self.carrier.endpoint.path, body, partial(self.carrier.headers, id=name_of))

    def _whole(self, number: str, way: list[tuple[datetime, str]]) -> Delivery:
        body = Carrier.body(payloads.easypost(number, way))
        return Delivery(f"evt_{number}_{len(way)}", self.aggregator.endpoint.path, body, self.aggregator.headers)

    def run(self) -> None:
        self.report.say(f"-- {connection.vendor} {'.'.join(map(str, connection.get_database_version()))}")
        self.report.say(f"{len(self.numbers)} parcels; {' and '.join(_durability())}")
        tell_rates(self.report, self.deliveries(list(self._parcels(WANTED // len(WAY)))))
        connection.close()
        with tempfile.TemporaryDirectory(prefix="ordertrail-hooks-") as folder:
            with House(Path(folder), email_url="") as house:
                self._work(house)
            self._tell_of_the_house(Path(folder))
        self.report.end()

    def _work(self, house: House) -> None:
        time.sleep(5)  # the worker is not ready when the web server is
        sender = Sender(house.port, list(self.deliveries(self.numbers)), rate=RATE)
        killer = threading.Thread(target=self._kill, args=(house, sender))
        killer.start()
        sender.run()
        killer.join()
        self._tell_of_answers(sender)
        self._tell_of_what_is_kept(sender)

    def _kill(self, house: House, sender: Sender) -> None:
        """Kill the web server and its workers, evenly over the time."""
        for n in range(self.kills):
            time.sleep(max(0.0, sender.begun + self.seconds * (n + 0.5) / self.kills - time.monotonic()))
            house.comes_back(WEB, house.kill_all_of(WEB))

    def _tell_of_answers(self, sender: Sender) -> None:
        times = sorted(sender.took)
        middle, p99 = statistics.median(times), times[len(times) * 99 // 100]
        took = sender.ended - sender.begun
        self.report.say(f"{len(times)} answered in {took:.1f} s, {sender.again} tries more; answers {sender.answers}")
        self.report.say(f"answered within: p50 {middle:.1f} ms, p90 {times[len(times) * 9 // 10]:.1f} ms, "
                        f"p99 {p99:.1f} ms, at most {times[-1]:.1f} ms")  # fmt: skip
        self.report.judge("p99 of the answered tries, milliseconds", p99, MOST_MS, at_most=True)
        self.report.judge(
            "answers that are no 200", sum(sender.answers.values()) - sender.answers[200], 0, at_most=True
        )

    def _tell_of_what_is_kept(self, sender: Sender) -> None:
        names = {each.name for each in sender.deliveries}
        known = Inbox.objects.filter(endpoint__in=Endpoint.objects.all())
        kept = list(known.values_list("dedupe_key", flat=True))
        self.report.judge("lost", len(names - set(kept)), 0, at_most=True)
        self.report.judge("kept more than once", len(kept) - len(set(kept)), 0, at_most=True)
        begun = time.monotonic()
        left = Inbox.objects.waiting().count()
        while Inbox.objects.waiting().exists() and time.monotonic() - begun < UNDERSTOOD_WITHIN:
            time.sleep(0.2)
        self.report.say(f"{left} waited to be understood at the end, for {time.monotonic() - begun:.1f} s more")
        self.report.judge("not understood", Inbox.objects.exclude(status="PROCESSED").count(), 0, at_most=True)
        eventually(lambda: not Snapshot.objects.filter(tracker=None).exists(), UNDERSTOOD_WITHIN, "not all is folded")
        there = Tracker.objects.filter(status="DELIVERED").count()
        self.report.judge("parcels delivered", there, len(self.numbers))

    def _tell_of_the_house(self, folder: Path) -> None:
        log = (folder / "up.log").read_text()
        self.report.judge("faults in the log of the house", log.count("Traceback"), 0, at_most=True)


def _durability() -> Iterator[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous")
            yield f"synchronous {cursor.fetchone()[0]} (2 is FULL)"
            return
        for name in ("fsync", "synchronous_commit"):
            cursor.execute(f"SHOW {name}")
            yield f"{name} {cursor.fetchone()[0]}"


if __name__ == "__main__":
    Bench(quick="--quick" in sys.argv).run()
