"""Several boxes, weighed: what goes into which, a weight that cannot be, and the parcels that leave."""

from typing import Any
from uuid import uuid4

import pytest

from fulfillment.audit import shipments_without_parcel, unequal_parcels
from fulfillment.models import Parcel, Scan, Shipment
from fulfillment.services import ParcelDraft, cancel_order, pack_shipment, pick_shipment, ship_shipment
from fulfillment.services.boxes import is_plausible
from fulfillment.services.ship import ParcelsDoNotAddUp
from orders.models import Order
from tests.factories import ALICE, BOB, Shop, shipment
from tests.fulfillment.floor import Floor, said
from tests.fulfillment.test_floor_ship import dhl, parcels


@pytest.fixture
def order(shop: Shop) -> Order:
    for product, grams in ((shop.mug, 400), (shop.teapot, 1000)):
        product.weight_grams = grams
        product.save()
        shop.receive(product, 9)
    order = shop.order((shop.mug, 3), (shop.teapot, 1))
    pick_shipment(shipment(order), by=BOB)
    return order


@pytest.fixture
def floor(order: Order) -> Floor:
    return Floor(order, "pack")


def close(floor: Floor, grams: Any = "") -> str:
    return said(floor.post(close="1", weight_grams=grams))


def boxes() -> list[tuple[str, int | None, dict[int, int]]]:
    return [
        (
            parcel.number[-2:],
            parcel.weight_grams,
            {line.shipment_line.order_line.number: line.quantity for line in parcel.lines.all()},
        )
        for parcel in Parcel.objects.order_by("pk")
    ]


def clean() -> bool:
    return not [*unequal_parcels(), *shipments_without_parcel()]


def test_two_boxes_become_the_parcels_that_leave(floor: Floor, order: Order) -> None:
    floor.scan("MUG-01", "MUG-01")
    assert close(floor, 900) == "right: Box 1 is closed. Fill box 2."
    assert "2 of 4 in the box · box 2" in floor.screen()
    assert floor.scan("MUG-01", "TEA-01") == "right: All is in. Weigh the box."
    assert (floor.status(), boxes()) == ("PICKED", [])
    number = floor.shipment.number
    assert floor.scan("1500") == f"right: All is in: {number} is packed. Close the box."
    assert (floor.status(), boxes()) == ("PACKED", [("-1", 900, {1: 2}), ("-2", 1500, {1: 1, 2: 1})])
    assert all(parcel.packed_at and not parcel.shipped_at for parcel in Parcel.objects.all())
    assert list(Scan.objects.order_by("pk").values_list("box", "weight_grams")) == [
        (1, None), (1, None), (1, 900), (2, None), (2, None), (2, 1500),
    ]  # fmt: skip
    desk = Floor(order, "ship")
    page = desk.client.get(desk.url).content.decode()
    assert ('value="900"' in page, "units_1" in page, "One more parcel" in page) == (True, False, False)
    desk.post(**parcels(dhl("JJD1", weight_grams=910), dhl("JJD2")))
    assert boxes() == [("-1", 910, {1: 2}), ("-2", 1500, {1: 1, 2: 1})]
    assert list(Parcel.objects.values_list("carrier", "tracking_number")) == [("dhl", "JJD1"), ("dhl", "JJD2")]
    assert (desk.status(), clean()) == ("SHIPPED", True)


def test_several_boxes_that_are_shipped_by_a_double_tap_leave_once_and_both_are_answered_alike(
    floor: Floor, order: Order
) -> None:
    floor.scan("MUG-01")
    close(floor)
    floor.post(whole="1", without="3")
    desk, operation = Floor(order, "ship"), str(uuid4())
    answers = [desk.post(operation=operation, **parcels(dhl("JJD1"), dhl("JJD2"))) for _ in range(2)]
    assert [(each.status_code, said(each)) for each in answers] == [
        (200, f"right: {floor.shipment} is on its way, in 2 parcels.")
    ] * 2
    assert (desk.status(), Scan.objects.filter(step="SHIP").count(), clean()) == ("SHIPPED", 1, True)


def test_a_weight_that_cannot_be_is_said_and_taken_the_second_time(floor: Floor) -> None:
    floor.scan("MUG-01", "3", "TEA-01")
    warning = "The box weighs 900 g, and what is in it 2200 g."
    assert floor.scan("900").startswith(f"wrong: {warning}")
    assert (floor.status(), boxes()) == ("PICKED", [])
    assert floor.scan("950").startswith("wrong: The box weighs 950 g")
    assert floor.scan("900").startswith(f"wrong: {warning}")
    assert floor.scan("900").startswith("right: All is in")
    assert (floor.status(), boxes()) == ("PACKED", [("-1", 900, {1: 3, 2: 1})])
    assert floor.results()[-4:] == ["WRONG_WEIGHT", "WRONG_WEIGHT", "WRONG_WEIGHT", "RIGHT"]


def test_a_box_may_be_closed_without_a_weight(floor: Floor) -> None:
    floor.scan("MUG-01", "3", "TEA-01")
    assert close(floor).startswith("right: All is in")
    assert boxes() == [("-1", None, {1: 3, 2: 1})]


def test_an_empty_box_is_not_closed(floor: Floor) -> None:
    assert close(floor) == "wrong: Nothing is in box 1 yet."
    floor.scan("MUG-01")
    close(floor)
    assert close(floor, 500) == "wrong: Nothing is in box 2 yet."
    assert floor.post(close="1", weight_grams="x").status_code == 422
    assert (floor.status(), boxes()) == ("PICKED", [])


@pytest.mark.parametrize(
    ("grams", "expected"), [(1079, False), (1080, True), (1200, True), (1620, True), (1621, False)]
)
def test_how_far_a_weight_may_be_off(floor: Floor, grams: int, expected: bool) -> None:
    line = floor.shipment.lines.select_related("order_line__product").order_by("pk").first()
    assert is_plausible(grams, {line: 3}) is expected


def test_what_has_no_known_weight_is_closed_by_the_last_scan(floor: Floor, shop: Shop) -> None:
    shop.teapot.weight_grams = None
    shop.teapot.save()
    floor.scan("MUG-01", "3")
    assert "is packed" in floor.scan("TEA-01")
    assert boxes() == [("-1", None, {1: 3, 2: 1})]


def test_what_was_seen_but_not_scanned_is_in_the_box_that_is_filled(floor: Floor) -> None:
    floor.scan("MUG-01")
    close(floor)
    floor.post(whole="1", without="3")
    assert boxes() == [("-1", None, {1: 1}), ("-2", None, {1: 2, 2: 1})]


def test_units_cancelled_between_two_boxes_are_in_none(floor: Floor, order: Order) -> None:
    floor.scan("MUG-01", "3")
    close(floor)
    cancel_order(order, by=ALICE, lines={1: 2})
    floor.scan("TEA-01")
    close(floor)
    assert boxes() == [("-1", None, {1: 1}), ("-2", None, {2: 1})]
    ship_shipment(floor.shipment, by=ALICE)
    assert clean()


def test_a_cancelled_order_has_no_parcels_left(floor: Floor, order: Order) -> None:
    floor.post(whole="1", without="4")
    assert len(boxes()) == 1
    cancel_order(order, by=ALICE)
    assert (boxes(), floor.status()) == ([], "CANCELLED")


def test_packed_parcels_leave_as_they_are_unless_they_are_packed_again(floor: Floor, order: Order) -> None:
    floor.scan("MUG-01")
    close(floor)
    floor.post(whole="1", without="3")
    before = boxes()
    with pytest.raises(ParcelsDoNotAddUp, match="It is packed in 2 parcels, not in 3"):
        ship_shipment(floor.shipment, by=ALICE, parcels=[ParcelDraft("dhl", f"JJD{n}") for n in range(3)])
    assert (boxes(), floor.status()) == (before, "PACKED")
    ship_shipment(floor.shipment, by=ALICE, parcels=[ParcelDraft("dhl", "JJD1", 2500, {1: 3, 2: 1})])
    assert (boxes(), clean()) == ([("-1", 2500, {1: 3, 2: 1})], True)


def test_what_others_packed_is_in_a_parcel_as_well(floor: Floor) -> None:
    pack_shipment(floor.shipment, by=BOB, lines={1: 2})
    floor.scan("MUG-01", "TEA-01")
    close(floor)
    assert boxes() == [("-1", None, {1: 3, 2: 1})]


def test_a_parcel_that_is_still_here_is_no_parcel_to_the_outside(floor: Floor, order: Order) -> None:
    from fulfillment.api.schemas import ShipmentOut, with_parts

    floor.post(whole="1", without="4")
    found = with_parts(Shipment.objects.select_related("order")).get(pk=floor.shipment.pk)
    assert (len(boxes()), ShipmentOut.of(found).parcels) == (1, [])


def test_labels_are_offered_once_the_boxes_are_closed(floor: Floor, order: Order) -> None:
    floor.post(whole="1", without="4")
    desk = Floor(order, "ship")
    page = desk.client.get(desk.url).content.decode()
    number = floor.shipment.number
    for url in (f"{number}/slip.pdf", f"parcels/{number}-1/label.pdf", f"parcels/{number}-1/label.zpl"):
        assert f'href="/floor/documents/{url}"' in page
