"""Interleaved rounds, medians, and a verdict."""

import gc
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Work = Callable[[], int]
"""Does a round and returns how many things it did."""


def rates(sides: dict[str, Work], *, rounds: int) -> dict[str, list[float]]:
    """Run each side once a round, in turn; return things a second of every round."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for work in sides.values():
        work()  # warm
    for _ in range(rounds):
        for name, work in sides.items():
            gc.collect()
            started = time.perf_counter()
            done = work()
            found[name].append(done / (time.perf_counter() - started))
    return found


@dataclass
class Report:
    """Prints what was measured and remembers what was missed."""

    quick: bool
    missed: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        print(f"  {text}", flush=True)

    def show(self, name: str, values: list[float], unit: str = "/s") -> float:
        middle = statistics.median(values)
        self.say(f"{name:<52} {middle:>10,.1f}{unit}   ({min(values):,.1f} – {max(values):,.1f})")
        return middle

    def judge(self, name: str, value: float, target: float, *, at_most: bool = False) -> None:
        holds = value <= target if at_most else value >= target
        sign = "≤" if at_most else "≥"
        self.say(f"{name:<52} {value:>10,.2f}   target {sign} {target}   {'holds' if holds else 'MISSED'}")
        if not holds and not self.quick:
            self.missed.append(name)

    def end(self) -> None:
        for name in self.missed:
            self.say(f"missed: {name}")
        sys.exit(1 if self.missed else 0)
