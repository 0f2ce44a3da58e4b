"""The walk of a cart: in which order its bins are passed. Pure: no model, no query.

Seen from above, aisles lie side by side, joined at the front and at the far end: to change the aisle one walks to
either. A walk begins and ends at the packing station, in front of the first aisle.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

AISLE, BAY, LEVEL = 30, 10, 5
"""Decimetres from aisle to aisle and from bay to bay, and what a level higher costs."""
PASSES = 30
"""So often all pairs of a walk are tried; walks of forty stops come to rest after a dozen."""


class Spot(NamedTuple):
    """Where a bin is."""

    aisle: int
    bay: int
    level: int


STATION = Spot(0, 0, 0)
Tour = list[int]


def distance(here: Spot, there: Spot, depth: int) -> int:
    """Return the way between two spots of a warehouse whose aisles are `depth` bays deep."""
    up = abs(here.level - there.level) * LEVEL
    if here.aisle == there.aisle:
        return abs(here.bay - there.bay) * BAY + up
    front, far = here.bay + there.bay, 2 * (depth + 1) - here.bay - there.bay
    return abs(here.aisle - there.aisle) * AISLE + min(front, far) * BAY + up


def length(walk: Sequence[Spot], depth: int) -> int:
    """Return the way from the station through all of these spots and back."""
    stops = [STATION, *walk, STATION]
    return sum(distance(here, there, depth) for here, there in pairwise(stops))


def serpentine(spots: Sequence[Spot]) -> Tour:
    """Go up one aisle and down the next; return the places of the spots in that order."""
    turn = {aisle: 1 if n % 2 == 0 else -1 for n, aisle in enumerate(sorted({spot.aisle for spot in spots}))}

    def passed(place: int) -> tuple[int, int, int]:
        spot = spots[place]
        return (spot.aisle, spot.bay * turn[spot.aisle], spot.level)

    return sorted(range(len(spots)), key=passed)


def shortest(spots: Sequence[Spot], depth: int) -> Tour:
    """Return a short walk: the serpentine, untangled. As a list of the spots' places."""
    return untangle(serpentine(spots), spots, depth)


def untangle(tour: Tour, spots: Sequence[Spot], depth: int, *, passes: int = PASSES) -> Tour:
    """Turn round whatever part of a walk is shorter the other way round, and move stops to where they cost least."""
    stops = [*spots, STATION]
    ways = [[distance(here, there, depth) for there in stops] for here in stops]
    walk = [len(spots), *tour, len(spots)]
    for _ in range(passes):
        if not (_turn_parts(walk, ways) | _move_stops(walk, ways)):
            break
    return walk[1:-1]


def _turn_parts(walk: Tour, ways: list[list[int]]) -> bool:
    """Try 2-opt on every pair of steps once."""
    is_shorter = False
    for first in range(1, len(walk) - 2):
        for last in range(first + 1, len(walk) - 1):
            before, head, tail, after = walk[first - 1], walk[first], walk[last], walk[last + 1]
            if ways[before][tail] + ways[head][after] < ways[before][head] + ways[tail][after]:
                walk[first : last + 1] = walk[last : first - 1 : -1]
                is_shorter = True
    return is_shorter


def _move_stops(walk: Tour, ways: list[list[int]]) -> bool:
    """Take up to three stops in a row out of the walk, and put them where they cost least."""
    is_shorter = False
    for size in (1, 2, 3):
        for first in range(1, len(walk) - size):
            is_shorter |= _move(walk, first, size, ways)
    return is_shorter


def _move(walk: Tour, first: int, size: int, ways: list[list[int]]) -> bool:
    part, rest = walk[first : first + size], walk[:first] + walk[first + size :]
    head, tail = part[0], part[-1]
    here, there = rest[first - 1], rest[first]
    saved = ways[here][head] + ways[tail][there] - ways[here][there]
    if not saved:
        return False
    cost, place = min((ways[a][head] + ways[tail][b] - ways[a][b], n) for n, (a, b) in enumerate(pairwise(rest), 1))
    if cost >= saved:
        return False
    walk[:] = rest[:place] + part + rest[place:]
    return True


def best_place(walk: Sequence[Spot], spot: Spot, depth: int) -> int:
    """Return where in a walk, which begins at its first spot, one more spot costs least: 1 is right after that."""
    stops = [*walk, STATION]
    costs = [
        distance(here, spot, depth) + distance(spot, there, depth) - distance(here, there, depth)
        for here, there in pairwise(stops)
    ]
    return 1 + costs.index(min(costs))
