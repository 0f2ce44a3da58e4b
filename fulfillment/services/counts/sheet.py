"""The sheet of a count as one person has it: where they are, what is counted, and what the books say there.

It is read in few statements, and shown as the scan left it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Q, Subquery

from fulfillment import ledger
from fulfillment.models import Bin, BinStock, Count, CountLine, Scan
from fulfillment.services.counts.ask import NOT_COUNTED
from fulfillment.services.scanned import spellings
from orders.models import Actor, Product


@dataclass
class Sheet:
    """A count, its positions, and where the person with it is. `scanned` is the bin that a text names."""

    count: Count
    by: Actor
    lines: list[CountLine]
    place: Bin | None = None
    scanned: Bin | None = None
    _shelf: dict[int, ledger.Shelf] | None = None

    def go_to(self, place: Bin) -> None:
        self.place, self._shelf = place, None

    @property
    def shelf(self) -> dict[int, ledger.Shelf]:
        """What the books say lies here: of the article that is counted, or of all."""
        if self._shelf is None:
            self._shelf = ledger.shelf_of(self.place, self._counted) if self.place else {}
        return self._shelf

    def version_of(self, product_id: int) -> int:
        return self.shelf.get(product_id, ledger.Shelf()).version

    def lock(self, place: Bin, product: Product) -> ledger.Shelf:
        """Lock the stock of a product, and say what lies here of it; whatever else lies here is read with it."""
        found = ledger.lock_shelf(place, [product.pk], is_whole=self.count.product_id is None)
        if place == self.place:
            self._shelf = found
        return found[product.pk]

    def lock_rest(self, place: Bin) -> dict[int, ledger.Shelf]:
        """Lock and return what the books expect in the bin beside what was counted."""
        counted = {line.product_id for line in self.lines}
        rest = BinStock.objects.filter(bin=place).exclude(product__in=counted)
        found = ledger.lock_shelf(place, rest.values("product"), is_whole=True)
        return {product: shelf for product, shelf in found.items() if product not in counted}

    @property
    def seen(self) -> int:
        """Return the version of what else lies here, beside what was counted."""
        counted = {line.product_id for line in self.lines}
        return sum(shelf.version for product, shelf in self.shelf.items() if product not in counted)

    def line_of(self, place: Bin, product: Product) -> CountLine:
        """Return the position of a product in a bin; a new one, not saved yet, where it was not counted."""
        for line in self.lines:
            if (line.bin_id, line.product_id) == (place.pk, product.pk):
                return line
        fresh = CountLine(count_of=self.count, bin=place, product=product)
        self.lines.append(fresh)
        return fresh

    @property
    def open_line(self) -> CountLine | None:
        """Return the position of which this person is asked how many there are."""
        mine = [line for line in self.lines if line.is_open and line.by == str(self.by) and line.bin == self.place]
        return max(mine, key=lambda line: (line.opened_at, line.pk), default=None)

    @property
    def due_again(self) -> list[CountLine]:
        """Return what is to be counted again, anywhere."""
        is_again = self.count.status == Count.Status.RECOUNT
        return [line for line in self.lines if is_again and (line.is_due_again or line.is_open)]

    @property
    def given(self) -> list[CountLine]:
        """Return what is counted, and not to be counted again."""
        again = self.due_again
        return [line for line in self.lines if not line.is_open and line not in again]

    def where_next(self) -> list[Bin]:
        """Return the bins where something is to be counted, in walking order."""
        if self.count.status == Count.Status.RECOUNT:
            return sorted({line.bin for line in self.due_again}, key=lambda place: place.on_the_way)
        return [self.count.bin] if self.count.bin else places_left(self.count)

    @property
    def _counted(self) -> list[int] | None:
        return [self.count.product_id] if self.count.product_id else None


def read_sheet(count: Count, by: Actor, text: str = "") -> Sheet:
    """Read the sheet; `text` may name a bin."""
    mine = Scan.objects.filter(by=str(by), step=Scan.Step.COUNT, bin__warehouse=count.warehouse_id).order_by("-pk")
    places = Bin.objects.filter(warehouse=count.warehouse_id).annotate(last=Subquery(mine.values("bin")[:1]))
    found = list(places.filter(Q(code__in=spellings(text)) | Q(pk=F("last"))))
    last = next((place for place in found if place.pk == place.last), None)
    scanned = next((place for place in found if text and place.code in spellings(text)), None)
    is_at = last is not None and count.bin_id in {None, last.pk}
    return Sheet(count, by, read_lines(count), last if is_at else None, scanned)


def read_lines(count: Count) -> list[CountLine]:
    return list(count.lines.select_related("product", "bin"))


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
