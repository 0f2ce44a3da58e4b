"""Rows of a CSV file become orders, or are named with what is wrong with them."""

from decimal import Decimal

import pytest

from orders.intake.csv import COLUMNS, UNUSED, CsvOrder, read_orders
from orders.intake.table import read_table

ROW = {
    "order_id": "A-1",
    "placed_at": "2026-11-23T10:00:00Z",
    "store_id": "7",
    "customer_name": "Ana Ruiz",
    "customer_email": "ana@example.com",
    "customer_phone": "+34600000000",
    "line1": "Calle Mayor 1",
    "city": "Madrid",
    "postal_code": "28013",
    "country": "ES",
    "locale": "es",
    "currency": "EUR",
    "sku": "MUG-01",
    "quantity": "2",
    "unit_price": "12.50",
}


def text_of(*rows: dict[str, str], delimiter: str = ",") -> bytes:
    lines = [list(ROW), *((ROW | row).values() for row in rows)]
    return "".join(delimiter.join(f'"{cell}"' for cell in line) + "\n" for line in lines).encode()


def read(*rows: dict[str, str], delimiter: str = ",") -> list[CsvOrder]:
    return read_orders(read_table(text_of(*rows, delimiter=delimiter), COLUMNS, unused=UNUSED))


def test_rows_of_one_order_are_one_order_wherever_they_stand() -> None:
    first, second = read({}, {"order_id": "A-2"}, {"sku": "TEA-01", "quantity": "1", "unit_price": "0.00"})
    assert first.draft
    assert second.draft
    assert (first.problems, second.problems) == ([], [])
    assert [(line.sku, line.quantity, line.unit_price) for line in first.draft.lines] == [
        ("MUG-01", 2, Decimal("12.5")),
        ("TEA-01", 1, Decimal(0)),
    ]
    assert (first.draft.ship_to.name, first.draft.customer.email) == ("Ana Ruiz", "ana@example.com")
    assert [row.number for row in first.rows] == [2, 4]


def test_what_need_not_be_there_may_be_empty() -> None:
    empty = dict.fromkeys(["customer_email", "customer_phone", "line1", "city", "postal_code", "locale"], "")
    (order,) = read(empty)
    assert order.draft
    assert (order.draft.customer.email, order.draft.customer.locale, order.draft.ship_to.city) == (None, "en", "")


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("quantity", "0", "A quantity is a whole number from 1 to 1 000 000."),
        ("quantity", "-1", "A quantity is a whole number from 1 to 1 000 000."),
        ("quantity", "1.5", "A quantity is a whole number from 1 to 1 000 000."),
        ("quantity", "1000001", "A quantity is a whole number from 1 to 1 000 000."),
        ("quantity", "9" * 50, "A quantity is a whole number from 1 to 1 000 000."),
        ("quantity", "", "A quantity is a whole number from 1 to 1 000 000."),
        ("unit_price", "12,50", "A price is written with a point, as in 12.50."),
        ("unit_price", "1E3", "A price is a plain number, as in 12.50."),
        ("unit_price", "-1", "A price is a number from 0 to 9 999 999, with a point."),
        ("sku", "", "This cannot be empty."),
        ("sku", "x" * 65, "At most 64 characters fit here."),
        ("order_id", "1.23E+11", "A spreadsheet made a rounded number of it."),
        ("order_id", "", "This cannot be empty."),
        ("customer_phone", "3,46E+10", "A spreadsheet made a rounded number of it."),
        ("customer_email", "ana", "That is no e-mail address."),
        ("placed_at", "23.11.2026 10:00", "A time is written as in 2026-11-22T10:00:00Z."),
        ("placed_at", "46349.41", "A time is written as in 2026-11-22T10:00:00Z."),
        ("placed_at", "1795428000", "A time is written as in 2026-11-22T10:00:00Z."),
        ("placed_at", "2026-11-23T10:00:00", "A time needs its offset, as in 2026-11-22T10:00:00Z."),
        ("placed_at", "2026-13-23T10:00:00Z", "A time is written as in 2026-11-22T10:00:00Z."),
        ("postal_code", "8013", "It has 5 digits there: a spreadsheet takes away leading zeros."),
        ("country", "XX", "XX is no country of ISO 3166."),
        ("currency", "EURO", "EURO is no currency of ISO 4217."),
        ("currency", "ABC", "ABC is no currency of ISO 4217."),
        ("locale", "castellano!", "That is no language such as en or pt-BR."),
        ("customer_name", "Ana\x00Ruiz", "The text holds control characters."),
    ],
)
def test_what_is_wrong_is_named_by_row_column_value_and_reason(column: str, value: str, reason: str) -> None:
    (order,) = [each for each in read({"order_id": "B"}, {column: value}) if each.external_id != "B"]
    assert (order.draft, [tuple(problem) for problem in order.problems]) == (
        None,
        [(3, column, order.problems[0].value, reason)],
    )
    assert order.problems[0].value == value[:100].replace("\x00", "\N{REPLACEMENT CHARACTER}")


def test_an_amount_beyond_the_currency_is_named_with_its_row() -> None:
    (order,) = read({"currency": "JPY", "unit_price": "12"}, {"currency": "JPY", "unit_price": "12.5"})
    ((row, column, value, reason),) = order.problems
    assert (row, column, value) == (3, "unit_price", "12.5")
    assert reason.endswith("in JPY has at most 0 decimals.")


def test_a_comma_in_a_price_is_read_where_the_file_uses_semicolons() -> None:
    (order,) = read({"unit_price": "12,50"}, delimiter=";")
    assert order.draft
    assert order.draft.lines[0].unit_price == Decimal("12.5")


def test_the_same_price_in_another_spelling_is_the_same_order() -> None:
    digests = {
        order.draft.digest()
        for text in ("12.50", "12.5", " 12.50 ", "12.500")
        for order in read({"unit_price": text})
        if order.draft
    }
    assert len(digests) == 1


def test_rows_of_one_order_that_contradict_each_other_are_named() -> None:
    (order,) = read({}, {"city": "Toledo", "sku": "TEA-01"}, {"city": " Madrid "})
    assert [tuple(problem) for problem in order.problems] == [
        (3, "city", "Toledo", "Row 2 of the same order says Madrid.")
    ]


def test_rows_without_an_order_id_do_not_become_one_order() -> None:
    assert [len(order.rows) for order in read({"order_id": ""}, {"order_id": " "}, {"order_id": "B"})] == [1, 1, 1]


def test_more_lines_than_an_order_may_have_are_refused() -> None:
    (order,) = read(*[{"sku": f"S-{n}"} for n in range(501)])
    assert [problem.reason for problem in order.problems] == ["An order has at most 500 lines."]


@pytest.mark.parametrize(
    ("end", "hit"),
    [
        ("A-", ["A-1", "A-2"]),  # the row may well be one more of the order before
        ("A-2", ["A-1", "A-2"]),
        ("B", ["A-1", "A-2", ""]),  # it cannot be: that order is whole, as far as one can see
        ("A-1,2026", ["A-1", "A-2"]),
    ],
)
def test_the_end_of_a_cut_file_belongs_to_the_order_that_it_can_be_of(end: str, hit: list[str]) -> None:
    raw = text_of({}, {"order_id": "A-2"}).replace(b'"', b"") + end.encode()
    orders = read_orders(read_table(raw, COLUMNS, unused=UNUSED))
    assert [order.external_id for order in orders] == hit
    broken = {"A-": "A-2", "A-2": "A-2", "B": "", "A-1,2026": "A-1"}[end]
    assert [order.external_id for order in orders if order.problems] == [broken]
