"""Whose clock hangs where: by country, and by region where a country has several."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from babel.core import get_global

from orders.zones import ELSEWHERE, MAIN, NOWHERE, zone_of

MONTHS = [datetime(2026, month, 15, 12, tzinfo=UTC) for month in range(1, 13)]


@pytest.mark.parametrize(
    ("country", "region", "zone"),
    [
        ("DE", "", "Europe/Berlin"),
        ("es", "Madrid", "Europe/Madrid"),
        ("ES", "GC", "Atlantic/Canary"),
        ("ES", "es-tf", "Atlantic/Canary"),
        ("NZ", "", "Pacific/Auckland"),
        ("UK", "", "Europe/London"),
        ("US", "", "America/New_York"),
        ("US", "NY", "America/New_York"),
        ("US", "ca", "America/Los_Angeles"),
        ("US", "California", "America/Los_Angeles"),
        ("US", " US-TX ", "America/Chicago"),
        ("US", "North Dakota", "America/Chicago"),
        ("US", "HI", "Pacific/Honolulu"),
        ("US", "No such state", "America/New_York"),
        ("PR", "", "America/Puerto_Rico"),
        ("AU", "WA", "Australia/Perth"),
        ("AU", "VIC", "Australia/Sydney"),
        ("CA", "BC", "America/Vancouver"),
        ("BR", "AM", "America/Manaus"),
    ],
)
def test_a_place_has_the_zone_of_its_country_or_of_its_region(country: str, region: str, zone: str) -> None:
    found = zone_of(country, region)
    assert found is not None
    assert [at.astimezone(found).utcoffset() for at in MONTHS] == [
        at.astimezone(ZoneInfo(zone)).utcoffset() for at in MONTHS
    ]


@pytest.mark.parametrize("country", ["", "XX", *sorted(NOWHERE), "Germany", "É", "\x00"])
def test_nobody_knows_the_zone_of_an_unknown_country(country: str) -> None:
    assert zone_of(country, "CA") is None


def offsets(names: list[str]) -> Iterator[tuple[object, ...]]:
    """Yield what the clocks of zones show against UTC, month by month; a machine may not know the newest zones."""
    for name in names:
        try:
            zone = ZoneInfo(name)
        except ZoneInfoNotFoundError:
            continue
        yield tuple(at.astimezone(zone).utcoffset() for at in MONTHS)


def test_where_clocks_of_a_country_differ_one_is_named_as_the_main_one() -> None:
    zones = {code: names for code, names in get_global("territory_zones").items() if code not in NOWHERE}
    assert {code for code, names in zones.items() if len(set(offsets(names))) > 1} == set(MAIN)
    assert all(name in zones[code] for code, name in MAIN.items())
    named = {(code, zone) for code, found in ELSEWHERE.items() for zone in found}
    beyond = {("US", zone) for zone in ("America/Puerto_Rico", "Pacific/Guam", "Pacific/Pago_Pago")}
    assert {(code, zone) for code, zone in named if zone not in zones[code]} == beyond
