"""Counting by scan: the bin, then each article with its units; "nothing else is here" closes it. Nobody sees the books.

Between the scan of an article and its figure nothing may move in the bin: else the figure is refused, and not kept.
"""

from collections.abc import Callable

from fulfillment import ledger
from fulfillment.models import Bin, Count, CountLine, Scan
from fulfillment.services.counts import close_sheet, count_position, judge_count, open_position
from fulfillment.services.counts.ask import NOT_COUNTED
from fulfillment.services.counts.figures import how_it_moved, places_left, why_not_close
from fulfillment.services.scanned import Act, Result, Verdict, is_same, keep, once, typed_number, wrong
from orders.lifecycle import NotAllowed, change, why_not
from orders.models import Actor, Product

AGAIN = "Count it again, please."
THANKS = "All is counted, thank you."


def scan_to_count(count: Count, act: Act, seen: int | None = None) -> Scan:
    """Take a scan or a figure; repeated, it answers as before. `seen` comes with a button. Raises NotAllowed."""
    return _at_sheet(count, act, lambda fresh: _judge(fresh, act, seen))


def finish_sheet(count: Count, act: Act, seen: int) -> Scan:
    """Say that nothing else is there; repeated, it answers as before. Raises NotAllowed."""
    return _at_sheet(count, act, lambda fresh: _close(fresh, act, seen))


def _at_sheet(count: Count, act: Act, do: Callable[[Count], Verdict]) -> Scan:
    """Do something at the sheet of a count that is still to be counted, once; then judge the count."""

    def locked() -> Scan:
        with change(count, by=act.by) as fresh:
            if blockers := why_not(fresh, "count"):
                raise NotAllowed(blockers)
            return keep(act, do(fresh), Scan.Step.COUNT)

    scan = once(act, Scan.Step.COUNT, locked)[0]
    judge_count(count)
    return scan


def bin_of(count: Count, by: Actor) -> Bin | None:
    """Return the bin that this person scanned last, if the count has to do with it."""
    mine = Scan.objects.filter(by=str(by), step=Scan.Step.COUNT, bin__warehouse=count.warehouse_id)
    last = mine.select_related("bin__warehouse").order_by("-pk").first()
    place = last.bin if last else None
    return place if place and count.bin_id in {None, place.pk} else None


def open_line(count: Count, place: Bin | None, by: Actor) -> CountLine | None:
    """Return the position of which this person is asked how many there are."""
    mine = count.lines.filter(bin=place, by=str(by), counted=None).select_related("product", "bin__warehouse")
    return mine.order_by("-opened_at", "-pk").first()


def due_again(count: Count, place: Bin | None) -> list[CountLine]:
    """Return what is to be counted again: in this bin, or anywhere where none is named."""
    if count.status != Count.Status.RECOUNT:
        return []
    lines = [line for line in count.lines.select_related("product", "bin") if line.is_due_again or line.is_open]
    return [line for line in lines if place is None or line.bin_id == place.pk]


def where_next(count: Count) -> list[Bin]:
    """Return the bins where something is to be counted, in walking order."""
    if count.status == Count.Status.RECOUNT:
        return sorted({line.bin for line in due_again(count, None)}, key=lambda place: place.on_the_way)
    return [count.bin] if count.bin else places_left(count)


def _judge(count: Count, act: Act, seen: int | None) -> Verdict:
    if act.count is not None and (line := count.lines.filter(pk=act.line or 0).first()):
        return _figure(count, line, act.count, line.seen if seen is None else seen, act.by)
    if place := Bin.objects.filter(warehouse=count.warehouse_id, code__in={act.text, act.text.upper()}).first():
        return _at(count, place, act.by)
    here = bin_of(count, act.by)
    if here is None:
        return wrong(act.text, f"Go to {_going(count)} and scan the bin.", count.warehouse)
    number = typed_number(act.text)
    if number is not None:
        line = open_line(count, here, act.by)
        return _figure(count, line, number, line.seen, act.by) if line else _no_article(here)
    product = Product.objects.filter(sku__in={act.text, act.text.upper()}).first()
    if product is None or (count.product and product != count.product):
        return wrong(act.text, f"Count {_name(count.product) if count.product else 'what lies here'}.", count.warehouse)
    return _opened(count, here, product, act.by)


def _at(count: Count, place: Bin, by: Actor) -> Verdict:
    if count.bin and not is_same(place.code, count.bin.code):
        return Verdict(Result.WRONG_BIN, f"This is {place}. Go to {count.bin}.")
    if place.kind in NOT_COUNTED:
        return Verdict(Result.WRONG_BIN, NOT_COUNTED[Bin.Kind(place.kind)].format(place))
    if count.product:
        return _opened(count, place, count.product, by)
    return Verdict(Result.RIGHT, f"{place} is right. Scan an article.", bin=place)


def _opened(count: Count, place: Bin, product: Product, by: Actor) -> Verdict:
    open_position(count, place, product, by=by)
    return Verdict(Result.RIGHT, f"{_name(product)} in {place}: type how many.", bin=place)


def _no_article(place: Bin) -> Verdict:
    return Verdict(Result.INCOMPLETE, "Scan the article first, then type how many there are.", bin=place)


def _figure(count: Count, line: CountLine, number: int, seen: int, by: Actor) -> Verdict:
    """Note the figure; or say what moved, and ask for it anew."""
    place, product = line.bin, line.product
    books = ledger.lock_shelf(place, [product.pk])[product.pk]
    if moved := how_it_moved(place, product, seen, books):
        if line.is_open:
            open_position(count, place, product, by=by)
        return Verdict(Result.WRONG_QUANTITY, moved, bin=place)
    noted = count_position(count, place, product, number, seen=seen, by=by)
    said = THANKS if count.status == Count.Status.COUNTED else ""
    if count.status == Count.Status.RECOUNT and noted.is_due_again:
        said = AGAIN
    return Verdict(Result.RIGHT, f"{number} × {_name(product)}. {said}".strip(), number, bin=place)


def _close(count: Count, act: Act, seen: int) -> Verdict:
    here = bin_of(count, act.by)
    if count.bin and here is None:
        return Verdict(Result.INCOMPLETE, f"Go to {count.bin} and scan the bin.")
    if complaint := why_not_close(count, seen):
        return Verdict(Result.INCOMPLETE, str(complaint), bin=here)
    close_sheet(count, seen=seen, by=act.by)
    said = THANKS if count.status == Count.Status.COUNTED else f"Something differs. {AGAIN}"
    return Verdict(Result.RIGHT, said, bin=here)


def _going(count: Count) -> str:
    return " or ".join(map(str, where_next(count)[:3])) or "the place"


def _name(product: Product) -> str:
    return product.name or product.sku
