"""Loading the van: parcels are seen into a van, taken out again, and the van leaves with its list."""

from hypothesis import strategies as st

from fulfillment.models import Scan
from fulfillment.services import close_manifest, load_all, scan_to_load, unload
from orders.models import Actor
from tests.fulfillment.machine.base import Floor, any_of, one, people, step
from tests.fulfillment.machine.books import Box

carriers = st.sampled_from(("", "", "", "dhl", "gls"))


class Vans(Floor):
    """What is in the van and on no list stays `loaded`; what is on one is gone with it."""

    def _boxes(self) -> list[Box]:
        return self.books.boxes

    def _loaded(self) -> list[Box]:
        return [box for box in self.books.boxes if box.is_loaded and box.manifest is None]

    @step(when=_boxes, number=any_of, carrier=carriers, by=people, twice=st.booleans())
    def load_a_parcel(self, number: int, carrier: str, by: Actor, twice: bool) -> None:
        """Into the van of its carrier, one that may go along if any may; or any into some van."""
        may = [box for box in self.books.boxes if self._waits(box) and not box.is_loaded]
        box = one((not carrier and may) or self.books.boxes, number)
        van, act, home = carrier or box.carrier, self.act(by, box.number), self.homes[box.home]
        scan = scan_to_load(home, van, act)
        may = self._waits(box) and not box.is_loaded and box.carrier == van
        assert scan.is_done == may, scan.sentence
        if may:
            self.model.loaded.add(box.number)
        if twice:
            assert scan_to_load(home, van, act) == scan

    def _waits(self, box: Box) -> bool:
        return box.status == "SHIPPED" and box.manifest is None

    @step(when=_loaded, number=any_of, by=people)
    def take_a_parcel_out(self, number: int, by: Actor) -> None:
        box = one(self._loaded(), number)
        scan = unload(self.homes[box.home], box.carrier, self.act(by, box.number))
        assert (scan.result == Scan.Result.UNDONE) == self._waits(box)
        if self._waits(box):
            self.model.loaded.remove(box.number)

    @step(when=_boxes, number=any_of, by=people, everything=st.booleans(), twice=st.booleans())
    def let_a_van_leave(self, number: int, by: Actor, everything: bool, twice: bool) -> None:
        """The one of a parcel that waits, if any does."""
        waiting = [box for box in self.books.boxes if self._waits(box)]
        van = one(waiting or self.books.boxes, number)
        mine = {box.number for box in waiting if (box.home, box.carrier) == (van.home, van.carrier)}
        home, carrier, act = self.homes[van.home], van.carrier, self.act(by)
        if everything:
            load_all(home, carrier, self.act(by))
            self.model.loaded |= mine
        gone = mine & self.model.loaded
        scan = close_manifest(home, carrier, act)
        assert scan.is_done == bool(gone), scan.sentence
        self.model.gone |= gone
        if twice:
            assert close_manifest(home, carrier, act) == scan
