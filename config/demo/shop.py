"""What the shop is: its goods, its customers, its channels and ways of shipping. All of it is made up."""

import csv
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from babel.numbers import get_currency_precision

TITLE = "Fern & Kettle"
WAREHOUSE = "MAIN"
TOWN, COUNTRY, ZONE = "Porto", "PT", "Europe/Lisbon"
CHANNELS = {"demo-web": TITLE, "demo-app": f"{TITLE} app", "demo-till": f"{TITLE} on Rua das Flores"}
"""Name → title. The names are the mark by which `demo` and `simulate` know their own orders."""

SHIPPING = {  # code → name, handling days, transit days from and to
    "standard": ("Standard", 1, 2, 5),
    "express": ("Express", 0, 1, 2),
    "economy": ("Economy", 2, 4, 9),
}
RATES = {  # a euro in the money of the country, as of some day
    "GB": ("GBP", "0.86"),
    "US": ("USD", "1.10"),
    "JP": ("JPY", "163"),
    "SE": ("SEK", "11.4"),
    "DK": ("DKK", "7.46"),
    "PL": ("PLN", "4.30"),
    "CZ": ("CZK", "25.2"),
    "HU": ("HUF", "395"),
    "AU": ("AUD", "1.66"),
    "KR": ("KRW", "1480"),
}
FOLDER = Path(__file__).parent


class Article(NamedTuple):
    """Something to buy. What opens with none is made to order: it comes in when somebody waits for it."""

    sku: str
    name: str
    department: str
    brand: str
    package_size: str
    weight_grams: int
    price: Decimal
    bin: str
    opening: int


class Person(NamedTuple):
    """A customer, with the time zone of the door and the carrier's hub before it."""

    name: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str
    locale: str
    email: str
    phone: str
    zone: str
    hub: str

    @property
    def currency(self) -> str:
        return RATES.get(self.country, ("EUR", ""))[0]

    def price(self, article: Article) -> str:
        """Return what the article costs where the person lives."""
        currency, rate = RATES.get(self.country, ("EUR", "1"))
        digit = Decimal(1).scaleb(-get_currency_precision(currency))
        return str((article.price * Decimal(rate)).quantize(digit, ROUND_HALF_UP))


@lru_cache(maxsize=1)
def articles() -> tuple[Article, ...]:
    numbers = {"weight_grams": int, "price": Decimal, "opening": int}
    return tuple(
        Article(**row | {name: read(row[name]) for name, read in numbers.items()}) for row in _rows("catalogue")
    )


@lru_cache(maxsize=1)
def people() -> tuple[Person, ...]:
    return tuple(Person(**row) for row in _rows("people"))


def _rows(name: str) -> "list[dict[str, str]]":
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
