"""Waves, and people who walk with carts: right and wrong scans, short picks, scans taken back, leases that run out."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st

from fulfillment.blockers import reasons as reasons_of
from fulfillment.models import Cart, PickTask, Scan
from fulfillment.services import (
    Act,
    Walk,
    claim_cart,
    give_up,
    hand_over,
    read_walk,
    release_wave,
    scan_on_cart,
    short_pick,
    undo_scan,
)
from orders.models import Actor
from tests.fulfillment.machine.base import PEOPLE, Floor, any_of, one, people, reasons, step
from tests.fulfillment.machine.model import STAGE

homes = st.sampled_from(("MAIN", "MAIN", "WEST"))


def somebody_walks(floor: Floor) -> bool:
    return bool(floor.books.holders())


def _next(task: tuple[Any, ...]) -> tuple[int, bool, int]:
    """Order the tasks of a cart: by stop, what was begun before others."""
    return task[8], not task[5], task[0]


class Walks(Floor):
    """A wrong or a late scan is kept and moves nothing."""

    def _walk(self, number: int) -> Walk:
        who, cart = one(sorted(self.books.holders().items()), number)
        return read_walk(Cart.objects.get(pk=cart), Actor.parse(who))

    def _fetched(self, scan: Scan) -> None:
        if scan.quantity:
            assert scan.line is not None
            assert scan.bin is not None
            home, bin_ = self.names.bins[scan.bin.pk]
            self.model.pick(scan.line.order_line_id, home, bin_, scan.quantity)

    @step(when=lambda self: self.books.shipments("READY"), home=homes, by=people, slots=st.integers(1, 3))
    def release_a_wave(self, home: str, by: Actor, slots: int) -> None:
        self.do(lambda: release_wave(self.homes[home], by=by, slots=slots))

    def _on_no_walk(self) -> list[str]:
        """The warehouses where a cart waits for somebody."""
        tasks = self.books.rows["tasks"]
        return sorted({self.names.bins[row[3]][0] for row in tasks if row[6] == "OPEN"})

    @step(when=_on_no_walk, number=any_of, by=people)
    def claim_a_cart(self, number: int, by: Actor) -> None:
        """Who has one in the warehouse gets that again."""
        home = one(self._on_no_walk(), number)
        assert claim_cart(self.homes[home], by=by).wave.warehouse.code == home

    @step(when=somebody_walks, number=any_of, twice=st.booleans())
    def scan_what_is_right(self, number: int, twice: bool) -> None:
        """First the bin, then the article: one unit."""
        walk = self._arrive(self._walk(number))
        if walk is None:
            return
        act = self.act(walk.by, self._task(walk).shipment_line.order_line.product.sku)
        if (walk_on := self._take(walk, act)) and twice:
            assert scan_on_cart(walk_on, act)[0].operation == act.operation

    def _of_several(self) -> list[tuple[str, int]]:
        """Who walks, and comes first to several units of something."""
        first: dict[int, Any] = {}
        for row in self.books.rows["tasks"]:
            if row[6] == "CLAIMED" and (row[1] not in first or _next(row) < _next(first[row[1]])):
                first[row[1]] = row
        return sorted((row[7], cart) for cart, row in first.items() if row[4] > 1)

    @step(when=_of_several, number=any_of, more=st.sampled_from((0, 0, 0, 1)))
    def type_how_many(self, number: int, more: int) -> None:
        """Take the rest of a stop at once, where one was scanned; too many are not taken."""
        who, cart = one(self._of_several(), number)
        walk = self._arrive(read_walk(Cart.objects.get(pk=cart), Actor.parse(who)))
        if walk is None:
            return
        task = self._task(walk)
        if not task.picked:
            walk_on = self._take(walk, self.act(walk.by, task.shipment_line.order_line.product.sku))
            if walk_on is None:
                return
            walk = read_walk(walk.cart, walk.by)
        left, text = self._task(walk).left, str(task.quantity + more)
        done = self.do_after_all(lambda: scan_on_cart(walk, self.act(walk.by, text)))
        if done is not None and not self._is_left_out(done[0]):
            assert done[0].quantity == (0 if more else left)
            self._fetched(done[0])

    def _arrive(self, walk: Walk) -> Walk | None:
        """Scan the bin, unless that was done; None where the order is held, and is left out."""
        if walk.is_at:
            return walk
        scan, there = scan_on_cart(walk, self.act(walk.by, self._task(walk).bin.code))
        if self._is_left_out(scan):
            return None
        assert scan.result == Scan.Result.RIGHT
        return there

    def _is_left_out(self, scan: Scan) -> bool:
        """Say whether something held what was to be fetched: then nobody walks for it any more."""
        if scan.result != Scan.Result.INCOMPLETE or scan.shipment is None:
            return False
        assert reasons_of(scan.shipment, "pick")
        assert not PickTask.objects.to_do().filter(shipment_line__shipment=scan.shipment).exists()
        return True

    def _take(self, walk: Walk, act: Act) -> Walk | None:
        """Scan the article: one unit."""
        done = self.do_after_all(lambda: scan_on_cart(walk, act))
        if done is None or self._is_left_out(done[0]):
            return None
        assert (done[0].result, done[0].quantity) == (Scan.Result.RIGHT, 1)
        self._fetched(done[0])
        return done[1]

    def _task(self, walk: Walk) -> PickTask:
        assert walk.task is not None
        return walk.task

    @step(when=somebody_walks, number=any_of, text=st.sampled_from(("DOCK", "NOTHING", "PUT-BACK", "99")))
    def scan_what_is_wrong(self, number: int, text: str) -> None:
        walk = self._walk(number)
        if (
            walk.task is not None
            and walk.task.bin.code != text
            and (done := self.do(lambda: scan_on_cart(walk, self.act(walk.by, text))))
        ):
            assert not done[0].is_done

    @step(when=somebody_walks, number=any_of, by=people)
    def scan_too_late(self, number: int, by: Actor) -> None:
        """Somebody goes on with a cart that a colleague has."""
        walk = self._walk(number)
        if by != walk.by and walk.task is not None:
            late = read_walk(walk.cart, by)
            done = scan_on_cart(late, self.act(by, walk.task.bin.code))
            assert done[0].result == Scan.Result.LATE

    @step(when=somebody_walks, number=any_of, reason=reasons)
    def find_too_little(self, number: int, reason: PickTask.Reason) -> None:
        walk = self._walk(number)
        task = walk.task
        assert task is not None
        line, missing = task.shipment_line.order_line_id, task.left
        if self.do(lambda: short_pick(walk, self.act(walk.by), reason, task.pk)) is None:
            return
        self.too_few(line, task.bin_id, missing, reason)

    def _begun(self) -> list[tuple[str, int]]:
        """Who has fetched something of a shipment that is not packed."""
        picking = {row[0] for row in self.books.rows["parts"] if row[3] in {"PICKING", "PICKED"}}
        carts = {row[1] for row in self.books.rows["tasks"] if row[5] and row[2] in picking}
        return [(who, cart) for who, cart in sorted(self.books.holders().items()) if cart in carts]

    @step(when=_begun, number=any_of)
    def take_a_scan_back(self, number: int) -> None:
        who, cart = one(self._begun(), number)
        walk = read_walk(Cart.objects.get(pk=cart), Actor.parse(who))
        scan = self.do(lambda: undo_scan(walk, self.act(walk.by)))
        if scan is not None and scan.quantity:
            assert scan.line is not None
            assert scan.bin is not None
            line, (home, bin_) = scan.line.order_line_id, self.names.bins[scan.bin.pk]
            self.model.shift(line, "picked", "reserved", scan.quantity)
            self.model.move(home, STAGE, bin_, self.model.sku[line], scan.quantity)

    @step(when=somebody_walks, number=any_of, to=people)
    def hand_a_cart_over(self, number: int, to: Actor) -> None:
        walk = self._walk(number)
        self.do(lambda: hand_over(walk.cart, to, by=walk.by))

    @step(when=somebody_walks, number=any_of)
    def give_a_cart_up(self, number: int) -> None:
        walk = self._walk(number)
        self.do(lambda: give_up(walk.cart, by=walk.by))

    @step(when=somebody_walks, number=any_of, to=st.sampled_from(PEOPLE))
    def let_a_lease_run_out(self, number: int, to: Actor) -> None:
        """The lease is over, and whoever asks next gets the cart, unless they have one."""
        walk = self._walk(number)
        gone = timezone.now() - timedelta(seconds=1)
        walk.cart.tasks.filter(status=PickTask.Status.CLAIMED).update(lease_until=gone)
        cart = self.do(lambda: claim_cart(walk.cart.wave.warehouse, by=to))
        assert cart is not None
