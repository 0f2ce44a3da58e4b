"""The figures of a count. What the books say is read behind the stock's lock, when the figure is given.

Nothing may have moved in the bin since the counter began to look there: `seen` is the bin's version of that moment.
Everything here wants the count open in `change()`.
"""

from collections.abc import Iterable

from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Bin, BinStock, Count, CountLine
from fulfillment.services.counts.ask import NOT_COUNTED
from orders.lifecycle import NotAllowed, Refused, change, why_not
from orders.models import Actor, Product


class MovedMeanwhile(Refused):
    """Somebody took or brought something while it was counted: what the counter saw is worth nothing."""

    code = "moved_meanwhile"


class NotCounted(Refused):
    """There is something left to count."""

    code = "not_counted"


def open_position(count: Count, place: Bin, product: Product, *, by: Actor) -> CountLine:
    """Begin to count a product in a bin: from now on nothing may move there. Raises NotAllowed."""
    with change(count, by=by) as fresh:
        _refuse_counted(fresh)
        line = _line(fresh, place, product)
        if fresh.status == Count.Status.RECOUNT and not line.is_open and line.first is None:
            line.first = line.difference
        line.book = line.counted = None
        line.seen, line.by, line.opened_at = seen_at(place, product), str(by), timezone.now()
        line.save()
    return line


def count_position(count: Count, place: Bin, product: Product, counted: int, *, seen: int, by: Actor) -> CountLine:
    """Note how many of a product lie in a bin. What the count asked for is then settled, if nothing else is left.

    Raises NotAllowed, MovedMeanwhile.
    """
    with change(count, by=by) as fresh:
        _refuse_counted(fresh)
        books = ledger.lock_shelf(place, [product.pk])[product.pk]
        if moved := how_it_moved(place, product, seen, books):
            raise MovedMeanwhile(moved)
        line = _line(fresh, place, product)
        if fresh.status == Count.Status.RECOUNT and not line.is_open and line.first is None:
            line.first = line.difference
        _note(line, books, counted, by)
        if fresh.status == Count.Status.RECOUNT or (fresh.bin_id and fresh.product_id):
            _settle(fresh, by)
    return line


def close_sheet(count: Count, *, seen: int, by: Actor) -> Count:
    """Say that nothing else is there: what the books expect and nobody saw is counted as none.

    Raises NotAllowed, NotCounted, MovedMeanwhile.
    """
    with change(count, by=by) as fresh:
        _refuse_counted(fresh)
        if complaint := why_not_close(fresh, seen):
            raise complaint
        if fresh.product is not None:
            _count_missing(fresh, fresh.product, by)
        elif fresh.bin is not None:
            _count_rest_as_none(fresh, fresh.bin, by)
        _settle(fresh, by)
    return fresh


def why_not_close(count: Count, seen: int) -> Refused | None:
    """Return what keeps the sheet from being closed now. What the books expect beside it is then locked."""
    if waiting := count.lines.filter(counted=None).select_related("product").first():
        name = waiting.product.name or waiting.product.sku
        return NotCounted(f"{name} is not counted yet: type how many there are.")
    if left := places_left(count):
        return NotCounted(f"It is still to be counted in {', '.join(map(str, left))}.")
    if count.product and count.bin and not count.lines.exists():
        return NotCounted(f"{count.product.name or count.product.sku} is not counted yet: type how many there are.")
    if count.bin is None or count.product_id:
        return None
    _lock_rest(count, count.bin)
    if seen_at(count.bin, without=_counted(count)) != seen:
        return MovedMeanwhile("Something was moved here while you counted: look again at what else is here.")
    return None


def places_left(count: Count) -> list[Bin]:
    """Return the bins that a count of a product still has to visit, in walking order."""
    if count.bin_id or not count.product_id:
        return []
    rows = BinStock.objects.filter(product=count.product_id, bin__warehouse=count.warehouse_id, quantity__gt=0)
    done = count.lines.filter(counted__isnull=False).values("bin")
    rows = rows.exclude(bin__kind__in=NOT_COUNTED).exclude(bin__in=done).select_related("bin")
    return sorted({row.bin for row in rows}, key=lambda place: place.on_the_way)


def seen_at(place: Bin, product: Product | None = None, *, without: Iterable[int] = ()) -> int:
    """Return the version of a product in a bin; or of the whole bin, without some products."""
    if product is not None:
        return ledger.shelf_of(place, [product.pk]).get(product.pk, ledger.Shelf()).version
    skipped = set(without)
    return sum(each.version for pk, each in ledger.shelf_of(place).items() if pk not in skipped)


def how_it_moved(place: Bin, product: Product, seen: int, books: ledger.Shelf) -> str:
    """Say in a sentence what moved since; nothing, if nothing did."""
    if books.version == seen:
        return ""
    units = ledger.moves_since(place, product.pk, seen)
    if not units:
        return "Something was moved here while you counted: count it again."
    verb = "taken from here" if units < 0 else "put here"
    return f"{abs(units)} {'was' if abs(units) == 1 else 'were'} {verb} while you counted: count it again."


def _line(count: Count, place: Bin, product: Product) -> CountLine:
    line = CountLine.objects.filter(count_of=count, bin=place, product=product).select_related("bin").first()
    return line or CountLine(count_of=count, bin=place, product=product)


def _note(line: CountLine, books: ledger.Shelf, counted: int, by: Actor) -> None:
    line.book, line.counted, line.seen, line.by = books.quantity, counted, books.version, str(by)
    line.save()


def _refuse_counted(count: Count) -> None:
    if blockers := why_not(count, "count"):
        raise NotAllowed(blockers)


def _counted(count: Count) -> set[int]:
    return set(count.lines.values_list("product", flat=True))


def _lock_rest(count: Count, place: Bin) -> dict[int, ledger.Shelf]:
    """Lock and return what the books expect in the bin beside what was counted."""
    counted = _counted(count)
    return ledger.lock_shelf(place, [product for product in ledger.shelf_of(place) if product not in counted])


def _count_rest_as_none(count: Count, place: Bin, by: Actor) -> None:
    CountLine.objects.bulk_create(
        CountLine(
            count_of=count,
            bin=place,
            product_id=product,
            book=shelf.quantity,
            counted=0,
            seen=shelf.version,
            by=str(by),
        )
        for product, shelf in sorted(_lock_rest(count, place).items())
        if shelf.quantity
    )


def _count_missing(count: Count, product: Product, by: Actor) -> None:
    """Who counted a product everywhere has not found what is missing of it."""
    if count.bin_id:
        return
    for place in count.warehouse.bins.filter(kind=Bin.Kind.MISSING):
        books = ledger.lock_shelf(place, [product.pk])[product.pk]
        if books.quantity:
            line = _line(count, place, product)
            _note(line, books, 0, by)


def _settle(count: Count, by: Actor) -> None:
    """Let the count be counted; or counted again, where a position differs for the first time."""
    lines = list(count.lines.select_related("bin"))
    if any(line.is_open for line in lines):
        return
    is_due = any(line.is_due_again for line in lines)
    if is_due and count.status == Count.Status.RECOUNT:
        return
    count.count(str(by), timezone.now())
    if is_due:
        count.recount()
