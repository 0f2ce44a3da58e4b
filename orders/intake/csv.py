"""Orders in CSV, one row a line: rows → `OrderDraft`, or why not, by row and column."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from orders.intake.draft import OrderDraft
from orders.intake.rows import NO_MOMENT, sentence
from orders.intake.table import Problem, Row, Table, shown

HEAD = {  # column → its place in the draft; equal in all rows of an order
    "placed_at": ("placed_at",),
    "customer_name": ("customer", "name"),
    "customer_email": ("customer", "email"),
    "customer_phone": ("customer", "phone"),
    "line1": ("ship_to", "line1"),
    "city": ("ship_to", "city"),
    "postal_code": ("ship_to", "postal_code"),
    "country": ("ship_to", "country"),
    "locale": ("customer", "locale"),
    "currency": ("currency",),
}
LINE = ("sku", "quantity", "unit_price")
COLUMNS = ("order_id", *HEAD, *LINE)
UNUSED = ("store_id",)
DIGITS = {"DE": 5, "ES": 5, "FI": 5, "FR": 5, "IT": 5, "JP": 7, "TR": 5, "US": 5}


@dataclass
class CsvOrder:
    """All rows that carry one order_id. `fragment`: what is left of an id that the end of the file cut off."""

    external_id: str
    rows: list[Row]
    draft: OrderDraft | None = None
    problems: list[Problem] = field(default_factory=list)
    fragment: str | None = None


def read_orders(table: Table) -> list[CsvOrder]:
    """Group the rows by order, adjacent or not, and understand each order or say why not."""
    orders = _group(table.rows)
    for order in orders:
        order.problems = [problem for row in order.rows for problem in row.problems] or _look_over(order, table)
        if not order.problems:
            _understand(order, table.delimiter)
    return orders


def problems_at(order: CsvOrder, errors: Iterable[dict[str, Any]]) -> list[Problem]:
    """Say in rows and columns what errors of path and message say of the draft."""
    return [_problem(order, tuple(error["path"].split(".")), error["message"]) for error in errors]


def _group(rows: Sequence[Row]) -> list[CsvOrder]:
    orders: dict[str, CsvOrder] = {}
    before = ""
    for row in rows:
        key, fragment = _id_of(row), None
        if row.is_cut and ("order_id" not in row.cells or list(row.cells)[-1] == "order_id"):
            fragment, key = key, before if before.startswith(key) else ""
        name = key or f"\n{row.number}"  # one that names no order stands alone
        orders.setdefault(name, CsvOrder(key, [], fragment=None if key else fragment)).rows.append(row)
        before = key
    return list(orders.values())


def _id_of(row: Row) -> str:
    return unicodedata.normalize("NFC", row.cells.get("order_id", "")).strip()


def _look_over(order: CsvOrder, table: Table) -> list[Problem]:
    """Find what a spreadsheet does to a file, and rows that contradict each other."""
    first = order.rows[0]
    found = [_differs(first, row, column) for row in order.rows[1:] for column in HEAD]
    found += [_damage(first, column) for column in ("order_id", *HEAD)]
    found += [_price_damage(row, table.delimiter) for row in order.rows]
    return [problem for problem in found if problem]


def _differs(first: Row, row: Row, column: str) -> Problem | None:
    ours, theirs = row.cells[column], first.cells[column]
    if ours == theirs or ours.strip() == theirs.strip():
        return None
    return Problem(row.number, column, shown(ours), f"Row {first.number} of the same order says {shown(theirs)}.")


def _damage(row: Row, column: str) -> Problem | None:
    cell = row.cells[column].strip()
    reason = ""
    if column in {"order_id", "customer_phone", "postal_code"} and re.fullmatch(
        r"[+-]?\d+([.,]\d+)?E[+-]\d+", cell, re.IGNORECASE
    ):
        reason = "A spreadsheet made a rounded number of it."
    elif column == "placed_at" and not re.match(r"\d{4}-\d\d-\d\d[T ]\d\d", cell):
        reason = NO_MOMENT
    elif (
        column == "postal_code"
        and cell.isdecimal()
        and len(cell) < (digits := DIGITS.get(row.cells["country"].strip(), 0))
    ):
        reason = f"It has {digits} digits there: a spreadsheet takes away leading zeros."
    return Problem(row.number, column, shown(cell), reason) if reason else None


def _price_damage(row: Row, delimiter: str) -> Problem | None:
    cell = row.cells["unit_price"]
    if "," in cell and delimiter != ";":
        return Problem(row.number, "unit_price", shown(cell), "A price is written with a point, as in 12.50.")
    if re.search("[a-z]", cell, re.IGNORECASE):
        return Problem(row.number, "unit_price", shown(cell), "A price is a plain number, as in 12.50.")
    return None


def _understand(order: CsvOrder, delimiter: str) -> None:
    try:
        order.draft = OrderDraft.model_validate(_payload(order, delimiter))
    except ValidationError as refusal:
        for error in refusal.errors(include_url=False):
            path = tuple(error["ctx"]["path"].split(".")) if "path" in error.get("ctx", {}) else error["loc"]
            order.problems.append(_problem(order, path, sentence(error)))


def _payload(order: CsvOrder, delimiter: str) -> dict[str, Any]:
    cells = order.rows[0].cells
    payload: dict[str, Any] = {
        "external_id": order.external_id,
        "customer": {},
        "ship_to": {"name": cells["customer_name"]},
    }
    for column, (*parents, name) in HEAD.items():
        target = payload[parents[0]] if parents else payload
        if cells[column] or column != "locale":
            target[name] = cells[column].strip()
    payload["lines"] = [
        {
            "sku": row.cells["sku"],
            "quantity": _whole(row.cells["quantity"].strip()),
            "unit_price": _price(row.cells["unit_price"].strip(), delimiter),
        }
        for row in order.rows
    ]
    return payload


def _whole(cell: str) -> int | str:
    return int(cell) if re.fullmatch(r"[+-]?[0-9]{1,12}", cell) else cell


def _price(cell: str, delimiter: str) -> str:
    """Return the price in its shortest form: 12.50 and 12.5 are one price, and one order."""
    point = cell.replace(",", ".") if delimiter == ";" else cell
    return point.rstrip("0").rstrip(".") if re.fullmatch(r"[0-9]+\.[0-9]*", point) else point


def _problem(order: CsvOrder, path: Sequence[str | int], reason: str) -> Problem:
    """Find the row and the column of a place in the draft."""
    row, column = order.rows[0], ""
    match path:
        case ("lines", index, name):
            row, column = order.rows[int(index)], str(name)
        case ("external_id",):
            column = "order_id"
        case _:
            column = next((each for each, place in HEAD.items() if place == tuple(path)), "")
    return Problem(row.number, column, shown(row.cells.get(column, "")), reason)
