"""The long day of `demo`, as a process of its own: python -m config.demo --url … --orders … --speed …"""

import argparse
import logging
import signal
import sys
import time
from typing import Any

import django


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m config.demo")
    parser.add_argument("--url", required=True)
    parser.add_argument("--orders", type=int, required=True)
    parser.add_argument("--speed", type=float, required=True)
    parser.add_argument("--log", required=True)
    given = parser.parse_args()
    django.setup()
    logging.basicConfig(
        filename=given.log, level=logging.WARNING, force=True, format="{asctime} {name}: {message}", style="{"
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    live(given)


def live(given: Any) -> None:
    from config.demo.day import EASY, Day
    from config.demo.progress import Progress
    from config.demo.seed import days_keys
    from config.management.commands.simulate import wait_for

    wait_for(given.url)
    moment = int(time.time())
    prefix = f"DAY-{moment:x}"
    with days_keys() as keys:
        day = Day(given.url, keys, pace=EASY, speed=given.speed, seed=moment, prefix=prefix)
        day.go_on(given.orders, Board(day, Progress(prefix, sys.stdout)))


class Board:
    """Shows the pages of three customers as soon as there are three, then how things stand."""

    SHOWN = 3

    def __init__(self, day: Any, progress: Any) -> None:
        self._day, self._progress, self._is_shown, self._is_over = day, progress, False, False

    def __call__(self) -> None:
        urls = [url for url in self._day.stories.placed.values() if url]
        if not self._is_shown and len(urls) >= self.SHOWN:
            self._is_shown = True
            pages = "".join(f"  {url}\n" for url in urls[: self.SHOWN])
            self._progress.say(f"\nThree customers' pages, which change as their orders go on:\n\n{pages}\n")
        if self._day.is_over and not self._is_over:
            self._is_over = True
            self._progress.say("No more orders come in today. Those there are go on, and yours as well.\n")
        self._progress()


if __name__ == "__main__":
    main()
