"""`import_orders FILE --channel NAME`: places the orders of a file."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandParser

from fulfillment.services import OrderFile, import_orders
from orders.intake.csv import COLUMNS, UNUSED, read_orders
from orders.intake.table import read_table
from orders.management import files
from orders.management.channels import refuse_odd_name
from orders.management.house import HouseCommand
from orders.models import Actor
from orders.services import Verdict

WORDS = {
    Verdict.NEW: "placed",
    Verdict.KNOWN: "known before",
    Verdict.MENDED: "mended since",
    Verdict.QUARANTINED: "quarantined",
}


class Command(HouseCommand):
    help = "Import orders from a CSV file. Exits with 3 where an order was not understood, with 2 where none was."

    def add_arguments(self, parser: CommandParser) -> None:
        files.add_arguments(parser)
        parser.add_argument("--channel", required=True, metavar="NAME", help="where they come from; made if missing")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and write nothing")
        parser.add_argument("--notify", action="store_true", help="tell the customers; else nobody is told anything")

    def handle(self, **options: Any) -> None:
        path = options["file"]
        refuse_odd_name(options["channel"], returncode=files.NOTHING_DONE)
        raw = files.read(path)
        with _rarely_collecting_garbage():
            with files.refusals():
                table = read_table(raw, COLUMNS, unused=UNUSED, name=path.name, encoding=options["encoding"])
            orders = read_orders(table)
            file = OrderFile(path.name, table, options["channel"], is_silent=not options["notify"])
            outcomes = import_orders(orders, file, by=Actor.system("import"), is_dry_run=options["dry_run"])
            followed = files.follow(outcomes, total=len(orders), unit="orders", errors=options["errors"])
        followed.warnings[:0] = table.warnings
        dry = "Dry run, nothing was written: " if options["dry_run"] else ""
        files.tell(self, followed, f"{dry}{path.name}, {len(orders):,} orders in {len(table.rows):,} rows", WORDS)


@contextmanager
def _rarely_collecting_garbage() -> Iterator[None]:
    """Rows by the hundred thousand, hardly a cycle among them: the collector would take a quarter of the time."""
    before = gc.get_threshold()
    gc.set_threshold(10_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
