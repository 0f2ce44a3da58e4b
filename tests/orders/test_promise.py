"""The promise of an order: handling from the next open day, cut-off, weekends, holidays; then the carrier's days."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment import ledger
from fulfillment.models import Holiday
from orders.models import ShippingMethod
from orders.promise import add_working_days, first_promise, on_weekdays
from tests.factories import MONDAY, Shop

FRIDAY = MONDAY + timedelta(days=4)
SATURDAY = date(2026, 11, 28)


def method(**more: Any) -> ShippingMethod:
    return ShippingMethod(handling_days=1, transit_days_from=1, transit_days_to=3, **more)


@pytest.mark.parametrize(
    ("placed", "cut_off", "ship_by"),
    [
        (MONDAY, None, date(2026, 11, 24)),
        (MONDAY, time(14), date(2026, 11, 24)),
        (MONDAY, time(10), date(2026, 11, 25)),
        (FRIDAY, time(14), date(2026, 11, 30)),
        (FRIDAY, time(9), date(2026, 12, 1)),
        (FRIDAY + timedelta(days=1), time(9), date(2026, 12, 1)),  # of a Saturday, from its Monday
    ],
)
def test_after_the_cut_off_the_next_day_counts(placed: datetime, cut_off: time | None, ship_by: date) -> None:
    assert first_promise(method(cut_off=cut_off), placed).ship_by == ship_by


def test_closed_days_count_for_nothing() -> None:
    closed = {date(2026, 11, 24), date(2026, 11, 25)}
    promise = first_promise(method(), MONDAY, lambda day: on_weekdays(day) and day not in closed)
    assert promise == (date(2026, 11, 26), date(2026, 11, 27), date(2026, 12, 1))


def test_a_house_that_never_opens_promises_all_the_same() -> None:
    assert first_promise(method(), MONDAY, lambda _: False).ship_by == date(2027, 11, 25)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 30))
def test_working_days_are_counted_one_by_one(day: date, count: int) -> None:
    there = add_working_days(day, count)
    assert on_weekdays(there)
    days = [day + timedelta(days=n) for n in range((there - day).days + 1)]
    assert sum(map(on_weekdays, days)) == count + 1


# --- the calendar of the warehouses ----------------------------------------------------------------------------


def test_an_order_counts_no_day_on_which_every_warehouse_is_closed(shop: Shop) -> None:
    Holiday.objects.create(warehouse=shop.warehouse, day=date(2026, 11, 24), name="Fair")
    assert shop.order((shop.mug, 1)).ship_by == date(2026, 11, 25)
    ledger.open_warehouse("NORTH")
    assert shop.order((shop.mug, 1)).ship_by == date(2026, 11, 24)


def test_a_warehouse_may_send_on_saturdays(shop: Shop) -> None:
    shop.warehouse.opens_saturdays = True
    shop.warehouse.save()
    order = shop.order((shop.mug, 1), placed_at=datetime(2026, 11, 27, 9, 0, tzinfo=UTC))
    assert (order.ship_by, order.deliver_from) == (SATURDAY, date(2026, 12, 1))
