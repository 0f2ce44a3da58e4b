"""What every format is parsed into, and the one validation that all of them share (DESIGN: limits of the API)."""

import hashlib
import unicodedata
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any

from babel.core import get_global
from babel.numbers import get_currency_precision, get_territory_currencies
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

MAX_LINES = 500
MAX_QUANTITY = 1_000_000
MAX_PRICE = Decimal(9_999_999)
MAX_TOTAL = MAX_LINES * MAX_QUANTITY * MAX_PRICE
YEARS = range(1970, 2200)  # beyond, a time zone or a promise would leave the calendar
UNTELLABLE = {"Cc", "Cs", "Zl", "Zp"}
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the text round: a label or a page would read otherwise than it is stored."""
UNSEEN = {"Cf", "Zs"}


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """Return the ISO 3166 codes, and XK, which the post uses."""
    return frozenset(get_global("territory_currencies")) - {"AC", "CP", "DG", "EA", "EU", "IC", "TA", "ZZ"}


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    """Return the ISO 4217 codes that are tender somewhere today."""
    return frozenset(code for country in countries() for code in get_territory_currencies(country))


def clean_text(value: Any) -> Any:
    """Trim and normalise (NFC); refuse control characters, which PostgreSQL or a label printer cannot hold."""
    if not isinstance(value, str):
        return value
    text = unicodedata.normalize("NFC", value).strip()
    kinds = set(map(unicodedata.category, text))
    if kinds & UNTELLABLE or TURNING.intersection(text):
        raise PydanticCustomError("text_invalid", "The text holds control characters.")
    return text if kinds - UNSEEN else ""


def clean_note(value: Any) -> Any:
    return "\n".join(clean_text(line) for line in value.splitlines()) if isinstance(value, str) else value


def _currency(value: str) -> str:
    if value not in currencies():
        raise PydanticCustomError("currency_unknown", "{value} is no currency of ISO 4217.", {"value": value})
    return value


def _country(value: str) -> str:
    if value not in countries():
        raise PydanticCustomError("country_unknown", "{value} is no country of ISO 3166.", {"value": value})
    return value


def _quantity(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_QUANTITY:
        raise PydanticCustomError("quantity_invalid", "A quantity is a whole number from 1 to 1 000 000.")
    return value


def _price(value: Any) -> Decimal:
    sentence = "A price is a number from 0 to 9 999 999, with a point."
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)) or _is_odd_number(value):
        raise PydanticCustomError("price_invalid", sentence)
    try:
        price = Decimal(str(value).strip())
    except ArithmeticError:
        raise PydanticCustomError("price_invalid", sentence) from None
    if not price.is_finite() or not 0 <= price <= MAX_PRICE:
        raise PydanticCustomError("price_invalid", sentence)
    return price.copy_abs()  # there is a -0


def _is_odd_number(value: Any) -> bool:
    """Tell what Python reads as a number and people do not: 1_000, or digits of other scripts."""
    return isinstance(value, str) and not (value.isascii() and "_" not in value)


def _total(value: Any) -> Any:
    if _is_odd_number(value):
        raise PydanticCustomError("price_invalid", "An amount is a number, with a point.")
    return value


def _written_moment(value: Any) -> Any:
    """Refuse a bare number: pydantic would take it for seconds since 1970, and `20261122` is none."""
    if isinstance(value, datetime) or (isinstance(value, str) and value[4:5] == "-"):
        return value
    raise PydanticCustomError("moment_invalid", "A moment is written like 2026-11-22T10:00:00Z.")


def _in_our_time(value: datetime) -> datetime:
    if value.year not in YEARS:
        raise PydanticCustomError("moment_invalid", "That moment is out of our calendar.")
    return value


def _email(value: Any) -> Any:
    if isinstance(value, str) and value and (value.count("@") != 1 or value.startswith("@") or value.endswith("@")):
        raise PydanticCustomError("email_invalid", "That is no e-mail address.")
    return value or None


Text = Annotated[str, BeforeValidator(clean_text), Field(max_length=255)]
GivenText = Annotated[str, BeforeValidator(clean_text), Field(min_length=1, max_length=255)]
NoteText = Annotated[str, BeforeValidator(clean_note), Field(max_length=2000)]
ShortText = Annotated[str, BeforeValidator(clean_text), Field(max_length=64)]
Sku = Annotated[str, BeforeValidator(clean_text), Field(min_length=1, max_length=64)]
Email = Annotated[Text | None, BeforeValidator(_email)]
Quantity = Annotated[int, BeforeValidator(_quantity), Field(ge=1, le=MAX_QUANTITY)]
Price = Annotated[Decimal, BeforeValidator(_price), Field(ge=0, le=MAX_PRICE)]
Currency = Annotated[str, AfterValidator(_currency), Field(min_length=3, max_length=3)]
Country = Annotated[str, AfterValidator(_country), Field(min_length=2, max_length=2)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written_moment), AfterValidator(_in_our_time)]
Locale = Annotated[str, Field(max_length=35, pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")]


class Strict(BaseModel):
    """A part of a payload in which a field that we do not know is an error: a typo must not vanish."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CustomerDraft(Strict):
    name: Text = ""
    email: Email = None
    phone: ShortText = ""
    locale: Locale = "en"


class AddressDraft(Strict):
    name: Text = ""
    line1: Text = ""
    line2: Text = ""
    city: Text = ""
    region: Text = ""
    postal_code: Annotated[str, BeforeValidator(clean_text), Field(max_length=32)] = ""
    country: Country
    phone: ShortText = ""


class LineDraft(Strict):
    sku: Sku
    quantity: Quantity
    unit_price: Price
    name: Text = ""
    external_id: Text = ""


EXAMPLE: Any = {
    "external_id": "A-1001",
    "placed_at": "2026-11-22T10:00:00Z",
    "currency": "EUR",
    "shipping_method": "standard",
    "customer": {"name": "Ana Ruiz", "email": "ana@example.com", "phone": "+34600000000", "locale": "es"},
    "ship_to": {
        "name": "Ana Ruiz",
        "line1": "Calle Mayor 1",
        "city": "Madrid",
        "postal_code": "28013",
        "country": "ES",
    },
    "lines": [{"sku": "MUG-01", "quantity": 2, "unit_price": "12.50"}],
}


class OrderDraft(Strict):
    """An order as it came in, understood and within its limits; nothing in it was looked up yet."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    external_id: GivenText
    placed_at: Moment
    currency: Currency
    shipping_method: ShortText = "standard"
    customer: CustomerDraft
    ship_to: AddressDraft
    lines: Annotated[list[LineDraft], Field(min_length=1, max_length=MAX_LINES)]
    total: Annotated[Decimal, BeforeValidator(_total), Field(ge=0, le=MAX_TOTAL)] | None = None
    is_ship_complete: bool | None = None

    @model_validator(mode="after")
    def _amounts_fit_the_currency(self) -> "OrderDraft":
        digits = get_currency_precision(self.currency)
        amounts = {f"lines.{number}.unit_price": line.unit_price for number, line in enumerate(self.lines)}
        for path, amount in (amounts | {"total": self.total or Decimal(0)}).items():
            if -int(amount.normalize().as_tuple().exponent) > digits:
                raise PydanticCustomError(
                    "price_invalid",
                    "An amount in {currency} has at most {digits} decimals.",
                    {"currency": self.currency, "digits": digits, "path": path},
                )
        return self

    def sum(self) -> Decimal:
        if self.total is not None:
            return self.total
        return sum((line.quantity * line.unit_price for line in self.lines), Decimal(0))

    def digest(self) -> str:
        """Return the SHA-256 of all that was ordered, by which the same order is known again."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
