"""Shipments split and merged by hand: what goes where, what stays apart, and what is refused and changes nothing."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from fulfillment import ledger
from fulfillment.blockers import merge_into_reasons, split_reasons
from fulfillment.models import CartSlot, PickTask, Reservation, Shipment, ShipmentLine, StockItem
from fulfillment.services import (
    Act,
    allocate_waiting,
    cancel_order,
    claim_cart,
    give_up,
    merge_shipments,
    pick_shipment,
    read_walk,
    release_wave,
    scan_on_cart,
    set_back,
    ship_shipment,
    split_shipment,
)
from orders.lifecycle import AlreadyApplied, Refused
from orders.models import Event, Order, OrderLine
from tests.factories import ALICE, BOB, Shop, shipment, stages
from tests.orders.test_states import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(shop: Shop) -> Order:
    """Two lines, all of it ready: 3 mugs and 2 teapots."""
    shop.receive(shop.mug, 9)
    shop.receive(shop.teapot, 9)
    return shop.order((shop.mug, 3), (shop.teapot, 2))


def parts(order: Order) -> list[tuple[str, list[tuple[int, int, int]]]]:
    """Each shipment: its status, and of each line that has any its number, quantity and what is reserved."""
    return [
        (each.status, list(lines.values_list("order_line__number", "quantity", "reserved")))
        for each in order.shipments.order_by("pk")
        if (lines := each.lines.filter(quantity__gt=0).order_by("order_line__number")) is not None
    ]


def state() -> tuple[Any, ...]:
    """All that splitting and merging could change."""
    return (
        list(Shipment.objects.order_by("pk").values_list("status", "is_apart", "warehouse")),
        list(ShipmentLine.objects.order_by("pk").values_list("shipment", "quantity", "reserved", "picked")),
        list(Reservation.objects.order_by("pk").values_list("shipment_line", "quantity", "status")),
        list(OrderLine.objects.order_by("pk").values_list(*OrderLine.STAGES)),
        list(StockItem.objects.order_by("pk").values_list("on_hand", "reserved", "blocked")),
        list(PickTask.objects.order_by("pk").values_list("quantity", "status", "claimed_by")),
        (CartSlot.objects.count(), Event.objects.count()),
    )


def refused(call: Callable[[], object]) -> str:
    before = state()
    with pytest.raises(Refused) as refusal:
        call()
    assert state() == before
    return refusal.value.sentence


def test_units_that_are_split_off_go_by_themselves_with_what_is_kept_for_them(order: Order, shop: Shop) -> None:
    part = split_shipment(shipment(order), {1: 1, 2: 2}, by=BOB)
    assert parts(order) == [("READY", [(1, 2, 2)]), ("READY", [(1, 1, 1), (2, 2, 2)])]
    assert (part.number, part.warehouse, part.is_apart) == (f"{order.number}-2", shop.warehouse, True)
    held = Reservation.objects.filter(status="OPEN").values_list("shipment_line__shipment", "quantity")
    assert sorted(held) == sorted([(shipment(order).pk, 2), (part.pk, 1), (part.pk, 2)])
    assert (stages(order), shop.stock(shop.mug)) == ([{"reserved": 3}, {"reserved": 2}], (9, 3))
    assert list(order.events.order_by("-seq").values_list("kind", flat=True)[:2]) == [
        "shipment.readied",
        "shipment.split",
    ]
    assert order.events.get(kind="shipment.split").facts == {
        "shipment": f"{order.number}-1",
        "into": part.number,
        "lines": [{"line": 1, "units": 1}, {"line": 2, "units": 2}],
    }
    ship_shipment(part, by=BOB)
    assert (stages(order), Order.objects.get().status) == (
        [{"reserved": 2, "shipped": 1}, {"shipped": 2}],
        "PARTLY_SHIPPED",
    )
    assert list(ledger.verify()) == []


def test_what_is_there_can_leave_a_shipment_that_waits_and_is_not_joined_again(shop: Shop) -> None:
    shop.receive(shop.teapot, 1)
    order = shop.order((shop.mug, 5), (shop.teapot, 1))
    shop.receive(shop.mug, 2)
    allocate_waiting(by=ALICE)
    assert parts(order) == [("PLANNED", [(1, 5, 2)]), ("READY", [(2, 1, 1)])]
    part = split_shipment(shipment(order), {1: 2}, by=BOB)
    assert parts(order) == [("PLANNED", [(1, 3, 0)]), ("READY", [(2, 1, 1)]), ("READY", [(1, 2, 2)])]
    shop.receive(shop.mug, 3)
    allocate_waiting(by=ALICE)
    assert parts(order)[1:] == [("READY", [(1, 3, 3), (2, 1, 1)]), ("READY", [(1, 2, 2)])]
    assert (parts(order)[0][0], part.is_apart, list(ledger.verify())) == ("CANCELLED", True, [])


def test_what_waits_and_was_split_off_becomes_ready_by_itself(shop: Shop) -> None:
    shop.receive(shop.teapot, 1)
    order = shop.order((shop.mug, 3), (shop.teapot, 1))
    part = split_shipment(shipment(order), {1: 1}, by=BOB)
    assert parts(order) == [("PLANNED", [(1, 2, 0)]), ("READY", [(2, 1, 1)]), ("PLANNED", [(1, 1, 0)])]
    shop.receive(shop.mug, 3)
    allocate_waiting(by=ALICE)
    assert parts(order) == [("CANCELLED", []), ("READY", [(1, 2, 2), (2, 1, 1)]), ("READY", [(1, 1, 1)])]
    assert (Shipment.objects.get(pk=part.pk).is_apart, list(ledger.verify())) == (True, [])


def test_what_is_apart_takes_no_units_that_wait_again(order: Order) -> None:
    part = split_shipment(shipment(order), {1: 1}, by=BOB)
    set_back(part, {part.lines.get(): 1}, by=BOB, cause="a test")
    assert parts(order) == [
        ("READY", [(1, 2, 2), (2, 2, 2)]),
        ("CANCELLED", []),
        ("PLANNED", [(1, 1, 0)]),
    ]
    allocate_waiting(by=ALICE)
    assert (parts(order)[0], list(ledger.verify())) == (("READY", [(1, 3, 3), (2, 2, 2)]), [])


def test_shipments_are_merged_and_the_other_is_not_needed_any_more(order: Order) -> None:
    part = split_shipment(shipment(order), {1: 1, 2: 1}, by=BOB)
    merge_shipments(shipment(order), part, by=BOB)
    assert parts(order) == [("READY", [(1, 3, 3), (2, 2, 2)]), ("CANCELLED", [])]
    kinds = list(order.events.order_by("seq").values_list("kind", flat=True))[-2:]
    assert kinds == ["shipment.merged", "shipment.cancelled"]
    assert order.events.get(kind="shipment.merged").facts == {
        "shipment": part.number,
        "into": f"{order.number}-1",
    }
    pick_shipment(shipment(order), by=BOB)
    assert (stages(order), list(ledger.verify())) == ([{"picked": 3}, {"picked": 2}], [])


def test_two_that_wait_are_merged(shop: Shop) -> None:
    order = shop.order((shop.mug, 3))
    shop.receive(shop.mug, 1)
    part = split_shipment(shipment(order), {1: 2}, by=BOB)
    merge_shipments(part, shipment(order), by=BOB)
    assert parts(order) == [("CANCELLED", []), ("PLANNED", [(1, 3, 0)])]
    allocate_waiting(by=ALICE)
    assert (parts(order)[1], list(ledger.verify())) == (("PLANNED", [(1, 3, 1)]), [])


def test_a_cart_that_nobody_walks_with_loses_what_is_split_and_the_next_wave_takes_both(
    order: Order, shop: Shop
) -> None:
    release_wave(shop.warehouse, by=ALICE)
    cart = claim_cart(shop.warehouse, by=ALICE)
    walked = f"{order.number}-1 is on {cart}, and somebody walks for it: wait, or free the cart."
    assert refused(lambda: split_shipment(shipment(order), {1: 1}, by=BOB)) == walked
    scan_on_cart(read_walk(cart, ALICE), Act(uuid4(), ALICE, "A-01-01"))
    give_up(cart, by=ALICE)
    part = split_shipment(shipment(order), {1: 1}, by=BOB)
    assert (PickTask.objects.count(), CartSlot.objects.count()) == (0, 0)
    release_wave(shop.warehouse, by=ALICE)
    assert set(CartSlot.objects.values_list("shipment", flat=True)) == {shipment(order).pk, part.pk}
    merge_shipments(shipment(order), part, by=BOB)
    assert (PickTask.objects.count(), CartSlot.objects.count(), list(ledger.verify())) == (0, 0, [])


def test_a_split_or_merge_sent_twice_is_done_once(order: Order) -> None:
    operation = str(uuid4())
    part = split_shipment(shipment(order), {1: 1}, by=BOB, operation=operation)
    before = state()
    with pytest.raises(AlreadyApplied):
        split_shipment(shipment(order), {1: 1}, by=BOB, operation=operation)
    assert state() == before
    operation = str(uuid4())
    merge_shipments(shipment(order), part, by=BOB, operation=operation)
    before = state()
    with pytest.raises(AlreadyApplied):
        merge_shipments(shipment(order), part, by=BOB, operation=operation)
    assert state() == before


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ({1: 4}, "Line 1 has 3 left here, not 4."),
        ({7: 1}, "Line 7 has 0 left here, not 1."),
        ({}, "Say of which line, and how many."),
        ({1: 0}, "Say of which line, and how many."),
        ({1: 3, 2: 2}, "That is all of it: leave something in {}."),
    ],
)
def test_units_that_cannot_be_split_off_are_refused(order: Order, lines: dict[int, int], sentence: str) -> None:
    expected = sentence.format(f"{order.number}-1")
    assert refused(lambda: split_shipment(shipment(order), lines, by=BOB)) == expected


def test_one_unit_is_not_split(shop: Shop) -> None:
    shop.receive(shop.mug, 1)
    order = shop.order((shop.mug, 1))
    sentence = "There is one unit in it: nothing to split."
    assert refused(lambda: split_shipment(shipment(order), {1: 1}, by=BOB)) == sentence


def test_what_goes_all_at_once_waits_together(shop: Shop) -> None:
    order = shop.order((shop.mug, 3), is_ship_complete=True)
    sentence = "The order goes all at once: what waits of it stays together."
    assert refused(lambda: split_shipment(shipment(order), {1: 1}, by=BOB)) == sentence


def test_shipments_of_two_orders_two_warehouses_or_two_kinds_are_not_merged(order: Order, shop: Shop) -> None:
    first, other = shipment(order), shipment(shop.order((shop.mug, 1)))
    said = f"{other.number} is no other shipment of the same order."
    assert refused(lambda: merge_shipments(first, other, by=BOB)) == said
    assert refused(lambda: merge_shipments(first, first, by=BOB)).startswith(first.number)
    shop.receive(shop.teapot, 9, warehouse=ledger.open_warehouse("NORTH"))
    spread = shop.order((shop.mug, 2), (shop.teapot, 12), (shop.mug, 99))
    waits, *ready = spread.shipments.order_by("pk")
    assert [each.status for each in (waits, *ready)] == ["PLANNED", "READY", "READY"]
    said = refused(lambda: merge_shipments(ready[0], ready[1], by=BOB))
    assert said == f"{ready[0].number} and {ready[1].number} are in two warehouses: they do not go together."
    said = refused(lambda: merge_shipments(ready[0], waits, by=BOB))
    assert said == (
        f"{ready[0].number} is ready but not picked and {waits.number} waiting for stock: they do not go together."
    )


BEGUN = {status for status in Shipment.Status.values if status not in {"PLANNED", "READY"}}


@pytest.mark.parametrize("status", Shipment.Status.values)
def test_before_picking_and_never_after_it_shipments_are_split_and_merged(order: Order, status: str) -> None:
    split_shipment(shipment(order), {1: 2}, by=BOB)
    order.shipments.update(status=status)
    first, other = order.shipments.order_by("-pk")
    assert (bool(split_reasons(other)), bool(merge_into_reasons(other))) == (status in BEGUN,) * 2
    if status in BEGUN:
        assert "cannot be split." in refused(lambda: split_shipment(other, {1: 1}, by=BOB))
        assert "cannot be merged." in refused(lambda: merge_shipments(other, first, by=BOB))


def test_a_shipment_alone_has_none_to_merge_with(order: Order) -> None:
    [reason] = merge_into_reasons(shipment(order))
    assert reason.message == "No other shipment of the order can go with it."


def test_a_cancelled_line_leaves_both_parts_right(order: Order) -> None:
    split_shipment(shipment(order), {1: 1, 2: 2}, by=BOB)
    cancel_order(order, by=BOB, lines={1: 3})
    assert parts(order) == [("CANCELLED", []), ("READY", [(2, 2, 2)])]
    assert list(ledger.verify()) == []


def test_the_document_says_what_the_refusals_say() -> None:
    said = {row[2] for row in rows("Shipment", starting="by hand")[1:]}
    assert said == {
        "The shipment is {state}, so it cannot be split.",
        "{shipment} is on {cart}, and somebody walks for it: wait, or free the cart.",
        "There is one unit in it: nothing to split.",
        "The order goes all at once: what waits of it stays together.",
        "{shipment} is ready but not picked and {other} waiting for stock: they do not go together.",
        "{shipment} and {other} are in two warehouses: they do not go together.",
    }
