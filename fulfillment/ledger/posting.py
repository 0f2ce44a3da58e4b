"""Posting movements: the rows are appended, and with them the database writes the balances (`balances`)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from django.db import IntegrityError, connection, models

from fulfillment.models import Bin, StockItem, StockMovement
from orders.lifecycle import AlreadyApplied, Refused


class NotEnoughStock(Refused):
    """There is less than that; of this item, in this bin, where that is known."""

    code = "not_enough_stock"
    item: StockItem | None = None
    place: Bin | None = None

    def of(self, item: StockItem, place: Bin | None) -> Self:
        """Say of which item, and in which bin."""
        self.item, self.place = item, place
        return self


_REPEATED = ("movement_once", "REPLACE refused")
"""What the engines say of an entry that is in the ledger already."""
_LACK = (
    "stock_covers",
    *("stockitem_on_hand_check", "stockitem_blocked_check", "binstock_quantity_check"),
    *("CHECK constraint failed: on_hand", "CHECK constraint failed: blocked", "CHECK constraint failed: quantity"),
)
"""What they say where a balance or a bin would fall below what it holds: PostgreSQL by name, SQLite by the column.

All else that a CHECK refuses is an entry that cannot be: a mistake of ours, and no lack of stock.
"""


def lock_items(item_ids: Iterable[int]) -> dict[int, StockItem]:
    """Lock stock items in the one order that everybody keeps; return them as they stand now."""
    items = StockItem.objects.filter(pk__in=set(item_ids)).select_for_update(no_key=True).order_by("pk")
    return {item.pk: item for item in items}


def post(entries: Sequence[StockMovement]) -> None:
    """Append the movements, and so bring balances and bins in line. Their stock items are locked already.

    Raises NotEnoughStock where a balance or a bin would fall below what it holds; AlreadyApplied where a twin of the
    operation was quicker.
    """
    if not entries:
        return
    try:
        StockMovement.objects.bulk_create(entries)
    except IntegrityError as error:
        said = str(error)
        if any(word in said for word in _REPEATED):
            raise already_applied(entries[0].operation) from error
        if any(word in said for word in _LACK):
            raise NotEnoughStock("There is not that much of it there.") from error
        raise


def already_applied(operation: str) -> AlreadyApplied:
    """Return what is raised where an operation is in the ledger already."""
    return AlreadyApplied("This was booked before; nothing was booked twice.", operation=operation)


def add_to(model: type[models.Model], columns: Sequence[str], rows: Mapping[int, Sequence[int]]) -> None:
    """Add numbers to integer columns of many rows in one statement: `rows` is primary key → one number a column."""
    if not rows:
        return
    table = model._meta.db_table
    names = [f"column{place}" for place in range(1, len(columns) + 2)]
    sets = ", ".join(f"{name} = {table}.{name} + v.{source}" for name, source in zip(columns, names[1:], strict=True))
    numbers = [(pk, *rows[pk]) for pk in sorted(rows)]
    source, params = _unnest(names, numbers) if connection.vendor == "postgresql" else _values(names, numbers)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {sets} FROM {source} WHERE {table}.id = v.column1", params)  # noqa: S608
        if cursor.rowcount != len(rows):
            raise RuntimeError(f"{cursor.rowcount} of {len(rows)} rows of {table} changed")


def _unnest(names: Sequence[str], rows: Sequence[Sequence[int]]) -> tuple[str, list[Any]]:
    """Return the rows as arrays, one a column: the statement reads the same for any number of rows."""
    arrays = ", ".join(["%s::bigint[]"] * len(names))
    return f"unnest({arrays}) AS v({', '.join(names)})", [list(column) for column in zip(*rows, strict=True)]


def _values(names: Sequence[str], rows: Sequence[Sequence[int]]) -> tuple[str, list[Any]]:
    row = f"({', '.join(['%s'] * len(names))})"
    return f"(VALUES {', '.join([row] * len(rows))}) AS v", [number for each in rows for number in each]
