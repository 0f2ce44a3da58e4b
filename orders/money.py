"""An amount with its currency, as people of a language write it."""

import re
from decimal import Decimal

from babel.numbers import format_currency
from django.utils.translation import get_language, to_locale

CODE_AT_A_FIGURE = re.compile(r"(?<=[A-Z]{3})(?=\d)")


def money(amount: Decimal, currency: str, language: str = "") -> str:
    """Return €12.50, and where a code stands for the sign, apart from its figures: DKK 186.50.

    In the reader's language, unless told in which.
    """
    written = format_currency(amount, currency, locale=to_locale(language or get_language() or "en"))
    return CODE_AT_A_FIGURE.sub("\u00a0", written)
