"""Amounts as people write them."""

from decimal import Decimal

import pytest

from orders.money import money


@pytest.mark.parametrize(
    ("amount", "currency", "language", "said"),
    [
        ("186.50", "DKK", "en", "DKK\u00a0186.50"),
        ("12.50", "EUR", "en", "€12.50"),
        ("19.92", "AUD", "en", "A$19.92"),
        ("4727", "JPY", "en", "¥4,727"),
        ("12.50", "EUR", "de", "12,50\u00a0€"),
    ],
)
def test_a_code_stands_apart_from_its_figures(amount: str, currency: str, language: str, said: str) -> None:
    assert money(Decimal(amount), currency, language) == said
