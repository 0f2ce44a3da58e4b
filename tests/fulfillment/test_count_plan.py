"""What is planned to be counted: by turnover, by suspicion; and how true the books were."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from fulfillment import audit, ledger, reports, tasks
from fulfillment.models import Bin, Count, Scan, StockMovement, Warehouse
from fulfillment.services import Act, adjust_stock, pick_shipment, release_wave, scan_to_move
from fulfillment.services.counts import ask_count, due_counts, plan_counts
from fulfillment.services.counts.plan import classes
from orders.models import Product
from tests.api import row_counts
from tests.factories import BOB, ProductFactory, Shop, shipment
from tests.fulfillment.test_counts import close, figure, lose, place
from tests.plans import plans_of, reads_whole

pytestmark = pytest.mark.django_db


def planned() -> list[tuple[str, str]]:
    return list(Count.objects.order_by("pk").values_list("product__sku", "cause"))


def test_the_first_80_percent_of_all_picks_are_a_the_next_15_b(shop: Shop) -> None:
    plate: Product = ProductFactory(sku="PLATE")
    for product, units in ((shop.mug, 80), (shop.teapot, 15), (plate, 5)):
        shop.receive(product, 100)
        pick_shipment(shipment(shop.order((product, units))), by=BOB)
    assert classes(shop.warehouse) == {shop.mug.pk: "A", shop.teapot.pk: "B"}


def test_what_sells_most_is_planned_first_and_not_again_before_its_turn(shop: Shop) -> None:
    shop.receive(shop.teapot, 5)
    shop.receive(shop.mug, 10)
    pick_shipment(shipment(shop.order((shop.mug, 4))), by=BOB)
    assert plan_counts(shop.warehouse, limit=1) == 1
    assert planned() == [("MUG-01", "ABC")]
    assert plan_counts(shop.warehouse) == 1
    assert plan_counts(shop.warehouse) == 0
    assert planned() == [("MUG-01", "ABC"), ("TEA-01", "ABC")]
    figure(Count.objects.get(product=shop.mug), place(shop), shop.mug, 6)
    assert plan_counts(shop.warehouse) == 0
    Count.objects.filter(product=shop.mug).update(applied_at=timezone.now() - timedelta(days=31))
    assert plan_counts(shop.warehouse) == 1


def test_what_would_be_planned_is_what_is_planned_and_looking_asks_for_nothing(shop: Shop) -> None:
    shop.receive(shop.teapot, 5)
    shop.receive(shop.mug, 10)
    lose(shop, 2)
    before = row_counts()
    due = due_counts(shop.warehouse)
    assert [(each.product, each.bin, each.cause) for each in due] == [
        (shop.mug.pk, None, "SURPRISE"),
        (shop.teapot.pk, place(shop).pk, "ABC"),
    ]
    assert (due[1].rank, due[1].is_new, row_counts()) == ("C", True, before)
    assert due_counts(shop.warehouse, limit=1) == due[:1]
    assert plan_counts(shop.warehouse) == 2
    assert list(Count.objects.order_by("pk").values_list("product", "bin", "cause")) == [each[:3] for each in due]
    assert due_counts(shop.warehouse) == []


def test_what_is_missing_is_looked_for_everywhere(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    lose(shop, 2)
    tasks.plan()
    count = Count.objects.get()
    assert (count.bin, count.product, count.cause, count.created_by) == (None, shop.mug, "SURPRISE", "system:count")


def asked() -> list[tuple[str, str, str]]:
    return list(Count.objects.order_by("pk").values_list("bin__code", "product__sku", "cause"))


def test_what_somebody_misses_and_is_promised_is_counted(shop: Shop) -> None:
    """The refusal itself changes nothing but that."""
    shop.receive(shop.mug, 10)
    shop.order((shop.mug, 8))
    before = row_counts()
    for _ in range(2):
        with pytest.raises(ledger.NotEnoughStock, match="the rest is reserved"):
            adjust_stock(shop.warehouse, shop.mug, -5, by=BOB, reason="gone", bin_code="A-01-01")
    assert asked() == [("A-01-01", "MUG-01", "SURPRISE")]
    assert row_counts() == before | {"fulfillment.Count": 1}
    assert (shop.stock(shop.mug), list(ledger.verify())) == ((10, 8), [])


def test_what_is_adjusted_in_a_bin_that_is_not_there_is_counted_wherever_it_lies(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    with pytest.raises(ledger.NotEnoughStock):
        adjust_stock(shop.warehouse, shop.mug, -5, by=BOB, reason="gone", bin_code="NOWHERE")
    assert asked() == [(None, "MUG-01", "SURPRISE")]
    assert not Bin.objects.filter(code="NOWHERE").exists()


def test_what_a_pick_does_not_find_is_counted(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    shop.receive(shop.mug, 5, bin="B-01-01")
    of_it = shipment(shop.order((shop.mug, 6)))
    with pytest.raises(ledger.NotEnoughStock, match="count the bins"):
        pick_shipment(of_it, by=BOB, bin_=place(shop, "B-01-01"))
    assert asked() == [("B-01-01", "MUG-01", "SURPRISE")]
    assert (shipment(of_it.order).status, StockMovement.objects.filter(kind="PICK").count()) == ("READY", 0)


def test_more_than_the_books_know_in_a_bin_is_counted_when_it_is_said_twice(shop: Shop) -> None:
    """Once may be a slip of the finger, or the wrong label."""
    shop.receive(shop.mug, 5)
    shop.receive(shop.teapot, 5, bin="B-01-01")

    def move(units: int) -> str:
        act = Act(uuid4(), BOB, "MUG-01")
        return scan_to_move(place(shop), place(shop, "B-01-01"), shop.mug, units, act, Scan.Step.MOVE).sentence

    refused = "5 × Enamel mug lie in A-01-01 by the books, not 6."
    assert (move(6), move(7), asked()) == (refused, refused.replace("6", "7"), [])
    assert (move(6), move(6), asked()) == (
        refused,
        f"{refused} It will be counted.",
        [("A-01-01", "MUG-01", "SURPRISE")],
    )
    assert (move(6), Count.objects.count()) == (f"{refused} It will be counted.", 1)


def test_what_is_only_to_be_picked_is_no_suspicion(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    shop.receive(shop.teapot, 5, bin="B-01-01")
    shop.order((shop.mug, 4))
    release_wave(shop.warehouse, by=BOB)
    for _ in range(3):
        act = Act(uuid4(), BOB, "MUG-01")
        stays = scan_to_move(place(shop), place(shop, "B-01-01"), shop.mug, 5, act, Scan.Step.MOVE)
        assert stays.sentence == "4 of the 5 × Enamel mug in A-01-01 are to be picked: 1 can be moved."
    assert asked() == []


@pytest.mark.parametrize("products", [1, 30])
def test_planning_asks_the_database_as_often_for_many_as_for_one(
    shop: Shop, products: int, django_assert_num_queries: Any
) -> None:
    for _ in range(products):
        shop.receive(ProductFactory(), 1)
    with django_assert_num_queries(6):
        assert plan_counts(shop.warehouse) == products


def test_plus_five_and_minus_five_do_not_cancel_out(shop: Shop) -> None:
    """Must show 4: the books are right position by position, not in the sum."""
    Warehouse.objects.update(count_tolerance=5)
    shop.receive(shop.mug, 10)
    shop.receive(shop.teapot, 10)
    shop.receive(shop.mug, 10, bin="B-01-01")
    count = ask_count(shop.warehouse, bin=place(shop), by=BOB)
    for _ in range(2):
        figure(count, place(shop), shop.mug, 15)
        figure(count, place(shop), shop.teapot, 5)
        if Count.objects.get(pk=count.pk).status == "OPEN":
            close(count, place(shop))
    other = ask_count(shop.warehouse, bin=place(shop, "B-01-01"), by=BOB)
    figure(other, place(shop, "B-01-01"), shop.mug, 10)
    close(other, place(shop, "B-01-01"))
    found = reports.accuracy(Warehouse.objects.all())
    assert (found.positions, found.right, found.units, found.found, found.lost) == (3, 1, 30, 5, 5)
    assert (found.percent, found.shrinkage_percent) == ("33.3", "0.00")


def test_without_counts_there_is_no_accuracy(shop: Shop) -> None:
    found = reports.accuracy(Warehouse.objects.all())
    assert (found.positions, found.share, found.shrinkage) == (0, None, None)


def test_what_nobody_expects_and_nobody_finds_makes_the_books_no_truer(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    count = ask_count(shop.warehouse, bin=place(shop), by=BOB)
    figure(count, place(shop), shop.teapot, 0)
    figure(count, place(shop), shop.mug, 9)
    close(count, place(shop))
    figure(count, place(shop), shop.mug, 9)
    found = reports.accuracy(Warehouse.objects.all())
    assert (found.positions, found.right, found.share) == (1, 0, 0.0)


def test_missing_stock_that_nobody_looks_for_is_named_after_a_week(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    missing = ledger.standing_bin(shop.warehouse, Bin.Kind.MISSING)
    with transaction.atomic():
        ledger.move(place(shop), missing, shop.mug, 2, operation="lost", by=BOB, cause="short")
    assert list(audit.missing_stock_nobody_looks_for()) == []
    week = timedelta(days=8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda now=timezone.now: now() + week)
        problem = next(audit.missing_stock_nobody_looks_for())
        assert problem == ("MUG-01 in MAIN", "2 have been missing for a week. Have the article counted.")
        ask_count(shop.warehouse, product=shop.mug, by=BOB)
        assert list(audit.missing_stock_nobody_looks_for()) == []
    assert StockMovement.objects.filter(operation="lost").exists()


def test_a_count_that_was_approved_and_not_booked_is_booked_by_the_clock(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    count = ask_count(shop.warehouse, bin=place(shop), product=shop.mug, by=BOB)
    for _ in range(2):
        figure(count, place(shop), shop.mug, 4)
    Count.objects.update(status="APPROVED", approved_by=str(BOB), approved_at=timezone.now())
    tasks.settle_counts()
    assert (Count.objects.get().status, shop.stock(shop.mug)) == ("APPLIED", (4, 0))


def test_a_plan_reads_no_history_from_one_end_to_the_other(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    pick_shipment(shipment(shop.order((shop.mug, 4))), by=BOB)
    figure(ask_count(shop.warehouse, bin=place(shop), product=shop.mug, by=BOB), place(shop), shop.mug, 6)
    grows = {"fulfillment_stockmovement", "fulfillment_count", "fulfillment_countline", "fulfillment_scan"}
    plans = plans_of(lambda: plan_counts(shop.warehouse))
    assert (len(plans), [plan for plan in plans if reads_whole(plan, grows)]) == (5, [])


def test_classes_read_the_picks_of_their_period_alone(shop: Shop) -> None:
    """Else all that ever moved of each article is read, however long ago."""
    shop.receive(shop.mug, 10)
    pick_shipment(shipment(shop.order((shop.mug, 4))), by=BOB)
    plans = plans_of(lambda: classes(shop.warehouse))
    assert ["movement_by_kind" in str(plan) for plan in plans] == [True], plans
