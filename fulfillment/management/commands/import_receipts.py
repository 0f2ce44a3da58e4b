"""`import_receipts FILE`: announces deliveries, or changes what was announced to what the file says."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from fulfillment.services.receipt_file import COLUMNS, import_receipts
from orders.intake.table import read_table
from orders.management import files
from orders.services import Verdict

WORDS = {
    Verdict.NEW: "announced",
    Verdict.CHANGED: "changed",
    Verdict.KNOWN: "known",
    Verdict.MENDED: "mended since",
    Verdict.QUARANTINED: "quarantined",
}


class Command(BaseCommand):
    help = "Announce deliveries from a CSV file. Exits with 3 where a row was not understood, with 2 where none was."

    def add_arguments(self, parser: CommandParser) -> None:
        files.add_arguments(parser)

    def handle(self, **options: Any) -> None:
        path = options["file"]
        raw = files.read(path)
        with files.refusals():
            table = read_table(raw, COLUMNS, name=path.name, encoding=options["encoding"])
            outcomes = import_receipts(table, file=path.name)
            followed = files.follow(outcomes, total=len(table.rows), unit="rows", errors=options["errors"])
        followed.warnings[:0] = table.warnings
        files.tell(self, followed, f"{path.name}, {len(table.rows):,} rows", WORDS)
