"""What every step of the machine has in common: it is counted, it may be refused, and then nothing has changed."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import wraps
from itertools import count
from typing import Any, TypeVar
from uuid import uuid4

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fulfillment import ledger
from fulfillment.models import Bin, PickTask, Shipment, Warehouse
from fulfillment.services import Act
from orders.lifecycle import Refused
from orders.models import Actor, Order
from tests.factories import ProductFactory, Shop
from tests.fulfillment.machine.books import Books, Names
from tests.fulfillment.machine.model import MISSING, STAGE, Model

T = TypeVar("T")
VERIFY_EVERY = 50
PEOPLE = [Actor("user", str(n)) for n in (1, 2, 3)]
SHELVES = ("A-01-1", "A-04-2", "B-02-1")
few = st.integers(1, 4)
any_of = st.integers(0, 10_000)
"""Picks one of a list, whatever its length: see `one`."""
people = st.sampled_from(PEOPLE)
reasons = st.sampled_from(PickTask.Reason)


class Tally:
    """What was run, over all examples."""

    def __init__(self, rules: Iterable[str]) -> None:
        self.rules: Counter[str] = Counter(dict.fromkeys(rules, 0))
        self.changed: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._before: dict[int, Counter[str]] = {}

    def before(self, example: int) -> Counter[str]:
        """Return how often each rule had run when this example was begun: played again, it goes the same way."""
        return self._before.setdefault(example, self.rules.copy()).copy()

    @property
    def steps(self) -> int:
        return self.rules.total()


def step(when: Callable[[Any], Any] | None = None, **given: st.SearchStrategy[Any]) -> Callable[..., Any]:
    """Make a rule that is counted; `when` it applies at all is asked of the machine."""

    def decorate(function: Callable[..., None]) -> Callable[..., Any]:
        @wraps(function)
        def run(self: "Floor", **values: Any) -> None:
            self.doing = function.__name__
            self.tally.rules[self.doing] += 1
            self._done[self.doing] += 1
            function(self, **values)

        ruled = rule(**given)(run)
        return precondition(lambda self: bool(when(self)))(ruled) if when else ruled

    return decorate


def one(things: list[T], number: int) -> T:
    return things[number % len(things)]


@st.composite
def fairly(draw: st.DrawFn, floor: "Floor") -> tuple[Any, dict[str, Any]]:
    """Draw what is done next of what can be done now: twice of three times what was done least so far, else anything.

    Hypothesis itself leaves out half of the rules in each example: what needs a chain of them would hardly be reached.
    """
    able = [rule for rule in floor.rules if all(is_met(floor) for is_met in rule.preconditions)]
    is_anything = draw(st.sampled_from((False, False, True)))
    chosen = draw(st.sampled_from(able)) if is_anything else min(able, key=floor.how_often)
    return chosen, draw(st.fixed_dictionaries(chosen.arguments))


class Floor(RuleBasedStateMachine):
    """Two warehouses, three articles, three people. Each example is rolled back."""

    tally: Tally
    opening: "Floor | None" = None

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.doing, self.was_refused, self.steps = "", False, count(1)
        self.lack: ledger.NotEnoughStock | None = None
        self._rules_strategy = fairly(self)
        self._done: Counter[str] = Counter()
        self._new: Books | None = None
        self.prepare(self.opening)
        self.books = Books(self.names)

    @initialize(example=st.integers(0, 2**64 - 1))
    def begin(self, example: int) -> None:
        self._done = self.tally.before(example)

    def prepare(self, opening: "Floor | None") -> None:
        """Go on from where the opening ended; or build the warehouses, if this is it."""
        if opening:
            self.shop, self.homes, self.products = opening.shop, opening.homes, opening.products
            self.places, self.names, self.model = opening.places, opening.names, deepcopy(opening.model)
            return
        self.shop = Shop()
        self.homes = {code: self._warehouse(code, place) for place, code in enumerate(("MAIN", "WEST"))}
        cup = ProductFactory(sku="CUP-01", name="Cup")
        self.products = {each.sku: each for each in (self.shop.mug, self.shop.teapot, cup)}
        self.places = {(bin_.warehouse.code, bin_.code): bin_ for bin_ in Bin.objects.select_related("warehouse")}
        self.names, self.model = Names(), Model(self.homes)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def _warehouse(self, code: str, place: int) -> Warehouse:
        home = ledger.open_warehouse(code)
        Warehouse.objects.filter(pk=home.pk).update(priority=100 + place, count_tolerance=1)
        Bin.objects.bulk_create(Bin.named(home, shelf) for shelf in SHELVES)
        return home

    def how_often(self, rule: Any) -> int:
        return self._done[rule.function.__name__]

    def do(self, act: Callable[[], T]) -> T | None:
        """Run a service; None if it is refused, and then everything has to be as it was."""
        try:
            return act()
        except Refused as refusal:
            self.was_refused, self.lack = True, refusal if isinstance(refusal, ledger.NotEnoughStock) else None
            self.tally.refused[self.doing] += 1
            return None

    def do_after_all(self, act: Callable[[], T]) -> T | None:
        """Run a service as the second act of a step: refused, it leaves the first as it is."""
        with transaction.atomic():
            before = Books(self.names)
            done = self.do(act)
            if done is None:
                self._nothing_but_a_doubt(before, Books(self.names))
                self.was_refused = False
        return done

    def _nothing_but_a_doubt(self, before: Books, now: Books) -> None:
        """A refusal leaves all as it was; one for want of stock may ask for a count of the article."""
        changed = {table: rows for table, rows in now.rows.items() if rows != before.rows[table]}
        if self.lack and self.lack.item and (counts := changed.pop("counts", [])):
            *known, asked = counts
            assert (known, asked[1], asked[4]) == (before.rows["counts"], "OPEN", self.lack.item.product_id)
        assert changed == {}, f"{self.doing} was refused and changed something"

    def act(self, by: Actor, text: str = "") -> Act:
        return Act(uuid4(), by, text)

    def look(self) -> Books:
        """Read the books after the step, once."""
        self._new = self._new or Books(self.names)
        return self._new

    def too_few(self, line: int, place: int, missing: int, reason: PickTask.Reason) -> None:
        """What was not found, or is no good, lies elsewhere now; what is not fetched instead waits again."""
        home, bin_ = self.names.bins[place]
        back = self.look().stages[line]["waiting"] - self.model.stages[line]["waiting"]
        assert 0 <= back <= missing
        self.model.release(line, home, back)
        sku = self.model.sku[line]
        units = min(missing, self.model.bins[home, bin_, sku])
        if reason == PickTask.Reason.DAMAGED:
            self.model.move(home, bin_, "DAMAGED", sku, units)
        elif reason != PickTask.Reason.BLOCKED:
            assert bin_ != MISSING
            self.model.miss(home, bin_, sku, units)

    def shipment(self, pk: int) -> Shipment:
        return Shipment.objects.select_related("order").get(pk=pk)

    def order(self, pk: int) -> Order:
        return Order.objects.get(pk=pk)

    @invariant()
    def everything_agrees(self) -> None:
        before, now = self.books, self.look()
        self._new, self.books = None, now
        if self.was_refused:
            self._nothing_but_a_doubt(before, now)
            self.was_refused = False
        elif self.doing:
            self.tally.changed[self.doing] += now.state() != before.state()
        self.doing = ""
        self._compare(now)
        if next(self.steps) % VERIFY_EVERY == 0:
            assert list(ledger.verify()) == []

    def _compare(self, now: Books) -> None:
        model = self.model
        assert now.bins == {place: units for place, units in model.bins.items() if units}
        balances = model.balances()
        assert {key: each for key, each in now.balances.items() if any(each)} == {
            key: each for key, each in balances.items() if any(each)
        }
        assert now.kept == +model.kept
        assert now.stages == {
            line: {stage: held[stage] for stage in now.stages[line]} for line, held in model.stages.items()
        }
        assert {box.number for box in now.boxes if box.is_loaded} == model.loaded
        assert {box.number for box in now.boxes if box.manifest} == model.gone
        self._sums(now)

    def _sums(self, now: Books) -> None:
        """What hangs together by itself: lines and parts, the station and what is picked, tasks and what is kept."""
        totals: Counter[int] = Counter()
        station: Counter[tuple[str, str, str]] = Counter()
        for part in now.parts:
            totals[part.line] += part.quantity if part.status != "CANCELLED" else 0
            if part.status in Shipment.NOT_LEFT:
                station[part.home, STAGE, self.model.sku[part.line]] += part.picked
        for row in now.rows["lines"]:
            stages = now.stages[row[0]]
            assert row[4] == sum(stages.values()) == totals[row[0]] + stages["cancelled"]
        assert {key: units for key, units in now.bins.items() if key[1] == STAGE} == dict(+station)
        left = {row[0]: row[6] - row[7] for row in now.rows["parts"]}
        self._boxes_hold_all(now)
        assert now.papers <= Counter(now.bins), "papers wait for what is not there"
        for line, units in now.to_fetch().items():
            assert units <= left[line], "more is to be fetched than is kept"

    def _boxes_hold_all(self, now: Books) -> None:
        """What is packed in boxes is all of its shipment, if it is known; and what has left has one."""
        boxed: dict[int, Counter[int]] = defaultdict(Counter)
        for row in now.rows["boxes"]:
            boxed[row[5]][row[8]] += row[9] or 0
        inside: dict[int, Counter[int]] = defaultdict(Counter)
        for row in now.rows["parts"]:
            inside[row[2]][row[0]] += row[5]
        for shipment, units in boxed.items():
            assert set(units) == {None} or units == +inside[shipment], "the boxes do not hold what the shipment does"
        assert set(now.shipments(*Shipment.LEFT)) <= set(boxed)
