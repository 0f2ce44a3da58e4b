"""A file of deliveries that are expected, a row an article: announced, or changed to what the file says."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Annotated, Any

from django.db import transaction
from django.db.models import QuerySet
from pydantic import BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from fulfillment import ledger
from fulfillment.models import Receipt, ReceiptLine, Warehouse
from fulfillment.models.receipt import folded
from fulfillment.services.stock import not_among
from orders.intake.draft import MAX_QUANTITY, Text, clean_text
from orders.intake.rows import understand
from orders.intake.table import Problem, Row, Table, read_table, shown
from orders.models import Inbox, Product
from orders.services.quarantine import Outcome, Reject, Verdict, quarantine, settle

SOURCE = "csv.receipts"
BATCH = 500
Of = tuple[str, str]
"""What names a delivery: the code of its warehouse, and what its number is compared by."""


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(value.strip()) if value.strip() else None
    except ValueError:
        raise PydanticCustomError("date_invalid", "A date is written like 2026-11-30.") from None


def _count(value: Any) -> int:
    if not re.fullmatch(r"\s*[0-9]{1,7}\s*", str(value)) or not 1 <= int(value) <= MAX_QUANTITY:
        raise PydanticCustomError("quantity_invalid", "A quantity is a whole number from 1 to 1 000 000.")
    return int(value)


class ReceiptRow(BaseModel):
    """So many units of a product that a supplier delivers under a number."""

    reference: Annotated[str, BeforeValidator(clean_text), Field(min_length=1, max_length=64)]
    warehouse: Annotated[str, BeforeValidator(clean_text), Field(min_length=1, max_length=32)]
    expected_date: Annotated[date | None, BeforeValidator(_date)]
    supplier: Text
    sku: Annotated[str, BeforeValidator(clean_text), Field(min_length=1, max_length=64)]
    quantity: Annotated[int, BeforeValidator(_count)]

    @property
    def of(self) -> Of:
        """Return what names the delivery: case does not count in its number."""
        return self.warehouse, folded(self.reference)

    @property
    def said(self) -> dict[str, Any]:
        return {"expected_date": self.expected_date, "supplier": self.supplier}

    @property
    def subject(self) -> str:
        return f"{self.warehouse} {self.reference} {self.sku}"


COLUMNS = tuple(ReceiptRow.model_fields)


def import_receipts(table: Table, *, file: str) -> Iterator[Outcome]:
    """Announce what is new and change what differs; yield what became of each row. Makes warehouses."""
    seen: dict[Any, tuple[int, Any]] = {}
    for start in range(0, len(table.rows), BATCH):
        rows = table.rows[start : start + BATCH]
        with transaction.atomic():
            understood, faults = _understand(rows, seen)
            verdicts = _save(understood, faults)
            here = [row for row in rows if row.number in faults]
            rejects = {row.number: _reject(row, faults[row.number], table, file) for row in here}
            mended = quarantine(list(rejects.values()), source=SOURCE, channel=None)
            _settle([understood[number].subject for number in verdicts], rejects.values())
        for row in rows:
            reject, number = rejects.get(row.number), row.number
            yield reject.outcome(mended) if reject else Outcome(understood[number].subject, verdicts[number])


def retry_receipts(inbox: Inbox, *, among: QuerySet[Warehouse] | None = None) -> list[Problem]:
    """Announce the rows of a mended text, or return what is wrong with it. Raises UnreadableFile.

    Where `among` is given, their warehouses are some of these.
    """
    table = read_table(bytes(inbox.body), COLUMNS, name="The text")
    understood, faults = _understand(table.rows, {})
    faults |= not_among({number: row.warehouse for number, row in understood.items()}, among)
    if not faults:
        _save(understood, faults)
    return [problem for problems in faults.values() for problem in problems]


Faults = dict[int, list[Problem]]


def _understand(rows: Sequence[Row], seen: dict[Any, tuple[int, Any]]) -> tuple[dict[int, ReceiptRow], Faults]:
    """Return by row number what is understood, and what is wrong with the other rows."""
    both = {row.number: understand(row, ReceiptRow) for row in rows}
    known = set(
        Product.objects.filter(sku__in={row.sku for row, _ in both.values() if row}).values_list("sku", flat=True)
    )
    understood, faults = {}, {}
    for number, (row, problems) in both.items():
        found = _faults(number, row, known, seen) if row else problems
        if row is None or found:
            faults[number] = found
        else:
            understood[number] = row
    return understood, faults


def _faults(number: int, row: ReceiptRow, known: set[str], seen: dict[Any, tuple[int, Any]]) -> list[Problem]:
    if row.sku not in known:
        return [Problem(number, "sku", shown(row.sku), f"There is no product with the SKU {row.sku}.")]
    for column, key, said in (
        ("expected_date", row.of, (row.expected_date, row.supplier)),
        ("quantity", (*row.of, row.sku), row.quantity),
    ):
        first, before = seen.setdefault(key, (number, said))
        if before != said:
            return [
                Problem(number, column, shown(str(getattr(row, column))), f"Row {first} says something else of it.")
            ]
    return []


def _save(rows: dict[int, ReceiptRow], faults: Faults) -> dict[int, Verdict]:
    """Write what is new or differs; a row that comes too late is a fault. Return what became of the others."""
    products = {each.sku: each for each in Product.objects.filter(sku__in={row.sku for row in rows.values()})}
    deliveries = _deliveries(rows.values())
    lines = {(line.receipt_id, line.product_id): line for line in _lines(deliveries.values())}
    verdicts: dict[int, Verdict] = {}
    for number, row in rows.items():
        receipt, product = deliveries[row.of], products[row.sku]
        verdict = _announce(receipt, lines.get((receipt.pk, product.pk)), product, row.quantity)
        if verdict is None:
            faults[number] = [Problem(number, "reference", shown(row.reference), f"{receipt} is closed already.")]
        else:
            verdicts[number] = verdict
    return verdicts


def _deliveries(rows: Iterable[ReceiptRow]) -> dict[Of, Receipt]:
    """Return the deliveries of the rows, locked: new, or with what the rows say of them while they are open."""
    named: dict[Of, ReceiptRow] = {}
    for row in rows:
        named.setdefault(row.of, row)
    homes = {code: ledger.open_warehouse(code) for code in sorted({code for code, _ in named})}
    ordered = [named[of] for of in sorted(named)]
    new = [Receipt(warehouse=homes[row.warehouse], reference=row.reference, **row.said) for row in ordered]
    Receipt.objects.bulk_create(new, ignore_conflicts=True)
    locked = _lock(named)
    for of, receipt in locked.items():
        _say(receipt, named[of].said)
    return locked if len(locked) == len(named) else _deliveries(named.values())  # one was taken back meanwhile


def _lock(named: Collection[Of]) -> dict[Of, Receipt]:
    """Lock the deliveries of these names in the order that everybody keeps: by primary key."""
    codes, keys = {code for code, _ in named}, {key for _, key in named}
    near = Receipt.objects.filter(warehouse__code__in=codes, reference_key__in=keys)
    found = near.order_by().values_list("pk", "warehouse__code", "reference_key")
    mine: dict[int, Of] = {pk: (code, key) for pk, code, key in found if (code, key) in named}
    locked = Receipt.objects.filter(pk__in=mine).order_by("pk").select_for_update(no_key=True)
    return {mine[receipt.pk]: receipt for receipt in locked}


def _say(receipt: Receipt, said: dict[str, Any]) -> None:
    if receipt.closed_at is None and any(getattr(receipt, name) != value for name, value in said.items()):
        Receipt.objects.filter(pk=receipt.pk).update(**said)


def _lines(receipts: Iterable[Receipt]) -> Iterable[ReceiptLine]:
    return ReceiptLine.objects.filter(receipt__in=[receipt.pk for receipt in receipts])


def _announce(receipt: Receipt, line: ReceiptLine | None, product: Product, quantity: int) -> Verdict | None:
    """Expect so many of a product in a delivery; None where it is closed and something else was expected."""
    if line is not None and line.expected == quantity:
        return Verdict.KNOWN
    if receipt.closed_at:
        return None
    ReceiptLine.objects.update_or_create(receipt=receipt, product=product, defaults={"expected": quantity})
    return Verdict.CHANGED if line else Verdict.NEW


def _settle(saved: Iterable[str], rejects: Iterable[Reject]) -> None:
    """Mark as understood what was quarantined of these articles before, unless this very file has it again."""
    waiting = Inbox.objects.quarantined().filter(source=SOURCE, external_id__in=list(saved))
    again = {reject.dedupe_key for reject in rejects}
    settle(pk for pk, key in waiting.values_list("pk", "dedupe_key") if key not in again)


def _reject(row: Row, problems: Sequence[Problem], table: Table, file: str) -> Reject:
    named = " ".join(row.cells.get(name, "") for name in ("warehouse", "reference", "sku"))
    return Reject(named, table.text_of([row]), problems, {"file": file})
