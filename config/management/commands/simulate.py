"""`simulate`: so many orders through the running house, from the click to the door, and an account of it."""

import sys
import time
import urllib.request
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management import CommandError, CommandParser, call_command

from config.demo import seed
from config.demo.day import QUICK, SIMULATION, Day
from config.demo.loop import Stop
from config.demo.progress import Progress
from config.demo.tally import Tally
from config.demo.voice import Voice, news_of
from orders.lifecycle import Refused
from orders.management.house import HouseCommand

WAIT_SECONDS = 30


class Command(HouseCommand):
    help = (
        "Drive orders through the running house (see `up`) to the door. Exits with 1 if anything is wrong. "
        "The carrier loses webhooks where it can be asked for them: where AFTERSHIP_URL, for both, is "
        "http://127.0.0.1 with a port."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--orders", type=int, required=True, metavar="N")
        parser.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed, the same plan")
        parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="so many times as fast")
        parser.add_argument("--url", default=settings.PUBLIC_URL, help="where the house answers")

    def handle(self, *, orders: int, url: str, speed: float, **options: Any) -> None:
        refuse_nonsense(orders, speed)
        try:
            seed.seed()
        except Refused as refusal:
            raise CommandError(refusal.sentence) from None
        wait_for(url)
        began, prefix = time.monotonic(), f"{SIMULATION}-{uuid4().hex[:8]}"
        voice = self._run(
            Progress(prefix, sys.stdout), orders, url, pace=QUICK, speed=speed, seed=options["seed"], prefix=prefix
        )
        tally = Tally(prefix, orders)
        self.stdout.write(f"{tally.table()}\n{voice.table()}")
        is_clean, faults = self._audit(), [*tally.faults, *voice.faults]
        for fault in faults:
            self.stdout.write(fault)
        if faults or not is_clean:
            sys.exit(1)
        self.stdout.write(
            f"{orders} orders have come as far as they can, after {time.monotonic() - began:.0f} s. All is well."
        )

    def _run(self, progress: Progress, orders: int, url: str, **options: Any) -> Voice:
        with seed.days_keys() as keys:
            day = Day(url, keys, **options)
            before = news_of(day.carrier.hook)
            try:
                day.simulate(orders, progress)
            except Stop as stalled:
                self.stdout.write(f"\n{stalled}")
            finally:
                progress.end()
        return Voice(day.carrier, day.asked_for, before)

    def _audit(self) -> bool:
        try:
            call_command("audit", stdout=self.stdout)
        except SystemExit as end:
            return not end.code
        return True


def refuse_nonsense(orders: int, speed: float) -> None:
    if orders < 1 or speed <= 0:
        raise CommandError("--orders and --speed must be more than 0.")


def wait_for(url: str) -> None:
    """Wait until the house answers. Raises CommandError."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{url}/livez", timeout=5):  # noqa: S310 - told by who runs us
                return
        except (OSError, ValueError) as error:
            if time.monotonic() > deadline or isinstance(error, ValueError):
                message = f"Nothing answers at {url}: start it with `uv run manage.py up`, or say where by --url."
                raise CommandError(message) from None
            time.sleep(0.2)
