"""Hand-over: parcels are seen into a van, taken out again, and the van leaves with its list."""

from hypothesis import strategies as st

from fulfillment.models import Scan
from fulfillment.services import close_manifest, load_all, scan_to_load, unload
from orders.models import Actor
from tests.fulfillment.machine.base import Floor, any_of, one, people, step
from tests.fulfillment.machine.books import Box

homes = st.sampled_from(("MAIN", "MAIN", "MAIN", "WEST"))
carriers = st.sampled_from(("dhl", "gls"))


class Vans(Floor):
    """What is in the van and on no list stays `loaded`; what is on one is gone with it."""

    def _boxes(self) -> list[Box]:
        return self.books.boxes

    def _loaded(self) -> list[Box]:
        return [box for box in self.books.boxes if box.is_loaded and box.manifest is None]

    @step(when=_boxes, number=any_of, by=people, twice=st.booleans())
    def load_a_parcel(self, number: int, by: Actor, twice: bool) -> None:
        """Of those that may go along if there are any, else of all."""
        may = [box for box in self.books.boxes if self._waits(box) and not box.is_loaded]
        self._load(one(may or self.books.boxes, number), "", by, twice=twice)

    @step(when=_boxes, number=any_of, carrier=carriers, by=people)
    def load_any_parcel(self, number: int, carrier: str, by: Actor) -> None:
        self._load(one(self.books.boxes, number), carrier, by)

    def _load(self, box: Box, carrier: str, by: Actor, *, twice: bool = False) -> None:
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

    @step(when=_boxes, home=homes, carrier=carriers, by=people, everything=st.booleans(), twice=st.booleans())
    def let_a_van_leave(self, home: str, carrier: str, by: Actor, everything: bool, twice: bool) -> None:
        mine = [box for box in self.books.boxes if (box.home, box.carrier) == (home, carrier) and self._waits(box)]
        if everything:
            load_all(self.homes[home], carrier, self.act(by))
            self.model.loaded |= {box.number for box in mine}
        gone = {box.number for box in mine} & self.model.loaded
        act = self.act(by)
        scan = close_manifest(self.homes[home], carrier, act)
        assert scan.is_done == bool(gone), scan.sentence
        self.model.gone |= gone
        if twice:
            assert close_manifest(self.homes[home], carrier, act) == scan
