"""Counts of an article in a bin: as the books say and not, again, approved by another, given up, booked."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from fulfillment.models import Bin, Count
from fulfillment.services import scan_to_count
from fulfillment.services.counts import (
    approve_count,
    ask_count,
    cancel_count,
    count_again,
)
from orders.models import Actor, Product
from tests.fulfillment.machine.base import SHELVES, Floor, any_of, one, people, step
from tests.fulfillment.machine.model import BLOCKED, MISSING, RETURNS

Place = tuple[str, str, str]
homes = st.sampled_from(("MAIN", "WEST"))
bins = st.sampled_from((*SHELVES, "PUT-BACK", "DOCK", RETURNS, "QUARANTINE"))
skus = st.sampled_from(("MUG-01", "TEA-01", "CUP-01"))
errors = st.sampled_from((0, 0, 0, -6, -2, -1, 1, 2, 6))
TOLERATED = 1


@dataclass(frozen=True)
class Figure:
    """How far a count was off somewhere, and how much the books had been corrected there by then."""

    off: int
    corrected: int


def standing(*statuses: str) -> Any:
    return lambda floor: [row[0] for row in floor.books.rows["counts"] if row[1] in statuses]


class Counts(Floor):
    """`figures` are the last ones of each count, by position."""

    def prepare(self, opening: Floor | None) -> None:
        super().prepare(opening)
        known = opening.figures if isinstance(opening, Counts) else {}
        self.figures: dict[int, dict[Place, Figure]] = {count: dict(each) for count, each in known.items()}

    @step(home=homes, bin_=bins, sku=skus, by=people, error=errors)
    def count_a_position(self, home: str, bin_: str, sku: str, by: Actor, error: int) -> None:
        place, product = self.places[home, bin_], self.products[sku]
        count = self.do(lambda: ask_count(self.homes[home], bin=place, product=product, by=by))
        if count is not None and count.status in Count.TO_COUNT:
            self._count(count, place, product, error, by)

    @step(when=standing("OPEN", "RECOUNT"), number=any_of, by=people, error=errors)
    def count_what_is_asked_for(self, number: int, by: Actor, error: int) -> None:
        count = self._standing(number, "OPEN", "RECOUNT")
        if count.bin and count.product:
            self._count(count, count.bin, count.product, error, by)

    def _count(self, count: Count, place: Bin, product: Product, error: int, by: Actor) -> None:
        key = (*self.names.bins[place.pk], product.sku)
        counted = max(0, self.model.bins[key] + error)
        for text in (place.code, product.sku):
            assert scan_to_count(count, self.act(by, text))[0].is_done
        self._note(count, key, counted)
        assert scan_to_count(count, self.act(by, str(counted)))[0].quantity == counted
        self._judged(count)

    def _note(self, count: Count, place: Place, counted: int) -> None:
        off = counted - self.model.bins[place]
        self.figures.setdefault(count.pk, {})[place] = Figure(off, self.model.corrected[place])

    def _judged(self, count: Count) -> None:
        """A figure was given: what differs is counted again, by little it is booked, by more a person looks at it."""
        status = Count.objects.get(pk=count.pk).status
        off = [abs(figure.off) for figure in self.figures.get(count.pk, {}).values()]
        if status == Count.Status.OPEN:
            assert not (count.bin and count.product)
        elif status == Count.Status.APPLIED:
            assert max(off, default=0) <= TOLERATED
            self._booked(count)
        else:
            assert max(off) > (TOLERATED if status == Count.Status.COUNTED else 0)

    @step(when=standing("COUNTED"), number=any_of, by=people)
    def approve_a_count(self, number: int, by: Actor) -> None:
        count = self._standing(number, "COUNTED")
        after = self.do(lambda: approve_count(count, by=by))
        assert (after is None) == (count.counted_by == str(by))
        if after is not None and not self._is_gone(count):
            assert after.status == Count.Status.APPLIED
            self._booked(count)
        elif after is not None:
            assert after.status == Count.Status.RECOUNT

    @step(when=standing("COUNTED", "RECOUNT"), number=any_of, by=people)
    def have_it_counted_again(self, number: int, by: Actor) -> None:
        """One that waits for approval, if any does."""
        statuses = ("COUNTED",) if standing("COUNTED")(self) else ("RECOUNT",)
        self.do(lambda: count_again(self._standing(number, *statuses), by=by))

    @step(when=standing(*Count.STANDING), number=any_of, by=people)
    def give_a_count_up(self, number: int, by: Actor) -> None:
        self.do(lambda: cancel_count(self._standing(number, *Count.STANDING), by=by))

    def _standing(self, number: int, *statuses: str) -> Count:
        return Count.objects.select_related("bin__warehouse", "product").get(pk=one(standing(*statuses)(self), number))

    def _rests(self, count: Count) -> dict[Place, int]:
        """What of the figures is still to be booked: the rest was corrected since."""
        rests = {}
        for place, figure in self.figures.get(count.pk, {}).items():
            rest = figure.off - (self.model.corrected[place] - figure.corrected)
            rests[place] = rest if rest * figure.off > 0 else 0
        return rests

    def _is_gone(self, count: Count) -> bool:
        rests = self._rests(count).items()
        return any(place[1] != MISSING and self.model.bins[place] + rest < 0 for place, rest in rests)

    def _booked(self, count: Count) -> None:
        rests = self._rests(count)
        assert not self._is_gone(count)
        for home, sku in sorted({(home, sku) for home, _, sku in rests}):
            here = (rest for (_, bin_, what), rest in rests.items() if what == sku and bin_ not in BLOCKED)
            self._set_back(home, sku, -sum(here))
        for place, rest in sorted(rests.items(), key=lambda each: -each[1]):
            self._book(place, rest)

    def _set_back(self, home: str, sku: str, lacking: int) -> None:
        """What lacks and is promised waits again: the books chose of which orders."""
        short = max(0, lacking - self.model.free(home, sku))
        for line, stages in self.model.stages.items():
            if self.model.sku[line] == sku and (back := self.look().stages[line]["waiting"] - stages["waiting"]):
                self.model.release(line, home, back)
                short -= back
        assert short == 0

    def _book(self, place: Place, rest: int) -> None:
        """What was found is no longer missing; what nobody found anywhere is missing no longer either."""
        home, bin_, sku = place
        missing = self.model.bins[home, MISSING, sku]
        if bin_ == MISSING:
            self.model.correct(home, bin_, sku, max(rest, -missing))
            return
        found = min(max(0, rest), missing)
        self.model.miss(home, bin_, sku, -found)
        self.model.correct(home, bin_, sku, rest - found)
