"""What is planned to be counted: by turnover, by suspicion; and how true the books were."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from fulfillment import audit, ledger, reports, tasks
from fulfillment.models import Bin, Count, StockMovement, Warehouse
from fulfillment.services import pick_shipment
from fulfillment.services.counts import ask_count, plan_counts
from fulfillment.services.counts.plan import classes
from orders.models import Product
from tests.factories import BOB, ProductFactory, Shop, shipment
from tests.fulfillment.test_counts import close, figure, lose, place

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


def test_what_is_missing_is_looked_for_everywhere(shop: Shop) -> None:
    shop.receive(shop.mug, 10)
    lose(shop, 2)
    tasks.plan()
    count = Count.objects.get()
    assert (count.bin, count.product, count.cause, count.created_by) == (None, shop.mug, "SURPRISE", "system:count")


@pytest.mark.parametrize("products", [1, 30])
def test_planning_asks_the_database_as_often_for_many_as_for_one(
    shop: Shop, products: int, django_assert_num_queries: Any
) -> None:
    for _ in range(products):
        shop.receive(ProductFactory(), 1)
    with django_assert_num_queries(7):
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
    Count.objects.update(status="APPROVED", approved_by=str(BOB))
    tasks.settle_counts()
    assert (Count.objects.get().status, shop.stock(shop.mug)) == ("APPLIED", (4, 0))
