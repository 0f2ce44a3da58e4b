"""Returns: announced or not, never more than left; each unit goes back to stock, into quarantine or to scrap."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from fulfillment import ledger
from fulfillment.models import BinStock, Return, Shipment, StockMovement
from fulfillment.services import deliver_shipment, return_shipment, ship_shipment
from fulfillment.services.returns import (
    NotDecided,
    NotReturnable,
    Outcome,
    approve_return,
    cancel_return,
    decline_return,
    find_return,
    finish_return,
    request_return,
    send_return,
)
from fulfillment.services.ship import ParcelDraft
from orders.lifecycle import NotAllowed, NotHere
from orders.models import Event, Order
from tests.factories import ALICE, BOB, Shop, shipment, stages
from tests.fulfillment.at_desk import bring, decide, take_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(shop: Shop) -> Order:
    """Five mugs and a teapot that were delivered."""
    shop.receive(shop.mug, 5)
    shop.receive(shop.teapot, 1)
    order = shop.order((shop.mug, 5), (shop.teapot, 1))
    ship_shipment(shipment(order), by=ALICE, parcels=[ParcelDraft("DHL", "JD 014 600")])
    deliver_shipment(shipment(order), by=ALICE)
    return Order.objects.get(pk=order.pk)


def lying(shop: Shop, product: Any = None) -> dict[str, int]:
    rows = BinStock.objects.filter(product=product or shop.mug, quantity__gt=0)
    return dict(rows.values_list("bin__code", "quantity"))


def kinds() -> list[str]:
    return list(Event.objects.filter(kind__startswith="return.").order_by("pk").values_list("kind", flat=True))


def test_an_announced_return_goes_its_whole_way(order: Order, shop: Shop) -> None:
    announced = request_return(order, {1: 2}, reason="DAMAGED", by=ALICE)
    assert (announced.number, announced.status) == (f"{order.number}-R1", "REQUESTED")
    send_return(approve_return(announced, by=ALICE), by=ALICE)
    back = take_in(announced, 2)
    assert (back.status, lying(shop), shop.stock(shop.mug)) == ("RECEIVED", {"RETURNS": 2}, (2, 0))
    decide(back.lines.get(), Outcome.RESTOCK, into="A-01-01")
    decide(back.lines.get(), Outcome.QUARANTINE)
    assert lying(shop) == {"A-01-01": 1, "QUARANTINE": 1}
    assert finish_return(back, by=BOB).status == "CLOSED"
    told = ["requested", "approved", "shipped", "received", "inspected", "closed"]
    assert kinds() == [f"return.{each}" for each in told]
    facts = Event.objects.get(kind="return.inspected").facts
    counts = {"restocked": 1, "quarantined": 1, "scrapped": 0}
    assert facts == {"return": announced.number} | counts
    assert (stages(order)[0], list(ledger.verify())) == ({"delivered": 5}, [])


def test_what_comes_back_is_booked_with_its_return_as_cause_and_is_promised_to_nobody(order: Order, shop: Shop) -> None:
    back = take_in(order, 1)
    move = StockMovement.objects.latest("pk")
    assert (move.kind, move.cause, move.blocked_delta) == ("RECEIVE", back.number, 1)
    waiting = shop.order((shop.mug, 1))
    assert stages(waiting) == [{"waiting": 1}]


def test_scrap_leaves_the_books(order: Order, shop: Shop) -> None:
    back = take_in(order, 3)
    decide(back.lines.get(), Outcome.SCRAP, 3)
    assert (shop.stock(shop.mug), lying(shop)) == ((0, 0), {})
    assert StockMovement.objects.latest("pk").cause == f"{back.number} scrapped"
    assert finish_return(back, by=BOB).status == "CLOSED"
    assert list(ledger.verify()) == []


def test_an_unexpected_return_is_taken_in_by_its_order(order: Order, shop: Shop) -> None:
    back = take_in(find_return(order.number), 1)
    assert (back.is_announced, back.reason, back.lines.get().quantity, back.lines.get().received) == (
        False,
        "OTHER",
        0,
        1,
    )
    assert kinds() == ["return.received"]
    assert take_in(back, sku="TEA-01") == back
    assert (find_return(order.number), back.lines.count(), Return.objects.count()) == (back, 2, 1)


def test_never_more_comes_back_than_left(order: Order, shop: Shop) -> None:
    request_return(order, {1: 3}, by=ALICE)
    with pytest.raises(NotReturnable, match="^Of line 1, 2 can come back, not 3.$"):
        request_return(order, {1: 3}, by=ALICE)
    with pytest.raises(NotReturnable, match="Of line 9, 0 can come back"):
        request_return(order, {9: 1}, by=ALICE)
    back = take_in(order, 5)
    assert bring(back)[0].sentence.startswith("No more of Enamel mug is out there")
    assert (Return.objects.count(), shop.stock(shop.mug)) == (1, (5, 0))


def test_nothing_comes_back_that_has_not_left(shop: Shop) -> None:
    shop.receive(shop.mug, 1)
    order = shop.order((shop.mug, 1))
    with pytest.raises(NotReturnable):
        request_return(order, by=ALICE)
    with pytest.raises(NotHere, match=f"^Nothing of {order} has left: nothing of it can come back.$"):
        take_in(order)
    assert (Return.objects.count(), shop.stock(shop.mug)) == (0, (1, 1))
    assert find_return(order.number) == f"Nothing of {order} has left: nothing of it can come back."
    assert find_return(f"{order}-1") == f"{order}-1 has not left: nothing of it can come back."


@pytest.mark.parametrize("status", ["SHIPPED", "LOST", "RETURNED_TO_SENDER"])
def test_a_parcel_that_was_not_delivered_comes_in_here(shop: Shop, status: str) -> None:
    shop.receive(shop.mug, 2)
    order = shop.order((shop.mug, 2))
    sent = ship_shipment(shipment(order), by=ALICE, parcels=[ParcelDraft("DHL", "JD 014 600")])
    if status == "RETURNED_TO_SENDER":
        return_shipment(sent, by=ALICE)
    else:
        Shipment.objects.update(status=status)
    found = find_return("jd014600")
    assert found == sent
    back = take_in(found, 2)
    assert (back.shipment, back.is_announced, back.reason) == (sent, False, "UNDELIVERED")
    assert (shipment(order).status, Order.objects.get(pk=order.pk).status) == ("RETURNED_TO_SENDER", "RETURNED")
    assert (find_return("jd014600"), lying(shop), list(ledger.verify())) == (back, {"RETURNS": 2}, [])


def test_every_number_on_a_parcel_leads_to_its_return(order: Order) -> None:
    sent = shipment(order)
    assert find_return(sent.number) == order
    announced = request_return(order, {1: 1}, by=ALICE)
    for text in (announced.number.lower(), sent.parcels.get().number, "JD014600", order.number, sent.number):
        assert find_return(text) == announced
    request_return(order, {1: 1}, by=ALICE)
    assert "Several returns" in str(find_return(order.number))
    assert find_return("nonsense") == "“nonsense” is no return, order or parcel that we know. Scan it again."


def test_a_declined_or_cancelled_return_books_nothing_and_lets_units_go(order: Order, shop: Shop) -> None:
    declined = decline_return(request_return(order, {1: 5}, by=ALICE), by=BOB)
    cancelled = cancel_return(request_return(order, {1: 5}, by=ALICE), by=BOB)
    for gone in (declined, cancelled):
        with pytest.raises(NotAllowed, match="so it cannot be taken in"):
            take_in(gone)
    assert (lying(shop), kinds().count("return.received")) == ({}, 0)
    assert request_return(order, {1: 5}, by=ALICE).status == "REQUESTED"


def test_a_return_is_not_closed_while_a_unit_is_undecided(order: Order, shop: Shop) -> None:
    back = take_in(order, 2)
    decide(back.lines.get(), Outcome.SCRAP)
    with pytest.raises(NotDecided, match="^Still to be decided: 1 × Enamel mug.$"):
        finish_return(back, by=BOB)
    with pytest.raises(NotDecided, match="^1 × Enamel mug is still to be decided, not 2.$"):
        decide(back.lines.get(), Outcome.SCRAP, 2)
    assert (Return.objects.get().status, shop.stock(shop.mug)) == ("RECEIVED", (1, 0))


@pytest.mark.parametrize("code", ["QUARANTINE", "STAGE", ""])
def test_nothing_is_sold_again_from_where_nothing_is_picked(order: Order, shop: Shop, code: str) -> None:
    back = take_in(order, 1)
    refused = decide(back.lines.get(), Outcome.RESTOCK, into=code)
    assert (refused.is_done, refused.sentence.endswith("Scan a bin to pick from.")) == (False, True)
    assert (lying(shop), back.lines.get().undecided) == ({"RETURNS": 1}, 1)


def test_a_closed_return_takes_nothing_more(order: Order, shop: Shop) -> None:
    back = take_in(order, 1)
    decide(back.lines.get(), Outcome.SCRAP)
    finish_return(back, by=BOB)
    with pytest.raises(NotAllowed, match="The return is closed, so it cannot be taken in"):
        take_in(back)
    with pytest.raises(NotAllowed, match="The return is closed, so it cannot be looked at"):
        decide(back.lines.get(), Outcome.SCRAP)
    assert shop.stock(shop.mug) == (0, 0)


def test_units_that_come_back_twice_under_one_name_are_booked_once(order: Order, shop: Shop) -> None:
    one = uuid4()
    scan, back = bring(order, operation=one)
    assert back is not None
    assert bring(back, operation=one) == (scan, None)
    assert (back.lines.get().received, lying(shop)) == (1, {"RETURNS": 1})


def test_what_is_restocked_goes_to_who_waits(order: Order, shop: Shop, django_capture_on_commit_callbacks: Any) -> None:
    back = take_in(order, 1)
    connection.run_on_commit.clear()
    with django_capture_on_commit_callbacks() as bells:
        decide(back.lines.get(), Outcome.RESTOCK, into="STOCK")
    assert len(bells) == 1


def test_why_it_is_declined_stands_as_a_note_and_not_in_the_trail(order: Order) -> None:
    decline_return(request_return(order, {1: 5}, by=ALICE), by=BOB, reason="Ana Ruiz wore it for a year")
    note, event = order.notes.get(), Event.objects.get(kind="return.declined")
    assert (note.text, note.by) == ("Ana Ruiz wore it for a year", str(BOB))
    assert event.facts == {"return": f"{order}-R1", "note": note.pk}
