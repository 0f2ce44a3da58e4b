"""An order's way through the warehouse, by its services."""

from datetime import timedelta

import pytest

from fulfillment import ledger
from fulfillment.models import Shipment
from fulfillment.services import (
    allocate_waiting,
    cancel_order,
    deliver_shipment,
    pack_shipment,
    pick_shipment,
    ship_shipment,
)
from orders.lifecycle import NotAllowed
from orders.models import Order
from orders.services import hold_order, release_order
from tests.factories import ALICE, BOB, MONDAY, Shop, shipment, stages


def test_an_order_goes_from_placed_to_delivered(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 2))
    assert (order.status, stages(order), shop.stock(shop.mug)) == ("CONFIRMED", [{"reserved": 2}], (5, 2))

    pick_shipment(shipment(order), by=BOB)
    pack_shipment(shipment(order), by=BOB)
    ship_shipment(shipment(order), by=BOB)
    assert (Order.objects.get().status, stages(order), shop.stock(shop.mug)) == (
        "SHIPPED",
        [{"shipped": 2}],
        (3, 0),
    )

    deliver_shipment(shipment(order), by=BOB)
    done = Order.objects.get()
    assert (done.status, stages(order), list(ledger.verify())) == ("DELIVERED", [{"delivered": 2}], [])
    assert done.version == done.events.count() == len(set(done.events.values_list("seq", flat=True)))
    assert list(done.events.values_list("kind", flat=True)) == [
        "order.placed",
        "order.confirmed",
        "shipment.planned",
        "stock.reserved",
        "shipment.readied",
        "shipment.picking_started",
        "shipment.picked",
        "order.fulfillment_started",
        "shipment.packed",
        "parcel.shipped",
        "shipment.shipped",
        "order.shipped",
        "shipment.delivered",
        "order.delivered",
    ]


def test_an_order_left_when_the_last_of_its_shipments_did(shop: Shop) -> None:
    shop.receive(shop.mug, 1)
    order = shop.order((shop.mug, 2))
    ship_shipment(shipment(order, 1), by=BOB, at=MONDAY)
    shop.receive(shop.mug, 1)
    allocate_waiting(by=ALICE)
    later = MONDAY + timedelta(hours=5)
    ship_shipment(shipment(order), by=BOB, at=later)
    assert Order.objects.get().shipped_at == later


def test_what_is_there_is_reserved_and_the_rest_waits(shop: Shop) -> None:
    shop.receive(shop.mug, 3)
    order = shop.order((shop.mug, 5), (shop.teapot, 1))
    assert stages(order) == [{"waiting": 2, "reserved": 3}, {"waiting": 1}]
    assert [each.status for each in order.shipments.all()] == ["PLANNED", "READY"]

    shop.receive(shop.mug, 10)
    assert allocate_waiting(by=ALICE) == 1
    assert stages(order) == [{"reserved": 5}, {"waiting": 1}]
    shop.receive(shop.teapot, 1)
    assert allocate_waiting(by=ALICE) == 1
    assert [(each.status, sum(line.quantity for line in each.lines.all())) for each in order.shipments.all()] == [
        ("CANCELLED", 0),
        ("READY", 6),
    ]
    assert list(ledger.verify()) == []


def test_a_late_arrival_goes_in_a_second_shipment_once_the_first_is_picked(shop: Shop) -> None:
    shop.receive(shop.mug, 3)
    order = shop.order((shop.mug, 5))
    pick_shipment(shipment(order, 1), by=BOB)
    ship_shipment(shipment(order, 1), by=BOB)
    assert Order.objects.get().status == "PARTLY_SHIPPED"
    shop.receive(shop.mug, 2)
    allocate_waiting(by=ALICE)
    assert [each.status for each in order.shipments.all()] == ["READY", "SHIPPED"]
    ship_shipment(shipment(order, 0), by=BOB)
    assert (Order.objects.get().status, stages(order), list(ledger.verify())) == (
        "SHIPPED",
        [{"shipped": 5}],
        [],
    )


def test_a_ship_complete_order_waits_with_all_of_it(shop: Shop) -> None:
    shop.receive(shop.mug, 3)
    order = shop.order((shop.mug, 5), is_ship_complete=True)
    assert (stages(order), shop.stock(shop.mug)) == ([{"waiting": 5}], (3, 0))
    shop.receive(shop.mug, 2)
    allocate_waiting(by=ALICE)
    assert (stages(order), shipment(order).status) == ([{"reserved": 5}], "READY")


def test_who_cannot_be_served_whole_keeps_nobody_behind_waiting(shop: Shop) -> None:
    greedy = shop.order((shop.mug, 9), (shop.mug, 2), is_ship_complete=True)
    plain = shop.order((shop.mug, 5))
    shop.receive(shop.mug, 10)
    assert allocate_waiting(by=ALICE, limit=1) == 1
    assert (stages(plain), stages(greedy)) == ([{"reserved": 5}], [{"waiting": 9}, {"waiting": 2}])
    assert allocate_waiting(by=ALICE, limit=1) == 0
    shop.receive(shop.mug, 6)
    assert allocate_waiting(by=ALICE, limit=1) == 1
    assert stages(greedy) == [{"reserved": 9}, {"reserved": 2}]


def test_two_warehouses_make_two_shipments(shop: Shop) -> None:
    north = ledger.open_warehouse("NORTH")
    shop.receive(shop.mug, 2)
    shop.receive(shop.teapot, 1, warehouse=north)
    order = shop.order((shop.mug, 2), (shop.teapot, 1))
    assert {(each.status, str(each.warehouse)) for each in order.shipments.all()} == {
        ("READY", "MAIN"),
        ("READY", "NORTH"),
    }
    assert list(ledger.verify()) == []


@pytest.mark.parametrize("steps", [[], [pick_shipment], [pick_shipment, pack_shipment]])
def test_cancelling_gives_its_stock_back_exactly(shop: Shop, steps: list) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 3))
    for step in steps:
        step(shipment(order), by=BOB)
    cancel_order(order, by=ALICE, reason="changed their mind")
    assert (Order.objects.get().status, stages(order), shop.stock(shop.mug)) == (
        "CANCELLED",
        [{"cancelled": 3}],
        (5, 0),
    )
    assert (shipment(order).status, list(ledger.verify())) == ("CANCELLED", [])
    another = shop.order((shop.mug, 5))
    pick_shipment(shipment(another), by=BOB)
    assert shipment(another).status == "PICKED"


def test_cancelling_some_units_leaves_the_rest_on_its_way(shop: Shop) -> None:
    shop.receive(shop.mug, 3)
    order = shop.order((shop.mug, 5), (shop.teapot, 1))
    cancel_order(order, by=ALICE, lines={1: 3, 2: 1})
    assert stages(order) == [{"reserved": 2, "cancelled": 3}, {"cancelled": 1}]
    assert [each.status for each in order.shipments.all()] == ["CANCELLED", "READY"]
    ship_shipment(shipment(order, 1), by=BOB)
    assert (Order.objects.get().status, shop.stock(shop.mug), list(ledger.verify())) == (
        "SHIPPED",
        (1, 0),
        [],
    )


def test_cancelling_the_rest_of_a_partly_shipped_order_completes_it(shop: Shop) -> None:
    shop.receive(shop.mug, 3)
    order = shop.order((shop.mug, 5))
    ship_shipment(shipment(order, 1), by=BOB)
    with pytest.raises(NotAllowed, match="have|has left the warehouse already"):
        cancel_order(order, by=ALICE)
    assert stages(order) == [{"waiting": 2, "shipped": 3}]
    cancel_order(order, by=ALICE, lines={1: 2})
    assert (Order.objects.get().status, stages(order)) == ("SHIPPED", [{"shipped": 3, "cancelled": 2}])


def test_a_hold_blocks_picking_and_shipping_until_it_is_released(shop: Shop) -> None:
    shop.receive(shop.mug, 3)
    order = shop.order((shop.mug, 3))
    hold_order(order, by=ALICE, reason="ADDRESS")
    for step in (pick_shipment, ship_shipment):
        with pytest.raises(NotAllowed, match="the address has to be checked"):
            step(shipment(order), by=BOB)
    assert (shipment(order).status, stages(order)) == ("READY", [{"reserved": 3}])
    release_order(order, by=ALICE)
    pick_shipment(shipment(order), by=BOB)
    assert shipment(order).status == Shipment.Status.PICKED


def test_parts_can_be_picked_and_packed_one_after_the_other(shop: Shop) -> None:
    shop.receive(shop.mug, 3)
    shop.receive(shop.teapot, 3)
    order = shop.order((shop.mug, 3), (shop.teapot, 2))
    pick_shipment(shipment(order), by=BOB, lines={1: 2})
    assert (shipment(order).status, stages(order)) == (
        "PICKING",
        [{"reserved": 1, "picked": 2}, {"reserved": 2}],
    )
    pick_shipment(shipment(order), by=BOB)
    pack_shipment(shipment(order), by=BOB, lines={2: 2})
    assert (shipment(order).status, stages(order)) == ("PICKED", [{"picked": 3}, {"packed": 2}])
    pack_shipment(shipment(order), by=BOB)
    assert shipment(order).status == "PACKED"
