"""The packing slip: what is in the box, for whoever opens it. A4, or A5 where paper is dear."""

from fulfillment.documents.facts import Address, Goods, Slip
from fulfillment.documents.sheet import A4, A5, Sheet

SIZES = {"A4": A4, "A5": A5}


def draw(slip: Slip, size: str = "A4") -> bytes:
    """Return the slip as a PDF of as many pages as it takes."""
    sheet = Sheet(SIZES[size], margin=15 if size == "A4" else 11, title=f"Packing slip {slip.shipment}")
    y = _head(sheet, slip)
    for box in slip.boxes:
        title = f"Parcel {box.place} of {box.of} · {box.number}" if box.number else "In this delivery"
        y = _list(sheet, title, box.goods, y, slip.shipment)
    if slip.to_follow:
        _list(sheet, "To follow", slip.to_follow, y, slip.shipment)
    return sheet.finished()


def _head(sheet: Sheet, slip: Slip) -> float:
    left, half = sheet.l_margin, (sheet.right - sheet.l_margin) / 2
    y = sheet.write_in(slip.shop, left, sheet.t_margin, half, points=15, bold=True, lines=2)
    sheet.draw_bars(slip.shipment, left + half, sheet.t_margin, half, 10, most=0.35)
    sheet.write_in(slip.shipment, left + half, sheet.t_margin + 10.5, half, points=9, align="C")
    y = max(y, sheet.t_margin + 16) + 4
    facts = f"Order {slip.order} · {slip.placed.day} {slip.placed:%B %Y}"
    y = sheet.write_in("Packing slip", left, y, half * 2, points=13, bold=True)
    y = sheet.write_in(facts, left, y, half * 2, points=10) + 4
    ends = [
        _address(sheet, "For", slip.to, left, y, half - 4),
        _address(sheet, "From", slip.sender, left + half, y, half),
    ]
    return max(ends) + 6


def _address(sheet: Sheet, title: str, address: Address, x: float, y: float, width: float) -> float:
    y = sheet.write_in(title, x, y, width, points=8)
    y = sheet.write_in(address.name, x, y, width, points=11, bold=True, lines=3)
    for line in address.lines:
        y = sheet.write_in(line, x, y, width, points=10, lines=3)
    return y


def _list(sheet: Sheet, title: str, goods: tuple[Goods, ...], y: float, number: str) -> float:
    """List articles under a title, over as many pages as they take; return where the list ends."""
    left = sheet.l_margin
    count, code = 14, 38
    name = sheet.right - left - count - code
    y = turn(sheet, y, 20, number)
    y = sheet.write_in(title, left, y, sheet.right - left, points=11, bold=True) + 1
    sheet.rule(y)
    y += 1.5
    for each in goods:
        y = turn(sheet, y, 12, number)
        sheet.write_in(f"{each.quantity} ×", left, y, count, points=10, bold=True)
        ends = [
            sheet.write_in(each.name, left + count, y, name - 3, points=10, lines=2),
            sheet.write_in(each.sku, left + count + name, y, code, points=9, lines=2),
        ]
        y = max(ends) + 1
        sheet.rule(y, grey=200)
        y += 1.5
    return y + 4


def turn(sheet: Sheet, y: float, needed: float, number: str) -> float:
    """Return where to go on: here, or on top of a new page, which says what it belongs to."""
    if y + needed <= sheet.bottom:
        return y
    sheet.add_page()
    says = f"{number} · page {sheet.page_no()}"
    return sheet.write_in(says, sheet.l_margin, sheet.t_margin, sheet.right - sheet.l_margin, points=9) + 4
