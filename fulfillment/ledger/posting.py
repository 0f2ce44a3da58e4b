"""Posting movements: the rows are appended, and the balances follow from the very same rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from django.db import IntegrityError, connection, models

from fulfillment.models import Bin, BinStock, StockItem, StockMovement
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


def lock_items(item_ids: Iterable[int]) -> dict[int, StockItem]:
    """Lock stock items in the one order that everybody keeps; return them as they stand now."""
    items = StockItem.objects.filter(pk__in=set(item_ids)).select_for_update(no_key=True).order_by("pk")
    return {item.pk: item for item in items}


def post(entries: Sequence[StockMovement]) -> None:
    """Append the movements and bring balances and bins in line. Their stock items are locked already.

    Raises NotEnoughStock where a balance or a bin would fall below what it holds.
    """
    if not entries:
        return
    try:
        _post_balances(entries)
        _post_bins(entries)
    except IntegrityError as error:
        raise NotEnoughStock("There is not that much of it there.") from error
    StockMovement.objects.bulk_create(entries)


def refuse_repeated(operation: str) -> None:
    """Raise AlreadyApplied where the operation is in the ledger. Call it behind the lock of what it moves."""
    if StockMovement.objects.filter(operation=operation).exists():
        raise AlreadyApplied("This was booked before; nothing was booked twice.", operation=operation)


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


def _post_balances(entries: Sequence[StockMovement]) -> None:
    deltas: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for entry in entries:
        delta = deltas[entry.stock_item_id]
        delta[0] += entry.on_hand_delta
        delta[1] += entry.reserved_delta
        delta[2] += entry.blocked_delta
    add_to(
        StockItem,
        ("on_hand", "reserved", "blocked"),
        {pk: delta for pk, delta in deltas.items() if any(delta)},
    )


def _post_bins(entries: Sequence[StockMovement]) -> None:
    changes: dict[tuple[int, int, str], list[int]] = defaultdict(lambda: [0, 0])
    for entry in entries:
        product = entry.stock_item.product_id
        for place, sign in ((entry.from_bin_id, -1), (entry.to_bin_id, 1)):
            if place:
                change = changes[product, place, entry.lot]
                change[0] += sign * entry.quantity
                change[1] += 1
    if changes:
        _write_bins(changes)


def _write_bins(changes: Mapping[tuple[int, int, str], Sequence[int]]) -> None:
    """Write units and version of each product in each bin; the version grows by the number of movements."""
    products, bins = {key[0] for key in changes}, {key[1] for key in changes}
    known = {
        (row.product_id, row.bin_id, row.lot): row.pk
        for row in BinStock.objects.filter(product__in=products, bin__in=bins)
    }
    add_to(BinStock, ("quantity", "version"), {known[key]: change for key, change in changes.items() if key in known})
    BinStock.objects.bulk_create(
        BinStock(product_id=product, bin_id=bin_id, lot=lot, quantity=quantity, version=version)
        for (product, bin_id, lot), (quantity, version) in changes.items()
        if (product, bin_id, lot) not in known
    )
