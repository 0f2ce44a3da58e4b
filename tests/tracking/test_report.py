"""The managers' page, against a small set that was computed by hand."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from config.roles import ROLES
from fulfillment import ledger
from fulfillment.models import Count, CountLine, Receipt, Staff, Warehouse
from fulfillment.services import allocate_waiting, cancel_order, deliver_shipment, ship_shipment
from orders.admin.promise import promise_of
from orders.models import Order
from orders.services import hold_order
from tests.factories import ALICE, BOB, ProductFactory, Shop, shipment
from tests.fulfillment.floor import person, words
from tests.plans import plans_of, reads_whole
from tracking.models import AuditRun, Finding
from tracking.reports import Report, backlog, make_report
from tracking.reports.floor import floor
from tracking.reports.pace import Pace
from tracking.reports.period import Period
from tracking.reports.words import share, span

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday
LAST_MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
OCTOBER = datetime(2026, 10, 12, 9, 0, tzinfo=UTC)  # a Monday of the 28 days before
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


class Story:
    """Orders with a past: placed then, shipped and delivered so many hours later. The promise: 1 day, then 1–3."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        shop.receive(shop.mug, 100)

    def place(
        self, at: datetime, *, shipped: float | None = None, delivered: float | None = None, **more: Any
    ) -> Order:
        order = self.shop.order((self.shop.mug, 1), placed_at=at, **more)
        if shipped is not None:
            ship_shipment(shipment(order), by=BOB, at=at + shipped * HOUR)
        if delivered is not None:
            deliver_shipment(shipment(order), by=BOB, at=at + delivered * HOUR)
        return order


@pytest.fixture
def story(shop: Shop) -> Story:
    """Last week six orders: one left late, one not at all. In October three: one left in time, one late, one not."""
    story = Story(shop)
    for shipped, delivered in ((2, 50), (10, 74), (26, 120), (30, None), (100, None)):
        story.place(LAST_MONDAY, shipped=shipped, delivered=delivered)
    story.place(LAST_MONDAY + timedelta(days=2))
    for shipped in (20, 40):
        story.place(OCTOBER, shipped=shipped)
    story.place(OCTOBER)
    return story


@pytest.fixture
def report(story: Story) -> Report:
    return make_report(NOW)


@pytest.fixture
def client(db: None) -> Client:
    client = Client()
    client.force_login(person("manager"))
    return client


def page(client: Client) -> str:
    return words(client.get("/reports/"))


def figures(pace: Pace) -> tuple[Any, ...]:
    return pace.done, pace.kept, pace.owing, pace.median and pace.median / HOUR, pace.p90 and pace.p90 / HOUR


def test_the_time_to_the_van(report: Report) -> None:
    assert figures(report.shipped.paces.now) == (5, 4, 1, 26, 100)
    assert figures(report.shipped.paces.before) == (2, 1, 1, 30, 40)
    assert report.pace_sentence == "Half of the orders left within 26 hours, nine of ten within 4.2 days."


def test_the_time_to_the_door(report: Report) -> None:
    assert figures(report.delivered.paces.now) == (3, 2, 2, 74, 120)
    assert figures(report.delivered.paces.before) == (0, 0, 3, None, None)


def test_the_share_on_time_counts_what_ought_to_have_left_and_did_not(report: Report) -> None:
    assert (report.shipped.paces.now.share, report.shipped.paces.before.share) == (4 / 6, 1 / 3)
    assert (report.delivered.paces.now.share, report.delivered.paces.before.share) == (2 / 5, 0)
    assert report.promise_sentence == "67 % left by the day we promised, 40 % arrived by it."


def test_early_is_on_time_and_so_is_the_promised_day_itself(shop: Shop) -> None:
    story = Story(shop)
    for hours in (1, 38.9, 39):  # promised for Tuesday: its last minutes, and Wednesday's first
        story.place(LAST_MONDAY, shipped=hours)
    pace = make_report(NOW).shipped.paces.now
    assert (pace.kept, pace.late) == (2, 1)


@pytest.mark.parametrize(
    ("hours", "median", "p90"),
    [
        ([7], 7, 7),
        ([1, 4], 2.5, 4),
        ([1, 2, 9], 2, 9),
        (list(range(1, 11)), 5.5, 9),
        (list(range(1, 12)), 6, 10),
        (list(range(1, 21)), 10.5, 18),
        ([5, 5, 5, 5], 5, 5),
    ],
)
def test_median_and_p90(shop: Shop, hours: list[int], median: float, p90: float) -> None:
    """The median of an even number lies between the middle two; nine of ten took no longer than P90."""
    story = Story(shop)
    for each in reversed(hours):
        story.place(LAST_MONDAY, shipped=each)
    assert figures(make_report(NOW).shipped.paces.now)[3:] == (median, p90)


@pytest.mark.parametrize(
    ("hours", "door", "is_kept"),
    [  # promised for Friday: its noon in UTC, and Saturday's first hours
        (99, {"country": "ES"}, True),
        (99, {"country": "NZ"}, False),
        (116, {"country": "US", "region": "CA"}, True),
        (116, {"country": "US", "region": "NY"}, False),
        (112, {"country": "ES"}, False),
    ],
)
def test_whether_it_came_on_the_promised_day_is_told_by_the_clock_at_the_door(
    shop: Shop, hours: float, door: dict[str, str], is_kept: bool
) -> None:
    Story(shop).place(LAST_MONDAY, shipped=2, delivered=hours, ship_to={"line1": "Main 1"} | door)
    found = make_report(NOW)
    assert (found.delivered.paces.now.kept, found.shown[0].by_first.kept, found.shown[0].by_last.kept) == (is_kept,) * 3
    promise = promise_of(Order.objects.get())
    assert promise is not None
    assert (promise.left == "on time") == is_kept
    Order.objects.update(delivered_on=None)  # as of an order that came before that was kept: by the shop's clock
    assert make_report(NOW).delivered.paces.now.kept == (hours < 111)


def test_cancelled_orders_are_not_counted(shop: Shop) -> None:
    order = Story(shop).place(LAST_MONDAY)
    cancel_order(order, by=ALICE)
    found = make_report(NOW)
    assert (figures(found.shipped.paces.now), found.backlog.total.count, found.due.due) == ((0, 0, 0, None, None), 0, 0)


def test_what_lies_outside_both_periods_is_not_counted(shop: Shop) -> None:
    story = Story(shop)
    story.place(NOW - timedelta(days=28, hours=2), shipped=1)
    story.place(NOW - timedelta(days=56, hours=2), shipped=1)
    found = make_report(NOW).shipped.paces
    assert (found.now.done, found.before.done) == (0, 1)


def test_open_orders_by_status_and_age(report: Report) -> None:
    table = {row.word: [cell.count for cell in row.cells] for row in report.backlog.rows}
    assert table == {"Confirmed": [0, 0, 1, 0, 1], "Shipped": [0, 0, 0, 2, 2]}
    assert [cell.count for cell in report.backlog.sums] == [0, 0, 1, 2, 3]
    assert report.backlog_sentence == "6 orders are open; 5 are older than a week."


@pytest.mark.parametrize(
    ("ago", "column"),
    [
        (timedelta(), 0),
        (timedelta(hours=11, minutes=59), 0),
        (timedelta(hours=12, minutes=1), 1),
        (timedelta(days=2, hours=12), 1),
        (timedelta(days=2, hours=12, seconds=1), 2),
        (timedelta(days=6, hours=12), 2),
        (timedelta(days=6, hours=12, seconds=1), 3),
        (timedelta(days=27, hours=12), 3),
        (timedelta(days=27, hours=12, seconds=1), 4),
        (timedelta(hours=-1), 0),
    ],
)
def test_ages_are_days_of_the_shop(shop: Shop, ago: timedelta, column: int) -> None:
    Story(shop).place(NOW - ago)
    counts = [cell.count for cell in make_report(NOW).backlog.rows[0].cells]
    assert counts == [int(place == column) for place in range(5)]


def test_days_end_where_the_shop_is(shop: Shop, settings: Any) -> None:
    settings.TIME_ZONE = "America/New_York"
    Story(shop).place(NOW - timedelta(hours=10))
    assert make_report(NOW).backlog.rows[0].cells[1].count == 1


def test_what_left_long_ago_and_never_arrived_is_counted_so_far_and_no_further(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "MANY", 1)
    found = make_report(NOW).backlog
    assert [row.cells[-1].text for row in found.rows] == ["1", "1+"]
    assert (found.sums[-1].text, found.total.text, found.rows[-1].total.text) == ("2+", "5+", "3+")


def test_the_first_sentence_says_what_is_at_risk(story: Story, client: Client) -> None:
    shop, friday = story.shop, NOW - timedelta(days=3)
    shop.order((shop.teapot, 1), placed_at=friday)
    hold_order(shop.order((shop.mug, 1), placed_at=friday), by=ALICE, reason="FRAUD")
    both = shop.order((shop.mug, 1), (shop.teapot, 1), placed_at=friday, ship_to={"country": "ES"})
    shop.order((shop.teapot, 1), placed_at=NOW)
    due = make_report(NOW).due
    assert (due.due, due.late, due.at_risk, due.waiting, due.blocked) == (5, 2, 3, 2, 2)
    assert "3 of 5 orders due today are at risk. 5 due 2 late already 2 wait for stock" in page(client)
    shop.receive(shop.teapot, 9)
    allocate_waiting(by=ALICE)
    assert make_report(NOW).due.waiting == 0
    assert both.pk in Order.objects.blocked().values_list("pk", flat=True)


def test_nothing_in_the_way_is_said_too(story: Story) -> None:
    assert make_report(NOW).sentence == "2 orders are due today, and nothing stands in the way."


def test_an_empty_shop_reads_well(client: Client) -> None:
    shown = page(client)
    assert "No orders yet." in shown
    assert "Nobody has checked the books yet." in shown
    assert "Median" not in shown


def test_one_order_reads_well(shop: Shop, client: Client) -> None:
    order = Story(shop).place(NOW - 2 * HOUR)
    assert "1 order is open." in page(client)
    assert "Nothing is due today." in page(client)
    ship_shipment(shipment(order), by=BOB, at=NOW - HOUR)
    assert "One order left, after 1 hour." in page(client)
    assert "100 % left by the day we promised." in page(client)


def test_the_page_shows_what_was_computed(story: Story, client: Client) -> None:
    shown = page(client)
    for part in (
        "Confirmed 0 0 1 0 1 2 Shipped 0 0 0 2 2 4 All 0 0 1 2 3 6",
        "Placed to shipped Median 26 hours 30 hours P90 4.2 days 40 hours Orders 5 2",
        "Placed to delivered Median 3.1 days – P90 5.0 days – Orders 3 0",
        "Left on time 67 % 33 % of orders due 6 3 left late 1 1 overdue, still here 1 1",
        "Arrived on time 40 % 0 % of orders due 5 3 arrived late 1 0 overdue, not there 2 3",
    ):
        assert part in shown


def test_the_last_audit_and_what_still_stands(client: Client) -> None:
    AuditRun.objects.create(finished_at=NOW, checks={"stock": {}, "trail": {}})
    AuditRun.objects.create(checks={"stock": {}})  # still running
    assert "The books agree. Clean Last checked 23 November, 12:00 : 2 checks." in page(client)
    for check, severity, status in (
        ("stock", "ERROR", "OPEN"),
        ("trail", "ERROR", "ACKNOWLEDGED"),
        ("lines", "ERROR", "RESOLVED"),
        ("bins", "WARNING", "OPEN"),
    ):
        Finding.objects.create(check_name=check, subject="x", severity=severity, status=status, message="x")
    assert "The audit found 2 errors and 1 warning. To be mended" in page(client)
    assert "Errors 1 1 Warnings 1 0" in page(client)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reads_reports_if_it_may(db: None, role: str) -> None:
    client = Client()
    client.force_login(person(role))
    expected = 200 if role in {"manager", "auditor", "admin"} else 403
    assert client.get("/reports/").status_code == expected
    assert client.post("/reports/").status_code == 405


def test_somebody_unknown_is_asked_to_log_in(db: None) -> None:
    assert Client().get("/reports/")["Location"] == "/admin/login/?next=/reports/"


@pytest.mark.parametrize("orders", [0, 1, 3])
def test_the_queries_of_the_page(shop: Shop, client: Client, django_assert_num_queries: Any, orders: int) -> None:
    story = Story(shop)
    for shipped in range(orders):
        story.place(LAST_MONDAY, shipped=shipped + 1)
        story.place(LAST_MONDAY)
        story.place(OCTOBER)
    with django_assert_num_queries(20):
        client.get("/reports/")


def test_no_query_reads_orders_or_findings_whole(story: Story) -> None:
    guarded = {"orders_order", "orders_orderline", "orders_hold", "tracking_finding"}
    guarded |= {"fulfillment_receipt", "fulfillment_count", "fulfillment_countline"}
    plans = plans_of(lambda: make_report(NOW))
    assert (len(plans), [plan for plan in plans if reads_whole(plan, guarded)]) == (18, [])


# --- the floor ------------------------------------------------------------------------------------------


def delivered_to(warehouse: Warehouse, away: datetime, *hours: float) -> None:
    """Deliveries that were put away then, after so many hours at the dock."""
    for took in hours:
        Receipt.objects.create(
            warehouse=warehouse,
            reference=str(Receipt.objects.count()),
            arrived_at=away - took * HOUR,
            put_away_at=away,
        )


def counted_in(warehouse: Warehouse, at: datetime, *lines: tuple[int, int]) -> None:
    """A count that was booked then: of each line what the books said, and what was counted."""
    place = warehouse.bins.get(code="STOCK")
    stamps = {"counted_by": "user:1", "counted_at": at, "approved_by": "user:2", "approved_at": at, "applied_at": at}
    count = Count.objects.create(warehouse=warehouse, bin=place, created_by="x", status="APPLIED", **stamps)
    for book, units in lines:
        CountLine.objects.create(count_of=count, bin=place, product=ProductFactory(), book=book, counted=units)


def test_the_dock_to_stock_clock_of_each_warehouse(shop: Shop) -> None:
    north = ledger.open_warehouse("NORTH")
    delivered_to(shop.warehouse, LAST_MONDAY, 4, 1, 3, 2)
    delivered_to(shop.warehouse, OCTOBER, 8)
    delivered_to(shop.warehouse, OCTOBER - 30 * DAY, 99)  # before both periods
    delivered_to(north, LAST_MONDAY, 30)
    Receipt.objects.create(warehouse=north, reference="at the dock", arrived_at=LAST_MONDAY)
    docks = make_report(NOW).floor.docks
    found = [
        (str(dock.warehouse), stood.done, stood.median and stood.median / HOUR, stood.p90 and stood.p90 / HOUR)
        for dock in docks
        for stood in (dock.now, dock.before)
    ]
    assert found == [("MAIN", 4, 2.5, 4), ("MAIN", 1, 8, 8), ("NORTH", 1, 30, 30), ("NORTH", 0, None, None)]
    assert make_report(NOW).floor.dock_sentence == "One delivery was put away in NORTH, after 30 hours."
    delivered_to(north, LAST_MONDAY, 50)
    sentence = make_report(NOW).floor.dock_sentence
    assert sentence == "Goods stand longest in NORTH: half within 40 hours, nine of ten within 2.1 days."


def test_several_deliveries_of_one_warehouse_are_counted(shop: Shop) -> None:
    delivered_to(shop.warehouse, LAST_MONDAY, 4, 1, 3)
    sentence = make_report(NOW).floor.dock_sentence
    assert sentence.startswith("3 deliveries were put away: half within 3 hours, ")


def test_five_too_many_and_five_too_few_are_two_errors(shop: Shop) -> None:
    counted_in(shop.warehouse, LAST_MONDAY, (10, 15), (10, 5), (3, 3))
    counted_in(shop.warehouse, OCTOBER, (1, 1))
    floor = make_report(NOW).floor
    (main,) = floor.counts
    assert (main.now.positions, main.now.right, main.now.found, main.now.lost) == (3, 1, 5, 5)
    assert (main.texts, main.percent) == ({"now": "33 %", "before": "100 %"}, 33.33)
    assert floor.count_sentence == "The books were right in 33 % of the places that were counted."


def test_where_nothing_came_and_nobody_counted_it_says_so(story: Story, client: Client) -> None:
    text = page(client)
    assert "No delivery was put away in these four weeks. Dock to stock:" in text
    assert "Nothing was counted in these four weeks. A place is" in text


def test_the_numbers_of_the_floor_lead_to_what_was_counted(shop: Shop, client: Client) -> None:
    delivered_to(shop.warehouse, LAST_MONDAY, 4, 2)
    delivered_to(ledger.open_warehouse("NORTH"), LAST_MONDAY, 1)
    counted_in(shop.warehouse, LAST_MONDAY, (3, 3))
    floor = make_report(NOW).floor
    text = page(client)
    assert "Goods stand longest in MAIN: half within 3 hours, nine of ten within 4 hours." in text
    for url, count in ((floor.docks[0].url, 2), (floor.counts[0].url, 1)):
        listed = client.get(url)
        assert (listed.status_code, len(listed.context["cl"].result_list)) == (200, count)


def test_who_works_in_one_warehouse_is_shown_no_figure_of_another(shop: Shop) -> None:
    north = ledger.open_warehouse("NORTH")
    for warehouse in (shop.warehouse, north):
        delivered_to(warehouse, LAST_MONDAY, 4)
        counted_in(warehouse, LAST_MONDAY, (3, 3))
    user, client = person("manager", "bob"), Client()
    Staff.objects.create(user=user).warehouses.add(north)
    client.force_login(user)
    text = page(client)
    assert ("NORTH" in text, "MAIN" in text) == (True, False)


@pytest.mark.parametrize("warehouses", [1, 3])
def test_the_queries_of_the_floor(shop: Shop, django_assert_num_queries: Any, warehouses: int) -> None:
    for n in range(warehouses):
        there = ledger.open_warehouse(f"W-{n}")
        delivered_to(there, LAST_MONDAY, *range(1, 9))
        counted_in(there, LAST_MONDAY, *[(3, 3)] * 9)
    with django_assert_num_queries(4):
        report = floor(Period.up_to(NOW), Warehouse.objects.all())
    assert (len(report.docks), len(report.counts)) == (warehouses, warehouses)


def followed(url: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(url)
    return parts.path, dict(parse_qsl(parts.query))


def test_every_number_says_in_its_link_what_was_counted(report: Report) -> None:
    """Plain lookups of the admin's list: tried here on the rows themselves."""
    paces, ages = report.shipped.paces, report.backlog
    linked = [
        (report.due.url, report.due.due),
        (report.due.late_url, report.due.late),
        (ages.total.url, 6),
        (ages.old.url, 5),
        *((cell.url, cell.count) for row in ages.rows for cell in (*row.cells, row.total)),
        *((cell.url, cell.count) for cell in ages.sums),
        (paces.done_url, 5),
        (paces.done_before_url, 2),
        (paces.late_url, 1),
        (paces.owing_url, 1),
        (paces.owing_before_url, 1),
        (report.delivered.paces.owing_url, 2),
        (report.delivered.paces.owing_before_url, 3),
    ]
    for url, count in linked:
        path, query = followed(url)
        lookups = {name: value.split(",") if name.endswith("__in") else value for name, value in query.items()}
        assert (path, url, Order.objects.filter(**lookups).count()) == ("/admin/orders/order/", url, count)


def test_every_number_leads_to_a_list_of_that_many(story: Story, client: Client) -> None:
    friday = NOW - timedelta(days=3)
    story.shop.order((story.shop.teapot, 1), placed_at=friday)
    hold_order(story.shop.order((story.shop.mug, 1), placed_at=friday), by=ALICE, reason="FRAUD")
    Finding.objects.create(check_name="stock", subject="x", severity="ERROR", message="x")
    found = re.findall(
        r'<a[^>]*href="(/admin/[^"]+[?][^"]+)"[^>]*>(.*?)</a>', client.get("/reports/").content.decode(), re.DOTALL
    )
    assert len(found) >= 20
    for href, text in found:
        response = client.get(unescape(href))
        number = int(re.findall(r"\d+", re.sub(r"<[^>]+>", " ", text))[0])
        assert (response.status_code, href, len(response.context["cl"].result_list)) == (200, href, number)


@pytest.mark.parametrize(
    ("part", "said"),
    [(None, "–"), (0, "0 %"), (1, "100 %"), (0.999, "> 99 %"), (0.001, "< 1 %"), (0.5, "50 %")],
)
def test_a_share_rounds_to_all_or_nothing_only_where_it_is(part: float | None, said: str) -> None:
    assert share(part) == said


@pytest.mark.parametrize(
    ("hours", "said"),
    [(0.001, "1 min"), (0.5, "30 min"), (1, "1 hour"), (47, "47 hours"), (48, "2.0 days"), (84, "3.5 days")],
)
def test_a_stretch_of_time_reads_as_people_say_it(hours: float, said: str) -> None:
    assert span(hours * HOUR) == said


def test_the_clock_is_the_shops(db: None) -> None:
    assert make_report(NOW).due.today == timezone.localdate(NOW)
