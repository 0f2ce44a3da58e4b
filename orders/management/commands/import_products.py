"""`import_products FILE`: adds and changes products."""

from typing import Any

from django.core.management.base import CommandParser

from orders.intake.table import read_table
from orders.management import files
from orders.management.house import HouseCommand
from orders.services import Verdict, import_products
from orders.services.product_file import COLUMNS

WORDS = {
    Verdict.NEW: "new",
    Verdict.CHANGED: "changed",
    Verdict.KNOWN: "as before",
    Verdict.MENDED: "mended since",
    Verdict.QUARANTINED: "quarantined",
}


class Command(HouseCommand):
    help = "Import products from a CSV file. Exits with 3 where a row was not understood, with 2 where none was."

    def add_arguments(self, parser: CommandParser) -> None:
        files.add_arguments(parser)

    def handle(self, **options: Any) -> None:
        path = options["file"]
        raw = files.read(path)
        with files.refusals():
            table = read_table(raw, COLUMNS, name=path.name, encoding=options["encoding"])
        outcomes = import_products(table, file=path.name)
        followed = files.follow(outcomes, total=len(table.rows), unit="products", errors=options["errors"])
        followed.warnings[:0] = table.warnings
        summary = f"{path.name}, {len(table.rows):,} products"
        files.tell(self, followed, summary, WORDS)
