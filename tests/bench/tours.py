"""What walks are compared with: the best of many random tours, each untangled by plain 2-opt. Code of its own."""

import itertools
import random
from collections.abc import Sequence

from fulfillment.route import STATION, Spot, distance


def best_of_many(spots: Sequence[Spot], depth: int, *, starts: int = 200, seed: int = 0) -> int:
    """Return the length of the shortest of `starts` random tours through the spots, from the station and back."""
    chance = random.Random(seed)
    stops = [STATION, *spots]
    ways = [[distance(here, there, depth) for there in stops] for here in stops]
    return min(_two_opt([0, *chance.sample(range(1, len(stops)), len(spots)), 0], ways) for _ in range(starts))


def _two_opt(tour: list[int], ways: list[list[int]]) -> int:
    is_better = True
    while is_better:
        is_better = False
        for i in range(1, len(tour) - 2):
            for j in range(i + 1, len(tour) - 1):
                a, b, c, d = tour[i - 1], tour[i], tour[j], tour[j + 1]
                if ways[a][c] + ways[b][d] < ways[a][b] + ways[c][d]:
                    tour[i : j + 1] = tour[j : i - 1 : -1]
                    is_better = True
    return sum(ways[here][there] for here, there in itertools.pairwise(tour))
