"""The whole floor as a machine: several people do what they do there, and a small model says what must be so then.

Slices of the floor are classes of their own; a new one is added to `WholeFloor`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.fulfillment.machine.base import PEOPLE, SHELVES, Tally
from tests.fulfillment.machine.desk import Desk
from tests.fulfillment.machine.goods import Goods
from tests.fulfillment.machine.parcels import Parcels
from tests.fulfillment.machine.sales import Sales
from tests.fulfillment.machine.sheets import Sheets
from tests.fulfillment.machine.vans import Vans
from tests.fulfillment.machine.walks import Walks

__all__ = ["Tally", "WholeFloor", "open_floor"]


class WholeFloor(Goods, Sales, Walks, Parcels, Vans, Sheets, Desk):
    """All that people do."""


@contextmanager
def open_floor() -> Iterator[type[WholeFloor]]:
    """Give the machine that begins each example in a warehouse where something is under way everywhere."""
    first = type("Opening", (WholeFloor,), {"tally": Tally(())})()
    try:
        for _ in _opening(first):
            first.everything_agrees()
        rules = [rule.function.__name__ for rule in first.rules]
        yield type("BusyFloor", (WholeFloor,), {"tally": Tally(rules), "opening": first})
    finally:
        first.teardown()


def _opening(first: WholeFloor) -> Iterator[None]:
    alice, bob, _ = PEOPLE
    for n, sku in enumerate(first.products):
        yield first.receive_to_a_shelf(home="MAIN", bin_=SHELVES[n], sku=sku, units=6, by=alice, reference="D-1")
        yield first.receive_to_a_shelf(home="WEST", bin_=SHELVES[n], sku=sku, units=2, by=alice, reference="D-1")
        yield first.receive_to_the_dock(home="MAIN", sku=sku, units=2, by=bob, reference="D-2", twice=True)
    for basket in (
        {"MUG-01": 1},
        {"TEA-01": 2},
        {"CUP-01": 3},
        {"MUG-01": 2, "TEA-01": 1},
        {"CUP-01": 2},
        {"TEA-01": 1},
    ):
        yield first.place_an_order(basket=basket, by=alice, whole=False)
    for _ in range(5):
        yield first.pick_a_shipment(number=0, by=alice, press=False)
    for _ in range(2):
        yield first.pack_a_shipment(number=0, by=bob)
        yield first.ship_what_is_packed(number=0, by=bob, carrier="dhl", more=0, twice=False)
        yield first.load_a_parcel(number=0, carrier="", by=bob, twice=True)
    yield first.take_a_unit_back(number=0, home="MAIN", by=bob, twice=False)
    yield first.pack_a_shipment(number=0, by=bob)
    yield first.place_an_order(basket={"CUP-01": 20}, by=alice, whole=True)
    yield first.place_an_order(basket={"MUG-01": 2, "CUP-01": 2}, by=alice, whole=False)
    yield first.place_an_order(basket={"MUG-01": 3, "TEA-01": 2}, by=alice, whole=False)
    yield first.release_a_wave(home="MAIN", by=bob, slots=2)
    yield first.claim_a_cart(number=0, by=alice)
    yield first.claim_a_cart(number=0, by=bob)
    yield first.place_an_order(basket={"TEA-01": 1, "CUP-01": 2}, by=alice, whole=False)
    yield first.count_a_position(home="MAIN", bin_=SHELVES[2], sku="CUP-01", by=bob, error=6)
    yield first.count_what_is_asked_for(number=0, by=bob, error=6)
    yield first.count_a_position(home="WEST", bin_=SHELVES[1], sku="TEA-01", by=bob, error=-1)
    for n, sku in ((0, "MUG-01"), (1, "TEA-01")):
        yield first.ask_for_a_sheet(home="WEST", what=SHELVES[n], by=alice)
        yield first.begin_to_count(number=-1, bin_=SHELVES[n], sku=sku, by=alice)
    for n in range(2):
        yield first.split_a_shipment(number=n, which=0, units=1, by=bob)
