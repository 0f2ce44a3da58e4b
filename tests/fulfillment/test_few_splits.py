"""Which warehouse gives what: one that has all of it, else as few as can be, and of equals the one of first choice."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment import ledger
from fulfillment.ledger.outbound import Wish, _share
from fulfillment.models import CartSlot, StockItem, StockMovement, Warehouse
from fulfillment.services import allocate_order, cancel_order, claim_cart, read_walk, release_wave, single_for
from tests.factories import ALICE, Shop, stages
from tests.fulfillment.test_cart import Picker


@pytest.fixture
def north(shop: Shop) -> Warehouse:
    Warehouse.objects.filter(pk=shop.warehouse.pk).update(priority=1)
    return ledger.open_warehouse("NORTH")


def homes(order: Any) -> list[str]:
    return sorted(order.shipments.filter(status="READY").values_list("warehouse__code", flat=True))


@pytest.mark.django_db
def test_a_warehouse_that_has_all_of_an_order_gives_it_although_another_comes_first(
    shop: Shop, north: Warehouse
) -> None:
    shop.receive(shop.mug, 9)
    shop.receive(shop.teapot, 1)
    shop.receive(shop.mug, 2, warehouse=north)
    shop.receive(shop.teapot, 2, warehouse=north)
    assert homes(shop.order((shop.mug, 2), (shop.teapot, 2))) == ["NORTH"]
    assert homes(shop.order((shop.mug, 2), (shop.teapot, 1))) == ["MAIN"]
    assert list(ledger.verify()) == []


@pytest.mark.django_db
def test_of_two_that_have_as_much_the_one_of_first_choice_gives_it(shop: Shop, north: Warehouse) -> None:
    shop.receive(shop.mug, 2, warehouse=north)
    shop.receive(shop.mug, 2)
    order = shop.order((shop.mug, 3))
    assert (homes(order), stages(order)) == (["MAIN", "NORTH"], [{"reserved": 3}])
    assert shop.stock(shop.mug) == (2, 2)


def kept(shop: Shop, north: Warehouse) -> list[tuple[int, int]]:
    """Of mugs, on hand and reserved: here and in the other warehouse."""
    items = StockItem.objects.filter(product=shop.mug)
    return [items.values_list("on_hand", "reserved").get(warehouse=home) for home in (shop.warehouse, north)]


@pytest.fixture
def waits(shop: Shop, north: Warehouse) -> Any:
    """An order of ten that waits, with units of two warehouses kept for it; somebody else has some of each."""
    shop.receive(shop.mug, 4)
    shop.receive(shop.mug, 4, warehouse=north)
    for units in (4, 4):
        shop.order((shop.mug, units))
    waits = shop.order((shop.mug, 10))
    shop.receive(shop.mug, 2)
    shop.receive(shop.mug, 3, warehouse=north)
    allocate_order(waits, by=ALICE)
    assert (stages(waits), kept(shop, north)) == ([{"waiting": 5, "reserved": 5}], [(6, 6), (7, 7)])
    return waits


@pytest.mark.django_db
def test_a_cancelled_order_that_waits_gives_back_to_each_warehouse_what_was_kept_there(
    shop: Shop, north: Warehouse, waits: Any
) -> None:
    cancel_order(waits, by=ALICE)
    assert (stages(waits), kept(shop, north)) == ([{"cancelled": 10}], [(6, 4), (7, 4)])
    released = StockMovement.objects.filter(kind="RELEASE").order_by("quantity")
    assert list(released.values_list("stock_item__warehouse__code", "reserved_delta")) == [("MAIN", -2), ("NORTH", -3)]
    assert list(ledger.verify()) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("units", "left"), [(5, [(6, 6), (7, 7)]), (6, [(6, 5), (7, 7)]), (8, [(6, 4), (7, 6)]), (9, [(6, 4), (7, 5)])]
)
def test_units_that_are_cancelled_of_it_are_free_where_they_were_kept(
    shop: Shop, north: Warehouse, waits: Any, units: int, left: list[tuple[int, int]]
) -> None:
    cancel_order(waits, by=ALICE, lines={1: units})
    assert (kept(shop, north), list(ledger.verify())) == (left, [])
    assert sum(stages(waits)[0].values()) == 10


stocks = st.lists(st.tuples(*[st.integers(0, 6)] * 3), min_size=1, max_size=4)
"""Of each warehouse, how many of three articles it has."""
wishes = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 5)), min_size=1, max_size=5)


class Line:
    def __init__(self, product_id: int) -> None:
        self.product_id = product_id


@given(stocks, wishes, st.booleans())
def test_what_is_shared_out_was_there_and_one_warehouse_is_enough_where_it_can_be(
    stock: list[tuple[int, ...]], wanted: list[tuple[int, int]], is_whole: bool
) -> None:
    shelves: Any = {article: {} for article in range(3)}
    free: dict[int, int] = {}
    for home, row in enumerate(stock):
        for article, count in enumerate(row):
            place = SimpleNamespace(pk=home * 3 + article, warehouse_id=home, warehouse=SimpleNamespace(priority=home))
            shelves[article][home], free[place.pk] = place, count
    before, units = dict(free), {Line(article): count for article, count in wanted}
    shares = _share(Wish(units, is_whole), shelves, free)  # type: ignore[arg-type]
    taken = {pk: before[pk] - free[pk] for pk in free}
    assert all(count >= 0 for count in free.values())
    assert {pk: sum(s.quantity for s in shares if s.item.pk == pk) for pk in free} == taken
    got = {line: sum(s.quantity for s in shares if s.line is line) for line in units}
    need = [sum(count for article, count in wanted if article == each) for each in range(3)]
    there = [sum(row[each] for row in stock) for each in range(3)]
    most = sum(min(n, t) for n, t in zip(need, there, strict=True))
    assert all(got[line] <= count for line, count in units.items())
    assert sum(got.values()) == (0 if is_whole and most < sum(need) else most)
    if any(all(row[each] >= need[each] for each in range(3)) for row in stock):
        assert len({s.item.warehouse_id for s in shares}) == 1


@pytest.mark.django_db
def test_a_unit_out_of_a_tote_belongs_to_the_order_that_is_due_first(shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="A-01-1")
    first, second = shop.order((shop.mug, 1)), shop.order((shop.mug, 1))
    release_wave(shop.warehouse, by=ALICE)
    assert single_for(shop.mug, shop.warehouse) is None
    picker = Picker(claim_cart(shop.warehouse, by=ALICE), ALICE)
    picker.scan("A-01-1", "MUG-01", "MUG-01")
    found = single_for(shop.mug, shop.warehouse)
    assert found is not None
    assert (found.order, CartSlot.objects.count(), single_for(shop.teapot, shop.warehouse)) == (first, 2, None)
    assert second.pk != first.pk
    assert read_walk(picker.cart, ALICE).task is None
