"""What every format is parsed into, and the one validation that all of them share (DESIGN: limits of the API)."""

import hashlib
import unicodedata
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
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in text):
        raise PydanticCustomError("text_invalid", "The text holds control characters.")
    return text


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
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise PydanticCustomError("price_invalid", sentence)
    try:
        price = Decimal(str(value).strip())
    except ArithmeticError:
        raise PydanticCustomError("price_invalid", sentence) from None
    if not price.is_finite() or not 0 <= price <= MAX_PRICE:
        raise PydanticCustomError("price_invalid", sentence)
    return price


def _email(value: Any) -> Any:
    if isinstance(value, str) and value and (value.count("@") != 1 or value.startswith("@") or value.endswith("@")):
        raise PydanticCustomError("email_invalid", "That is no e-mail address.")
    return value or None


Text = Annotated[str, BeforeValidator(clean_text), Field(max_length=255)]
GivenText = Annotated[str, BeforeValidator(clean_text), Field(min_length=1, max_length=255)]
NoteText = Annotated[str, BeforeValidator(clean_note), Field(max_length=2000)]
ShortText = Annotated[str, BeforeValidator(clean_text), Field(max_length=64)]
Email = Annotated[Text | None, BeforeValidator(_email)]
Quantity = Annotated[int, BeforeValidator(_quantity), Field(ge=1, le=MAX_QUANTITY)]
Price = Annotated[Decimal, BeforeValidator(_price), Field(ge=0, le=MAX_PRICE)]
Currency = Annotated[str, AfterValidator(_currency), Field(min_length=3, max_length=3)]
Country = Annotated[str, AfterValidator(_country), Field(min_length=2, max_length=2)]
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
    sku: Annotated[str, BeforeValidator(clean_text), Field(min_length=1, max_length=64)]
    quantity: Quantity
    unit_price: Price
    name: Text = ""
    external_id: Text = ""


class OrderDraft(Strict):
    """An order as it came in, understood and within its limits; nothing in it was looked up yet."""

    external_id: GivenText
    placed_at: AwareDatetime
    currency: Currency
    shipping_method: ShortText = "standard"
    customer: CustomerDraft
    ship_to: AddressDraft
    lines: Annotated[list[LineDraft], Field(min_length=1, max_length=MAX_LINES)]
    total: Annotated[Decimal, Field(ge=0, le=MAX_TOTAL)] | None = None
    is_ship_complete: bool | None = None

    @model_validator(mode="after")
    def _prices_fit_the_currency(self) -> "OrderDraft":
        digits = get_currency_precision(self.currency)
        for number, line in enumerate(self.lines):
            if -int(line.unit_price.normalize().as_tuple().exponent) > digits:
                raise PydanticCustomError(
                    "price_invalid",
                    "A price in {currency} has at most {digits} decimals.",
                    {"currency": self.currency, "digits": digits, "path": f"lines.{number}.unit_price"},
                )
        return self

    def sum(self) -> Decimal:
        if self.total is not None:
            return self.total
        return sum((line.quantity * line.unit_price for line in self.lines), Decimal(0))

    def digest(self) -> str:
        """Return the SHA-256 of all that was ordered, by which the same order is known again."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
