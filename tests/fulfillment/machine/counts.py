"""Counts of an article in a bin: as the books say and not, again, approved by another, given up, booked."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from fulfillment.models import Bin, Count
from fulfillment.services.counts import (
    approve_count,
    ask_count,
    cancel_count,
    count_again,
    count_position,
    judge_count,
    seen_at,
)
from orders.models import Actor, Product
from tests.fulfillment.machine.base import SHELVES, Floor, any_of, one, people, step
from tests.fulfillment.machine.model import BLOCKED, MISSING

homes = st.sampled_from(("MAIN", "WEST"))
bins = st.sampled_from((*SHELVES, "PUT-BACK", "DOCK", "QUARANTINE"))
skus = st.sampled_from(("MUG-01", "TEA-01", "CUP-01"))
errors = st.sampled_from((-6, -2, -1, 1, 2, 6))


@dataclass(frozen=True)
class Figure:
    """What a count found, and how much the books had been corrected there by then."""

    place: tuple[str, str, str]
    off: int
    corrected: int


def standing(*statuses: str) -> Any:
    return lambda floor: [row[0] for row in floor.books.rows["counts"] if row[1] in statuses]


class Counts(Floor):
    """`figures` are the last ones of each count."""

    def prepare(self, opening: Floor | None) -> None:
        super().prepare(opening)
        self.figures: dict[int, Figure] = dict(opening.figures) if isinstance(opening, Counts) else {}

    @step(home=homes, bin_=bins, sku=skus, by=people)
    def count_what_is_there(self, home: str, bin_: str, sku: str, by: Actor) -> None:
        self._ask(home, bin_, sku, 0, by)

    @step(home=homes, bin_=bins, sku=skus, by=people, error=errors)
    def count_something_else(self, home: str, bin_: str, sku: str, by: Actor, error: int) -> None:
        self._ask(home, bin_, sku, error, by)

    def _ask(self, home: str, bin_: str, sku: str, error: int, by: Actor) -> None:
        place, product = self.places[home, bin_], self.products[sku]
        count = self.do(lambda: ask_count(self.homes[home], bin=place, product=product, by=by))
        if count is not None and count.status in Count.TO_COUNT:
            self._count(count, place, product, error, by)

    @step(when=standing("OPEN", "RECOUNT"), number=any_of, by=people, error=st.sampled_from((0, -6, -1, 1, 6)))
    def count_what_is_asked_for(self, number: int, by: Actor, error: int) -> None:
        count = self._standing(number, "OPEN", "RECOUNT")
        if count.bin and count.product:
            self._count(count, count.bin, count.product, error, by)

    def _count(self, count: Count, place: Bin, product: Product, error: int, by: Actor) -> None:
        key = (*self.names.bins[place.pk], product.sku)
        counted = max(0, self.model.bins[key] + error)
        was_open = count.status == Count.Status.OPEN
        seen = seen_at(place, product)
        self.do(lambda: count_position(count, place, product, counted, seen=seen, by=by))
        self.figures[count.pk] = Figure(key, counted - self.model.bins[key], self.model.corrected[key])
        after = judge_count(Count.objects.get(pk=count.pk))
        if was_open and self.figures[count.pk].off:
            assert after.status == Count.Status.RECOUNT
        else:
            self._booked(after)

    @step(when=standing("COUNTED"), number=any_of, by=people)
    def approve_a_count(self, number: int, by: Actor) -> None:
        count = self._standing(number, "COUNTED")
        after = self.do(lambda: approve_count(count, by=by))
        assert (after is None) == (count.counted_by == str(by))
        if after is not None:
            self._booked(after)

    @step(when=standing("COUNTED", "RECOUNT"), number=any_of, by=people)
    def have_it_counted_again(self, number: int, by: Actor) -> None:
        self.do(lambda: count_again(self._standing(number, "COUNTED", "RECOUNT"), by=by))

    @step(when=standing(*Count.STANDING), number=any_of, by=people)
    def give_a_count_up(self, number: int, by: Actor) -> None:
        self.do(lambda: cancel_count(self._standing(number, *Count.STANDING), by=by))

    def _standing(self, number: int, *statuses: str) -> Count:
        return Count.objects.select_related("bin__warehouse", "product").get(pk=one(standing(*statuses)(self), number))

    def _booked(self, count: Count) -> None:
        """What was counted is in the books, unless a person has to look at it first or the units are gone by now."""
        if count.status == Count.Status.COUNTED:
            return
        figure = self.figures[count.pk]
        home, _, sku = figure.place
        rest = figure.off - (self.model.corrected[figure.place] - figure.corrected)
        rest = rest if rest * figure.off > 0 else 0
        is_gone = self.model.bins[figure.place] + rest < 0
        if not is_gone:
            self._set_back(home, sku, -rest if figure.place[1] not in BLOCKED else 0)
        assert count.status == ("RECOUNT" if is_gone else "APPLIED")
        if not is_gone:
            self._book(figure.place, rest)

    def _set_back(self, home: str, sku: str, lacking: int) -> None:
        """What lacks and is promised waits again: the books chose of which orders."""
        short = max(0, lacking - self.model.free(home, sku))
        for line, stages in self.model.stages.items():
            back = self.look().stages[line]["waiting"] - stages["waiting"]
            if back:
                assert self.model.sku[line] == sku
                self.model.release(line, home, back)
                short -= back
        assert short == 0

    def _book(self, place: tuple[str, str, str], rest: int) -> None:
        home, bin_, sku = place
        found = min(max(0, rest), self.model.bins[home, MISSING, sku])
        self.model.miss(home, bin_, sku, -found)
        self.model.correct(home, bin_, sku, rest - found)
