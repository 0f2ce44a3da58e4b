"""Every date of arrival that a customer was shown is kept, and measured: by the first one, and by the last."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from fulfillment.services import ParcelDraft, deliver_shipment, ship_shipment
from notifications.relay import relay_batch
from notifications.services import drain_batch
from orders.models import Order, ShownPromise
from tests.factories import BOB, MONDAY, Shop, shipment
from tests.staff import client_of
from tracking.reports.period import Period
from tracking.reports.promises import shown
from tracking.reports.words import share
from tracking.services.fold import fold_found
from tracking.services.keep import Reading, keep
from tracking.status import Eta, Snapshot

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


def expects(first: date, last: date, at: datetime) -> None:
    picture = Snapshot(carrier="dhl", tracking_number="JD1", stated_at=at, is_complete=True, eta=Eta(first, last))
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
    assert (now.done, now.by_first, now.by_last, before.done) == (2, 1, 2, 0)
    assert now.texts == {"by_first": share(0.5), "by_last": share(1.0)}


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
