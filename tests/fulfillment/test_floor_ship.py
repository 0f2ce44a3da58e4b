"""Shipping from the floor: one parcel by one scan, several with what is in each."""

from typing import Any
from uuid import uuid4

import pytest

from fulfillment.models import Parcel, Scan
from fulfillment.services import pack_shipment, pick_shipment
from orders.models import Order
from orders.services import hold_order
from tests.factories import ALICE, BOB, ProductFactory, Shop, shipment, stages
from tests.fulfillment.floor import Floor, said, words

LABELS = ("JJD000001", "JJD000002")


@pytest.fixture
def order(shop: Shop) -> Order:
    shop.receive(shop.mug, 9)
    shop.receive(shop.teapot, 4)
    return packed(shop.order((shop.mug, 3), (shop.teapot, 1)))


def packed(order: Order) -> Order:
    pick_shipment(shipment(order), by=BOB)
    pack_shipment(shipment(order), by=BOB)
    return order


@pytest.fixture
def floor(order: Order) -> Floor:
    return Floor(order, "ship")


def parcels(*given: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of so many parcels, as the form sends them."""
    fields: dict[str, Any] = {"parcel-TOTAL_FORMS": len(given), "parcel-INITIAL_FORMS": 0}
    for place, parcel in enumerate(given):
        fields |= {f"parcel-{place}-{name}": value for name, value in parcel.items()}
    return fields


def dhl(label: str, **more: Any) -> dict[str, Any]:
    return {"carrier": "DHL", "tracking_number": label, **more}


def boxes() -> list[tuple[str, str, int | None, dict[int, int]]]:
    return [
        (
            parcel.carrier,
            parcel.tracking_number,
            parcel.weight_grams,
            {line.shipment_line.order_line.number: line.quantity for line in parcel.lines.all()},
        )
        for parcel in Parcel.objects.order_by("pk")
    ]


def test_one_scan_of_the_label_ships_all_of_it(floor: Floor, order: Order) -> None:
    answer = floor.post(**parcels(dhl(LABELS[0], weight_grams=1250)))
    assert said(answer) == f"right: {floor.shipment.number} is on its way, in 1 parcel."
    assert (floor.status(), stages(order)) == ("SHIPPED", [{"shipped": 3}, {"shipped": 1}])
    assert boxes() == [("dhl", LABELS[0], 1250, {1: 3, 2: 1})]
    assert list(Scan.objects.values_list("step", "text", "quantity")) == [("SHIP", LABELS[0], 4)]


def test_of_several_parcels_the_first_holds_what_the_others_do_not(floor: Floor) -> None:
    floor.post(**parcels(dhl(LABELS[0]), dhl(LABELS[1], units_1=1, units_2=1)))
    assert boxes() == [("dhl", LABELS[0], None, {1: 2}), ("dhl", LABELS[1], None, {1: 1, 2: 1})]


def test_one_more_parcel_keeps_what_was_typed(floor: Floor) -> None:
    answer = floor.post(**parcels(dhl(LABELS[0], weight_grams=900)), add="1")
    page = answer.content.decode()
    assert (answer.status_code, LABELS[0] in page, 'value="900"' in page, "Parcel 2" in page) == (200, True, True, True)
    assert (floor.status(), boxes()) == ("PACKED", [])


def test_the_next_label_is_asked_for_until_every_parcel_has_one(floor: Floor) -> None:
    answer = floor.post(**parcels(dhl(LABELS[0]), {"carrier": "DHL", "units_1": 1}))
    asked = answer.content.decode().split("data-scan")[0].rsplit("<input", 1)[-1]
    assert (answer.status_code, 'name="parcel-1-tracking_number"' in asked, boxes()) == (200, True, [])


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ([{"carrier": "DHL"}], "Scan the carrier’s number, or ship without one."),
        ([{"tracking_number": LABELS[0]}], "Say which carrier takes it."),
        ([{"carrier": "..", "tracking_number": LABELS[0]}], "That is no carrier’s name."),
        ([dhl(LABELS[0], weight_grams=0)], "It has to be 1 or more."),
        ([dhl("OT-00000000")], "That is the number of an order. Scan the carrier’s label."),
        ([dhl("MUG-01")], "That is an article. Scan the carrier’s label."),
        ([dhl(LABELS[0]), dhl(LABELS[0], units_1=1)], "Another parcel has this number."),
        ([dhl(LABELS[0]), dhl(LABELS[1])], "Nothing is in parcel 2. Say what is."),
        ([dhl(LABELS[0]), dhl(LABELS[1], units_1=3, units_2=1)], "Nothing is in parcel 1. Say what is."),
        (
            [dhl(LABELS[0]), dhl(LABELS[1], units_1=2), dhl("JJD3", units_1=2)],
            "The parcels hold more than 3 × Enamel mug.",
        ),
        ([dhl(LABELS[0]), dhl(LABELS[1], units_1=4)], "It has to be 3 or less."),
        ([dhl(LABELS[0]), dhl(LABELS[1], units_1=-1)], "It has to be 0 or more."),
    ],
)
def test_parcels_that_cannot_be_are_refused(floor: Floor, given: list[dict[str, Any]], complaint: str) -> None:
    answer = floor.post(**parcels(*given))
    assert (answer.status_code, complaint in words(answer)) == (422, True)
    assert (floor.status(), boxes(), Scan.objects.count()) == ("PACKED", [], 0)


def test_a_form_that_was_bent_is_refused(floor: Floor) -> None:
    for bent in ({}, {"parcel-TOTAL_FORMS": 0, "parcel-INITIAL_FORMS": 0}, parcels(*[dhl(LABELS[0])] * 21)):
        assert floor.post(**bent).status_code == 422
    assert floor.client.post(floor.url, parcels(dhl(LABELS[0]))).status_code == 422
    assert (floor.status(), boxes()) == ("PACKED", [])


def test_without_a_number_it_ships_when_that_is_said(floor: Floor) -> None:
    floor.post(**parcels({"carrier": ""}), untracked="1")
    assert (floor.status(), boxes()) == ("SHIPPED", [("", "", None, {1: 3, 2: 1})])
    assert Scan.objects.get().result == "UNSCANNED"


def test_a_double_tap_ships_once_and_is_answered_alike(floor: Floor) -> None:
    operation = str(uuid4())
    answers = {said(floor.post(operation=operation, **parcels(dhl(LABELS[0])))) for _ in range(2)}
    assert (answers, len(boxes())) == ({f"right: {floor.shipment.number} is on its way, in 1 parcel."}, 1)


def test_what_has_left_does_not_leave_again(floor: Floor) -> None:
    floor.post(**parcels(dhl(LABELS[0])))
    again = floor.post(**parcels(dhl(LABELS[1])))
    assert (again.status_code, len(boxes())) == (409, 1)
    assert "The shipment is on its way, so it cannot be shipped." in floor.screen()


def test_a_hold_keeps_it_here(floor: Floor, order: Order) -> None:
    hold_order(order, by=ALICE, reason="PAYMENT")
    answer = floor.post(**parcels(dhl(LABELS[0])))
    assert (answer.status_code, "On hold: the payment has not arrived." in words(answer)) == (409, True)
    assert (floor.status(), boxes(), Scan.objects.count()) == ("PACKED", [], 0)


def test_what_was_not_packed_here_may_leave_and_the_page_says_what_that_means(shop: Shop) -> None:
    shop.receive(shop.mug, 3)
    floor = Floor(shop.order((shop.mug, 3)), "ship")
    assert "It was not packed here: it counts as picked and packed once it is shipped." in floor.screen()
    floor.post(**parcels(dhl(LABELS[0])))
    assert floor.status() == "SHIPPED"


def test_the_last_carrier_is_proposed_by_its_name_and_kept_by_its_code(floor: Floor, shop: Shop) -> None:
    floor.post(**parcels({"carrier": "La Poste", "tracking_number": "1Z1"}))
    another = Floor(packed(shop.order((shop.mug, 1))), "ship")
    assert 'value="La Poste"' in another.client.get(another.url).content.decode()
    another.post(**parcels({"carrier": "la-poste", "tracking_number": "1Z2"}))
    assert set(Parcel.objects.values_list("carrier", flat=True)) == {"la-poste"}


@pytest.mark.parametrize("articles", [1, 3])
def test_the_queries_of_shipping(shop: Shop, django_assert_num_queries, articles: int) -> None:
    products = [ProductFactory(sku=f"P-{n}") for n in range(articles)]
    for product in products:
        shop.receive(product, 9)
    floor = Floor(packed(shop.order(*((product, 3) for product in products))), "ship")
    with django_assert_num_queries(8):
        floor.client.get(floor.url)
    with django_assert_num_queries(14):
        floor.post(follow=False, **parcels(dhl(LABELS[0])))
