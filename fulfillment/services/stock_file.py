"""A file of stock: each row is a receipt, booked once for each file. In batches, one transaction each."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from pydantic import BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from fulfillment import ledger
from fulfillment.ledger.stock import Arrival
from fulfillment.models import StockMovement, Warehouse
from fulfillment.services.stock import not_among
from orders import outbox
from orders.intake.draft import clean_text
from orders.intake.rows import understand
from orders.intake.table import Problem, Row, Table, read_table, shown
from orders.models import Actor, Inbox, Product
from orders.services.quarantine import Outcome, Reject, Verdict, quarantine, settle

SOURCE = "csv.stock"
BATCH = 500
MOST_IN_A_BIN = 1_000_000_000  # a movement is an integer of four bytes


def _count(value: Any) -> int:
    if not re.fullmatch(r"\s*[0-9]{1,10}\s*", str(value)) or int(value) > MOST_IN_A_BIN:
        raise PydanticCustomError("quantity_invalid", "A quantity is a whole number from 0 to 1 000 000 000.")
    return int(value)


Code = Annotated[str, BeforeValidator(clean_text), Field(min_length=1, max_length=32)]


class StockRow(BaseModel):
    """So many of a product in a bin of a warehouse; none is nothing to book."""

    sku: Annotated[str, BeforeValidator(clean_text), Field(min_length=1, max_length=64)]
    warehouse: Code
    bin: Code
    quantity: Annotated[int, BeforeValidator(_count)]


COLUMNS = tuple(StockRow.model_fields)


class StockFile(NamedTuple):
    """A file with its digest, which names the act: the same file counts once."""

    name: str
    digest: str
    table: Table


def read_stock(raw: bytes, *, name: str, encoding: str = "utf-8") -> StockFile:
    """Read a file of stock. Raises UnreadableFile."""
    return StockFile(name, hashlib.sha256(raw).hexdigest(), read_table(raw, COLUMNS, name=name, encoding=encoding))


def import_stock(file: StockFile, *, by: Actor) -> Iterator[Outcome]:
    """Book what of the file was not booked before; yield what became of each row. Makes warehouses and bins."""
    for start in range(0, len(file.table.rows), BATCH):
        with transaction.atomic():
            outcomes = _import(file, file.table.rows[start : start + BATCH], by)
        yield from outcomes


def retry_stock(inbox: Inbox, *, by: Actor, among: QuerySet[Warehouse] | None = None) -> list[Problem]:
    """Book the mended row in the place of the one it was, or return what is wrong with it. Raises UnreadableFile.

    Where `among` is given, its warehouse is one of these.
    """
    table = read_table(bytes(inbox.body), COLUMNS, name="The text")
    if len(table.rows) != 1:
        return [Problem(1, "", "", "The text has to hold its header and one row.")]
    receipts, faults = _understand(table.rows)
    faults |= not_among({number: receipt.row.warehouse for number, receipt in receipts.items()}, among)
    for receipt in [] if faults else receipts.values():
        _book([receipt._replace(n=inbox.headers["row"])], inbox.headers["digest"], inbox.headers["file"], by)
    return [problem for problems in faults.values() for problem in problems]


class _Receipt(NamedTuple):
    """An understood row, and its number in the file."""

    row: StockRow
    product: Product
    n: int


def _import(file: StockFile, rows: Sequence[Row], by: Actor) -> list[Outcome]:
    receipts, faults = _understand(rows)
    booked = _book(receipts.values(), file.digest, file.name, by)
    keys = [f"{file.digest}:{number}" for number in receipts]
    waiting = Inbox.objects.quarantined().filter(source=SOURCE, dedupe_key__in=keys)
    settle(waiting.values_list("pk", flat=True))
    rejects = {row.number: _reject(row, faults[row.number], file) for row in rows if row.number in faults}
    mended = quarantine(list(rejects.values()), source=SOURCE, channel=None)
    return [
        rejects[row.number].outcome(mended)
        if row.number in rejects
        else Outcome(receipts[row.number].row.sku, Verdict.NEW if row.number in booked else Verdict.KNOWN)
        for row in rows
    ]


def _understand(rows: Sequence[Row]) -> tuple[dict[int, _Receipt], dict[int, list[Problem]]]:
    """Return by row number the receipts, and what is wrong with the other rows."""
    understood = {row.number: understand(row, StockRow) for row in rows}
    skus = {stock.sku for stock, _ in understood.values() if stock}
    products = {product.sku: product for product in Product.objects.filter(sku__in=skus)}
    receipts, faults = {}, {}
    for number, (stock, problems) in understood.items():
        if stock is None:
            faults[number] = problems
        elif stock.sku in products:
            receipts[number] = _Receipt(stock, products[stock.sku], number)
        else:
            sentence = f"There is no product with the SKU {stock.sku}."
            faults[number] = [Problem(number, "sku", shown(stock.sku), sentence)]
    return receipts, faults


def _book(receipts: Iterable[_Receipt], digest: str, name: str, by: Actor) -> set[int]:
    """Book what was not booked before; return the numbers of those rows."""
    operation = f"file:{digest}"
    wanted = {receipt.n: receipt for receipt in receipts}
    known = StockMovement.objects.filter(operation=operation, n__in=list(wanted)).order_by().values_list("n", flat=True)
    fresh = {n: wanted[n] for n in wanted.keys() - set(known)}
    arrivals: dict[str, list[Arrival]] = defaultdict(list)
    for n, (row, product, _) in sorted(fresh.items()):
        warehouse = arrivals[row.warehouse]
        if row.quantity:
            warehouse.append(Arrival(product, row.quantity, row.bin, n))
    for code, each in sorted(arrivals.items()):
        ledger.receive(
            ledger.open_warehouse(code),
            each,
            operation=operation,
            by=by,
            cause=f"file {shown(name)}",
            is_resumable=True,
        )
        outbox.ring("allocate")
    return {n for n, receipt in fresh.items() if receipt.row.quantity}


def _reject(row: Row, problems: Sequence[Problem], file: StockFile) -> Reject:
    headers = {"file": file.name, "digest": file.digest, "row": row.number}
    raw = file.table.text_of([row])
    return Reject(row.cells.get("sku", ""), raw, problems, headers, key=f"{file.digest}:{row.number}")
