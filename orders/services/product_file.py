"""A file of products: known by their SKU, added or changed to what the file says. In batches, one transaction each."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

from django.db import transaction
from pydantic import BaseModel, BeforeValidator, Field

from orders.intake.draft import Text, clean_text
from orders.intake.rows import understand
from orders.intake.table import Problem, Table, read_table
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


COLUMNS = tuple(ProductRow.model_fields)


def import_products(table: Table, *, file: str) -> Iterator[Outcome]:
    """Add what is new and change what differs; yield what became of each row."""
    products, rejects = _understand(table, file)
    for start in range(0, len(table.rows), BATCH):
        rows = table.rows[start : start + BATCH]
        with transaction.atomic():
            saved = _save(products[row.number] for row in rows if row.number in products)
            _settle(saved, rejects.values())
            here = {row.number: rejects[row.number] for row in rows if row.number in rejects}
            mended = quarantine(list(here.values()), source=SOURCE, channel=None)
        for row in rows:
            reject = here.get(row.number)
            yield reject.outcome(mended) if reject else saved[products[row.number].sku]


def retry_products(inbox: Inbox) -> list[Problem]:
    """Take over the products of a mended text, or return what is wrong with it. Raises UnreadableFile."""
    table = read_table(bytes(inbox.body), COLUMNS, name="The text")
    understood = [understand(row, ProductRow) for row in table.rows]
    problems = [problem for _, found in understood for problem in found]
    if not problems:
        _save(product for product, _ in understood if product)
    return problems


def _understand(table: Table, file: str) -> tuple[dict[int, ProductRow], dict[int, Reject]]:
    """Return by row number the products, and the rows that are none or contradict an earlier one."""
    products: dict[int, ProductRow] = {}
    rejects: dict[int, Reject] = {}
    first: dict[str, int] = {}
    for row in table.rows:
        product, problems = understand(row, ProductRow)
        if product:
            number = first.setdefault(product.sku, row.number)
            if products.get(number, product) == product:
                products[row.number] = product
                continue
            problems = [Problem(row.number, "sku", product.sku, f"Row {number} says something else of it.")]
        subject = row.cells.get("sku", "")
        rejects[row.number] = Reject(subject, table.text_of([row]), problems, {"file": file})
    return products, rejects


def _settle(saved: Iterable[str], rejects: Iterable[Reject]) -> None:
    """Mark as understood what was quarantined of these products before, unless this very file has it again."""
    waiting = Inbox.objects.quarantined().filter(source=SOURCE, external_id__in=list(saved))
    again = {reject.dedupe_key for reject in rejects}
    settle(pk for pk, key in waiting.values_list("pk", "dedupe_key") if key not in again)


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
