"""The real order stream of `tests/data`, and what else tests of files need."""

import csv
import hashlib
import lzma
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import connection

DATA = Path(__file__).parent / "data"
APPS = ("orders", "fulfillment", "tracking", "notifications")


def unpack(name: str, folder: Path) -> Path:
    path = folder / name
    path.write_bytes(lzma.decompress((DATA / f"{name}.xz").read_bytes()))
    return path


def head(name: str, rows: int) -> bytes:
    """The header and the first rows of a file."""
    lines = lzma.decompress((DATA / f"{name}.xz").read_bytes()).splitlines(keepends=True)
    return b"".join(lines[: rows + 1])


def rows(name: str = "orders.csv") -> list[dict[str, str]]:
    """The rows of a file."""
    return list(csv.DictReader(lzma.decompress((DATA / f"{name}.xz").read_bytes()).decode().splitlines()))


def exit_code(*command: Any, **options: Any) -> int:
    """Run a command that tells by its exit code whether all was understood."""
    try:
        call_command(*map(str, command), **options)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def checksums() -> dict[str, tuple[int, str]]:
    """Table → number of rows, and a digest of all that stands in them."""
    tables = sorted(model._meta.db_table for app in APPS for model in apps.get_app_config(app).get_models())
    return {table: _checksum(table) for table in tables}


def _checksum(table: str) -> tuple[int, str]:
    digest, count = hashlib.sha256(), 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY 1")
        while rows := cursor.fetchmany(5000):
            count += len(rows)
            for row in rows:
                digest.update(repr([bytes(cell) if isinstance(cell, memoryview) else cell for cell in row]).encode())
    return count, digest.hexdigest()
