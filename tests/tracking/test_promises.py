"""Every date of arrival that a customer was shown is kept, and measured: by the first one, and by the last."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from fulfillment.services import ParcelDraft, cancel_order, deliver_shipment, ship_shipment
from notifications.relay import relay_batch
from notifications.services import drain_batch
from orders.models import Order, ShownPromise
from tests.factories import BOB, MONDAY, Shop, shipment
from tests.hooks import event
from tests.staff import client_of
from tracking.reports.period import Period
from tracking.reports.promises import Kept, Shown, shown
from tracking.reports.words import share
from tracking.services import take_carrier_events
from tracking.services.fold import fold_found
from tracking.services.keep import Reading, keep
from tracking.status import Eta, Snapshot
from tracking.timeline.journey import journey_of
from tracking.timeline.promise import promise_of

DAY = timedelta(days=1)
PROMISED = (date(2026, 11, 25), date(2026, 11, 27))
WEEK = Period(MONDAY, MONDAY + 28 * DAY)


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def order(shop: Shop) -> Order:
    shop.receive(shop.mug, 9)
    return shop.order((shop.mug, 1))


def leave(order: Order) -> None:
    ship_shipment(shipment(order), by=BOB, parcels=[ParcelDraft("dhl", "JD1")], at=MONDAY)


def expects(first: date, last: date, at: datetime, number: str = "JD1") -> None:
    picture = Snapshot(carrier="dhl", tracking_number=number, stated_at=at, is_complete=True, eta=Eta(first, last))
    with transaction.atomic():
        _, found = keep([Reading(picture, source="endpoint:9")], now=at)
    assert fold_found(found, now=at) == 1


def ledger() -> list[tuple[Any, ...]]:
    return list(ShownPromise.objects.values_list("where", "parcel", "first", "last"))


def test_the_first_date_is_kept_with_the_order(order: Order) -> None:
    assert ledger() == [("ORDER", "", *PROMISED)]
    assert ShownPromise.objects.get().shown_at == order.received_at


def test_each_date_of_the_carrier_is_kept_and_none_twice(order: Order) -> None:
    leave(order)
    parcel = shipment(order).parcels.get().number
    expects(date(2026, 11, 26), date(2026, 11, 26), MONDAY + DAY)
    expects(date(2026, 11, 26), date(2026, 11, 26), MONDAY + 1.5 * DAY)
    expects(date(2026, 11, 27), date(2026, 11, 30), MONDAY + 2 * DAY)
    assert ledger()[1:] == [
        ("CARRIER", parcel, date(2026, 11, 26), date(2026, 11, 26)),
        ("CARRIER", parcel, date(2026, 11, 27), date(2026, 11, 30)),
    ]


def test_of_several_parcels_a_date_is_kept_when_the_page_shows_one(shop: Shop) -> None:
    """As long as one of them has none, the page names the promise."""
    shop.receive(shop.mug, 2)
    order = shop.order((shop.mug, 2))
    boxes = [ParcelDraft("dhl", f"JD{n}", lines={1: 1}) for n in (1, 2)]
    ship_shipment(shipment(order), by=BOB, parcels=boxes, at=MONDAY)
    expects(date(2026, 11, 26), date(2026, 11, 26), MONDAY + DAY)
    assert "26" not in promise_of(journey_of(order.pk))
    assert ledger() == [("ORDER", "", *PROMISED)]
    expects(date(2026, 11, 30), date(2026, 12, 1), MONDAY + DAY, "JD2")
    assert "Thursday\u00a026\u00a0November\u00a0– Tuesday\u00a01\u00a0December" in promise_of(journey_of(order.pk))
    assert ledger()[1:] == [("CARRIER", "", date(2026, 11, 26), date(2026, 12, 1))]


def test_the_day_on_which_it_is_out_for_delivery_is_kept_as_it_is_shown(order: Order) -> None:
    leave(order)
    at = MONDAY + 2 * DAY
    with time_machine.travel(at, tick=False):
        take_carrier_events([event("JD1", "OUT_FOR_DELIVERY", at=at)], by=BOB)
    assert ledger()[1:] == [("CARRIER", shipment(order).parcels.get().number, at.date(), at.date())]


def test_of_what_has_arrived_no_day_is_shown_any_more(order: Order) -> None:
    leave(order)
    deliver_shipment(shipment(order), by=BOB, at=MONDAY + DAY)
    expects(date(2026, 11, 26), date(2026, 11, 26), MONDAY + DAY)
    assert len(ledger()) == 1


def test_a_mail_that_names_a_day_is_kept_and_one_that_names_none_is_not(order: Order) -> None:
    while relay_batch():
        pass
    while drain_batch():
        pass
    assert ledger()[1:] == [("MAIL", "", *PROMISED)]
    with time_machine.travel(MONDAY + 9 * DAY, tick=False):
        leave(order)
        while relay_batch():
            pass
        while drain_batch():
            pass
    assert len(ledger()) == 2  # the day had passed: the mail says it is sorry


def test_on_time_is_measured_by_the_first_date_and_by_the_last_before_it_came(shop: Shop, order: Order) -> None:
    leave(order)
    expects(date(2026, 11, 30), date(2026, 11, 30), MONDAY + 3 * DAY)
    deliver_shipment(shipment(order), by=BOB, at=datetime(2026, 11, 30, 15, 0, tzinfo=UTC))
    ShownPromise.objects.create(  # of whatever is said later nobody can have known
        order=order, first=date(2026, 11, 1), last=date(2026, 11, 1), where="MAIL", shown_at=MONDAY + 20 * DAY
    )
    kept = shop.order((shop.mug, 1))
    ship_shipment(shipment(kept), by=BOB, at=MONDAY)
    deliver_shipment(shipment(kept), by=BOB, at=MONDAY + 2 * DAY)
    now, before = shown(WEEK)
    assert now == Shown(Kept(2, 1), Kept(2, 2))
    assert (now.by_first.text, now.by_last.text) == (share(0.5), share(1.0))
    assert before == Shown(Kept(0, 0), Kept(0, 0))


def test_what_is_overdue_and_has_not_come_is_missed(shop: Shop, order: Order) -> None:
    """By the first date two are; by the last one, which its carrier moved, one; and one was so before."""
    leave(order)
    expects(date(2026, 11, 30), date(2027, 1, 15), MONDAY + 3 * DAY)
    shop.order((shop.mug, 1))
    early = shop.order((shop.mug, 1), placed_at=MONDAY - 20 * DAY)
    cancel_order(shop.order((shop.mug, 1)), by=BOB)
    kept = shop.order((shop.mug, 1))
    ship_shipment(shipment(kept), by=BOB, at=MONDAY)
    deliver_shipment(shipment(kept), by=BOB, at=MONDAY + 2 * DAY)
    now, before = shown(Period(MONDAY, MONDAY + 28 * DAY))
    assert early.deliver_by < MONDAY.date()
    assert (now, before) == (Shown(Kept(3, 1), Kept(2, 1)), Shown(Kept(1, 0), Kept(1, 0)))
    today = PROMISED[1] - MONDAY.date()
    now, _ = shown(Period(MONDAY, MONDAY + today))
    assert now == Shown(Kept(1, 1), Kept(1, 1)), "nothing is overdue on the last day itself"


def test_the_report_shows_both(order: Order) -> None:
    leave(order)
    deliver_shipment(shipment(order), by=BOB, at=MONDAY)
    with time_machine.travel(MONDAY + DAY, tick=False):
        page = client_of("manager").get("/reports/").content.decode()
    for words in ("Arrived by the first date shown", "Arrived by the last date shown"):
        assert words in page


@pytest.mark.parametrize("more", [{"last": date(2026, 11, 1)}, {"where": "NOWHERE"}])
def test_the_ledger_takes_no_nonsense(order: Order, more: dict[str, Any]) -> None:
    given = {"first": PROMISED[0], "last": PROMISED[1], "where": "MAIL"} | more
    with pytest.raises(IntegrityError), transaction.atomic():
        ShownPromise.objects.create(order=order, **given)
    assert len(ledger()) == 1
