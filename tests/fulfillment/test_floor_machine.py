"""Random work on the floor by several people, compared with a small model after every step."""

import time

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis.stateful import run_state_machine_as_test

from tests.fulfillment.machine import Tally, open_floor

STEPS, RUNS, EXAMPLE = 20_000, 2, 50
RULE_AT_LEAST = 300
A_FEW = 300
"""Steps that the ordinary suite takes: as many as have each rule run."""


@pytest.mark.django_db
def test_books_and_model_agree_for_a_while() -> None:
    tally = _work(A_FEW, seed=0, each=1)
    assert min(tally.rules.values()) >= 1


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(1, RUNS + 1))
def test_books_and_model_agree_whatever_people_do(seed: int, is_long: bool) -> None:
    """Each of the runs has its share of the steps, of each rule, and of changes."""
    if not is_long:
        pytest.skip("--long")
    tally = _work(STEPS // RUNS, seed, each=RULE_AT_LEAST // RUNS)
    assert min(tally.rules.values()) >= RULE_AT_LEAST // RUNS


def _work(steps: int, seed: int, *, each: int) -> Tally:
    """Work for so many steps; go on where a rule has not had its share of them, for half as many at most."""
    began = time.perf_counter()
    with open_floor() as machine:
        tally = machine.tally
        while tally.steps < steps or (min(tally.rules.values()) < each and tally.steps < steps * 3 // 2):
            examples = max(A_FEW, steps - tally.steps) // EXAMPLE
            run_state_machine_as_test(hypothesis.seed(f"{seed} {tally.steps}")(machine), settings=_settings(examples))
    changed = tally.changed.total() / tally.steps
    _tell(f"run {seed}", tally, changed, time.perf_counter() - began)
    assert changed >= 1 / 2
    return tally


def _tell(run: str, tally: Tally, changed: float, seconds: float) -> None:
    least, runs = min(tally.rules.items(), key=lambda each: each[1])
    print(f"\n{run}: {tally.steps} steps in {seconds:.0f} s, {changed:.0%} changed something;", end=" ")
    print(f"{len(tally.rules)} rules, least often {least}: {runs}")
    print("of each rule: runs, changed, refused")
    each = sorted(tally.rules.items())
    told = [f"{rule:32}{runs:5}{tally.changed[rule]:5}{tally.refused[rule]:5}" for rule, runs in each]
    for at in range(0, len(told), 2):
        print("   ".join(told[at : at + 2]))


def _settings(examples: int) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=examples,
        stateful_step_count=EXAMPLE + 1,  # its beginning is one
        deadline=None,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
