"""The pick list: a walk on paper, with the code of each bin to scan. For the day when a scanner is flat."""

from fulfillment.documents.facts import PickList, Stop
from fulfillment.documents.sheet import A4, Sheet
from fulfillment.documents.slip import turn

MARGIN, ROW = 14, 17
BIN, CODE, COUNT, SLOT = 32, 52, 18, 22
"""Widths in millimetres; the article has the rest."""


def draw(walk: PickList) -> bytes:
    """Return the list as a PDF, a row a stop."""
    sheet = Sheet(A4, margin=MARGIN, title=f"Pick list {walk.number}")
    half = (sheet.right - MARGIN) / 2
    sheet.write_in("Pick list", MARGIN, MARGIN, half, points=15, bold=True)
    units = sum(stop.goods.quantity for stop in walk.stops)
    facts = f"{walk.warehouse} · {len(walk.stops)} stops, {units} units"
    sheet.write_in(facts, MARGIN, MARGIN + 8, half, points=10, lines=2)
    sheet.draw_bars(walk.number, MARGIN + half, MARGIN, half, 10, most=0.35)
    sheet.write_in(walk.number, MARGIN + half, MARGIN + 10.5, half, points=10, bold=True, align="C")
    y = MARGIN + 20.0
    for stop in walk.stops:
        y = turn(sheet, y, ROW, walk.number)
        _stop(sheet, stop, y)
        y += ROW
    return sheet.finished()


def _stop(sheet: Sheet, stop: Stop, y: float) -> None:
    x, name = float(MARGIN), sheet.right - MARGIN - BIN - CODE - COUNT - SLOT
    sheet.rule(y, grey=160)
    sheet.write_in(stop.bin or "In no bin", x, y + 4, BIN - 2, points=13, bold=True, lines=2)
    if stop.bin and stop.bin.isascii():
        sheet.draw_bars(stop.bin, x + BIN, y + 3, CODE, 11, most=0.33)
    x += BIN + CODE
    end = sheet.write_in(stop.goods.name, x, y + 3, name - 3, points=10, lines=2)
    sheet.write_in(stop.goods.sku, x, end, name - 3, points=9, lines=1)
    sheet.write_in(f"{stop.goods.quantity} ×", x + name, y + 4, COUNT, points=14, bold=True, lines=1)
    sheet.write_in(stop.slot, x + name + COUNT, y + 4, SLOT, points=11, lines=2)
