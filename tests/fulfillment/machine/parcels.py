"""Shipments one by one: picked, packed, on their way, at the door or back."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from hypothesis import strategies as st

from fulfillment.models import PickTask, Scan, Shipment
from fulfillment.services import (
    ParcelDraft,
    close_box,
    deliver_shipment,
    find_shipment,
    lose_shipment,
    pack_shipment,
    pack_without_scanning,
    pick_shipment,
    pick_without_scanning,
    return_shipment,
    scan_to_pack,
    scan_to_pick,
    scan_to_ship,
    ship_shipment,
    short_stop,
    undo_pick,
)
from fulfillment.services.scan_pack import packing_of
from fulfillment.services.scan_pick import read_picking
from orders.models import Actor, OrderLine
from tests.fulfillment.machine.base import Floor, any_of, one, people, reasons, step
from tests.fulfillment.machine.model import STAGE

T = TypeVar("T")
TO_PICK = ("READY", "PICKING")
ON_FLOOR = (*TO_PICK, "PICKED", "PACKED")
carriers = st.sampled_from(("dhl", "dhl", "gls"))


def when(*statuses: str) -> Callable[[Floor], bool]:
    return lambda floor: bool(floor.books.shipments(*statuses))


class Parcels(Floor):
    """What a shipment holds was read before the step."""

    def _one(self, number: int, *statuses: str) -> Shipment:
        return self.shipment(one(self.books.shipments(*statuses), number))

    @step(when=when(*TO_PICK), number=any_of, by=people, press=st.booleans())
    def pick_a_shipment(self, number: int, by: Actor, press: bool) -> None:
        """By the button that is on the floor's page, or by the admin."""
        shipment, act = self._one(number, *TO_PICK), self.act(by)
        if self.do(lambda: pick_without_scanning(shipment, act) if press else pick_shipment(shipment, by=by)):
            self._pick_rest(shipment)

    def _pick_rest(self, shipment: Shipment) -> None:
        for part in self.books.parts_of(shipment.pk):
            left = {part.line: part.reserved - part.picked}
            self.model.pick_anywhere(part.home, left, self._seen(part.home))

    def _seen(self, home: str) -> dict[tuple[str, str, str], int]:
        return {place: units for place, units in self.look().bins.items() if place[0] == home}

    @step(when=when(*TO_PICK), number=any_of, by=people, line=st.integers(1, 2))
    def pick_a_unit(self, number: int, by: Actor, line: int) -> None:
        shipment = self._one(number, *TO_PICK)
        if self.do(lambda: pick_shipment(shipment, by=by, lines={line: 1})):
            key = OrderLine.objects.get(order=shipment.order_id, number=line).pk
            home = self.books.parts_of(shipment.pk)[0].home
            self.model.pick_anywhere(home, {key: 1}, self._seen(home))

    def _on_no_cart(self) -> list[int]:
        fetched = self.books.to_fetch()
        carts = {row[2] for row in self.books.rows["parts"] if row[0] in fetched}
        return [shipment for shipment in self.books.shipments(*TO_PICK) if shipment not in carts]

    @step(when=_on_no_cart, number=any_of, by=people)
    def scan_to_pick_a_unit(self, number: int, by: Actor) -> None:
        shipment = self.shipment(one(self._on_no_cart(), number))
        walk = read_picking(shipment, by)
        stop = walk.stop
        if stop and not walk.is_at:
            there = self.do(lambda: scan_to_pick(shipment, self.act(by, str(stop.bin))))
            if there is None:
                return
        text = stop.line.order_line.product.sku if stop else shipment.number
        scan = self.do_after_all(lambda: scan_to_pick(shipment, self.act(by, text))[0])
        if scan is not None:
            assert scan.is_done
            assert stop is None or stop.bin is not None
            if scan.quantity and stop and stop.bin:
                self.model.pick(stop.line.order_line_id, *self.names.bins[stop.bin.pk], scan.quantity)

    @step(when=_on_no_cart, number=any_of, by=people, reason=reasons)
    def find_too_little_without_a_cart(self, number: int, by: Actor, reason: PickTask.Reason) -> None:
        shipment = self.shipment(one(self._on_no_cart(), number))
        stop = read_picking(shipment, by).stop
        if stop is None or stop.bin is None:
            return
        act, place = replace(self.act(by), line=stop.line.pk), stop.bin.pk
        if self.do(lambda: short_stop(shipment, act, reason, place)):
            self.too_few(stop.line.order_line_id, place, stop.left, reason)

    def _fetched_by_hand(self) -> list[tuple[int, str]]:
        """The shipments of which somebody fetched something without a cart, and who did."""
        fetched = Scan.objects.filter(step="PICK", result="RIGHT", quantity__gt=0, task=None, undone_by=None)
        mine = fetched.filter(shipment__status__in=("PICKING", "PICKED")).order_by("shipment", "by")
        return list(mine.values_list("shipment", "by").distinct())

    @step(when=_fetched_by_hand, number=any_of)
    def take_back_without_a_cart(self, number: int) -> None:
        pk, who = one(self._fetched_by_hand(), number)
        shipment, by = self.shipment(pk), Actor.parse(who)
        scan = self.do(lambda: undo_pick(shipment, self.act(by)))
        if scan is not None:
            assert scan.line is not None
            assert scan.bin is not None
            line, (home, bin_) = scan.line.order_line_id, self.names.bins[scan.bin.pk]
            self.model.shift(line, "picked", "reserved", scan.quantity)
            self.model.move(home, STAGE, bin_, self.model.sku[line], scan.quantity)

    @step(when=when("PICKED"), number=any_of, by=people)
    def pack_a_shipment(self, number: int, by: Actor) -> None:
        """By the button that is on the floor's page."""
        shipment = self._one(number, "PICKED")
        if self.do(lambda: pack_without_scanning(shipment, self.act(by))):
            self._pack_rest(shipment)

    @step(when=when("PICKED"), number=any_of, by=people, line=st.sampled_from((1, 1, 2, None)))
    def pack_a_unit(self, number: int, by: Actor, line: int | None) -> None:
        """By the admin, or all that is left."""
        shipment = self._one(number, "PICKED")
        if self.do(lambda: pack_shipment(shipment, by=by, lines=line and {line: 1})):
            numbers = {pk: n for n, pk in self.books.lines_of(shipment.order_id).items()}
            for part in self.books.parts_of(shipment.pk):
                units = part.picked - part.packed if line is None else int(numbers[part.line] == line)
                self.model.shift(part.line, "picked", "packed", units)

    @step(when=when("PICKED"), number=any_of, by=people, which=any_of)
    def scan_to_pack_a_unit(self, number: int, by: Actor, which: int) -> None:
        shipment = self._one(number, "PICKED")
        inside = [self.model.sku[part.line] for part in self.books.parts_of(shipment.pk)]
        sku = one([*inside, *inside, "CUP-01"], which)
        if self.do(lambda: scan_to_pack(shipment, self.act(by, sku))) and self._is_packed(shipment):
            self._pack_rest(shipment)

    def _pack_rest(self, shipment: Shipment) -> None:
        for part in self.books.parts_of(shipment.pk):
            self.model.shift(part.line, "picked", "packed", part.picked - part.packed)

    def _is_packed(self, shipment: Shipment) -> bool:
        return shipment.pk in self.look().shipments("PACKED")

    @step(when=when("PICKED"), number=any_of, by=people, grams=st.sampled_from((None, 200, 350, 5_000)))
    def close_a_box(self, number: int, by: Actor, grams: int | None) -> None:
        """With all that is in, the shipment is packed; else the next box is filled."""
        shipment = self._one(number, "PICKED")
        packing = packing_of(shipment)
        if not packing.contents and (lacking := [item for item in packing.items if item.missing]):
            self.do(lambda: scan_to_pack(shipment, self.act(by, lacking[0].line.order_line.product.sku)))
        if not self.was_refused and self.shipment(shipment.pk).status == Shipment.Status.PICKED:
            self.do_after_all(lambda: close_box(shipment, replace(self.act(by), weight_grams=grams)))
        if self._is_packed(shipment):
            self._pack_rest(shipment)

    @step(when=when(*ON_FLOOR), number=any_of, by=people, carrier=carriers)
    def ship_whatever_it_is(self, number: int, by: Actor, carrier: str) -> None:
        shipment = self._one(number, *ON_FLOOR)
        boxes = max(1, sum(box.shipment == shipment.pk for box in self.books.boxes))
        drafts = [ParcelDraft(carrier) for _ in range(boxes)]
        self._ship(shipment, lambda: ship_shipment(shipment, by=by, parcels=drafts))

    @step(
        when=when("PACKED"),
        number=any_of,
        by=people,
        carrier=carriers,
        more=st.sampled_from((0, 0, 0, 1)),
        twice=st.booleans(),
    )
    def ship_what_is_packed(self, number: int, by: Actor, carrier: str, more: int, twice: bool) -> None:
        shipment, act = self._one(number, "PACKED"), self.act(by, "label")
        known = sum(box.shipment == shipment.pk for box in self.books.boxes)
        drafts = [ParcelDraft(carrier) for _ in range(max(1, known) + more)]
        scan = self._ship(shipment, lambda: scan_to_ship(shipment, act, lambda _: drafts))
        assert scan is None or known in {0, len(drafts)}
        if scan and twice:
            assert scan_to_ship(shipment, act, lambda _: drafts) == scan

    def _ship(self, shipment: Shipment, act: Callable[[], T]) -> T | None:
        if done := self.do(act):
            self._pick_rest(shipment)
            for part in self.books.parts_of(shipment.pk):
                self.model.shift(part.line, "picked", "packed", part.quantity - part.packed)
                self.model.ship(part.line, part.home, part.quantity)
        return done

    def _carried(self) -> list[int]:
        """What a carrier has, as far as its list says or it told so; else all that was shipped."""
        listed = {box.shipment for box in self.books.boxes if box.manifest and box.status == "SHIPPED"}
        return sorted(listed.union(self.books.shipments("LOST"))) or self.books.shipments("SHIPPED")

    @step(when=_carried, number=any_of, by=people)
    def deliver_a_shipment(self, number: int, by: Actor) -> None:
        shipment = self.shipment(one(self._carried(), number))
        if self.do(lambda: deliver_shipment(shipment, by=by)):
            for part in self.books.parts_of(shipment.pk):
                self.model.shift(part.line, "shipped", "delivered", part.quantity)

    @step(when=_carried, number=any_of, by=people)
    def lose_or_find_a_shipment(self, number: int, by: Actor) -> None:
        shipment = self.shipment(one(self._carried(), number))
        turn = find_shipment if shipment.status == Shipment.Status.LOST else lose_shipment
        assert self.do(lambda: turn(shipment, by=by))

    @step(when=_carried, number=any_of, by=people)
    def bring_a_shipment_back(self, number: int, by: Actor) -> None:
        """The carrier says so: its units are not here yet."""
        assert self.do(lambda: return_shipment(self.shipment(one(self._carried(), number)), by=by))
