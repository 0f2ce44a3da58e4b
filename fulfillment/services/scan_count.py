"""Counting by scan: the bin, then each article with its units; "nothing else is here" closes it. Nobody sees the books.

Between the scan of an article and its figure nothing may move in the bin: else the figure is refused, and not kept.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import QuerySet

from fulfillment.models import Bin, Count, CountLine, Scan
from fulfillment.services.counts import apply_count
from fulfillment.services.counts.approve import judge
from fulfillment.services.counts.ask import NOT_COUNTED
from fulfillment.services.counts.figures import (
    begin,
    close,
    how_it_moved,
    is_settled_by_one,
    note,
    refuse_counted,
    settle,
)
from fulfillment.services.counts.sheet import Sheet, read_lines, read_sheet
from fulfillment.services.scanned import Act, Result, Verdict, is_same, keep, number_in, once, spellings, wrong
from orders.lifecycle import change
from orders.models import Product

AGAIN = "Count it again, please."
THANKS = "All is counted, thank you."
Counted = Count | QuerySet[Count]
"""A count; or the one of which only the number is known, and where it has to be."""


def scan_to_count(count: Counted, act: Act, seen: int | None = None) -> tuple[Scan, Sheet | None]:
    """Take a scan or a figure; return what came of it, and the sheet after it. `seen` comes with a button.

    Repeated, it answers as before, and does not look at the sheet. Raises NotAllowed, NotHere.
    """
    return _at_sheet(_Turn(count, act, lambda sheet: _judge(sheet, act, seen)))


def finish_sheet(count: Counted, act: Act, seen: int) -> tuple[Scan, Sheet | None]:
    """Say that nothing else is there; else as above."""
    return _at_sheet(_Turn(count, act, lambda sheet: _close(sheet, seen)))


def _at_sheet(turn: "_Turn") -> tuple[Scan, Sheet | None]:
    scan, is_new = once(turn.act, Scan.Step.COUNT, turn.take)
    sheet = turn.sheet if is_new else None
    if sheet and sheet.count.status == Count.Status.APPROVED:
        sheet.count = apply_count(sheet.count)
    return scan, sheet


@dataclass
class _Turn:
    """One act at the sheet of a count that is still to be counted; with the last of them the count is judged."""

    count: Counted
    act: Act
    do: Callable[[Sheet], Verdict]
    sheet: Sheet | None = None

    def take(self) -> Scan:
        with change(self.count, by=self.act.by) as fresh:
            refuse_counted(fresh)
            self.sheet = sheet = read_sheet(fresh, self.act.by, self.act.text)
            verdict = self.do(sheet)
            if fresh.status == Count.Status.COUNTED:
                judge(fresh, sheet.lines)
            return keep(self.act, verdict, Scan.Step.COUNT)


def _judge(sheet: Sheet, act: Act, seen: int | None) -> Verdict:
    count, here = sheet.count, sheet.place
    asked = next((line for line in sheet.lines if line.pk == act.line), None)
    if asked and act.count is not None:
        return _figure(sheet, asked, act.count, asked.seen if seen is None else seen)
    if sheet.scanned:
        return _at(sheet, sheet.scanned)
    if here is None:
        return wrong(act.text, f"Go to {_going(sheet)} and scan the bin.", count.warehouse)
    product = Product.objects.filter(sku__in=spellings(act.text)).first()
    number, line = number_in(act.text), sheet.open_line
    if number is not None and product is None:
        return _figure(sheet, line, number, line.seen) if line else _no_article(here)
    if product is None or (count.product and product != count.product):
        return wrong(act.text, f"Count {_name(count.product) if count.product else 'what lies here'}.", count.warehouse)
    return _opened(sheet, here, product)


def _at(sheet: Sheet, place: Bin) -> Verdict:
    count = sheet.count
    if count.bin and not is_same(place.code, count.bin.code):
        return Verdict(Result.WRONG_BIN, f"This is {place}. Go to {count.bin}.")
    if place.kind in NOT_COUNTED:
        return Verdict(Result.WRONG_BIN, NOT_COUNTED[Bin.Kind(place.kind)].format(place))
    sheet.go_to(place)
    if count.product:
        return _opened(sheet, place, count.product)
    return Verdict(Result.RIGHT, f"{place} is right. Scan an article.", bin=place)


def _opened(sheet: Sheet, place: Bin, product: Product) -> Verdict:
    begin(sheet.line_of(place, product), sheet.version_of(product.pk), sheet.by)
    return Verdict(Result.RIGHT, f"{_name(product)} in {place}: type how many.", bin=place)


def _no_article(place: Bin) -> Verdict:
    return Verdict(Result.INCOMPLETE, "Scan the article first, then type how many there are.", bin=place)


def _figure(sheet: Sheet, line: CountLine, number: int, seen: int) -> Verdict:
    """Note the figure; or say what moved, and ask for it anew."""
    count, place, product = sheet.count, line.bin, line.product
    if place != sheet.place:
        sheet.go_to(place)
    books = sheet.lock(place, product)
    if moved := how_it_moved(place, product, seen, books):
        if line.is_open:
            begin(line, books.version, sheet.by)
        return Verdict(Result.WRONG_QUANTITY, moved, bin=place)
    note(line, books, number, sheet.by)
    if is_settled_by_one(count):
        settle(count, sheet.lines, sheet.by)
    said = THANKS if count.status == Count.Status.COUNTED else ""
    if count.status == Count.Status.RECOUNT and line.is_due_again:
        said = AGAIN
    return Verdict(Result.RIGHT, f"{number} × {_name(product)}. {said}".strip(), number, bin=place)


def _close(sheet: Sheet, seen: int) -> Verdict:
    count, here = sheet.count, sheet.place
    if count.bin and here is None:
        return Verdict(Result.INCOMPLETE, f"Go to {count.bin} and scan the bin.")
    if complaint := close(sheet, seen):
        return Verdict(Result.INCOMPLETE, complaint, bin=here)
    said = THANKS if count.status == Count.Status.COUNTED else f"Something differs. {AGAIN}"
    if count.status == Count.Status.RECOUNT:
        sheet.lines = read_lines(count)  # with what nobody saw
    return Verdict(Result.RIGHT, said, bin=here)


def _going(sheet: Sheet) -> str:
    return " or ".join(map(str, sheet.where_next()[:3])) or "the place"


def _name(product: Product) -> str:
    return product.name or product.sku
