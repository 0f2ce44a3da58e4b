"""What the customer's page says, for every place an order can be at."""

import re
from datetime import date, datetime
from typing import Any

import pytest
import time_machine

from fulfillment.carrier import carrier_code, carrier_name
from fulfillment.models import Shipment
from fulfillment.services import find_shipment
from orders.models import Channel, Hold, Order
from tests.factories import BOB, Shop, shipment
from tests.tracking.stories import STORIES, boxes, shipped, track
from tracking.models.tracker import Status
from tracking.timeline import OrderPage, dates, page_of
from tracking.timeline.dates import between, day, day_range, moment, short_day, this_year, wall_clock
from tracking.timeline.page import redacted
from tracking.timeline.parcels import STAGES
from tracking.timeline.words import ATTENTION, HOLDS, NEXT_STEPS, PREDICATES, SCANS, SILENT

pytestmark = pytest.mark.django_db

ON_TIME = "Arriving Wednesday 25 – Friday 27 November"
UNSURE = "Planned to arrive Wednesday 25 – Friday 27 November. That may move."
MISSED = "It was to arrive by Friday 27 November. There is no new date yet."
NO_DATE = "There is no date for the rest yet."

SAYS = {
    "only placed": ("We have your order", ON_TIME),
    "placed": ("We have your order", ON_TIME),
    "waiting for stock": ("Your order waits for stock", UNSURE),
    "waiting in part": ("We have your order", UNSURE),
    "waiting to be complete": ("Your order waits for stock", UNSURE),
    "picking": ("Your order is being prepared", ON_TIME),
    "picked": ("Your order is being prepared", ON_TIME),
    "packed": ("Your order is packed", ON_TIME),
    "held in part": ("We have your order", UNSURE),
    "without address": ("We do not know where to send your order", UNSURE),
    "late in the house": ("Your order is late", MISSED),
    "leaves late": ("Your order is late", UNSURE),
    "late on the road": ("Your order is on its way, later than promised", MISSED),
    "late with a new date": (
        "Your order is held up",
        "It was to arrive by Friday 27 November. DHL expects to deliver Monday 30 November.",
    ),
    "shipped, no tracker": ("Your order has left the shop", ON_TIME),
    "shipped, no number": ("Your order has left the shop", ON_TIME),
    "shipped, three uncounted": ("Your order has left the shop", ON_TIME),
    "announced": ("Your order has left the shop", ON_TIME),
    "in transit": ("Your order is on its way", ON_TIME),
    "in transit, expected": ("Your order is on its way", "DHL expects to deliver Thursday 26 – Friday 27 November"),
    "out for delivery": ("Your order is out for delivery", "Arriving Thursday 26 November"),
    "attempt failed": ("Your order could not be delivered yet", UNSURE),
    "to collect": ("Your order is ready to collect", ""),
    "exception": ("Your order is held up", UNSURE),
    "customs wants documents": ("Your order is held up", UNSURE),
    "on its way back": ("Your order is on its way back to the shop", ""),
    "silent": ("Your order has not been seen for a long time", ""),
    "label cancelled": ("Your order cannot travel as planned", ""),
    "lost by the carrier": ("Your order is lost", ""),
    "lost": ("Your order is lost", ""),
    "lost and sent again": ("Your order is lost", ""),
    "two parcels, one delivered": ("One of your two parcels was delivered", ON_TIME),
    "two parcels, one tried": ("One of your two parcels could not be delivered yet", UNSURE),
    "two parcels on their way": ("Your order is on its way", ON_TIME),
    "three parcels": ("One of your three parcels is lost", UNSURE),
    "partly shipped": (
        "One of your two parcels was delivered",
        f"UPS expects to deliver Friday 27 – Monday 30 November. {NO_DATE}",
    ),
    "partly delivered": ("Part of your order was delivered", NO_DATE),
    "the rest on hold": ("Part of your order was delivered", NO_DATE),
    "at the door, not yet closed": ("Your order was delivered", ""),
    "delivered": ("Your order was delivered", ""),
    "delivered by hand": ("Your order was delivered", ""),
    "half came back": ("Part of your order was delivered", ""),
    "returned": ("Your order came back to the shop", ""),
    "cancelled": ("Your order is cancelled", ""),
    "cancelled in part": ("We have your order", ON_TIME),
    **{f"on hold: {reason}": ("Your order is on hold", UNSURE) for reason in Hold.Reason.values},
    "on hold until": ("Your order is on hold", UNSURE),
}

OUR_WORDS = re.compile(
    r"\bNone\b|\bnull\b|[{}\[\]]|\b[A-Z]+_[A-Z_]+\b|[Ff]raud|FRAUD"
    r"|\b(?:PLANNED|READY|PICKED|PACKED|SHIPPED|LOST|DELIVERED|EXCEPTION)\b|\.\.|  | \.|×  "
)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def everything(page: OrderPage) -> str:
    """Return every text of the page."""
    parts = [page.headline.sentence, page.promise, *page.headline.details, *page.help.sentences, *page.cancelled]
    parts += [f"{step.word} {step.on}" for step in page.steps]
    for parcel in page.parcels:
        parts += [parcel.title, parcel.word, parcel.note, *parcel.contents]
        parts += [f"{scan.text} {scan.place} {scan.when}" for scan in (*parcel.scans, *parcel.older)]
    for part in page.waiting:
        parts += [part.title, part.word, *part.contents, *part.why]
    return plain("\n".join(parts))


def test_every_story_is_told() -> None:
    assert set(SAYS) == set(STORIES)


@pytest.mark.parametrize("name", STORIES)
def test_the_page_says_the_truth_in_plain_words_and_forgets_no_unit(shop: Shop, name: str) -> None:
    order = STORIES[name](shop)
    page = page_of(order.pk)
    assert (plain(page.headline.sentence), plain(page.promise)) == SAYS[name]
    assert OUR_WORDS.findall(everything(page)) == []
    assert units_told(page) == sum(line.quantity for line in order.lines.all())


def test_what_is_sent_again_is_said_with_the_number_that_it_goes_by(shop: Shop) -> None:
    page = page_of(STORIES["lost and sent again"](shop).pk)
    again = Order.objects.latest("pk").number
    assert f"sends it again, as order {again}." in plain(" ".join(page.headline.details))
    assert "write to them" not in " ".join(page.headline.details)


def units_told(page: OrderPage) -> int:
    """Return how many units the cards list; of parcels that nobody counted, the list of what was ordered speaks."""
    listed = [item for card in (*page.parcels, *page.waiting) for item in card.contents] + page.cancelled
    is_counted = listed and all(parcel.contents for parcel in page.parcels)
    return sum(int(item.split(" × ")[0]) for item in (listed if is_counted else page.ordered))


def test_what_turned_up_after_it_was_sent_again_comes_itself(shop: Shop) -> None:
    order = STORIES["lost and sent again"](shop)
    find_shipment(shipment(order), by=BOB)
    page = page_of(order.pk)
    assert plain(page.headline.sentence) == "Your order is on its way"
    assert "again" not in " ".join(page.headline.details)


def test_steps_carry_their_days(shop: Shop) -> None:
    page = page_of(STORIES["delivered"](shop).pk)
    assert [plain(step.on) for step in page.steps] == ["23 Nov", "24 Nov", "24 Nov", "26 Nov", "26 Nov"]
    assert [step.word for step in page_of(STORIES["cancelled"](shop).pk).steps] == ["Placed", "Cancelled"]
    assert [step.word for step in page_of(STORIES["returned"](shop).pk).steps][-1] == "Back at the shop"


def test_of_what_is_done_in_part_the_steps_say_so(shop: Shop) -> None:
    page = page_of(STORIES["partly shipped"](shop).pk)
    assert [(step.word, step.state, plain(step.on), step.is_here) for step in page.steps] == [
        ("Placed", "done", "23 Nov", False),
        ("Packed", "partly", "", False),
        ("Shipped", "partly", "", False),
        ("Out for delivery", "partly", "", False),
        ("Delivered", "partly", "", True),
    ]


def test_scans_stand_newest_first_in_the_carriers_own_time(shop: Shop) -> None:
    parcel = page_of(STORIES["in transit"](shop).pk).parcels[0]
    assert [(scan.text, scan.place, plain(scan.when)) for scan in (*parcel.scans, *parcel.older)] == [
        ("Arrived at the depot", "Lyon", "25 November, 14:10"),
        ("Left the parcel centre", "Zaragoza", "25 November, 02:05"),
        ("Accepted at the parcel centre", "Madrid", "24 November, 18:40"),
        ("Shipment data received", "Madrid", "24 November, 10:12"),
    ]
    assert (parcel.carrier, parcel.tracking_number, len(parcel.older)) == ("DHL", "00340434161094042557", 1)


def test_a_scan_that_says_little_is_still_told(shop: Shop) -> None:
    order = shipped(shop)
    track(boxes(order)[0], "IN_TRANSIT")
    bare = [
        {"at": None, "wall": "2026-11-24", "status": "IN_TRANSIT", "reason": "", "message": "", "place": ""},
        {"at": "2026-11-25T09:30:00Z", "wall": "", "status": "", "reason": "", "message": "", "place": ""},
        {"at": None, "wall": "2026-02-31T10:00:00", "status": "EXCEPTION", "reason": "", "message": "", "place": ""},
    ]
    parcel = boxes(order)[0]
    type(parcel.tracker).objects.filter(parcel=parcel).update(timeline=bare)
    scans = page_of(order.pk).parcels[0].scans
    assert [(scan.text, plain(scan.when), scan.at is not None) for scan in scans] == [
        ("Held up", "", False),
        ("Scanned", "25 November, 09:30", True),
        ("On its way", "24 November", False),
    ]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("placed", "Nothing has left yet, so it can still be changed or cancelled."),
        ("partly shipped", "What has not left can still be cancelled; what is on its way cannot."),
        ("in transit", "It has left, so it can no longer be changed or cancelled."),
    ],
)
def test_what_can_still_be_done_follows_from_what_has_left(shop: Shop, name: str, sentence: str) -> None:
    assert page_of(STORIES[name](shop).pk).help.sentences[0].startswith(sentence)


def test_where_to_write_is_told_where_the_shop_has_an_address_and_nowhere_else(shop: Shop) -> None:
    for name in ("delivered", "returned", "on its way back", "lost", "silent", "without address"):
        order = STORIES[name](shop)
        page = page_of(order.pk)
        assert page.help.email == "help@mugs.example"
        assert name == "delivered" or re.search("[Ww]rite to The Mug Shop", everything(page)), name
        Channel.objects.update(email="")
        page = page_of(order.pk)
        assert (page.help.email, re.findall("(?i)write to", everything(page))) == ("", []), name
        Channel.objects.update(email="help@mugs.example")


def test_the_tables_know_every_status_and_reason() -> None:
    for table in (set(ATTENTION) - {SILENT}, set(PREDICATES) - {SILENT}, set(NEXT_STEPS), set(SCANS) - {""}):
        assert table == set(Status.values)
    assert set(HOLDS) == set(Hold.Reason.values)
    assert set(STAGES) == set(Shipment.NOT_LEFT)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Ana Ruiz", "Ana R."), ("Ana María Ruiz Gómez", "Ana G."), ("Ana", "Ana"), ("山田太郎", "山…"), ("", "")],
)
def test_names_are_redacted(name: str, shown: str) -> None:
    assert redacted(name) == shown


def test_days_read_as_people_write_them() -> None:
    november, december = date(2026, 11, 30), date(2026, 12, 2)
    assert plain(day(november)) == "Monday 30 November"
    assert plain(day_range(november, november)) == "Monday 30 November"
    assert plain(day_range(november, december)) == "Monday 30 November – Wednesday 2 December"
    assert plain(moment(november)) == "30 November"
    assert wall_clock("no time") is None


def test_the_year_is_written_where_it_is_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    december, january = date(2026, 12, 30), date(2027, 1, 2)
    assert plain(day(january)) == "Saturday 2 January 2027"
    assert plain(short_day(january)) == "2 Jan 2027"
    assert plain(moment(datetime(2025, 11, 24, 14, 10))) == "24 November 2025, 14:10"
    assert plain(moment(date(2025, 11, 24))) == "24 November 2025"
    assert plain(day_range(december, january)) == "Wednesday 30 December – Saturday 2 January 2027"
    monkeypatch.setattr(dates, "this_year", lambda: 2027)
    assert plain(day_range(december, january)) == "Wednesday 30 December 2026 – Saturday 2 January"
    assert plain(between(date(2026, 11, 30), december)) == "between Monday 30 November and Wednesday 30 December 2026"
    assert plain(between(date(2026, 12, 28), december)) == "between Monday 28 and Wednesday 30 December 2026"


def test_the_year_is_that_of_the_house(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Madrid"
    with time_machine.travel("2026-12-31T23:30:00Z", tick=False):
        assert this_year() == 2027


def test_carriers_have_the_names_people_know() -> None:
    assert [carrier_name(code) for code in ("dhl", "royal_mail", "acme-express", "")] == [
        "DHL",
        "Royal Mail",
        "Acme Express",
        "",
    ]


def test_a_carrier_that_is_named_is_known_by_its_code() -> None:
    assert [carrier_code(name) for name in ("DHL Express", " la  Poste ", "dhl", "")] == [
        "dhl-express",
        "la-poste",
        "dhl",
        "",
    ]
