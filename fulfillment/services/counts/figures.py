"""The figures of a count. What the books say is read behind the stock's lock, when the figure is given.

Nothing may have moved in the bin since the counter began to look there: `seen` is the bin's version of that moment.
Everything here wants the count open in `change()`.
"""

from collections.abc import Iterable, Mapping

from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Bin, Count, CountLine
from fulfillment.services.counts.sheet import Sheet, places_left
from orders.lifecycle import NotAllowed, why_not
from orders.models import Actor, Product


def begin(line: CountLine, version: int, by: Actor) -> None:
    """Begin to count a position: the books are at this version there."""
    _remember(line)
    line.book = line.counted = None
    line.seen, line.by, line.opened_at = version, str(by), timezone.now()
    line.save()


def note(line: CountLine, books: ledger.Shelf, counted: int, by: Actor) -> None:
    """Note the figure of a position beside what the books say, whose stock is locked."""
    _remember(line)
    line.book, line.counted, line.seen, line.by = books.quantity, counted, books.version, str(by)
    line.save()


def is_settled_by_one(count: Count) -> bool:
    """Say whether a figure may be the last: of one position, or of what is counted again."""
    return count.status == Count.Status.RECOUNT or bool(count.bin_id and count.product_id)


def settle(count: Count, lines: Iterable[CountLine], by: Actor) -> None:
    """Let the count be counted; or counted again, where a position differs for the first time."""
    if any(line.is_open for line in lines):
        return
    is_due = any(line.is_due_again for line in lines)
    if is_due and count.status == Count.Status.RECOUNT:
        return
    count.count(str(by), timezone.now())
    if is_due:
        count.recount()


def close(sheet: Sheet, seen: int) -> str:
    """Close the sheet of a count that is open in change(); or say what keeps it from being closed now."""
    count = sheet.count
    if waiting := next((line for line in sheet.lines if line.is_open), None):
        name = waiting.product.name or waiting.product.sku
        return f"{name} is not counted yet: type how many there are."
    if left := places_left(count):
        return f"It is still to be counted in {', '.join(map(str, left))}."
    if count.product and count.bin and not sheet.lines:
        return f"{count.product.name or count.product.sku} is not counted yet: type how many there are."
    if count.product is not None:
        _count_missing(sheet, count.product)
    elif count.bin is not None:
        rest = sheet.lock_rest(count.bin)
        if sum(shelf.version for shelf in rest.values()) != seen:
            return "Something was moved here while you counted: look again at what else is here."
        _count_as_none(sheet, count.bin, rest)
    settle(count, sheet.lines, sheet.by)
    return ""


def how_it_moved(place: Bin, product: Product, seen: int, books: ledger.Shelf) -> str:
    """Say in a sentence what moved since; nothing, if nothing did."""
    if books.version == seen:
        return ""
    units = ledger.moves_since(place, product.pk, seen)
    if not units:
        return "Something was moved here while you counted: count it again."
    verb = "taken from here" if units < 0 else "put here"
    return f"{abs(units)} {'was' if abs(units) == 1 else 'were'} {verb} while you counted: count it again."


def refuse_counted(count: Count) -> None:
    if blockers := why_not(count, "count"):
        raise NotAllowed(blockers)


def _remember(line: CountLine) -> None:
    """Keep how far the figure before was off, where it is counted again."""
    if line.count_of.status == Count.Status.RECOUNT and not line.is_open and line.first is None:
        line.first = line.difference


def _count_as_none(sheet: Sheet, place: Bin, rest: Mapping[int, ledger.Shelf]) -> None:
    """Note of what the books expect in the bin, and nobody saw, that it is not there."""
    seen = {"count_of": sheet.count, "bin": place, "counted": 0, "by": str(sheet.by)}
    sheet.lines += CountLine.objects.bulk_create(
        CountLine(**seen, product_id=product, book=shelf.quantity, seen=shelf.version)
        for product, shelf in sorted(rest.items())
        if shelf.quantity
    )


def _count_missing(sheet: Sheet, product: Product) -> None:
    """Who counted a product everywhere has not found what is missing of it."""
    if sheet.count.bin_id:
        return
    for place in sheet.count.warehouse.bins.filter(kind=Bin.Kind.MISSING):
        books = ledger.lock_shelf(place, [product.pk])[product.pk]
        if books.quantity:
            note(sheet.line_of(place, product), books, 0, sheet.by)
