"""The returns desk: units come back, and each is sold again, set aside or scrapped."""

from collections import Counter

from hypothesis import strategies as st

from fulfillment.models import Return, ReturnLine
from fulfillment.services.returns import Outcome, finish_return, grade_return, receive_return, request_return
from orders.models import Actor, OrderLine
from tests.fulfillment.machine.base import SHELVES, Floor, any_of, one, people, step
from tests.fulfillment.machine.model import RETURNS

homes = st.sampled_from(("MAIN", "WEST"))
GOES_TO = {Outcome.QUARANTINE: "QUARANTINE"}


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

    @step(when=_out_there, number=any_of, home=homes, by=people)
    def take_a_unit_back(self, number: int, home: str, by: Actor) -> None:
        line = OrderLine.objects.select_related("product", "order").get(pk=one(self._out_there(), number))
        known = Return.objects.filter(order=line.order, status__in=(*Return.COMING, "RECEIVED")).first()
        coming = known or line.order
        back = self.do(lambda: receive_return(coming, line, 1, warehouse=self.homes[home], by=by))
        if back is not None and back.warehouse is not None:
            self.model.add(back.warehouse.code, RETURNS, line.product.sku, 1)

    @step(when=_out_there, number=any_of, by=people)
    def announce_a_return(self, number: int, by: Actor) -> None:
        line = OrderLine.objects.select_related("order").get(pk=one(self._out_there(), number))
        self.do(lambda: request_return(line.order, {line.number: 1}, by=by))

    @step(when=_undecided, number=any_of, outcome=st.sampled_from(Outcome), into=st.sampled_from(SHELVES), by=people)
    def say_what_becomes_of_it(self, number: int, outcome: Outcome, into: str, by: Actor) -> None:
        line = ReturnLine.objects.select_related("return_of__warehouse", "order_line__product").get(
            pk=one(self._undecided(), number)
        )
        assert line.return_of.warehouse is not None
        home, sku = line.return_of.warehouse.code, line.order_line.product.sku
        if self.do(lambda: grade_return(line, outcome, 1, into=self.places[home, into], by=by)) is None:
            assert not self.model.bins[home, RETURNS, sku]
        elif outcome == Outcome.SCRAP:
            self.model.correct(home, RETURNS, sku, -1)
        else:
            self.model.move(home, RETURNS, GOES_TO.get(outcome, into), sku, 1)

    @step(when=lambda self: any(row[1] == "RECEIVED" for row in self.books.rows["returns"]), number=any_of, by=people)
    def finish_a_return(self, number: int, by: Actor) -> None:
        here = [row[0] for row in self.books.rows["returns"] if row[1] == "RECEIVED"]
        self.do(lambda: finish_return(Return.objects.get(pk=one(here, number)), by=by))
