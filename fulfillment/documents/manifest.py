"""The manifest: the parcels that a carrier takes along, and the line that its driver signs."""

from fulfillment.carrier import carrier_name
from fulfillment.documents.facts import Handover, Row
from fulfillment.documents.sheet import A4, Sheet
from fulfillment.documents.slip import turn

MARGIN, LINE = 15, 6.5
COLUMNS = (("Parcel", 58), ("Carrier’s number", 62), ("To", 40), ("Weight", 20))


def draw(handover: Handover) -> bytes:
    """Return the manifest as a PDF."""
    title = f"Manifest {handover.number}"
    sheet = Sheet(A4, margin=MARGIN, title=title)
    y = _head(sheet, handover, title)
    _cells(sheet, [name for name, _ in COLUMNS], y, bold=True)
    y += LINE
    for row in handover.rows:
        y = turn(sheet, y, LINE, title)
        sheet.rule(y, grey=200)
        _cells(sheet, _words(row), y + 1)
        y += LINE
    _signature(sheet, turn(sheet, y, 40, title) + 24)
    return sheet.finished()


def _head(sheet: Sheet, handover: Handover, title: str) -> float:
    width = sheet.right - MARGIN
    y = sheet.write_in(title, MARGIN, MARGIN, width, points=15, bold=True)
    count = "1 parcel" if len(handover.rows) == 1 else f"{len(handover.rows)} parcels"
    carrier = carrier_name(handover.carrier) or "no carrier named"
    y = sheet.write_in(f"{count} · {carrier}", MARGIN, y, width, points=13) + 2
    at = handover.closed_at
    closed = f"Closed on {at.day} {at:%B %Y, %H:%M} by {handover.by}"
    for line in (handover.warehouse.name, *handover.warehouse.lines, closed):
        y = sheet.write_in(line, MARGIN, y, width, points=10)
    return y + 6


def _words(row: Row) -> list[str]:
    weight = f"{row.weight_grams / 1000:.2f} kg" if row.weight_grams else ""
    return [row.number, row.tracking_number, row.to, weight]


def _cells(sheet: Sheet, words: list[str], y: float, *, bold: bool = False) -> None:
    x = float(MARGIN)
    for text, (_, width) in zip(words, COLUMNS, strict=True):
        sheet.write_in(text, x, y, width - 2, points=9, bold=bold, lines=1)
        x += width


def _signature(sheet: Sheet, y: float) -> None:
    sheet.set_draw_color(0)
    for x, width, words in (
        (MARGIN, 70, "Taken over: name and signature of the driver"),
        (MARGIN + 80, 45, "Date, time"),
    ):
        sheet.line(x, y, x + width, y)
        sheet.write_in(words, x, y + 1, width, points=8)
