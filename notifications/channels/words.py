"""How letters write days, carriers, countries and money, in English: the one language they are written in so far."""

from datetime import date

from babel import Locale
from babel.numbers import format_currency
from django.utils import timezone
from django.utils.dateformat import format as format_date

from orders.models import Order

LANGUAGE = "en"
CARRIERS = {
    "canada_post": "Canada Post",
    "dhl": "DHL",
    "dhl_express": "DHL Express",
    "dpd": "DPD",
    "fedex": "FedEx",
    "gls": "GLS",
    "la_poste": "La Poste",
    "postnl": "PostNL",
    "royal_mail": "Royal Mail",
    "tnt": "TNT",
    "ups": "UPS",
    "usps": "USPS",
}
ATTEMPTS = {
    "access_problem": "The driver could not get to the door.",
    "address_issue": "The driver could not find the address.",
    "business_closed": "The business was closed.",
    "recipient_unavailable": "Nobody was home.",
    "refused": "It was not accepted at the door.",
}


def day(moment: date) -> str:
    """Write `Tuesday 24 November`, and the year where it is not this one."""
    year = "" if moment.year == timezone.localdate().year else " Y"
    return format_date(moment, f"l j F{year}")


def days(first: date, last: date) -> str:
    """Write `Tuesday 24 – Thursday 26 November`."""
    if first == last:
        return day(last)
    is_same_month = (first.year, first.month) == (last.year, last.month)
    return f"{format_date(first, 'l j') if is_same_month else day(first)} – {day(last)}"


def carrier(code: str) -> str:
    key = code.lower().replace("-", "_").replace(" ", "_")
    return CARRIERS.get(key, code.replace("_", " ").title())


def money(order: Order) -> str:
    return format_currency(order.total, order.currency, locale=LANGUAGE)


def address(order: Order) -> list[str]:
    """Return the lines of an envelope."""
    country = Locale(LANGUAGE).territories.get(order.ship_country, order.ship_country)
    town = " ".join(part for part in (order.ship_postal_code, order.ship_city) if part)
    region = f"{town}, {order.ship_region}" if order.ship_region and town else town or order.ship_region
    lines = [order.ship_name, order.ship_line1, order.ship_line2, region, country]
    return [line for line in lines if line]
