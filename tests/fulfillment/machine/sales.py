"""Orders: placed, given stock, held, cancelled."""

from hypothesis import strategies as st

from fulfillment.services import (
    accept_order,
    allocate_order,
    allocate_waiting,
    cancel_order,
    merge_shipments,
    split_shipment,
)
from fulfillment.services.cancel import CANCEL_FROM
from orders.models import Actor
from orders.services import hold_order, release_order
from tests.factories import draft
from tests.fulfillment.machine.base import Floor, any_of, few, one, people, step
from tests.fulfillment.machine.books import Part

baskets = st.dictionaries(st.sampled_from(("MUG-01", "TEA-01", "CUP-01")), few, min_size=1, max_size=3)
OPEN = ("CONFIRMED", "IN_FULFILLMENT", "PARTLY_SHIPPED")


class Sales(Floor):
    """Stock that is freed waits for the next allocation: the bell rings after the commit."""

    @step(basket=baskets, by=people, whole=st.integers(0, 4).map(lambda n: n == 0))
    def place_an_order(self, basket: dict[str, int], by: Actor, whole: bool) -> None:
        wanted = draft(*((self.products[sku], units) for sku, units in basket.items()), is_ship_complete=whole)
        order = accept_order(wanted, channel=self.shop.channel, by=by)
        lines = {line: (sku, units) for line, (sku, units) in zip(self._lines(order.pk), basket.items(), strict=True)}
        self.model.place(lines, whole=whole)

    @step(when=lambda self: self._waiting(), number=any_of, by=people)
    def allocate_an_order(self, number: int, by: Actor) -> None:
        pk = one(self._waiting(), number)
        if self.do(lambda: allocate_order(self.order(pk), by=by)):
            self._allocated(pk)

    @step(when=lambda self: self._waiting(), by=people)
    def allocate_all(self, by: Actor) -> None:
        allocate_waiting(by=by)
        for row in self.books.rows["orders"]:
            self._allocated(row[0])

    @step(when=lambda self: self._open(), number=any_of, by=people, line=st.sampled_from(((), (1,))))
    def hold_an_order_or_let_it_go(self, number: int, by: Actor, line: tuple[int, ...]) -> None:
        order = self.order(one(self._open(), number))
        if order.holds.standing().exists():
            release_order(order, by=by)
        else:
            self.do(lambda: hold_order(order, by=by, reason="ADDRESS", lines=line))

    @step(when=lambda self: self._open(), number=any_of, by=people)
    def cancel_an_order(self, number: int, by: Actor) -> None:
        pk = one(self._open(), number)
        if self.do(lambda: cancel_order(self.order(pk), by=by)):
            self._cancel([(part, part.quantity) for part in self._parts(pk)])

    @step(when=lambda self: self._to_cancel(), number=any_of, units=few, by=people)
    def cancel_units(self, number: int, units: int, by: Actor) -> None:
        part = one(self._to_cancel(), number)
        pk, units = self.books.order_of(part.line), min(units, part.quantity + 1)
        lines = self.books.lines_of(pk)
        line = next(n for n, each in lines.items() if each == part.line)
        if self.do(lambda: cancel_order(self.order(pk), by=by, lines={line: units})):
            mine = [part for part in self._parts(pk) if part.line == lines[line] and part.status in CANCEL_FROM]
            self._cancel(_share_out(sorted(mine, key=lambda part: CANCEL_FROM.index(part.status)), units))

    def _begun_by_none(self) -> dict[int, list[int]]:
        """Order → its shipments of which nothing is picked."""
        found: dict[int, list[int]] = {}
        for part in self.books.parts:
            if part.status in {"PLANNED", "READY"} and part.quantity:
                mine = found.setdefault(self.books.order_of(part.line), [])
                mine += [part.shipment] * (part.shipment not in mine)
        return found

    def _siblings(self) -> list[list[int]]:
        return [mine for mine in self._begun_by_none().values() if len(mine) > 1]

    @step(when=_begun_by_none, number=any_of, which=any_of, units=few, by=people)
    def split_a_shipment(self, number: int, which: int, units: int, by: Actor) -> None:
        """The largest ones first: what stands alone cannot be split."""
        mine = [pk for each in self._begun_by_none().values() for pk in each]
        sizes = {pk: sum(part.quantity for part in self.books.parts_of(pk)) for pk in mine}
        shipment = self.shipment(one([pk for pk in mine if sizes[pk] > 1] or mine, number))
        part = one(self.books.parts_of(shipment.pk), which)
        line = next(n for n, pk in self.books.lines_of(shipment.order_id).items() if pk == part.line)
        self.do(
            lambda: split_shipment(shipment, {line: min(units, part.quantity, max(1, sizes[shipment.pk] - 1))}, by=by)
        )

    @step(when=_siblings, number=any_of, which=any_of, by=people)
    def merge_two_shipments(self, number: int, which: int, by: Actor) -> None:
        mine = one(self._siblings(), number)
        target, source = self.shipment(one(mine, which)), self.shipment(one(mine, which + 1))
        self.do(lambda: merge_shipments(target, source, by=by))

    def _cancel(self, taken: list[tuple[Part, int]]) -> None:
        """Take units out of the parts; of what waits with units of several warehouses, the books choose the one."""
        for part, units in sorted(taken, key=lambda each: not each[0].home):
            for stage, count in _furthest_first(part, units).items():
                for home, share in self._homes(part, stage, count).items():
                    self.model.cancel(part.line, home, stage, share)

    def _homes(self, part: Part, stage: str, units: int) -> dict[str, int]:
        if part.home or stage == "waiting":
            return {part.home: units}
        seen = self.look().kept
        given = {home: self.model.kept[part.line, home] - seen[part.line, home] for home in self.model.homes}
        assert sum(given.values()) == units
        return given

    def _parts(self, order: int) -> list[Part]:
        mine = set(self.books.lines_of(order).values())
        statuses = (*CANCEL_FROM, "PACKED")
        return [part for part in self.books.parts if part.line in mine and part.status in statuses and part.quantity]

    def _allocated(self, order: int) -> None:
        lines = [line for line in self.books.lines_of(order).values() if self.model.stages[line]["waiting"]]
        whole = next(row[3] for row in self.books.rows["orders"] if row[0] == order)
        self.model.allocate(lines, whole=bool(whole))

    def _lines(self, order: int) -> list[int]:
        return [pk for _, pk in sorted(self.look().lines_of(order).items())]

    def _to_cancel(self) -> list[Part]:
        return [part for part in self.books.parts if part.status in CANCEL_FROM and part.quantity]

    def _waiting(self) -> list[int]:
        return list(dict.fromkeys(row[1] for row in self.books.rows["lines"] if self.books.stages[row[0]]["waiting"]))

    def _open(self) -> list[int]:
        return [row[0] for row in self.books.rows["orders"] if row[1] in OPEN]


def _share_out(parts: list[Part], units: int) -> list[tuple[Part, int]]:
    """Take the units from one part after the other."""
    shares = []
    for part in parts:
        count = min(units, part.quantity)
        units -= count
        shares.append((part, count))
    assert units == 0
    return shares


def _furthest_first(part: Part, units: int) -> dict[str, int]:
    """Of which stages they are: those furthest from the door first."""
    taken = {}
    for stage, there in part.stages().items():
        taken[stage] = min(units, there)
        units -= taken[stage]
    return taken
