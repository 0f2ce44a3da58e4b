"""The label of a parcel, 100 × 150 mm: where it comes from, where it goes, and its number for every scanner."""

from fulfillment.carrier import carrier_name
from fulfillment.documents.facts import Label
from fulfillment.documents.sheet import LABEL, Sheet

MARGIN = 6
TO, TO_END = 36, 88
CODES, QR_SIZE = 91, 30
BARS, BARS_HEIGHT = 123, 17


def draw(label: Label) -> bytes:
    """Return the label as a PDF of one page."""
    sheet = Sheet(LABEL, margin=MARGIN, title=f"Label {label.box.number}")
    _addresses(sheet, label)
    _what(sheet, label)
    _numbers(sheet, label.box.number)
    return sheet.finished()


def what_of(label: Label) -> list[str]:
    """Return what is said beside the addresses, line by line."""
    box = label.box
    weight = f"{box.weight_grams / 1000:.2f} kg" if box.weight_grams else ""
    carrier = " ".join(filter(None, [carrier_name(label.carrier), label.tracking_number]))
    return [f"Parcel {box.place} of {box.of}", *filter(None, [weight, label.method, carrier])]


def _addresses(sheet: Sheet, label: Label) -> None:
    width = sheet.right - sheet.l_margin
    sheet.write_in("From", MARGIN, MARGIN, width, points=7)
    sender = [(label.sender.name, True), *((line, False) for line in label.sender.lines)]
    sheet.write_block(sender, MARGIN, MARGIN + 4, width, TO - MARGIN - 7, points=9)
    sheet.rule(TO - 3)
    sheet.write_in("To", MARGIN, TO - 1, width, points=7)
    to = [(label.to.name, True), *((line, False) for line in label.to.lines)]
    sheet.write_block(to, MARGIN, TO + 3, width, TO_END - TO - 3, points=16)
    sheet.rule(TO_END)


def _what(sheet: Sheet, label: Label) -> None:
    sheet.draw_qr(label.box.number, MARGIN - 2, CODES - 2, QR_SIZE + 2)
    x, y = MARGIN + QR_SIZE + 3, float(CODES + 2)
    for place, line in enumerate(what_of(label)):
        y = sheet.write_in(line, x, y, sheet.right - x, points=13 if not place else 10, bold=not place, lines=2) + 0.5


def _numbers(sheet: Sheet, number: str) -> None:
    width = sheet.right - sheet.l_margin
    sheet.draw_bars(number, MARGIN, BARS, width, BARS_HEIGHT)
    sheet.write_in(number, MARGIN, BARS + BARS_HEIGHT + 0.5, width, points=11, bold=True, align="C", lines=1)
