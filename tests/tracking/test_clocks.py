"""Clocks of carriers: what they show is shown, and reckoned with as the instant that it was at the place: about."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.services import ParcelDraft, ship_shipment
from orders.models import Actor, Order
from orders.zones import zone_of
from tests.factories import BOB, Shop, shipment
from tests.senders import Sender
from tests.tracking.payloads import easypost
from tests.tracking.pictures import MADRID, at, folded, picture, scan, wall
from tracking.models import Tracker
from tracking.services import link_for, replay_everything, understand_inbox
from tracking.services.lanes import seen_at
from tracking.status import Journey, Place, Result

LATER = datetime(2026, 11, 27, 12, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


def delivered(place: Place, clock: str, zone: str = "UTC") -> Result:
    told = picture(wall("20 08:00"), wall(clock, "DELIVERED", place=place), headline="DELIVERED")
    return folded(told, journey=Journey(zone=ZoneInfo(zone)), now=LATER)


@pytest.mark.parametrize(
    ("place", "zone", "instant"),
    [
        (MADRID, "UTC", "24 22:30"),
        (MADRID, "Pacific/Auckland", "24 22:30"),
        (Place(city="Auckland", country="NZ"), "UTC", "24 10:30"),
        (Place(city="Reno", region="NV", country="US"), "America/New_York", "25 07:30"),
        (Place(city="Austin", region="Texas", country="US"), "America/New_York", "25 05:30"),
        (Place(city="Somewhere", country="US"), "UTC", "25 04:30"),
        (Place(city="Las Palmas", region="GC", country="ES"), "UTC", "24 23:30"),
        (Place(city="Nobody knows where"), "Europe/Madrid", "24 22:30"),
        (Place(city="Nobody knows where", country="XX"), "Pacific/Auckland", "24 10:30"),
        (Place(), "UTC", "24 23:30"),
    ],
)
def test_a_wall_clock_is_read_at_its_place_else_where_the_parcel_goes(place: Place, zone: str, instant: str) -> None:
    result = delivered(place, "24 23:30", zone)
    assert (result.delivered_at, result.delivered_on) == (at(instant), date(2026, 11, 24))
    assert (result.last_scan_at, result.is_time_estimated) == (at(instant), True)
    line = result.timeline[-1]
    assert (line.wall, line.at, line.about) == ("2026-11-24T23:30:00", None, at(instant))


PLACES = st.builds(
    Place,
    country=st.sampled_from(["", "ES", "NZ", "US", "AU", "IN", "XX", "KI", "UM"]),
    region=st.sampled_from(["", "CA", "HI", "WA", "GC"]),
)
WALLS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 25))
ZONES = st.sampled_from(["UTC", "Europe/Madrid", "Pacific/Auckland", "Pacific/Kiritimati", "Pacific/Midway"])


@settings(max_examples=300, deadline=None)
@given(PLACES, WALLS, ZONES, st.booleans())
def test_the_day_of_delivery_is_the_day_of_the_line_that_says_so(
    place: Place, clock: datetime, zone: str, is_day: bool
) -> None:
    text = clock.date().isoformat() if is_day else clock.replace(microsecond=0).isoformat()
    result = folded(
        picture(wall("", wall=text, status="DELIVERED", place=place), headline="DELIVERED"),
        journey=Journey(zone=ZoneInfo(zone)),
    )
    assert result.timeline[0].wall == text
    assert result.delivered_on == clock.date()
    assert result.delivered_at is not None
    there = zone_of(place.country, place.region) or ZoneInfo(zone)
    around = timedelta(hours=1)  # what a clock never showed, as it was put on, is an hour off
    assert abs(result.delivered_at.astimezone(there).replace(tzinfo=None) - datetime.fromisoformat(text)) <= around


@settings(max_examples=100, deadline=None)
@given(ZONES, ZONES, st.sampled_from(["+00:00", "+01:00", "+13:00"]))
def test_what_carries_an_offset_is_the_same_wherever_it_goes(one: str, other: str, offset: str) -> None:
    told = picture(scan(f"24 09:00{offset}", place=MADRID), scan(f"25 23:30{offset}", "DELIVERED", place=MADRID))
    results = [folded(told, journey=Journey(zone=ZoneInfo(zone)), now=LATER) for zone in (one, other)]
    assert results[0] == results[1]
    assert (results[0].delivered_on, results[0].is_time_estimated) == (date(2026, 11, 25), False)
    assert results[0].delivered_at == at(f"25 23:30{offset}")
    assert [line.about for line in results[0].timeline] == [None, None]


def test_the_day_that_a_source_names_without_a_scan_is_the_destinations() -> None:
    told = picture(scan("23 10:00"), headline="DELIVERED", stated="24 12:00", delivered_at=at("24 11:30"))
    assert folded(told, journey=Journey(zone=ZoneInfo("Pacific/Auckland"))).delivered_on == date(2026, 11, 25)
    assert folded(told, journey=Journey(zone=LONDON)).delivered_on == date(2026, 11, 24)


def test_a_last_scan_that_stands_in_for_the_delivery_gives_its_day() -> None:
    last = wall("24 23:30", "", place=Place(country="NZ"))
    result = folded(picture(wall("23 10:00"), last, headline="DELIVERED", stated="25 12:00"))
    assert (result.delivered_on, result.delivered_at) == (date(2026, 11, 24), at("24 10:30"))


SHANGHAI, LISBON = Place(city="Shanghai", country="CN"), Place(city="Lisbon", country="PT")


@pytest.mark.parametrize(
    ("walls", "is_suspect"),
    [
        ([("20:00", SHANGHAI), ("20:30", Place()), ("21:00", SHANGHAI)], False),  # read here, the second comes last
        ([("10:00", MADRID), ("09:30", LISBON)], False),  # the clock there is an hour behind
        ([("10:00", MADRID), ("08:30", LISBON)], True),
        ([("10:00", MADRID), ("09:30", MADRID)], True),
    ],
)
def test_a_clock_runs_backwards_if_it_does_on_the_wall_and_in_truth(
    walls: Sequence[tuple[str, Place]], is_suspect: bool
) -> None:
    told = picture(*(wall(f"24 {clock}", code=clock, place=place) for clock, place in walls))
    assert ("time_suspect" in folded(told).needs_review) == is_suspect


def test_what_was_forgotten_goes_before_a_later_wall_clock() -> None:
    old = picture(wall("24 20:00", code="A", place=SHANGHAI), stated="24 13:00")
    new = picture(wall("24 19:00", code="B", place=SHANGHAI), wall("24 20:30", code="C"), stated="24 14:00")
    result = folded(old, new, journey=Journey(zone=ZoneInfo("Pacific/Auckland")))
    assert [line.wall[11:16] for line in result.timeline] == ["19:00", "20:00", "20:30"]


# --- from the hook to the page ------------------------------------------------------------------------------------

WAY = [(datetime(2026, 11, 23, 10, 0), "accepted"), (datetime(2026, 11, 24, 7, 0), "out")]
DOORS = {
    "Madrid": ({"city": "Madrid", "zip": "28013", "country": "ES", "state": "MD"}, "22:30"),
    "Auckland": ({"city": "Auckland", "zip": "1010", "country": "NZ", "state": ""}, "10:30"),
    "nowhere": ({"city": None, "zip": None, "country": None, "state": None}, "22:30"),
}


def told(shop: Shop, place: dict[str, Any], country: str = "ES", *, address: str = "", way: Any = ()) -> Order:
    """Let EasyPost tell of a parcel that was delivered on the evening of the 24th, by the clock of the place."""
    type(shop.warehouse).objects.update(address=address)
    shop.receive(shop.mug, 1)
    to = {"name": "Ana", "line1": "Main 1", "city": place["city"] or "Madrid", "postal_code": place["zip"] or "28013"}
    order = shop.order((shop.mug, 1), ship_to=to | {"country": country})
    left = datetime(2026, 11, 23, 9, tzinfo=UTC)
    ship_shipment(shipment(order), by=BOB, parcels=[ParcelDraft("dhl", "JD1")], at=left)
    body = easypost("JD1", [*(way or WAY), (datetime(2026, 11, 24, 23, 30), "delivered")])
    for line in body["result"]["tracking_details"]:
        line["tracking_location"] = place
    Sender("easypost").send(body)
    understand_inbox(now=LATER)
    return order


def page(order: Order, client: Client) -> str:
    cache.clear()
    html = client.get(f"/track/{link_for(order).token}/").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\xa0", " ").replace("&nbsp;", " ").split())


@pytest.mark.django_db
@pytest.mark.parametrize("shop_zone", ["UTC", "Europe/Madrid", "America/Los_Angeles"])
@pytest.mark.parametrize("door", DOORS)
def test_the_page_names_the_day_and_the_clock_of_the_place(
    shop: Shop, client: Client, settings: Any, door: str, shop_zone: str
) -> None:
    settings.TIME_ZONE = shop_zone
    place, clock = DOORS[door]
    order = told(shop, place, place["country"] or "ES")
    tracker = Tracker.objects.get()
    assert (tracker.delivered_at, tracker.delivered_on) == (at(f"24 {clock}"), date(2026, 11, 24))
    assert tracker.is_time_estimated
    text = page(order, client)
    assert "Delivered on Tuesday 24 November." in text
    assert "24 November, 23:30" in text
    assert "Out for delivery 24 Nov" in text
    assert "Delivered 24 Nov" in text
    assert "25 Nov" not in text


@pytest.mark.django_db
def test_where_no_country_is_known_the_house_reads_its_own_clock(shop: Shop, settings: Any) -> None:
    settings.TIME_ZONE = "Pacific/Auckland"
    told(shop, DOORS["nowhere"][0])
    assert Tracker.objects.get().delivered_at == at("24 22:30")
    Order.objects.update(ship_country="")
    assert [each.changed for each in replay_everything(by=Actor.system("replay"), now=LATER)] == [0]
    assert Tracker.objects.get().delivered_at == at("24 10:30")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("The Mug Shop\nGran Vía 1, 28013 MADRID\nSpain", "RETURNED_TO_SENDER"),
        ("The Mug Shop\nAlte Messe 5\n04103 Leipzig", "DELIVERED"),
        ("The Mug Shop\nMadridejos 28013", "DELIVERED"),
        ("", "DELIVERED"),
    ],
)
def test_f7_what_is_delivered_on_its_way_back_is_home_where_the_warehouse_is(
    shop: Shop, address: str, status: str
) -> None:
    way = [*WAY, (datetime(2026, 11, 24, 9, 0), "returning")]
    told(shop, DOORS["Madrid"][0], address=address, way=way)
    assert Tracker.objects.get().status == status


@pytest.mark.django_db
def test_lanes_learn_from_what_the_fold_took_the_clock_for(shop: Shop) -> None:
    told(shop, DOORS["Auckland"][0], "NZ")
    timeline = Tracker.objects.get().timeline
    assert seen_at(timeline, UTC) == [at("22 21:00"), at("23 18:00"), at("24 10:30")]
    before = [{name: value for name, value in line.items() if name != "about"} for line in timeline]
    assert seen_at(before, ZoneInfo("Pacific/Auckland")) == seen_at(timeline, UTC)


@pytest.mark.django_db
def test_history_is_put_right_by_a_replay_and_only_what_customers_see_is_a_correction(shop: Shop) -> None:
    order = told(shop, DOORS["Madrid"][0])
    right = Tracker.objects.values().get()
    bare = [{name: value for name, value in line.items() if name != "about"} for line in right["timeline"]]
    by = Actor.system("replay")

    def replayed(**before: Any) -> list[Any]:
        Tracker.objects.update(timeline=bare, is_time_estimated=False, delivered_at=at("24 23:30"), **before)
        assert [each.changed for each in replay_everything(by=by, now=LATER)] == [len(before)]
        assert Tracker.objects.values().get() | {"updated_at": 0} == right | {"updated_at": 0}
        corrections = order.events.filter(kind="parcel.corrected").order_by("pk")
        return [event.facts["changed"] for event in corrections]

    assert replayed() == []
    assert replayed(delivered_on=date(2026, 11, 25)) == [["delivered_on"]]
