"""Which clock hangs on the wall of a place: the zone of its country, and of its region where a country has several.

A region that has two itself, and one that is not known, counts as most of its people do.
"""

from collections.abc import Iterator
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global

NOWHERE = {"001", "ZZ"}

MAIN = {
    "AQ": "Antarctica/McMurdo",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CD": "Africa/Kinshasa",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "FM": "Pacific/Pohnpei",
    "GL": "America/Nuuk",
    "ID": "Asia/Jakarta",
    "KI": "Pacific/Tarawa",
    "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City",
    "NZ": "Pacific/Auckland",
    "PF": "Pacific/Tahiti",
    "PG": "Pacific/Port_Moresby",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UM": "Pacific/Midway",
    "US": "America/New_York",
}
"""Of the countries whose clocks differ (a test compares with CLDR's list), the one that most people live by."""

ELSEWHERE = {
    "AU": {
        "Australia/Adelaide": "SA South Australia",
        "Australia/Brisbane": "QLD Queensland",
        "Australia/Darwin": "NT Northern Territory",
        "Australia/Perth": "WA Western Australia",
    },
    "BR": {
        "America/Manaus": "AM Amazonas, MS Mato Grosso do Sul, MT Mato Grosso, RO Rondônia, RR Roraima",
        "America/Rio_Branco": "AC Acre",
    },
    "CA": {
        "America/Edmonton": "AB Alberta, NT Northwest Territories",
        "America/Halifax": "NB New Brunswick, NS Nova Scotia, PE Prince Edward Island",
        "America/Regina": "SK Saskatchewan",
        "America/St_Johns": "NL Newfoundland and Labrador",
        "America/Vancouver": "BC British Columbia",
        "America/Whitehorse": "YT Yukon",
        "America/Winnipeg": "MB Manitoba",
    },
    "ES": {"Atlantic/Canary": "CN Canarias, GC Las Palmas, TF Santa Cruz de Tenerife"},
    "PT": {"Atlantic/Azores": "20 Açores"},
    "US": {
        "America/Anchorage": "AK Alaska",
        "America/Boise": "ID Idaho",
        "America/Chicago": "AL Alabama, AR Arkansas, IA Iowa, IL Illinois, KS Kansas, LA Louisiana, MN Minnesota, "
        "MO Missouri, MS Mississippi, ND North Dakota, NE Nebraska, OK Oklahoma, SD South Dakota, TN Tennessee, "
        "TX Texas, WI Wisconsin",
        "America/Denver": "CO Colorado, MT Montana, NM New Mexico, UT Utah, WY Wyoming",
        "America/Los_Angeles": "CA California, NV Nevada, OR Oregon, WA Washington",
        "America/Phoenix": "AZ Arizona",
        "America/Puerto_Rico": "PR Puerto Rico, VI Virgin Islands",
        "Pacific/Guam": "GU Guam, MP Northern Mariana Islands",
        "Pacific/Honolulu": "HI Hawaii",
        "Pacific/Pago_Pago": "AS American Samoa",
    },
}
"""The regions whose clock is not the main one of their country, by code and by name."""


@lru_cache(maxsize=4096)
def zone_of(country: str, region: str = "") -> ZoneInfo | None:
    """Return the zone of a place; None where its country, ISO alpha-2, is not known."""
    code = _country(country)
    part = region.strip().casefold().removeprefix(f"{code.casefold()}-")
    zones = get_global("territory_zones").get(code) if code not in NOWHERE else None
    name = _regions().get((code, part)) or MAIN.get(code) or (zones[0] if zones else "")
    try:
        return ZoneInfo(name) if name else None
    except ZoneInfoNotFoundError:  # the machine has an older list
        return None


def _country(country: str) -> str:
    code = country.strip().upper()
    return str(get_global("territory_aliases").get(code, [code])[0])


@lru_cache(maxsize=1)
def _regions() -> dict[tuple[str, str], str]:
    return dict(_each_region())


def _each_region() -> Iterator[tuple[tuple[str, str], str]]:
    for country, zones in ELSEWHERE.items():
        for zone, regions in zones.items():
            for region in regions.split(", "):
                for name in (region.split(" ", 1)[0], region.split(" ", 1)[1]):
                    yield (country, name.casefold()), zone
