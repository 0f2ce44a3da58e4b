"""Reading a CSV file as rows with known columns, and saying what is wrong with its form. Meaning is decided elsewhere.

Rows are numbered as a spreadsheet shows them: the header is row 1.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from orders.lifecycle import Refused

DELIMITERS = (",", ";", "\t")
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
CUT = "The file ends inside this row."


class UnreadableFile(Refused):
    """Not one row of the file can be understood."""

    code = "file_unreadable"


class Problem(NamedTuple):
    """What is wrong with a cell, or with a row if no column is named."""

    row: int
    column: str
    value: str
    reason: str


class Row(NamedTuple):
    """A row that is not empty. `source` is its text in the file; of a broken row only the first cells may be there."""

    number: int
    cells: dict[str, str]
    source: str
    problems: list[Problem]
    is_cut: bool = False


@dataclass(frozen=True)
class Table:
    """A file, read. `header` is the text of its first row."""

    delimiter: str
    header: str
    rows: list[Row]
    warnings: list[str]

    def text_of(self, rows: Sequence[Row]) -> bytes:
        """Return some of the rows as a file of their own, byte by byte as they came."""
        return "".join([self.header, *(row.source for row in rows)]).encode("utf-8", "surrogateescape")


class _Record(NamedTuple):
    cells: list[str]
    end: int
    fault: str


def read_table(
    raw: bytes,
    columns: Sequence[str],
    *,
    unused: Collection[str] = (),
    name: str = "The file",
    encoding: str = "utf-8",
) -> Table:
    """Read the columns by their names in the header, wherever they stand. Raises UnreadableFile.

    Columns that are `unused` may be there; of others a warning tells.
    """
    lines = list(io.StringIO(_decode(raw, name, encoding), newline=""))
    delimiter = max(DELIMITERS, key=lambda each: len(set(columns).intersection(_names(lines[0], each))))
    names = _names(lines[0], delimiter)
    _refuse_header(names, columns, name)
    extra = [each for each in names if each and each not in columns and each not in unused]
    return Table(
        delimiter=delimiter,
        header=lines[0],
        rows=_mark_cut_number(list(_rows(lines, names, delimiter)), names[-1], lines[-1]),
        warnings=[f"The column {shown(each)} is not used." for each in extra],
    )


def shown(text: str, limit: int = 100) -> str:
    """Return text as it can be printed and stored anywhere: shortened, and without what is no character."""
    clean = "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) in {"Cc", "Cs"} else char for char in text
    )
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"


def _decode(raw: bytes, name: str, encoding: str) -> str:
    if raw.startswith(UTF_16):
        raise UnreadableFile(f"{name} is UTF-16 text: save it as CSV in UTF-8.")
    if b"\0" in raw[:1000]:
        raise UnreadableFile(f"{name} is no CSV text: save it as CSV in UTF-8.")
    if not raw.removeprefix(codecs.BOM_UTF8).strip():
        raise UnreadableFile(f"{name} is empty.")
    return raw.removeprefix(codecs.BOM_UTF8).decode(encoding, "surrogateescape")


def _names(line: str, delimiter: str) -> list[str]:
    return [cell.strip().casefold() for cell in _cells(line, delimiter)]


def _cells(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line by itself, as well as they can be told apart."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a cell of more than 128 KiB
        return line.split(delimiter)


def _refuse_header(names: Sequence[str], columns: Sequence[str], name: str) -> None:
    missing = [column for column in columns if column not in names]
    twice = [column for column in columns if names.count(column) > 1]
    if missing:
        raise UnreadableFile(f"{name} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}.")
    if twice:
        raise UnreadableFile(f"{name} has the column {twice[0]} twice.")


def _rows(lines: Sequence[str], names: Sequence[str], delimiter: str) -> Iterator[Row]:
    start, number = 1, 1
    while start < len(lines):
        number += 1
        record = _record(lines, start, delimiter, len(names))
        source = "".join(lines[start : record.end])
        is_cut = bool(record.fault) and record.end == len(lines) and not source.endswith(("\r", "\n"))
        start = record.end
        if any(cell.strip() for cell in record.cells):
            cells = dict(zip(names, record.cells, strict=False))
            yield Row(number, cells, source, _faults(number, record, cells, is_cut=is_cut), is_cut)


def _record(lines: Sequence[str], start: int, delimiter: str, width: int) -> _Record:
    """Parse the record that begins at a line.

    Where a quotation mark is out of place, what follows would vanish into a cell: the record then ends before the next
    line that is a whole row by itself.
    """
    reader = csv.reader((lines[at] for at in range(start, len(lines))), delimiter=delimiter, strict=True)
    try:
        cells = next(reader)
    except csv.Error:
        cells, fault = [], "A quotation mark is not closed, or stands inside a cell."
    else:
        fault = "" if len(cells) in {0, width} else f"The row has {len(cells)} cells, not {width}."
    end = start + reader.line_num
    if end > start + 1:
        whole = next((at for at in range(start + 1, end) if _is_whole(lines[at], delimiter, width)), None)
        if whole is not None:
            end, fault = whole, "A quotation mark is not closed."
        cells = [re.sub(r"\s*[\r\n]+\s*", " ", cell) for cell in cells]
    if fault:
        cells = _cells(lines[start], delimiter)
    return _Record(cells, end, fault)


def _is_whole(line: str, delimiter: str, width: int) -> bool:
    try:
        return len(next(csv.reader([line], delimiter=delimiter, strict=True))) == width
    except csv.Error:
        return False


def _faults(number: int, record: _Record, cells: dict[str, str], *, is_cut: bool) -> list[Problem]:
    if record.fault:
        return [Problem(number, "", "", CUT if is_cut else record.fault)]
    return [
        Problem(number, column, shown(cell), "The cell holds bytes that are no UTF-8: perhaps Windows-1252.")
        for column, cell in cells.items()
        if not cell.isascii() and any("\udc80" <= char <= "\udcff" for char in cell)
    ]


def _mark_cut_number(rows: list[Row], column: str, last_line: str) -> list[Row]:
    """Mark the last row as cut where its line does not end and its last number is shorter than all others."""
    if last_line.endswith(("\r", "\n")) or len(rows) < 2 or rows[-1].problems:  # noqa: PLR2004
        return rows
    *others, last = rows
    cell = last.cells[column]
    if _decimals(cell) < min((_decimals(row.cells[column]) for row in others if not row.problems), default=0):
        problem = Problem(last.number, column, shown(cell), CUT)
        return [*others, last._replace(problems=[problem], is_cut=True)]
    return rows


def _decimals(cell: str) -> int:
    found = re.search(r"[.,](\d+)\s*$", cell)
    return len(found[1]) if found else 0
