"""A small model of the floor: what lies where, what is kept for whom, where each line's units are. Plain dicts.

Balances are no numbers of their own here: they follow from the bins and from what is kept.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

STAGE, PUT_BACK, MISSING, RETURNS = "STAGE", "PUT-BACK", "MISSING", "RETURNS"
BLOCKED = {"DOCK", RETURNS, "QUARANTINE", "DAMAGED", MISSING}
LIFTED = ("picked", "packed")
KEPT = ("reserved", *LIFTED)

Line = int
Bins = Mapping[tuple[str, str, str], int]


class Model:
    """`homes` are the warehouses, the nearest first."""

    def __init__(self, homes: Iterable[str]) -> None:
        self.homes = list(homes)
        self.bins: Counter[tuple[str, str, str]] = Counter()  # warehouse, bin, SKU
        self.kept: Counter[tuple[Line, str]] = Counter()  # line, warehouse
        self.stages: dict[Line, Counter[str]] = defaultdict(Counter)
        self.sku: dict[Line, str] = {}
        self.orders: list[tuple[list[Line], bool]] = []  # the lines of each, and whether it goes as a whole
        self.corrected: Counter[tuple[str, str, str]] = Counter()
        self.loaded: set[str] = set()  # parcels that were seen in a van
        self.gone: set[str] = set()  # of them, those on its list

    def on_hand(self, home: str, sku: str) -> int:
        return sum(units for (where, _, what), units in self.bins.items() if (where, what) == (home, sku))

    def blocked(self, home: str, sku: str) -> int:
        return sum(self.bins[home, bin_, sku] for bin_ in BLOCKED)

    def reserved(self, home: str, sku: str) -> int:
        return sum(units for (line, where), units in self.kept.items() if where == home and self.sku[line] == sku)

    def free(self, home: str, sku: str) -> int:
        return self.on_hand(home, sku) - self.blocked(home, sku) - self.reserved(home, sku)

    def balances(self) -> dict[tuple[str, str], tuple[int, int, int]]:
        """Warehouse and SKU → on hand, reserved, blocked."""
        known = {(home, sku) for home, _, sku in self.bins}
        return {each: (self.on_hand(*each), self.reserved(*each), self.blocked(*each)) for each in known}

    def add(self, home: str, bin_: str, sku: str, units: int) -> None:
        self.bins[home, bin_, sku] += units

    def move(self, home: str, source: str, target: str, sku: str, units: int) -> None:
        self.bins[home, source, sku] -= units
        self.bins[home, target, sku] += units

    def correct(self, home: str, bin_: str, sku: str, units: int) -> None:
        """Book what the books did not know; a standing count of the bin finds it corrected."""
        self.add(home, bin_, sku, units)
        self.corrected[home, bin_, sku] += units

    def miss(self, home: str, bin_: str, sku: str, units: int) -> None:
        """Units that are not where they ought to be are missing; fewer than none, and some are found again."""
        self.move(home, bin_, MISSING, sku, units)
        self.corrected[home, bin_, sku] -= units
        self.corrected[home, MISSING, sku] += units

    def place(self, lines: Mapping[Line, tuple[str, int]], *, whole: bool) -> None:
        """Keep for an order what is free, but what older ones wait for: of that it gets nothing yet."""
        for line, (sku, units) in lines.items():
            self.sku[line], self.stages[line] = sku, Counter(waiting=units)
        awaited = self._awaited()
        self.orders.append((list(lines), whole))
        mine = [line for line in lines if self.sku[line] not in awaited]
        if not whole or len(mine) == len(lines):
            self.allocate(mine, whole=whole)

    def _awaited(self) -> set[str]:
        """What goes to older orders, as soon as it is given out."""
        served = [lines for lines, whole in self.orders if not (whole and self._lacks(lines))]
        return {self.sku[line] for lines in served for line in lines if self.stages[line]["waiting"]}

    def _lacks(self, lines: Iterable[Line]) -> bool:
        there = {line: sum(self.free(home, self.sku[line]) for home in self.homes) for line in lines}
        return any(self.stages[line]["waiting"] > units for line, units in there.items())

    def allocate(self, lines: Iterable[Line], *, whole: bool) -> None:
        """Keep what is free for what waits; all of it or nothing, if it goes as a whole.

        Each time the warehouse gives that has most of what is left; of those that have as much, the nearest.
        """
        mine = list(lines)
        if whole and self._lacks(mine):
            return
        offers = {home: self._offer(home, mine) for home in self.homes}
        while best := max(sum(offer.values()) for offer in offers.values()):
            home = next(home for home in self.homes if sum(offers[home].values()) == best)
            for line, units in offers[home].items():
                self.shift(line, "waiting", "reserved", units)
                self.kept[line, home] += units
            offers = {home: self._offer(home, mine) for home in self.homes}

    def _offer(self, home: str, lines: Iterable[Line]) -> dict[Line, int]:
        return {line: min(self.stages[line]["waiting"], self.free(home, self.sku[line])) for line in lines}

    def shift(self, line: Line, source: str, target: str, units: int) -> None:
        self.stages[line][source] -= units
        self.stages[line][target] += units

    def pick(self, line: Line, home: str, bin_: str, units: int) -> None:
        self.shift(line, "reserved", "picked", units)
        self.move(home, bin_, STAGE, self.sku[line], units)

    def pick_anywhere(self, home: str, units: Mapping[Line, int], seen: Bins) -> None:
        """Pick from the bins that the books chose: any from which people pick, as long as the sum is right."""
        for line, count in units.items():
            sku, left = self.sku[line], count
            for (where, bin_, what), held in list(self.bins.items()):
                if (where, what) == (home, sku) and bin_ != STAGE and bin_ not in BLOCKED:
                    taken = min(left, max(0, held - seen.get((home, bin_, sku), 0)))
                    self.pick(line, home, bin_, taken)
                    left -= taken
            assert left == 0, f"{left} × {sku} were picked from nowhere in {home}"

    def release(self, line: Line, home: str, units: int) -> None:
        """Let units that are not picked wait again."""
        self.shift(line, "reserved", "waiting", units)
        self.kept[line, home] -= units

    def cancel(self, line: Line, home: str, stage: str, units: int) -> None:
        self.shift(line, stage, "cancelled", units)
        if stage in KEPT:
            self.kept[line, home] -= units
        if stage in LIFTED:
            self.move(home, STAGE, PUT_BACK, self.sku[line], units)

    def ship(self, line: Line, home: str, units: int) -> None:
        """All of it is packed and leaves."""
        self.shift(line, "packed", "shipped", units)
        self.kept[line, home] -= units
        self.add(home, STAGE, self.sku[line], -units)
