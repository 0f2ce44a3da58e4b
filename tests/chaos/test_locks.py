"""Who has to wait, waits in the one order that everybody keeps, and decides by what stands there afterwards."""

import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from fulfillment import ledger
from fulfillment.models import Bin, Manifest, Parcel, PickTask, Receipt, ReceiptLine, Scan, Shipment, Wave
from fulfillment.services import (
    Act,
    NothingToRelease,
    ParcelDraft,
    allocate_order,
    allocate_waiting,
    cancel,
    cancel_order,
    claim_cart,
    close_manifest,
    deliver_shipment,
    expect_receipt,
    gap,
    load_all,
    pick_shipment,
    read_walk,
    receipt_file,
    release_wave,
    scan_cart,
    scan_on_cart,
    scan_receive,
    scan_to_close,
    scan_to_receive,
    ship_shipment,
    short_pick,
    split_shipment,
    stock,
    travel,
    undo_booking,
    waves,
)
from fulfillment.services.counts import approve_count
from orders.intake.table import read_table
from orders.lifecycle import Refused
from orders.models import Actor, Event, Order
from tests.chaos.test_races import threads
from tests.factories import ALICE, BOB, ProductFactory, Shop, shipment, stages
from tests.fulfillment.test_papers_follow import correct, count, move, receive, standing

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
DEADLINE = 10


@pytest.fixture(autouse=True)
def _rows_are_locked_one_by_one(is_postgres: bool) -> None:
    if not is_postgres:
        pytest.skip("SQLite lets one at a time write")


def somebody_waits() -> None:
    """Return once another session waits for a lock of this database."""
    until = time.monotonic() + DEADLINE
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees the same sessions again
            cursor.execute(waiting)
            if cursor.fetchone():
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


@pytest.fixture
def meet(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str], threading.Event]:
    """Let who calls a function tell that they hold what they locked so far, and go on once somebody waits for it."""
    holds = threading.Event()

    def stop_before(module: Any, name: str) -> threading.Event:
        real = getattr(module, name)

        def stopping(*args: Any, **named: Any) -> Any:
            if not holds.is_set():
                holds.set()
                somebody_waits()
            return real(*args, **named)

        monkeypatch.setattr(module, name, stopping)
        return holds

    return stop_before


def both(first: Callable[[], Any], second: Callable[[], Any], holds: threading.Event) -> list[Any]:
    """Run the second as soon as the first holds its locks."""

    def then() -> Any:
        assert holds.wait(DEADLINE)
        return second()

    with threads(2) as at_once:
        return at_once([first, then])


@pytest.mark.parametrize("act", [pick_shipment, ship_shipment])
def test_a_scan_that_leads_to_a_stop_and_somebody_who_takes_that_order_past_the_walk(
    shop: Shop, meet: Any, act: Callable[..., Any]
) -> None:
    shop.receive(shop.mug, 10, bin="A-01-1")
    orders = [shop.order((shop.mug, 1)), shop.order((shop.mug, 1))]
    release_wave(shop.warehouse, by=ALICE)
    cart = claim_cart(shop.warehouse, by=ALICE)
    first, second = PickTask.objects.order_by("place", "pk")
    scan_on_cart(read_walk(cart, ALICE), Act(uuid4(), ALICE, "A-01-1"))
    other = second.shipment_line.shipment

    def scan() -> str:
        return scan_on_cart(read_walk(cart, ALICE), Act(uuid4(), ALICE, "MUG-01"))[0].result

    result, _ = both(scan, lambda: act(other, by=BOB), meet(scan_cart, "count_units"))
    assert result == "RIGHT"
    assert PickTask.objects.get(pk=first.pk).status == "DONE"
    assert not PickTask.objects.to_do().exists()
    assert [stages(order) for order in orders if order.pk != other.order_id] == [[{"picked": 1}]]
    assert stages(other.order) == [{"picked" if act is pick_shipment else "shipped": 1}]
    assert list(ledger.verify()) == []


def test_two_short_picks_of_orders_that_go_whole_over_two_carts(shop: Shop, meet: Any) -> None:
    """Each takes off the other's cart what waits now with the rest of its order."""
    mug, cup, jar, teapot = (ProductFactory(sku=sku) for sku in ("MUG", "CUP", "JAR", "TEAPOT"))
    for bay, product in enumerate((mug, cup, jar, teapot), start=1):
        shop.receive(product, 2, bin=f"A-{bay:02}-1")
    orders = [shop.order((near, 2), (far, 2), is_ship_complete=True) for near, far in ((mug, teapot), (cup, jar))]
    for order in orders:
        split_shipment(shipment(order), {2: 2}, by=ALICE)
    release_wave(shop.warehouse, by=ALICE, slots=2)
    carts = {by: claim_cart(shop.warehouse, by=by) for by in (ALICE, BOB)}

    def short(by: Actor) -> str:
        walk = read_walk(carts[by], by)
        assert walk.task
        return short_pick(walk, Act(uuid4(), by), PickTask.Reason.EMPTY, walk.task.pk).result

    assert both(lambda: short(ALICE), lambda: short(BOB), meet(gap, "set_back")) == ["SHORT", "SHORT"]
    assert not PickTask.objects.to_do().exists()
    assert [stages(order) for order in orders] == [[{"waiting": 2}, {"reserved": 2}], [{"reserved": 2}, {"waiting": 2}]]
    assert list(ledger.verify()) == []


@pytest.mark.parametrize("lines", [None, {1: 1, 2: 1}])
def test_an_order_on_a_cart_is_cancelled_while_its_picker_finds_too_little_for_another(
    shop: Shop, meet: Any, lines: dict[int, int] | None
) -> None:
    """The one has its first shipment's stops and wants the stock of its second; the other has that, and wants those."""
    mug, cup = ProductFactory(sku="MUG"), ProductFactory(sku="CUP")
    shop.receive(cup, 2, bin="A-01-1")
    shop.receive(mug, 1, bin="A-02-1")
    near, whole = shop.order((cup, 1)), shop.order((mug, 1), (cup, 1))
    split_shipment(shipment(whole), {2: 1}, by=ALICE)
    release_wave(shop.warehouse, by=ALICE, slots=3)
    walk = read_walk(claim_cart(shop.warehouse, by=ALICE), ALICE)
    assert walk.task is not None
    assert walk.task.shipment_line.shipment.order == near
    task = walk.task.pk

    def short() -> str:
        return short_pick(walk, Act(uuid4(), ALICE), PickTask.Reason.EMPTY, task).result

    _, result = both(lambda: cancel_order(whole, by=BOB, lines=lines), short, meet(cancel, "why_not"))
    assert (result, Order.objects.get(pk=whole.pk).status) == ("SHORT", "CANCELLED")
    assert set(whole.shipments.values_list("status", flat=True)) == {"CANCELLED"}
    assert not PickTask.objects.to_do().filter(shipment_line__shipment__order=whole).exists()
    assert list(ledger.verify()) == []


def test_what_arrives_while_its_manifest_is_closed_is_not_on_it(shop: Shop, meet: Any) -> None:
    """Whoever closes the list waits for the order, and then reads what is in the van."""
    shop.receive(shop.mug, 2)
    late, there = [sent(shop) for _ in range(2)]
    load_all(shop.warehouse, "dhl", Act(uuid4(), BOB))
    said = both(
        lambda: deliver_shipment(late, by=ALICE),
        lambda: close_manifest(shop.warehouse, "dhl", Act(uuid4(), BOB)).result,
        meet(travel, "resolve_order"),
    )[1]
    assert (said, Shipment.objects.get(pk=late.pk).status) == ("RIGHT", "DELIVERED")
    assert list(Parcel.objects.filter(manifest=Manifest.objects.get()).values_list("shipment", flat=True)) == [there.pk]
    handed = Event.objects.filter(kind="parcel.handed_over").values_list("order", flat=True)
    assert list(handed) == [there.order_id]


def test_no_list_is_closed_of_what_arrived_meanwhile(shop: Shop, meet: Any) -> None:
    shop.receive(shop.mug, 1)
    late = sent(shop)
    load_all(shop.warehouse, "dhl", Act(uuid4(), BOB))
    said = both(
        lambda: deliver_shipment(late, by=ALICE),
        lambda: close_manifest(shop.warehouse, "dhl", Act(uuid4(), BOB)).sentence,
        meet(travel, "resolve_order"),
    )[1]
    assert said == "Nothing is in the van yet. Scan each parcel on its way in."
    assert (Manifest.objects.count(), Parcel.objects.filter(manifest=None).count()) == (0, 1)


def test_a_delivery_is_closed_while_the_last_of_it_is_taken_back(shop: Shop, meet: Any) -> None:
    dock = ledger.standing_bin(shop.warehouse, Bin.Kind.DOCK)
    received = scan_to_receive(shop.mug, 2, dock, Act(uuid4(), ALICE, "MUG-01"), "DN-1", is_begun=True)
    receipt = Receipt.objects.get()

    def close() -> str:
        try:
            return scan_to_close(receipt, Act(uuid4(), BOB, "DN-1")).sentence
        except Refused as refusal:
            return refusal.sentence

    back, said = both(lambda: undo_booking(received, Act(uuid4(), ALICE)), close, meet(ledger, "adjust"))
    assert (back.result, Receipt.objects.count(), shop.stock(shop.mug)) == ("UNDONE", 0, (0, 0))
    assert said == "What came of DN-1 was taken back, and there is no such delivery any more."


def test_a_file_of_deliveries_waits_in_the_order_of_who_puts_them_away(shop: Shop) -> None:
    """By primary key, whatever their numbers."""
    first, second = (expect_receipt(shop.warehouse, number, {shop.mug: 2}) for number in ("DN-2", "DN-1"))
    holds = threading.Event()

    def put_away() -> None:
        with transaction.atomic():
            Receipt.objects.select_for_update(no_key=True).get(pk=first.pk)
            holds.set()
            somebody_waits()
            Receipt.objects.select_for_update(no_key=True).get(pk=second.pk)

    assert both(put_away, lambda: announced("DN-1", "DN-2", "DN-3"), holds)[1] == ["changed", "changed", "new"]
    assert set(ReceiptLine.objects.values_list("receipt__reference", "expected")) == {
        ("DN-1", 3),
        ("DN-2", 3),
        ("DN-3", 3),
    }


def test_a_delivery_that_is_new_in_two_files_at_once_is_announced_once(shop: Shop, meet: Any) -> None:
    """And nothing of the slower file is lost."""
    first, second = both(
        lambda: announced("DN-1", "DN-2"), lambda: announced("DN-2", "DN-3"), meet(receipt_file, "_lock")
    )
    assert (first, second) == (["new", "new"], ["known", "new"])
    lines = ReceiptLine.objects.values_list("receipt__reference", "expected")
    assert sorted(lines) == [("DN-1", 3), ("DN-2", 3), ("DN-3", 3)]


def announced(*numbers: str) -> list[str]:
    """Read a file of three mugs in each of these deliveries; return what became of its rows."""
    rows = "".join(f"{number},MAIN,,,MUG-01,3\n" for number in numbers)
    text = f"reference,warehouse,expected_date,supplier,sku,quantity\n{rows}".encode()
    table = read_table(text, receipt_file.COLUMNS, name="The file")
    return [outcome.verdict.value for outcome in receipt_file.import_receipts(table, file="deliveries.csv")]


@pytest.mark.parametrize("how", ["put away", "corrected", "taken back", "counted"])
def test_what_leaves_the_dock_while_the_first_of_a_delivery_is_booked_there_is_counted_on_it(
    shop: Shop, meet: Any, how: str
) -> None:
    """Who takes it waits for the stock alone, and knows of the delivery only then."""
    shop.receive(shop.mug, 6)
    moved = move(shop, "A-01-01", "DOCK", 6)
    counted = count(shop, "DOCK", 0)
    move(shop, "DOCK", "B-01-01", 6, Scan.Step.PUT_AWAY)
    leave: dict[str, Callable[[], Any]] = {
        "put away": lambda: move(shop, "DOCK", "C-01-01", 6, Scan.Step.PUT_AWAY),
        "corrected": lambda: correct(shop, -6, "DOCK"),
        "taken back": lambda: undo_booking(moved, Act(uuid4(), BOB)),
        "counted": lambda: approve_count(counted, by=ALICE),
    }
    receipt, _ = both(lambda: receive(shop, 6), leave[how], meet(scan_receive, "_standing"))
    assert (standing(receipt), list(ledger.verify())) == ((6, 6, True), [])


def test_who_orders_while_stock_comes_in_does_not_overtake_who_waits_for_it(shop: Shop, meet: Any) -> None:
    """Whether somebody waits for what is free is asked behind the stock's lock: before, nothing was."""
    shop.receive(shop.mug, 1)
    waiting = shop.order((shop.mug, 3))
    _, newcomer = both(lambda: shop.receive(shop.mug, 2), lambda: shop.order((shop.mug, 2)), meet(stock.outbox, "ring"))
    assert stages(newcomer) == [{"waiting": 2}]
    allocate_waiting(by=ALICE)
    assert (stages(waiting), stages(newcomer)) == ([{"reserved": 3}], [{"waiting": 2}])


def test_what_a_wave_is_just_taking_is_not_joined(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gives out stock does not wait for the wave: what came goes in a shipment of its own."""
    order, holds, given = half_there(shop), threading.Event(), threading.Event()
    real = waves._share_out

    def stopping(*args: Any) -> Any:
        holds.set()
        assert given.wait(DEADLINE)
        return real(*args)

    def allocate() -> None:
        allocate_order(order, by=ALICE)
        given.set()

    monkeypatch.setattr(waves, "_share_out", stopping)
    both(lambda: release_wave(shop.warehouse, by=BOB), allocate, holds)
    slots = order.shipments.filter(status="READY").values_list("lines__reserved", "slot__place")
    assert sorted(slots) == [(1, None), (2, 1)]
    assert list(PickTask.objects.values_list("quantity", flat=True)) == [2]


def test_what_just_gets_more_stock_is_left_for_the_next_wave(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    order, holds, refused = half_there(shop), threading.Event(), threading.Event()
    real = ledger.regroup

    def stopping(*args: Any, **named: Any) -> None:
        holds.set()
        assert refused.wait(DEADLINE)
        real(*args, **named)

    def release() -> None:
        with pytest.raises(NothingToRelease):
            release_wave(shop.warehouse, by=BOB)
        refused.set()

    monkeypatch.setattr(ledger, "regroup", stopping)
    both(lambda: allocate_order(order, by=ALICE), release, holds)
    assert not Wave.objects.exists()
    release_wave(shop.warehouse, by=BOB)
    assert sorted(PickTask.objects.values_list("quantity", "shipment_line__reserved")) == [(1, 1), (2, 2)]
    assert order.shipments.filter(status="READY", slot__place=1).count() == 1


def half_there(shop: Shop) -> Order:
    """Place an order of two articles: one is ready, the other came now, and waits to be given."""
    shop.receive(shop.teapot, 2)
    order = shop.order((shop.mug, 1), (shop.teapot, 2))
    shop.receive(shop.mug, 1)
    return order


def sent(shop: Shop) -> Shipment:
    return ship_shipment(shipment(shop.order((shop.mug, 1))), by=ALICE, parcels=[ParcelDraft("dhl", str(uuid4()))])
