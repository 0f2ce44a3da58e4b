"""The name of an act is good for one screen: used at another before, it does nothing there and says so."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from fulfillment.models import CountLine, PickTask, Receipt, Scan, StockMovement
from orders.models import Event
from tests.factories import Shop
from tests.fulfillment.floor import words
from tests.fulfillment.test_scan_queries import (
    DELIVERY,
    MAIN,
    Desk,
    back,
    box,
    boxed,
    cart,
    dock,
    inbound,
    labels,
    mover,
    packed,
    pick,
    sheet,
    van,
)

Case = Callable[[Shop], tuple[Desk, dict[str, Any]]]

CASES: dict[str, Case] = {
    "cart": lambda shop: (cart(shop, "A-01-1"), {"scanned": "P-1"}),
    "cart undone": lambda shop: (cart(shop, "A-01-1", "P-1"), {"undo": 1}),
    "pick": lambda shop: (pick(shop, "A-01-1"), {"scanned": "P-1"}),
    "pick all": lambda shop: (pick(shop), {"whole": 1}),
    "pack": lambda shop: (box(shop), {"scanned": "P-1"}),
    "pack all": lambda shop: (box(shop), {"whole": 1, "without": 4}),
    "ship": lambda shop: (packed(shop), labels(1)),
    "ship boxes": lambda shop: (boxed(shop), labels(2)),
    "load": lambda shop: (van(shop), {"scanned": "JJD2"}),
    "load all": lambda shop: (van(shop), {"whole": 1}),
    "receive": lambda shop: (inbound(shop), DELIVERY | {"sku": "P-1", "quantity": 3, "bin": "A-01-1"}),
    "put away": lambda shop: (dock(shop), MAIN | {"sku": "P-1", "bin": "A-01-1", "quantity": 5}),
    "move": lambda shop: (mover(shop), MAIN | {"source": "A-01-1", "sku": "P-1", "quantity": 2, "target": "A-01-2"}),
    "count": lambda shop: (sheet(shop, "B-01-1", "P-1"), {"scanned": "1"}),
    "return": lambda shop: (back(shop), {"scanned": "P-1"}),
    "next return": lambda shop: (back(shop, "P-1"), {"scanned": "P-1"}),
}


def rows() -> list[Any]:
    tables = (Event, StockMovement, Scan, CountLine, PickTask, Receipt)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def done_before(step: Scan.Step) -> str:
    """Let an act of this step be on record; return its name."""
    named = {"operation": uuid4(), "shipment_id": None, "step": step, "result": "RIGHT"}
    return str(Scan.objects.create(**named, sentence="Done over there.", by="user:1").operation)


@pytest.mark.parametrize("case", CASES)
def test_an_operation_of_another_screen_is_refused_and_nothing_is_done(shop: Shop, case: str) -> None:
    desk, fields = CASES[case](shop)
    operation = done_before(Scan.Step.LOAD if case == "count" else Scan.Step.COUNT)
    before = rows()
    answer = desk.client.post(desk.url, {"operation": operation, **fields})
    assert (answer.status_code, "used at another screen" in words(answer)) == (409, True), words(answer)
    assert rows() == before


@pytest.mark.parametrize("case", CASES)
def test_an_operation_of_the_same_screen_is_answered_alike_and_done_once(shop: Shop, case: str) -> None:
    desk, fields = CASES[case](shop)
    operation = str(uuid4())
    desk.client.post(desk.url, {"operation": operation, **fields})
    before = rows()
    said = Scan.objects.get(operation=operation).sentence
    answer = desk.client.post(desk.url, {"operation": operation, **fields}, follow=True)
    assert (answer.status_code, said in answer.content.decode(), rows() == before) == (200, True, True)
