"""The returns desk by scan: units come back, and each is sold again, set aside or scrapped."""

from collections import Counter

from hypothesis import strategies as st

from fulfillment import ledger
from fulfillment.models import Bin, Return, ReturnLine
from fulfillment.services.returns import (
    Outcome,
    approve_return,
    cancel_return,
    decline_return,
    find_return,
    request_return,
    send_return,
)
from fulfillment.services.scan_return import close_by_press, grade_by_scan, scan_to_return
from fulfillment.services.scanned import Act
from orders.models import Actor, OrderLine
from tests.fulfillment.machine.base import SHELVES, Floor, any_of, one, people, step
from tests.fulfillment.machine.model import RETURNS

homes = st.sampled_from(("MAIN", "WEST"))
GOES_TO = {Outcome.QUARANTINE: "QUARANTINE"}
ANSWERS = {
    "REQUESTED": (approve_return, approve_return, decline_return, cancel_return),
    "APPROVED": (send_return, send_return, cancel_return),
    "IN_TRANSIT": (cancel_return,),
}
AWAY = ("SHIPPED", "LOST", "RETURNED_TO_SENDER")


class Desk(Floor):
    """A return of an order that stands takes in what comes; else one is made."""

    def _out_there(self) -> list[int]:
        back = Counter({row[0]: 0 for row in self.books.rows["lines"]})
        for row in self.books.rows["returned"]:
            back[row[2]] += row[3]
        stages = self.books.stages
        return [line for line in stages if stages[line]["shipped"] + stages[line]["delivered"] > back[line]]

    def _undecided(self) -> list[int]:
        return [row[0] for row in self.books.rows["returned"] if row[3] > sum(row[4:])]

    def _away(self) -> list[int]:
        out = set(self._out_there())
        return list(
            dict.fromkeys(part.shipment for part in self.books.parts if part.status in AWAY and part.line in out)
        )

    def _answerable(self) -> list[tuple[int, str]]:
        return [(row[0], row[1]) for row in self.books.rows["returns"] if row[1] in ANSWERS]

    def _received(self) -> list[int]:
        return [row[0] for row in self.books.rows["returns"] if row[1] == "RECEIVED"]

    @step(when=_out_there, number=any_of, home=homes, by=people, twice=st.booleans())
    def take_a_unit_back(self, number: int, home: str, by: Actor, twice: bool) -> None:
        line = OrderLine.objects.select_related("product", "order").get(pk=one(self._out_there(), number))
        self._bring(line.order.number, line.product.sku, home, by, twice=twice)

    @step(when=_away, number=any_of, which=any_of, home=homes, by=people, twice=st.booleans())
    def take_an_undelivered_unit_back(self, number: int, which: int, home: str, by: Actor, twice: bool) -> None:
        shipment = self.shipment(one(self._away(), number))
        out = [part.line for part in self.books.parts_of(shipment.pk) if part.line in self._out_there()]
        sku = self.model.sku[one(out, which)]
        self._bring(shipment.number, sku, home, by, twice=twice)

    def _bring(self, text: str, sku: str, home: str, by: Actor, *, twice: bool) -> None:
        """Scan what is on the parcel, then what is in it."""
        thing, act = find_return(text), self.act(by, sku)
        at = lambda: ledger.standing_bin(self.homes[home], Bin.Kind.RETURNS)  # noqa: E731
        if isinstance(thing, str) or (done := self.do(lambda: scan_to_return(thing, act, at))) is None:
            return
        scan, desk = done
        back = desk and desk.back
        if scan.quantity:
            assert back is not None
            assert back.warehouse is not None
            self.model.add(back.warehouse.code, RETURNS, sku, 1)
        if twice:
            assert scan_to_return(thing, act, at)[0] == scan

    @step(when=_out_there, number=any_of, by=people)
    def announce_a_return(self, number: int, by: Actor) -> None:
        line = OrderLine.objects.select_related("order").get(pk=one(self._out_there(), number))
        self.do(lambda: request_return(line.order, {line.number: 1}, by=by))

    @step(when=_answerable, number=any_of, which=any_of, by=people)
    def answer_a_return(self, number: int, which: int, by: Actor) -> None:
        pk, status = one(self._answerable(), number)
        answer = one(list(ANSWERS[status]), which)
        assert self.do(lambda: answer(Return.objects.get(pk=pk), by=by))

    @step(
        when=_undecided,
        number=any_of,
        outcome=st.sampled_from(Outcome),
        into=st.sampled_from((*SHELVES, "DOCK")),
        by=people,
        twice=st.booleans(),
    )
    def say_what_becomes_of_it(self, number: int, outcome: Outcome, into: str, by: Actor, twice: bool) -> None:
        line = ReturnLine.objects.select_related("return_of__warehouse", "order_line__product").get(
            pk=one(self._undecided(), number)
        )
        assert line.return_of.warehouse is not None
        home, sku = line.return_of.warehouse.code, line.order_line.product.sku
        act = Act(self.act(by).operation, by, into, count=1)
        scan = self.do(lambda: grade_by_scan(line.return_of, line.pk, outcome, act)[0])
        assert scan is not None
        assert scan.is_done == (outcome != Outcome.RESTOCK or into in SHELVES), scan.sentence
        if outcome == Outcome.SCRAP:
            self.model.add(home, RETURNS, sku, -1)
        elif scan.is_done:
            self.model.move(home, RETURNS, GOES_TO.get(outcome, into), sku, 1)
        if twice:
            assert grade_by_scan(line.return_of, line.pk, outcome, act) == (scan, None)

    @step(when=_received, number=any_of, by=people)
    def finish_a_return(self, number: int, by: Actor) -> None:
        """One of which all is decided, if there is one; else it is refused."""
        open_ = {row[1] for row in self.books.rows["returned"] if row[3] > sum(row[4:])}
        decided = [pk for pk in self._received() if pk not in open_]
        back = Return.objects.get(pk=one(decided or self._received(), number))
        done = self.do(lambda: close_by_press(back, self.act(by)))
        assert (done is None) == (back.pk in open_)
