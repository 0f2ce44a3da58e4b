"""The same form sent many times at the same moment is applied once: a double click, an impatient proxy."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from fulfillment import ledger
from fulfillment.services import cancel_order
from orders.lifecycle import AlreadyApplied
from orders.models import Order
from orders.services import hold_order, note_order
from tests.chaos.test_races import threads
from tests.factories import ALICE, Shop, stages

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
CLIENTS = 8
ACTS: dict[str, Callable[[Order, str], Any]] = {
    "note": lambda order, operation: note_order(order, by=ALICE, text="Rang twice.", operation=operation),
    "hold": lambda order, operation: hold_order(order, by=ALICE, reason="OTHER", operation=operation),
    "cancel": lambda order, operation: cancel_order(order, by=ALICE, lines={1: 1}, operation=operation),
}


@pytest.mark.parametrize("act", ACTS)
def test_one_of_eight_twins_is_applied_and_seven_are_told_so(shop: Shop, act: str) -> None:
    shop.receive(shop.mug, 10)
    order, operation = shop.order((shop.mug, 9)), str(uuid4())

    def click() -> str:
        try:
            ACTS[act](order, operation)
        except AlreadyApplied:
            return "again"
        return "applied"

    with threads(CLIENTS) as at_once:
        said = at_once([click] * CLIENTS)
    assert sorted(said) == ["again"] * (CLIENTS - 1) + ["applied"]
    assert order.events.filter(facts__operation=operation).count() == 1
    assert (order.notes.count(), order.holds.count()) == (int(act == "note"), int(act == "hold"))
    assert stages(order) == ([{"reserved": 8, "cancelled": 1}] if act == "cancel" else [{"reserved": 9}])
    assert list(ledger.verify()) == []
