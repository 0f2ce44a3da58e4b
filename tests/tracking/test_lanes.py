"""What is learnt of lanes: the carrier's clock, one parcel's way, the newest parcels, wider lanes, and silence."""

from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.models import Parcel, Shipment
from fulfillment.services import ParcelDraft, ship_shipment
from orders.models import LearntTransit, ShippingMethod
from tests.factories import BOB, Shop, shipment
from tests.plans import planned_by_sqlite, plans_of
from tests.staff import client_of
from tracking.lanes import (
    ENOUGH,
    FIVE_DAYS,
    NEWEST,
    PATIENCE,
    Days,
    Lane,
    Lanes,
    Measured,
    Quiet,
    Trip,
    is_late_at,
    learn,
    learn_transits,
    measure,
    moment,
    too_quiet_at,
    worked,
)
from tracking.lanes.clock import days_between
from tracking.models import LearntLane, Tracker
from tracking.services import known_lanes, learn_lanes

MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MADRID = Lane.to("dhl", "standard", "MAIN", "ES", "28 013")


def test_the_clock_stands_still_on_sundays() -> None:
    assert worked(SATURDAY + 2 * DAY, UTC) - worked(SATURDAY, UTC) == 24
    assert worked(SATURDAY + 20 * HOUR, UTC) == worked(SATURDAY + 12 * HOUR, UTC)  # both are within the Sunday
    assert moment(worked(SATURDAY, UTC) + 13, UTC) == datetime(2026, 11, 30, 1, 0, tzinfo=UTC)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)), st.floats(0, 1000))
def test_the_clock_is_read_back_as_it_was_set(at: datetime, hours: float) -> None:
    zone = ZoneInfo("Europe/Madrid")
    before = worked(at.replace(tzinfo=zone), zone)
    there = moment(before + hours, zone)
    assert there.weekday() != 6
    assert worked(there, zone) == pytest.approx(before + hours, abs=0.01)


def test_a_way_is_measured_from_the_van_to_the_door_with_its_longest_silence() -> None:
    scans = [MONDAY + 5 * HOUR, MONDAY + 30 * HOUR]
    assert measure(MONDAY, scans, MONDAY + 40 * HOUR, UTC) == Measured(40, 25, 2)
    assert measure(MONDAY, [], MONDAY + 40 * HOUR, UTC) == Measured(40, 40, 2)
    assert measure(MONDAY, [MONDAY - DAY, MONDAY + 90 * HOUR], MONDAY + 40 * HOUR, UTC) == Measured(40, 40, 2)
    assert measure(MONDAY, [], MONDAY, UTC) is None  # delivered before it left: the times cannot be right


def trips(count: int, hours: float, *, lane: Lane = MADRID, before: datetime = MONDAY) -> list[Trip]:
    """Return parcels that took 1 %, 2 % … 100 % of these hours in turn, one an hour."""
    parts = [hours * (n % 100 + 1) / 100 for n in range(count)]
    return [Trip(lane, before - n * HOUR, Measured(part, part / 2, ceil(part / 24))) for n, part in enumerate(parts)]


def test_a_lane_tells_the_half_the_nine_of_ten_and_what_hardly_any_exceed() -> None:
    stats = learn(trips(200, 100), MONDAY)[MADRID]
    assert (stats.parcels, stats.p50, stats.p90, stats.late) == (200, 51, 91, 100)
    assert stats.quiet == Quiet(48, 50)


def test_too_few_parcels_tell_nothing_and_wider_lanes_are_asked() -> None:
    toledo = Lane.to("dhl", "standard", "MAIN", "ES", "45001")
    known = Lanes(learn([*trips(ENOUGH - 1, 100), *trips(1, 100, lane=toledo)], MONDAY))
    found = known.nearest(toledo)
    assert found is not None
    assert found[0] == Lane("dhl", "standard", "MAIN", "ES", "")
    elsewhere = Lane.to("dhl", "express", "OTHER", "ES", "08001")
    assert known.nearest(elsewhere)[0] == Lane("dhl", "", "", "ES", "")  # type: ignore[index]
    assert known.nearest(Lane.to("ups", "standard", "MAIN", "ES", "28013")) is None
    assert known.nearest(Lane.to("dhl", "standard", "MAIN", "FR", "75001")) is None
    assert learn(trips(ENOUGH - 1, 100), MONDAY) == {}


def test_the_newest_parcels_count_so_that_drift_is_followed() -> None:
    slow, quick = trips(NEWEST, 200), trips(1000, 50, before=MONDAY - NEWEST * HOUR)
    stats = learn([*quick, *slow], MONDAY)[MADRID]
    assert stats.parcels == 14 * 24 + 1  # one an hour, for two weeks
    assert stats.p90 > 170
    rare = [trip._replace(arrived_at=MONDAY - n * DAY) for n, trip in enumerate(trips(400, 100))]
    assert learn(rare, MONDAY)[MADRID].parcels == 180  # nothing older than half a year


def test_silence_is_an_alarm_after_the_limit_and_soon_after_the_p95() -> None:
    assert too_quiet_at(Quiet(20, 30), MONDAY, UTC) == MONDAY + 30 * HOUR
    assert too_quiet_at(Quiet(20, 300), MONDAY, UTC) == MONDAY + 20 * HOUR + PATIENCE
    assert too_quiet_at(None, MONDAY, UTC) == MONDAY + FIVE_DAYS
    stats = learn(trips(200, 100), MONDAY)[MADRID]
    assert is_late_at(stats, MONDAY, UTC) == MONDAY + 100 * HOUR
    assert stats.window(MONDAY, UTC) == (MONDAY + 51 * HOUR, MONDAY + 91 * HOUR)


def test_days_are_counted_without_sundays() -> None:
    for end, days in (
        (MONDAY, 0),
        (MONDAY + 13 * HOUR, 1),
        (SATURDAY, 5),
        (SATURDAY + DAY, 6),
        (SATURDAY + 2 * DAY, 6),
    ):
        assert (end, days_between(MONDAY, end, UTC)) == (end, days)


def test_of_a_method_days_are_learnt_by_any_carrier_from_anywhere() -> None:
    other = MADRID._replace(carrier="ups", origin="NORTH")
    few = [*trips(ENOUGH // 2, 96), *trips(ENOUGH // 2, 96, lane=other)]
    country = Lane("", "standard", "", "ES", "")
    assert learn_transits(few, MONDAY) == dict.fromkeys((country, country._replace(region="28")), Days(100, 2, 2))
    assert learn_transits(few[1:], MONDAY) == {}


# --- in the database ----------------------------------------------------------------------------------------


def arrived(shop: Shop, count: int, hours: int, **more: Any) -> None:
    """Let parcels leave, and trackers say that they arrived, one an hour until MONDAY; with one scan on the way."""
    shop.receive(shop.mug, 1)
    order = shop.order((shop.mug, 1))
    ship_shipment(shipment(order), by=BOB, parcels=[ParcelDraft(carrier="dhl", tracking_number="1")], at=MONDAY)
    one = Parcel.objects.get(shipment__order=order)
    parcels = [
        Parcel(
            shipment=Shipment(pk=one.shipment_id),
            number=f"{one.number}-{n}",
            carrier="dhl",
            shipped_at=MONDAY - (n + hours) * HOUR,
        )
        for n in range(count)
    ]
    for parcel in Parcel.objects.bulk_create(parcels):
        assert parcel.shipped_at
        half = (parcel.shipped_at + hours / 2 * HOUR).isoformat()
        timeline = [{"at": half, "wall": "", "status": "IN_TRANSIT"}, {"at": None, "wall": "", "status": "UNKNOWN"}]
        given = {"status": "DELIVERED", "delivered_at": parcel.shipped_at + hours * HOUR, "timeline": timeline} | more
        Tracker.objects.create(parcel=parcel, **given)


def test_lanes_are_learnt_from_what_arrived(shop: Shop) -> None:
    arrived(shop, ENOUGH, 10)
    assert learn_lanes(now=MONDAY) == 4
    found = known_lanes().nearest(MADRID)
    assert found is not None
    assert found[0] == MADRID
    assert (found[1].parcels, found[1].p50, found[1].quiet.p95) == (ENOUGH, 10, 5)
    assert {(row.carrier, row.service, row.origin, row.region) for row in LearntLane.objects.all()} == {
        ("dhl", "standard", "MAIN", "28"),
        ("dhl", "standard", "MAIN", ""),
        ("dhl", "standard", "", ""),
        ("dhl", "", "", ""),
    }


@pytest.mark.parametrize("status", ["RETURNED_TO_SENDER", "LOST", "IN_TRANSIT"])
def test_what_did_not_arrive_tells_nothing_and_what_was_learnt_is_forgotten(shop: Shop, status: str) -> None:
    arrived(shop, ENOUGH, 10)
    learn_lanes(now=MONDAY)
    Tracker.objects.update(status=status)
    assert learn_lanes(now=MONDAY) == 0
    assert not LearntLane.objects.exists()
    assert known_lanes().nearest(MADRID) is None


def test_what_arrives_later_is_not_known_yet(shop: Shop) -> None:
    arrived(shop, ENOUGH, 10)
    assert learn_lanes(now=MONDAY - HOUR) == 0


def test_what_was_learnt_is_promised_and_what_was_not_is_as_the_method_says(shop: Shop) -> None:
    """The order of Monday leaves on Tuesday: the method says one day to three, working days."""
    shop.receive(shop.mug, 1)
    before = shop.order((shop.mug, 1))
    assert (before.deliver_from, before.deliver_by) == (date(2026, 11, 25), date(2026, 11, 27))
    arrived(shop, ENOUGH, 100)
    learn_lanes(now=MONDAY)
    assert {(row.region, row.parcels) for row in LearntTransit.objects.all()} == {("28", ENOUGH), ("", ENOUGH)}
    days = LearntTransit.objects.get(region="28")
    assert 3 <= days.days_from <= days.days_to <= 5
    LearntTransit.objects.filter(region="28").update(days_from=4, days_to=5)
    LearntTransit.objects.filter(region="").update(days_from=7, days_to=9)

    def promised(code: str, country: str = "ES") -> tuple[date, date]:
        there = {"name": "Ana Ruiz", "line1": "Calle 1", "city": "X", "postal_code": code, "country": country}
        order = shop.order((shop.mug, 1), ship_to=there)
        return order.deliver_from, order.deliver_by

    assert promised("28 013") == (SATURDAY.date(), date(2026, 11, 30)), "four days and five, without the Sunday"
    assert promised("08001") == (date(2026, 12, 2), date(2026, 12, 4)), "of that region too little is known"
    assert promised("28013", "FR") == (date(2026, 11, 25), date(2026, 11, 27))
    LearntTransit.objects.all().delete()
    assert promised("28013") == (date(2026, 11, 25), date(2026, 11, 27))


def test_staff_sees_what_was_learnt_and_that_it_is_not_enough_yet(shop: Shop) -> None:
    client, method = client_of("manager"), ShippingMethod.objects.get()
    lanes, page = "/admin/tracking/learntlane/", f"/admin/orders/shippingmethod/{method.pk}/change/"
    assert "Not enough history yet." in client.get(lanes).content.decode()
    assert "Not enough have arrived yet" in client.get(page).content.decode()
    arrived(shop, ENOUGH, 100)
    learn_lanes(now=MONDAY)
    lane = LearntLane.objects.get(region="28")
    assert "Not enough history yet." not in client.get(lanes).content.decode()
    assert f"{lane.late / 24:.1f} days" in client.get(f"{lanes}{lane.pk}/change/").content.decode()
    way = LearntTransit.objects.get(region="28")
    told = f"Spain, 28…: {way.days_from} – {way.days_to} days, by the newest {ENOUGH} parcels"
    assert told in client.get(page).content.decode()


def test_what_was_learnt_costs_placing_no_query(shop: Shop, django_assert_num_queries: Any) -> None:
    shop.order((shop.mug, 1))
    with CaptureQueriesContext(connection) as before:
        shop.order((shop.mug, 1))
    method = ShippingMethod.objects.get(code="standard")
    for region in ("28", "08", ""):
        LearntTransit.objects.create(method=method, country="ES", region=region, parcels=1, days_from=1, days_to=2)
    with django_assert_num_queries(len(before)):
        shop.order((shop.mug, 1))


@planned_by_sqlite
def test_what_arrived_too_long_ago_is_not_even_read(shop: Shop) -> None:
    plans = [plan for plan in plans_of(learn_lanes) if "tracking_tracker" in str(plan)]
    assert (len(plans), [plan for plan in plans if "tracker_delivered" not in str(plan)]) == (1, [])
