"""Picking onto a cart: bin, article, slot, quantity; what is wrong, late, short or taken back."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from fulfillment import ledger
from fulfillment.blockers import reasons
from fulfillment.models import Bin, BinStock, Cart, Count, PickTask, Scan, Shipment, StockItem
from fulfillment.services import (
    Act,
    Moved,
    Walk,
    cancel_order,
    claim_cart,
    pack_shipment,
    read_walk,
    release_wave,
    scan_on_cart,
    scan_to_pack,
    short_pick,
    undo_scan,
)
from orders.lifecycle import NotAllowed
from orders.models import Actor, Order
from orders.services import hold_order, release_order
from tests.factories import ALICE, BOB, ProductFactory, Shop, shipment, stages

pytestmark = pytest.mark.django_db


class Picker:
    """A person with a cart."""

    def __init__(self, cart: Cart, by: Actor) -> None:
        self.cart, self.by = cart, by

    def act(self, text: str = "", operation: UUID | None = None, **more: Any) -> Act:
        return Act(operation or uuid4(), self.by, text, **more)

    def scan(self, *texts: str, operation: UUID | None = None) -> Scan:
        for text in texts:
            found, _ = scan_on_cart(read_walk(self.cart, self.by), self.act(text, operation))
        return found

    def short(self, reason: str = "EMPTY", operation: UUID | None = None, seen: Walk | None = None) -> Scan:
        walk = seen or read_walk(self.cart, self.by)
        return short_pick(
            walk, self.act(operation=operation), PickTask.Reason(reason), walk.task.pk if walk.task else 0
        )

    def undo(self, operation: UUID | None = None) -> Scan:
        return undo_scan(read_walk(self.cart, self.by), self.act(operation=operation))

    def at(self) -> tuple[str, int]:
        task = read_walk(self.cart, self.by).task
        return (task.bin.code, task.left) if task else ("", 0)


def start(shop: Shop, by: Actor = ALICE) -> Picker:
    release_wave(shop.warehouse, by=ALICE, slots=4)
    return Picker(claim_cart(shop.warehouse, by=by), by)


def said(scan: Scan) -> tuple[str, str, int]:
    return scan.result, scan.sentence, scan.quantity


def state() -> Any:
    """All that an act on the floor could change."""
    return (
        list(PickTask.objects.order_by("pk").values_list("pk", "status", "picked", "quantity", "claimed_by")),
        list(BinStock.objects.order_by("pk").values_list("pk", "quantity")),
        list(Shipment.objects.order_by("pk").values_list("pk", "status")),
        list(StockItem.objects.order_by("pk").values_list("on_hand", "reserved", "blocked")),
        list(Order.objects.order_by("pk").values_list("version", flat=True)),
    )


@pytest.fixture
def order(shop: Shop) -> Order:
    shop.receive(shop.mug, 9, bin="A-04-1")
    shop.receive(shop.teapot, 4, bin="B-02-1")
    return shop.order((shop.teapot, 1), (shop.mug, 3))


@pytest.fixture
def picker(order: Order, shop: Shop) -> Picker:
    return start(shop)


def test_a_cart_is_walked_bin_by_bin_and_the_last_unit_makes_the_shipment_picked(picker: Picker, order: Order) -> None:
    assert (picker.at(), shipment(order).status) == (("A-04-1", 3), "READY")
    assert said(picker.scan("A-04-1")) == ("RIGHT", "A-04-1 is right.", 0)
    assert shipment(order).status == "READY"
    assert said(picker.scan("MUG-01")) == ("RIGHT", "1 of 3 × Enamel mug into slot 1.", 1)
    assert (shipment(order).status, Order.objects.get().status) == ("PICKING", "IN_FULFILLMENT")
    assert said(picker.scan("3")) == ("RIGHT", "3 of 3 × Enamel mug into slot 1.", 2)
    assert (picker.at(), stages(order)) == (("B-02-1", 1), [{"reserved": 1}, {"picked": 3}])
    number = shipment(order).number
    done = picker.scan("B-02-1", "TEA-01")
    assert done.sentence == f"1 of 1 × Teapot into slot 1. Slot 1 is complete: {number} is picked."
    assert (shipment(order).status, stages(order), picker.at()) == ("PICKED", [{"picked": 1}, {"picked": 3}], ("", 0))
    kinds = list(order.events.filter(kind__contains="pick").values_list("kind", flat=True))
    assert (kinds, list(ledger.verify())) == (["shipment.picking_started", "shipment.picked"], [])
    assert set(PickTask.objects.values_list("status", "claimed_by")) == {("DONE", str(ALICE))}


@pytest.mark.parametrize(
    ("texts", "result", "sentence"),
    [
        (["B-02-1"], "WRONG_BIN", "This is B-02-1. Go to A-04-1."),
        (["MUG-01"], "WRONG_ARTICLE", "This is Enamel mug. Go to A-04-1."),
        (["A-04-1", "TEA-01"], "WRONG_ARTICLE", "This is Teapot. Scan Enamel mug."),
        (["A-04-1", "nonsense"], "UNKNOWN", "“nonsense” is nothing we know. Scan Enamel mug."),
        (["A-04-1", "2"], "UNKNOWN", "“2” is nothing we know. Scan Enamel mug."),
    ],
)
def test_what_is_wrong_changes_nothing_and_says_what_to_do(
    picker: Picker, texts: list[str], result: str, sentence: str
) -> None:
    before = state()
    assert said(picker.scan(*texts)) == (result, sentence, 0)
    assert state() == before


def test_more_than_asked_for_and_less_than_counted_are_wrong(picker: Picker) -> None:
    picker.scan("A-04-1", "MUG-01", "MUG-01")
    before = state()
    assert said(picker.scan("4")) == ("WRONG_QUANTITY", "Take 3 here, not 4.", 0)
    assert picker.scan("1").result == "WRONG_QUANTITY"
    assert state() == before


def test_a_scan_that_is_sent_twice_counts_once(picker: Picker, order: Order) -> None:
    picker.scan("A-04-1")
    operation = uuid4()
    first, again = [picker.scan("MUG-01", operation=operation) for _ in range(2)]
    assert (first.pk, stages(order)[1]) == (again.pk, {"reserved": 2, "picked": 1})
    picker.scan("MUG-01", "MUG-01")
    last = uuid4()
    picker.scan("B-02-1")
    done = picker.scan("TEA-01", operation=last)
    assert picker.scan("TEA-01", operation=last).pk == done.pk
    assert list(ledger.verify()) == []


@pytest.fixture
def two(shop: Shop) -> tuple[Picker, Order, Order]:
    """A cart with two orders, the stops of the first before those of the second."""
    shop.receive(shop.mug, 9, bin="A-04-1")
    shop.receive(shop.teapot, 9, bin="B-02-1")
    spoons = ProductFactory(sku="SPOON-01", name="Spoon")
    shop.receive(spoons, 9, bin="C-01-1")
    orders = shop.order((shop.mug, 3), (shop.teapot, 2)), shop.order((spoons, 1), (shop.teapot, 1))
    return start(shop), *orders


def tasks_of(order: Order) -> list[tuple[str, int, int]]:
    of_it = PickTask.objects.filter(shipment_line__shipment__order=order).order_by("pk")
    return list(of_it.values_list("status", "picked", "quantity"))


@pytest.mark.parametrize("text", ["A-04-1", "MUG-01", "B-02-1", "nonsense"])
def test_what_went_on_hold_is_left_out_and_the_walk_goes_on(
    two: tuple[Picker, Order, Order], shop: Shop, text: str
) -> None:
    picker, held, other = two
    hold_order(held, by=BOB, reason="ADDRESS")
    number, before = shipment(held).number, (stages(held), lying())
    said_ = f"Take nothing for {number} (on hold: the address has to be checked): go on to B-02-1."
    assert said(picker.scan(text)) == ("INCOMPLETE", said_, 0)
    assert (tasks_of(held), (stages(held), lying()), shipment(held).status) == ([], before, "READY")
    assert picker.at() == ("B-02-1", 1)
    assert picker.scan("B-02-1", "TEA-01", "C-01-1", "SPOON-01").is_done
    assert (shipment(other).status, picker.at()) == ("PICKED", ("", 0))
    release_order(held, by=BOB)
    release_wave(shop.warehouse, by=ALICE)
    assert tasks_of(held) == [("OPEN", 0, 3), ("OPEN", 0, 2)], "a later wave takes it again"
    assert list(ledger.verify()) == []


def test_what_was_fetched_before_it_went_on_hold_stays_in_its_slot(two: tuple[Picker, Order, Order]) -> None:
    picker, held, _ = two
    picker.scan("A-04-1", "MUG-01")
    hold_order(held, by=BOB, reason="PAYMENT")
    operation, number = uuid4(), shipment(held).number
    scans = [picker.scan("MUG-01", operation=operation) for _ in range(2)]
    said_ = f"Take no more for {number} (on hold: the payment has not arrived): go on to B-02-1."
    assert [said(scan) for scan in scans] == [("INCOMPLETE", said_, 0)] * 2
    assert (tasks_of(held), shipment(held).status) == ([("DONE", 1, 1)], "PICKING")
    assert stages(held) == [{"reserved": 2, "picked": 1}, {"reserved": 2}]
    release_order(held, by=BOB)
    assert reasons(shipment(held), "pick") == [], "it is picked by itself then"
    assert list(ledger.verify()) == []


def test_a_walk_of_which_all_is_held_is_done(picker: Picker, order: Order) -> None:
    hold_order(order, by=BOB, reason="ADDRESS")
    number = shipment(order).number
    said_ = f"Take nothing for {number} (on hold: the address has to be checked): {picker.cart} is done."
    assert said(picker.scan("A-04-1")) == ("INCOMPLETE", said_, 0)
    assert (PickTask.objects.count(), picker.scan("A-04-1").result) == (0, "LATE")


def test_who_stands_where_all_was_cancelled_is_told_and_led_on(two: tuple[Picker, Order, Order]) -> None:
    picker, gone, _ = two
    picker.scan("A-04-1")
    cancel_order(gone, by=BOB)
    before, number = state(), f"{gone}-1"
    said_ = f"No Enamel mug is wanted for {number} any more. Go to B-02-1."
    assert said(picker.scan("MUG-01")) == ("WRONG_ARTICLE", said_, 0)
    assert said(picker.scan("A-04-1")) == ("WRONG_BIN", said_, 0)
    assert state() == before
    assert picker.scan("B-02-1", "TEA-01").sentence == "1 of 1 × Teapot into slot 2."


def lying() -> dict[str, int]:
    return dict(BinStock.objects.values_list("bin__code", "quantity"))


def test_units_that_are_cancelled_meanwhile_are_not_fetched(picker: Picker, order: Order) -> None:
    picker.scan("A-04-1")
    stale = read_walk(picker.cart, ALICE)
    cancel_order(order, by=BOB, lines={2: 2})
    assert said(scan_on_cart(stale, picker.act("MUG-01"))[0])[1].startswith("1 of 1 × Enamel mug")
    assert (stages(order)[1], list(ledger.verify())) == ({"picked": 1, "cancelled": 2}, [])


def test_articles_of_one_bin_may_come_in_any_order(shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="A-01-1")
    shop.receive(shop.teapot, 5, bin="A-01-1")
    order = shop.order((shop.mug, 1), (shop.teapot, 1))
    picker = start(shop)
    assert picker.scan("A-01-1", "TEA-01").result == "RIGHT"
    assert picker.scan("MUG-01").result == "RIGHT"
    assert shipment(order).status == "PICKED"


def test_who_comes_back_late_is_told_and_nothing_is_applied(picker: Picker, order: Order, shop: Shop) -> None:
    bob = Actor.of("user", User.objects.create_user("bob", pk=2))
    picker.scan("A-04-1")
    stale = read_walk(picker.cart, ALICE)
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert claim_cart(shop.warehouse, by=bob) == picker.cart
        before = state()
        sentence = "bob has taken over this walk. Nothing was changed: give them what you hold."
        assert said(scan_on_cart(stale, picker.act("MUG-01"))[0]) == ("LATE", sentence, 0)
        assert said(picker.scan("MUG-01")) == ("LATE", sentence, 0)
        assert (picker.short().result, picker.undo().result, state()) == ("LATE", "LATE", before)
    assert stages(order) == [{"reserved": 1}, {"reserved": 3}]


def test_a_late_pick_sent_again_is_still_late(picker: Picker, shop: Shop) -> None:
    bob = Picker(picker.cart, BOB)
    operation = uuid4()
    assert bob.scan("A-04-1", operation=operation).pk == bob.scan("A-04-1", operation=operation).pk
    assert Scan.objects.get().result == "LATE"


def test_each_scan_renews_the_lease_and_the_next_stop_keeps_it(picker: Picker, shop: Shop) -> None:
    now = timezone.now()
    for minutes, text in ((9, "A-04-1"), (18, "MUG-01"), (27, "3")):
        with time_machine.travel(now + timedelta(minutes=minutes)):
            assert picker.scan(text).is_done
    with time_machine.travel(now + timedelta(minutes=36)):
        assert Cart.objects.free().count() == 0
    with time_machine.travel(now + timedelta(minutes=38)):
        assert claim_cart(shop.warehouse, by=BOB) == picker.cart


def test_a_short_pick_goes_to_another_bin_in_the_same_walk(picker: Picker, order: Order, shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="A-06-1")
    picker.scan("A-04-1", "MUG-01")
    found = picker.short()
    assert said(found) == ("SHORT", "2 × Enamel mug not found in A-04-1: 2 from A-06-1 instead.", 2)
    assert picker.at() == ("A-06-1", 2)
    assert sorted(PickTask.objects.values_list("place", "bin__code", "status")) == [
        (1, "A-04-1", "SHORT"),
        (2, "A-06-1", "CLAIMED"),
        (3, "B-02-1", "CLAIMED"),
    ]
    item = StockItem.objects.get(product=shop.mug)
    assert (item.on_hand, item.reserved, item.blocked) == (14, 3, 2)
    assert BinStock.objects.get(bin__kind="MISSING").quantity == 2
    assert Count.objects.values_list("bin__code", "product", "cause", "status").get() == (
        "A-04-1", shop.mug.pk, "SHORT", "OPEN",
    )  # fmt: skip
    picker.scan("A-06-1", "MUG-01", "MUG-01", "B-02-1", "TEA-01")
    assert (shipment(order).status, list(ledger.verify())) == ("PICKED", [])


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("EMPTY", "not found in"),
        ("WRONG_ARTICLE", "not found in"),
        ("DAMAGED", "damaged in"),
        ("BLOCKED", "out of reach in"),
    ],
)
def test_what_is_too_few_is_called_by_its_reason(picker: Picker, order: Order, reason: str, words: str) -> None:
    BinStock.objects.filter(bin__code="A-06-1").update(quantity=0)
    picker.scan("A-04-1", "MUG-01", "MUG-01")
    assert said(picker.short(reason))[1] == f"1 × Enamel mug {words} A-04-1: it waits again. Go on."


def test_what_lies_nowhere_else_waits_again_and_the_rest_goes_on(picker: Picker, order: Order, shop: Shop) -> None:
    other = shop.order((shop.mug, 6))
    picker.scan("A-04-1", "MUG-01")
    assert said(picker.short())[1] == "2 × Enamel mug not found in A-04-1: they wait again. Go on."
    assert stages(order) == [{"reserved": 1}, {"waiting": 2, "picked": 1}]
    assert stages(other) == [{"reserved": 6}]
    picker.scan("B-02-1", "TEA-01")
    assert [each.status for each in order.shipments.order_by("pk")] == ["PICKED", "PLANNED"]
    item = StockItem.objects.get(product=shop.mug)
    assert (item.on_hand, item.reserved, item.blocked, list(ledger.verify())) == (9, 7, 2, [])


def test_a_short_pick_of_all_that_an_order_has_takes_it_off_the_cart(shop: Shop) -> None:
    shop.receive(shop.mug, 1, bin="A-01-1")
    order = shop.order((shop.mug, 1))
    picker = start(shop)
    picker.scan("A-01-1")
    picker.short()
    assert ([each.status for each in order.shipments.order_by("pk")], picker.at()) == (
        ["CANCELLED", "PLANNED"],
        ("", 0),
    )
    assert (stages(order), list(ledger.verify())) == ([{"waiting": 1}], [])


@pytest.mark.parametrize(
    ("reason", "kind", "blocked"),
    [("DAMAGED", "DAMAGED", 3), ("WRONG_ARTICLE", "MISSING", 3), ("BLOCKED", None, 0)],
)
def test_each_reason_does_what_it_means(
    picker: Picker, order: Order, shop: Shop, reason: str, kind: str | None, blocked: int
) -> None:
    picker.scan("A-04-1")
    picker.short(reason)
    item = StockItem.objects.get(product=shop.mug)
    places = set(BinStock.objects.filter(bin__kind__in=["DAMAGED", "MISSING"], quantity__gt=0).values_list("bin__kind"))
    assert (item.on_hand, item.blocked, places) == (9, blocked, {(kind,)} if kind else set())
    assert PickTask.objects.filter(status="SHORT", reason=reason).count() == 1
    assert (Count.objects.count(), list(ledger.verify())) == (int(reason != "BLOCKED"), [])


def test_a_short_pick_that_is_sent_twice_is_done_once(picker: Picker, shop: Shop) -> None:
    operation = uuid4()
    first = picker.short(operation=operation)
    before = state()
    assert (picker.short(operation=operation).pk, state()) == (first.pk, before)


def test_a_short_pick_of_units_that_were_cancelled_meanwhile_books_nothing(shop: Shop) -> None:
    shop.receive(shop.mug, 9, bin="A-04-1")
    shop.receive(shop.mug, 9, bin="B-02-1")
    order = shop.order((shop.mug, 5))
    picker = start(shop)
    seen = read_walk(picker.cart, picker.by)
    cancel_order(order, by=BOB, lines={1: 2})
    before = (state(), Count.objects.count(), Scan.objects.count())
    with pytest.raises(Moved, match="The task is not as it was"):
        picker.short(seen=seen)
    assert (state(), Count.objects.count(), Scan.objects.count()) == before
    assert (picker.at(), stages(order)) == (("A-04-1", 3), [{"reserved": 3, "cancelled": 2}])
    picker.short()
    assert (picker.at(), list(ledger.verify())) == (("B-02-1", 3), [])


def test_the_last_scan_is_taken_back(picker: Picker, order: Order) -> None:
    picker.scan("A-04-1", "MUG-01", "3")
    operation = uuid4()
    back = picker.undo(operation)
    assert said(back) == ("UNDONE", "Taken back: put 2 × Enamel mug into A-04-1 again.", 2)
    assert (stages(order)[1], picker.at()) == ({"reserved": 2, "picked": 1}, ("A-04-1", 2))
    assert picker.undo(operation).pk == back.pk
    assert (picker.undo().quantity, stages(order)[1]) == (1, {"reserved": 3})
    before = state()
    with pytest.raises(NotAllowed) as refusal:
        picker.undo()
    assert (refusal.value.sentence, state(), list(ledger.verify())) == ("There is nothing to take back.", before, [])


def test_the_last_unit_of_an_order_is_taken_back_while_nobody_packs_it(shop: Shop) -> None:
    shop.receive(shop.mug, 2, bin="A-01-1")
    order = shop.order((shop.mug, 2))
    picker = start(shop)
    picker.scan("A-01-1", "MUG-01", "2")
    assert (shipment(order).status, picker.at()) == ("PICKED", ("", 0))
    operation = uuid4()
    back = picker.undo(operation)
    assert (said(back)[0], picker.undo(operation).pk) == ("UNDONE", back.pk)
    of_it = shipment(order)
    assert (of_it.status, of_it.picked_at, picker.at()) == ("PICKING", None, ("A-01-1", 1))
    picker.scan("MUG-01")
    kinds = [each for each in order.events.values_list("kind", flat=True) if each.startswith("shipment.")]
    assert kinds[-3:] == ["shipment.picked", "shipment.unpicked", "shipment.picked"]
    assert (shipment(order).status, stages(order), list(ledger.verify())) == ("PICKED", [{"picked": 2}], [])


def test_what_somebody_packs_is_not_taken_back(shop: Shop) -> None:
    shop.receive(shop.mug, 2, bin="A-01-1")
    order = shop.order((shop.mug, 2))
    picker = start(shop)
    picker.scan("A-01-1", "MUG-01", "2")
    scan_to_pack(shipment(order), Act(uuid4(), BOB, "MUG-01"))
    before = (state(), Scan.objects.count())
    with pytest.raises(NotAllowed) as refusal:
        picker.undo()
    assert refusal.value.sentence == f"Somebody packs {shipment(order)} already: tell them what is wrong with it."
    pack_shipment(shipment(order), by=BOB)
    with pytest.raises(NotAllowed, match="is packed, so it cannot be picked again"):
        picker.undo()
    assert (before[0][:2], before[1]) == (state()[:2], Scan.objects.count())


def test_what_was_closed_as_short_is_not_taken_back(picker: Picker) -> None:
    picker.scan("A-04-1", "MUG-01")
    picker.short()
    before = state()
    with pytest.raises(NotAllowed) as refusal:
        picker.undo()
    assert (
        refusal.value.sentence
        == "Too few were there, and that stands: put nothing back. There after all? Count A-04-1."
    )
    assert state() == before


def test_each_unit_that_is_fetched_is_seen_by_whoever_counts_the_bin(picker: Picker, shop: Shop) -> None:
    place = Bin.objects.get(code="A-04-1")
    seen = ledger.shelf_of(place, [shop.mug.pk])[shop.mug.pk].version
    picker.scan("A-04-1", "MUG-01", "3")
    assert ledger.shelf_of(place, [shop.mug.pk])[shop.mug.pk].version == seen + 2
    assert ledger.moves_since(place, shop.mug.pk, seen) == -3
    versions = dict(BinStock.objects.filter(product=shop.mug).values_list("bin__code", "version"))
    assert versions["STAGE"] == 2, "one for each movement"


def test_the_first_units_of_an_article_at_the_station_are_booked_as_well(shop: Shop) -> None:
    candle = ProductFactory(sku="CAN-01", name="Candle")
    shop.receive(candle, 2, bin="A-01-1")
    shop.order((candle, 2))
    picker = start(shop)
    picker.scan("A-01-1", "CAN-01", "CAN-01")
    assert BinStock.objects.get(bin__code="STAGE", product=candle).quantity == 2
    assert list(ledger.verify()) == []


@pytest.mark.parametrize("cancelled", [1, 2])
def test_what_was_cancelled_on_the_walk_is_not_taken_back(shop: Shop, cancelled: int) -> None:
    shop.receive(shop.mug, 9, bin="A-04-1")
    shop.receive(shop.teapot, 9, bin="B-02-1")
    order = shop.order((shop.mug, 2), (shop.teapot, 1))
    picker = start(shop)
    picker.scan("A-04-1", "MUG-01", "MUG-01")
    cancel_order(order, by=BOB, lines={1: cancelled})
    for _ in range(2 - cancelled):
        picker.undo()
    before = state()
    with pytest.raises(NotAllowed) as refusal:
        picker.undo()
    sentence = "That was cancelled meanwhile: nothing of it is to be fetched. Bring what you hold to put-back."
    assert (refusal.value.sentence, state(), list(ledger.verify())) == (sentence, before, [])
