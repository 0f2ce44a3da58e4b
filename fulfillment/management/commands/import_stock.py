"""`import_stock FILE`: books what arrived. The same file counts once."""

from typing import Any

from django.core.management.base import CommandParser

from fulfillment.services import import_stock, read_stock
from orders.management import files
from orders.management.house import HouseCommand
from orders.models import Actor
from orders.services import Verdict

WORDS = {
    Verdict.NEW: "booked",
    Verdict.KNOWN: "booked before or empty",
    Verdict.MENDED: "mended since",
    Verdict.QUARANTINED: "quarantined",
}


class Command(HouseCommand):
    help = "Import stock from a CSV file. Exits with 3 where a row was not understood, with 2 where none was."

    def add_arguments(self, parser: CommandParser) -> None:
        files.add_arguments(parser)

    def handle(self, **options: Any) -> None:
        path = options["file"]
        raw = files.read(path)
        with files.refusals():
            file = read_stock(raw, name=path.name, encoding=options["encoding"])
            outcomes = import_stock(file, by=Actor.system("import"))
            followed = files.follow(outcomes, total=len(file.table.rows), unit="rows", errors=options["errors"])
        followed.warnings[:0] = file.table.warnings
        files.tell(self, followed, f"{path.name}, {len(file.table.rows):,} rows", WORDS)
