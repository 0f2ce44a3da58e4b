"""Random work on the floor by several people, compared with a small model after every step."""

import time

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis.stateful import run_state_machine_as_test

from tests.fulfillment.machine import open_floor

STEPS, RUNS, EXAMPLE = 20_000, 4, 50
RULE_AT_LEAST = 300
QUICK = hypothesis.settings(
    max_examples=STEPS // RUNS // EXAMPLE + 5,
    stateful_step_count=EXAMPLE,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(RUNS))
def test_books_and_model_agree_whatever_people_do(seed: int, is_long: bool) -> None:
    """Each of the runs has its share of the steps, of each rule, and of changes."""
    if not is_long:
        pytest.skip("not yet seen to give each rule its share: docs/plan.md")
    machine = hypothesis.seed(seed)(open_floor())
    tally = machine.tally
    began = time.perf_counter()
    run_state_machine_as_test(machine, settings=QUICK)
    rate = tally.steps / (time.perf_counter() - began)
    changed = tally.changed.total() / tally.steps
    print(f"\nrun {seed}: {tally.steps} steps, {rate:.0f} a second, {changed:.0%} changed something")
    for rule in sorted(tally.rules):
        print(f"{rule:28}{tally.rules[rule]:6}{tally.changed[rule]:6} changed{tally.refused[rule]:6} refused")
    assert tally.steps >= STEPS // RUNS
    assert changed >= 1 / 2
    assert {rule: ran for rule, ran in tally.rules.items() if ran < RULE_AT_LEAST / RUNS} == {}
    assert set(tally.rules) == {rule.function.__name__ for rule in machine.rules()}
