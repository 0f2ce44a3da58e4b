"""The walk of a cart: every bin once, never longer than the serpentine, near the best that chance finds."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.route import Spot, distance, length, serpentine, shortest
from tests.bench.tours import best_of_many

spots = st.builds(Spot, st.integers(1, 12), st.integers(1, 30), st.integers(1, 5))


def test_within_an_aisle_one_walks_straight_and_to_another_round_the_nearer_end() -> None:
    assert distance(Spot(1, 2, 1), Spot(1, 9, 1), 30) == 70
    assert distance(Spot(1, 2, 1), Spot(3, 5, 1), 30) == 2 * 30 + (2 + 5) * 10
    assert distance(Spot(1, 28, 1), Spot(2, 29, 2), 30) == 30 + (3 + 2) * 10 + 5


def test_a_serpentine_goes_up_one_aisle_and_down_the_next() -> None:
    walk = [Spot(1, 3, 1), Spot(2, 1, 1), Spot(1, 1, 1), Spot(2, 4, 1), Spot(5, 2, 1)]
    assert [walk[place] for place in serpentine(walk)] == [walk[2], walk[0], walk[3], walk[1], walk[4]]


@given(st.lists(spots, max_size=40))
@settings(max_examples=150, deadline=None)
def test_every_bin_is_passed_once_on_a_walk_no_longer_than_the_serpentine(bins: list[Spot]) -> None:
    walk = shortest(bins, 30)
    assert sorted(walk) == list(range(len(bins)))
    assert length([bins[n] for n in walk], 30) <= length([bins[n] for n in serpentine(bins)], 30)


def test_a_walk_is_within_fifteen_percent_of_the_best_of_many_random_ones() -> None:
    for seed in range(6):
        chance = random.Random(seed)
        bins = [Spot(chance.randint(1, 12), chance.randint(1, 40), chance.randint(1, 5)) for _ in range(40)]
        assert length([bins[n] for n in shortest(bins, 40)], 40) <= 1.15 * best_of_many(bins, 40, starts=30, seed=seed)
