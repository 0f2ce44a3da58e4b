"""An amount with its currency, in the reader's way of writing it."""

from decimal import Decimal

from babel.numbers import format_currency
from django.utils.translation import get_language, to_locale


def money(amount: Decimal, currency: str) -> str:
    return format_currency(amount, currency, locale=to_locale(get_language() or "en"))
