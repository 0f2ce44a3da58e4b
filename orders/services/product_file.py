"""A file of products: known by their SKU, added or changed to what the file says. In batches, one transaction each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, NamedTuple

from django.db import transaction
from pydantic import BaseModel, BeforeValidator, Field

from orders.intake.draft import Text, clean_text
from orders.intake.rows import understand
from orders.intake.table import Problem, Row, Table, read_table
from orders.models import Inbox, Product
from orders.services.catalog import save_products
from orders.services.quarantine import Outcome, Reject, Verdict, quarantine, settle

SOURCE = "csv.products"
BATCH = 1000


class ProductRow(BaseModel):
    """A product as the file has it. One without a name keeps the one we know, or is named after its SKU."""

    sku: Annotated[str, BeforeValidator(clean_text), Field(min_length=1, max_length=64)]
    name: Text
    department: Text
    brand: Text
    package_size: Text


class _Seen(NamedTuple):
    number: int
    product: ProductRow


Seen = dict[str, _Seen]
COLUMNS = tuple(ProductRow.model_fields)


def import_products(table: Table, *, file: str) -> Iterator[Outcome]:
    """Add what is new and change what differs; yield what became of each row."""
    seen: Seen = {}
    for start in range(0, len(table.rows), BATCH):
        with transaction.atomic():
            outcomes = list(_import(table, table.rows[start : start + BATCH], seen, file))
        yield from outcomes


def retry_products(inbox: Inbox) -> list[Problem]:
    """Take over the products of a mended text, or return what is wrong with it. Raises UnreadableFile."""
    table = read_table(bytes(inbox.body), COLUMNS, name="The text")
    understood = [understand(row, ProductRow) for row in table.rows]
    problems = [problem for _, found in understood for problem in found]
    if not problems:
        _save(product for product, _ in understood if product)
    return problems


def _import(table: Table, rows: Sequence[Row], seen: Seen, file: str) -> Iterator[Outcome]:
    understood: dict[int, str] = {}
    rejects: dict[int, Reject] = {}
    for row in rows:
        product, problems = _understand(row, seen)
        if product:
            understood[row.number] = product.sku
        else:
            subject = row.cells.get("sku", "")
            rejects[row.number] = Reject(subject, table.text_of([row]), problems, {"file": file})
    saved = _save([seen[sku].product for sku in understood.values()])
    waiting = Inbox.objects.quarantined().filter(source=SOURCE, external_id__in=list(saved))
    settle(waiting.values_list("pk", flat=True))
    mended = quarantine(list(rejects.values()), source=SOURCE, channel=None)
    for row in rows:
        reject = rejects.get(row.number)
        yield reject.outcome(mended) if reject else saved[understood[row.number]]


def _understand(row: Row, seen: Seen) -> tuple[ProductRow | None, list[Problem]]:
    product, problems = understand(row, ProductRow)
    if product is None:
        return None, problems
    first = seen.setdefault(product.sku, _Seen(row.number, product))
    if first.product != product:
        return None, [Problem(row.number, "sku", product.sku, f"Row {first.number} says something else of it.")]
    return product, []


def _save(rows: Iterable[ProductRow]) -> dict[str, Outcome]:
    """Write what is new or differs; return what became of each SKU."""
    by_sku = {row.sku: row for row in rows}
    known = {product.sku: product for product in Product.objects.filter(sku__in=list(by_sku))}
    fresh, outcomes = [], {}
    for sku, row in sorted(by_sku.items()):  # one order for all who write products
        old = known.get(sku)
        said = row.model_dump() | {"name": row.name or (old.name if old else sku)}
        verdict = _verdict(old, said)
        if verdict != Verdict.KNOWN:
            fresh.append(said)
        warning = "" if row.name or said["name"] != sku else f"{sku} has no name: it is named after its SKU."
        outcomes[sku] = Outcome(sku, verdict, warning=warning)
    save_products(fresh)
    return outcomes


def _verdict(old: Product | None, said: Mapping[str, str]) -> Verdict:
    if old is None:
        return Verdict.NEW
    differs = any(getattr(old, column) != value for column, value in said.items())
    return Verdict.CHANGED if differs else Verdict.KNOWN
