"""Counts of a whole bin, and of an article wherever it lies, by scan: somebody may move something in between."""

from hypothesis import strategies as st

from fulfillment.models import Count, CountLine, Scan
from fulfillment.services import finish_sheet, scan_to_count
from fulfillment.services.counts import ask_count, seen_at
from fulfillment.services.scanned import Act
from orders.models import Actor
from tests.fulfillment.machine.base import SHELVES, any_of, one, people, step
from tests.fulfillment.machine.counts import Counts, errors, homes, skus, standing
from tests.fulfillment.machine.model import MISSING, STAGE

shelves = st.sampled_from(SHELVES)
to_count = standing(*Count.TO_COUNT)


class Sheets(Counts):
    """Between the scan of an article and its figure nothing may have moved there."""

    def _sheets(self) -> list[int]:
        counts = self.books.rows["counts"]
        return [row[0] for row in counts if row[1] in Count.TO_COUNT and None in row[3:]]

    def _open_positions(self) -> list[int]:
        mine = to_count(self)
        return [row[0] for row in self.books.rows["counted"] if row[1] in mine and row[5] is None]

    @step(home=homes, what=st.sampled_from((*SHELVES, "MUG-01", "TEA-01", "CUP-01")), by=people)
    def ask_for_a_sheet(self, home: str, what: str, by: Actor) -> None:
        place, product = self.places.get((home, what)), self.products.get(what)
        self.do(lambda: ask_count(self.homes[home], bin=place, product=product, by=by))

    @step(when=to_count, number=any_of, bin_=shelves, sku=skus, by=people)
    def begin_to_count(self, number: int, bin_: str, sku: str, by: Actor) -> None:
        count = self._standing(number, *Count.TO_COUNT)
        place = count.bin or self.places[self.names.homes[count.warehouse_id], bin_]
        scan = self._scan(count, by, place.code)
        if count.product is None:
            scan = self._scan(count, by, sku)
        assert scan.is_done, scan.sentence
        named = (*self.names.bins[place.pk], count.product.sku if count.product else sku)
        self.figures.get(count.pk, {}).pop(named, None)

    @step(when=_open_positions, number=any_of, error=errors, twice=st.booleans())
    def say_how_many_there_are(self, number: int, error: int, twice: bool) -> None:
        line = CountLine.objects.select_related("count_of__bin", "count_of__product", "bin", "product").get(
            pk=one(self._open_positions(), number)
        )
        count, by = line.count_of, Actor.parse(line.by)
        place = (*self.names.bins[line.bin_id], line.product.sku)
        counted = max(0, self.model.bins[place] + error)
        may = seen_at(line.bin, line.product) == line.seen
        act = Act(self.act(by).operation, by, count=counted, line=line.pk)
        scan, _ = scan_to_count(count, act)
        assert scan.is_done == may, scan.sentence
        if may:
            self._note(count, place, counted)
            self._judged(count)
        if twice:
            assert scan_to_count(count, act) == (scan, None)

    @step(when=_sheets, number=any_of, by=people)
    def say_that_nothing_else_is_there(self, number: int, by: Actor) -> None:
        count = Count.objects.select_related("bin", "product").get(pk=one(self._sheets(), number))
        if count.bin:
            self._scan(count, by, count.bin.code)
        lines = [row for row in self.books.rows["counted"] if row[1] == count.pk]
        done = {(*self.names.bins[row[2]], self.names.skus[row[3]]) for row in lines}
        seen = seen_at(count.bin, without={row[3] for row in lines}) if count.bin else 0
        scan, _ = finish_sheet(count, self.act(by), seen)
        lacks = any(row[5] is None for row in lines) or bool(count.product and self._places_left(count, done))
        assert scan.is_done != lacks, scan.sentence
        if not lacks:
            for place in self._rest(count, done):
                self._note(count, place, 0)
            self._judged(count)

    def _places_left(self, count: Count, done: set[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
        return [place for place in self._lying_of(count) if place[1] not in {STAGE, MISSING} and place not in done]

    def _rest(self, count: Count, done: set[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
        """What nobody saw: the other articles of the bin; or what is missing of the article."""
        there = self._lying_of(count)
        return [place for place in there if (place[1] == MISSING if count.product else place not in done)]

    def _lying_of(self, count: Count) -> list[tuple[str, str, str]]:
        home, place = self.names.homes[count.warehouse_id], count.bin and self.names.bins[count.bin.pk][1]
        sku = count.product and count.product.sku
        return [
            key
            for key in sorted(self.books.bins)
            if key[0] == home and place in {None, key[1]} and sku in {None, key[2]}
        ]

    def _scan(self, count: Count, by: Actor, text: str) -> Scan:
        return scan_to_count(count, self.act(by, text))[0]
