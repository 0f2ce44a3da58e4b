"""Interleaved rounds, medians, and a verdict."""

import gc
import statistics
import sys
import time
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.plans import reads_whole

HISTORY = {"orders_order", "orders_event", "fulfillment_stockmovement"}

Side = TypeVar("Side", bound=Hashable)
Work = Callable[[], int]
"""Does a round and returns how many things it did."""


def rates(sides: Mapping[Side, Work], *, rounds: int) -> dict[Side, list[float]]:
    """Run each side once a round, in turn; return things a second of every round."""
    found: dict[Side, list[float]] = {name: [] for name in sides}
    for work in sides.values():
        work()  # warm
    for _ in range(rounds):
        for name, work in sides.items():
            gc.collect()
            started = time.perf_counter()
            done = work()
            found[name].append(done / (time.perf_counter() - started))
    return found


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median over the rounds: what slows the machine for a while slows both sides of a round."""
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


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

    def judge_same(self, name: str, values: Collection[int]) -> None:
        """Exactly the same at every size."""
        holds = len(set(values)) == 1
        self.say(f"{name:<52} {' and '.join(map(str, values)):>10}   {'the same' if holds else 'MISSED: not the same'}")
        if not holds:
            self.missed.append(name)

    def judge_plans(self, name: str, plans: Sequence[Any]) -> None:
        """No statement may read history from one end to the other."""
        whole = [plan for plan in plans if reads_whole(plan, HISTORY)]
        self.say(f"{name:<52} {len(whole):>10}   of {len(plans)} plans, target 0   {'MISSED' if whole else 'holds'}")
        if whole and not self.quick:
            self.missed.append(f"{name}: {whole}")

    def end(self) -> None:
        for name in self.missed:
            self.say(f"missed: {name}")
        sys.exit(1 if self.missed else 0)
