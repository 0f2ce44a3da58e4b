"""Taking back what was booked last at dock and shelf: once, by the same person, while it still lies there."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Bin, BinStock, Receipt, ReceiptLine, Scan, Staff, StockItem, StockMovement
from fulfillment.services import (
    Act,
    allocate_waiting,
    close_receipt,
    expect_receipt,
    pick_shipment,
    release_wave,
    reopen_receipt,
    scan_to_close,
    scan_to_move,
    scan_to_receive,
    undo_booking,
)
from fulfillment.services.undo_booking import WITHIN
from orders.lifecycle import NotAllowed, Refused
from orders.models import Actor
from tests.api import row_counts
from tests.factories import ALICE, BOB, Shop, shipment
from tests.fulfillment.floor import person, said, words

pytestmark = pytest.mark.django_db


class Hand:
    """Somebody who books mugs."""

    def __init__(self, shop: Shop, by: Actor = ALICE) -> None:
        self.shop, self.by = shop, by

    def place(self, code: str) -> Bin:
        if code in {"DOCK", "DAMAGED", "QUARANTINE"}:
            return ledger.standing_bin(self.shop.warehouse, Bin.Kind(code))
        found, _ = Bin.objects.get_or_create(warehouse=self.shop.warehouse, code=code)
        return found

    def act(self, operation: UUID | None = None) -> Act:
        return Act(operation or uuid4(), self.by, "MUG-01")

    def receive(self, units: int, into: str = "DOCK", reference: str = "DN-1") -> Scan:
        return scan_to_receive(self.shop.mug, units, self.place(into), self.act(), reference, is_begun=True)

    def move(self, source: str, target: str, units: int, step: Scan.Step = Scan.Step.MOVE) -> Scan:
        return scan_to_move(self.place(source), self.place(target), self.shop.mug, units, self.act(), step)

    def put_away(self, units: int, into: str = "A-01-01") -> Scan:
        return self.move("DOCK", into, units, Scan.Step.PUT_AWAY)

    def undo(self, scan: Scan, operation: UUID | None = None) -> Scan:
        return undo_booking(scan, self.act(operation))


@pytest.fixture
def hand(shop: Shop) -> Hand:
    return Hand(shop)


def books() -> Any:
    """All that taking something back could change."""
    return (
        row_counts(),
        list(StockItem.objects.order_by("pk").values_list("on_hand", "reserved", "blocked")),
        list(BinStock.objects.order_by("pk").values_list("bin__code", "quantity", "version")),
        list(ReceiptLine.objects.order_by("pk").values_list("received", "damaged", "put_away")),
        list(Receipt.objects.order_by("pk").values_list("reference", "arrived_at", "put_away_at", "closed_at")),
    )


def refused(hand: Hand, scan: Scan) -> str:
    """Return why it cannot be taken back; nothing has happened then."""
    before = books()
    with pytest.raises(NotAllowed) as refusal:
        hand.undo(scan)
    assert books() == before
    return refusal.value.sentence


def lying() -> dict[str, int]:
    return dict(BinStock.objects.filter(quantity__gt=0).values_list("bin__code", "quantity"))


def balance() -> tuple[int, int, int]:
    item = StockItem.objects.get()
    return item.on_hand, item.reserved, item.blocked


def counted() -> list[tuple[Any, ...]]:
    return list(
        ReceiptLine.objects.order_by("receipt_id").values_list("receipt__reference", "received", "damaged", "put_away")
    )


# --- received -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("into", "here"), [("DOCK", (4, 0, 0)), ("DAMAGED", (0, 4, 0)), ("A-01-01", (4, 0, 4))])
def test_what_was_received_is_booked_out_again(shop: Shop, hand: Hand, into: str, here: tuple[int, ...]) -> None:
    expect_receipt(shop.warehouse, "DN-1", {shop.mug: 12})
    hand.receive(4, into)
    back = hand.undo(hand.receive(8, into))
    assert (back.result, back.sentence) == (
        "UNDONE",
        f"Taken back: 8 × Enamel mug are not booked into {into}.",
    )
    assert (counted(), lying(), list(ledger.verify())) == ([("DN-1", *here)], {into: 4}, [])
    entry = StockMovement.objects.latest("pk")
    assert (entry.kind, entry.on_hand_delta, entry.cause, entry.by) == ("ADJUST", -8, "taken back: DN-1", str(ALICE))
    assert StockMovement.objects.filter(kind="RECEIVE").count() == 2, "nothing is edited"


def test_a_delivery_of_which_nothing_came_then_has_not_arrived(shop: Shop, hand: Hand) -> None:
    expect_receipt(shop.warehouse, "DN-1", {shop.mug: 12})
    hand.undo(hand.receive(12))
    assert list(Receipt.objects.values_list("reference", "arrived_at", "put_away_at")) == [("DN-1", None, None)]
    assert counted() == [("DN-1", 0, 0, 0)]


def test_a_delivery_that_nobody_announced_and_nothing_came_of_is_gone(shop: Shop, hand: Hand) -> None:
    expect_receipt(shop.warehouse, "DN-1", {shop.teapot: 12})
    hand.undo(hand.receive(12))
    hand.undo(hand.receive(12, reference="DN-TYPO"))
    assert (counted(), balance()) == ([("DN-1", 0, 0, 0)], (0, 0, 0))


def test_what_is_put_away_by_now_is_not_booked_out(hand: Hand) -> None:
    first = hand.receive(5)
    Hand(hand.shop, BOB).put_away(2)
    assert refused(hand, first) == (
        "That cannot be taken back. 3 × Enamel mug lie in DOCK by the books, not 5. Have DOCK counted."
    )


def test_what_another_delivery_brought_is_not_taken_for_it(hand: Hand) -> None:
    first, bob = hand.receive(5), Hand(hand.shop, BOB)
    bob.receive(5, reference="DN-2")
    bob.put_away(5)  # of DN-1, which came first
    assert refused(hand, first) == (
        "That cannot be taken back. Of DN-1 not so many stand there any more. Have DOCK counted."
    )


def test_what_is_promised_by_now_is_not_booked_out(shop: Shop, hand: Hand) -> None:
    order = shop.order((shop.mug, 3))
    first = hand.receive(5, "A-01-01")
    allocate_waiting(by=BOB)
    assert refused(hand, first) == (
        "That cannot be taken back. 3 × Enamel mug are reserved for orders: 2 can be set aside. Have A-01-01 counted."
    )
    pick_shipment(shipment(order), by=BOB)
    assert "2 × Enamel mug lie in A-01-01 by the books, not 5." in refused(hand, first)


def test_of_a_closed_delivery_nothing_is_taken_back(hand: Hand) -> None:
    first = hand.receive(5)
    close_receipt(Receipt.objects.get())
    assert refused(hand, first) == "DN-1 is closed. Have it opened first."


# --- put away, moved ------------------------------------------------------------------------------------


def test_what_was_put_away_stands_at_the_dock_again(hand: Hand) -> None:
    hand.receive(4)
    hand.receive(3, "B-01-01", "DN-2")
    hand.receive(3, reference="DN-2")
    back = hand.undo(hand.put_away(5))
    assert back.sentence == "Taken back: put 5 × Enamel mug into DOCK again."
    assert (lying(), balance()) == ({"DOCK": 7, "B-01-01": 3}, (10, 0, 7))
    assert counted() == [("DN-1", 4, 0, 0), ("DN-2", 6, 0, 3)], "each line has back what it gave"
    assert set(Receipt.objects.values_list("put_away_at", flat=True)) == {None}
    entry = StockMovement.objects.latest("pk")
    assert (entry.kind, entry.blocked_delta, entry.cause) == ("MOVE", 5, "taken back: put away")
    assert list(ledger.verify()) == []


@pytest.mark.parametrize("target", ["B-01-01", "QUARANTINE", "DOCK"])
def test_what_was_moved_lies_where_it_lay(shop: Shop, hand: Hand, target: str) -> None:
    shop.receive(shop.mug, 5)
    assert hand.undo(hand.move("A-01-01", target, 2)).sentence == "Taken back: put 2 × Enamel mug into A-01-01 again."
    assert (lying(), balance(), list(ledger.verify())) == ({"A-01-01": 5}, (5, 0, 0), [])


def test_what_comes_back_from_quarantine_is_given_to_who_waits(shop: Shop, hand: Hand) -> None:
    shop.receive(shop.mug, 5)
    first = hand.move("A-01-01", "QUARANTINE", 5)
    order = shop.order((shop.mug, 3))
    hand.undo(first)
    assert (allocate_waiting(by=BOB), order.lines.get().reserved) == (1, 3)


def test_what_was_promised_meanwhile_does_not_go_back_to_the_dock(shop: Shop, hand: Hand) -> None:
    hand.receive(5)
    first = hand.put_away(5)
    shop.order((shop.mug, 4))
    assert "4 × Enamel mug are reserved for orders: 1 can be set aside." in refused(hand, first)


def test_what_was_moved_on_or_is_to_be_fetched_stays_there(shop: Shop, hand: Hand) -> None:
    shop.receive(shop.mug, 5)
    first = hand.move("A-01-01", "B-01-01", 5)
    shop.order((shop.mug, 4))
    release_wave(shop.warehouse, by=BOB)
    assert "4 of the 5 × Enamel mug in B-01-01 are to be picked: 1 can be moved." in refused(hand, first)
    Hand(shop, BOB).move("B-01-01", "C-01-01", 1)
    assert "4 × Enamel mug lie in B-01-01 by the books, not 5." in refused(hand, first)


# --- once, the last, in time, the same person -----------------------------------------------------------


def test_a_double_tap_takes_back_once_and_is_answered_alike(shop: Shop, hand: Hand) -> None:
    shop.receive(shop.mug, 5)
    hand.move("A-01-01", "B-01-01", 2)
    second = hand.move("A-01-01", "B-01-01", 2)
    operation = uuid4()
    back = hand.undo(second, operation)
    before = books()
    assert (hand.undo(second, operation).pk, books()) == (back.pk, before)
    assert refused(hand, second) == "That is taken back already. Look at the screen again."
    assert lying() == {"A-01-01": 3, "B-01-01": 2}


def test_the_last_goes_first_and_then_the_one_before(shop: Shop, hand: Hand) -> None:
    shop.receive(shop.mug, 5)
    first, second = hand.move("A-01-01", "B-01-01", 1), hand.move("A-01-01", "B-01-01", 2)
    hand.move("A-01-01", "B-01-01", 99)  # refused: it is no booking
    assert refused(hand, first) == "That is not what you booked last. Look at the screen again."
    hand.undo(second)
    hand.undo(first)
    assert lying() == {"A-01-01": 5}


def test_what_was_booked_too_long_ago_stands(shop: Shop, hand: Hand) -> None:
    shop.receive(shop.mug, 5)
    first = hand.move("A-01-01", "B-01-01", 1)
    with time_machine.travel(timezone.now() + WITHIN + timedelta(seconds=1)):
        assert refused(hand, first) == "That was booked too long ago. Move it back, or have the bin counted."
    assert hand.undo(first).result == "UNDONE"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_once_one_takes_it_back(shop: Shop, hand: Hand) -> None:
    shop.receive(shop.mug, 5)
    first = hand.move("A-01-01", "B-01-01", 2)
    answers: list[str] = []

    def press() -> None:
        try:
            answers.append(hand.undo(first).result)
        except NotAllowed as refusal:
            answers.append(refusal.sentence)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["That is taken back already. Look at the screen again."] * 3 + ["UNDONE"]
    assert (lying(), list(ledger.verify())) == ({"A-01-01": 5}, [])


# --- the screens ----------------------------------------------------------------------------------------


def client_of(role: str, name: str) -> tuple[Client, Actor]:
    user, client = person(role, name), Client()
    client.force_login(user)
    return client, Actor.of("user", user)


def press(client: Client, scan: Scan, **more: Any) -> Any:
    return client.post("/floor/undo/", {"operation": str(uuid4()), "scan": scan.pk} | more, follow=True)


def test_each_screen_offers_the_last_and_comes_back_to_itself(shop: Shop) -> None:
    client, by = client_of("picker", "alice")
    expect_receipt(shop.warehouse, "DN-1", {shop.mug: 5})
    hand = Hand(shop, by)
    screens = {"receive": hand.receive(5), "put-away": hand.put_away(3), "move": hand.move("A-01-01", "B-01-01", 2)}
    for path, scan in reversed(screens.items()):
        page = client.get(f"/floor/{path}/").content.decode()
        assert f"Undo {scan.quantity} × MUG-01" in page
        assert f'name="scan" value="{scan.pk}"' in page
        answer = press(client, scan, reference="DN-1" if path == "receive" else "")
        assert said(answer).startswith("right: Taken back:")
        assert answer.request["PATH_INFO"] == f"/floor/{path}/"
        assert ("Undo" in words(answer), "<del>" in answer.content.decode()) == (False, True)
    assert "Receive DN-1" in words(answer)
    assert (balance(), list(ledger.verify())) == ((0, 0, 0), [])


def test_what_is_taken_back_of_a_delivery_that_is_none_any_more_leads_to_the_others(shop: Shop) -> None:
    client, by = client_of("picker", "alice")
    answer = press(client, Hand(shop, by).receive(5), reference="DN-1")
    assert said(answer) == "right: Taken back: 5 × Enamel mug are not booked into DOCK."
    assert (Receipt.objects.exists(), "Scan or type the number of the delivery." in words(answer)) == (False, True)


def test_a_refusal_says_why_and_nothing_happens(shop: Shop) -> None:
    client, by = client_of("picker", "alice")
    first = Hand(shop, by).receive(5)
    Hand(shop, BOB).put_away(5)
    before = books()
    answer = press(client, first)
    assert (answer.status_code, "No Enamel mug lies in DOCK. Have DOCK counted." in words(answer)) == (409, True)
    by_htmx = {"operation": str(uuid4()), "scan": first.pk}
    flash = client.post("/floor/undo/", by_htmx, headers={"HX-Request": "true"})
    assert (flash.status_code, flash["HX-Push-Url"]) == (409, "false"), "the screen stays where it is"
    assert client.post("/floor/undo/", {"operation": "x", "scan": first.pk}).status_code == 400
    assert client.post("/floor/undo/", {"operation": str(uuid4())}).status_code == 400
    assert books() == before


def test_nobody_takes_back_what_another_booked_or_in_another_warehouse(shop: Shop) -> None:
    alice, by = client_of("picker", "alice")
    bob, _ = client_of("manager", "bob")
    packer, _ = client_of("packer", "charlie")
    first = Hand(shop, by).receive(5)
    before = books()
    assert [press(each, first).status_code for each in (bob, packer)] == [404, 403]
    assert books()[1:] == before[1:]
    Staff.objects.create(user_id=int(by.id)).warehouses.add(ledger.open_warehouse("NORTH"))
    assert (press(alice, first).status_code, StockMovement.objects.count()) == (404, 1)


def test_the_last_unit_of_a_cart_that_is_done_is_taken_back_on_its_screen(shop: Shop) -> None:
    from fulfillment.services import claim_cart
    from tests.fulfillment.test_floor_cart import Walker

    shop.receive(shop.mug, 2, bin="A-01-1")
    shop.order((shop.mug, 1))
    walker = Walker(person("picker", "alice"))
    release_wave(shop.warehouse, by=ALICE)
    walker.cart = claim_cart(shop.warehouse, by=Actor.of("user", walker.user))
    walker.scan("A-01-1", "MUG-01")
    assert "Undo 1 × Enamel mug" in walker.screen()
    assert said(walker.post(undo="1")) == "right: Taken back: put 1 × Enamel mug into A-01-1 again."
    walker.scan("A-01-1", "MUG-01")
    Scan.objects.create(
        operation=uuid4(), shipment=Scan.objects.latest("pk").shipment, step="PACK", result="RIGHT", quantity=1, by="x"
    )
    assert "Undo" not in walker.screen()


@pytest.mark.parametrize("act", [scan_to_close, lambda receipt, _: reopen_receipt(receipt)])
def test_a_delivery_whose_last_receipt_was_taken_back_is_neither_closed_nor_opened(hand: Hand, act: Any) -> None:
    received = hand.receive(2)
    on_the_screen = Receipt.objects.get()
    hand.undo(received)
    before = books()
    with pytest.raises(Refused, match="What came of DN-1 was taken back, and there is no such delivery any more."):
        act(on_the_screen, hand.act())
    assert (books(), Receipt.objects.count()) == (before, 0)
