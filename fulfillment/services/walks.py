"""A cart's walk as it stands: read in one query, for the scan that is judged by it and for the screen that shows it.

A scan reads it behind the lock of the shipment in hand, and with it what decides whether that goes on and is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db.models import Exists, F, QuerySet, Subquery, Sum
from django.utils import timezone

from fulfillment.ledger.stock import DEFAULT_BIN
from fulfillment.models import Cart, PickTask, Scan, Shipment, ShipmentLine, Warehouse
from fulfillment.models.stock import WarehouseQuerySet
from fulfillment.services.fetch import Fetched
from orders.lifecycle import NotHere
from orders.models import Actor


@dataclass(frozen=True)
class Walk:
    """The tasks of a cart, stop by stop, and where the person with it is. `mine`: where that person works.

    Of the shipment in hand: whether something holds it, and how many of its units are to be picked. `fetched` is the
    task of this cart for which this person fetched something last, and how many units.
    """

    cart: Cart
    by: Actor
    tasks: Sequence[PickTask] = ()
    at_bin: int | None = None
    mine: WarehouseQuerySet | None = None
    is_held: bool = False
    unpicked: int = 0
    fetched: tuple[int | None, int] = (None, 0)

    def read(self, in_hand: Shipment | None = None) -> "Walk":
        """Return the walk as it stands now, with this shipment in hand, whose row is locked. Raises NotHere."""
        return find_walk(self.cart.pk, self.by, self.mine, in_hand) or self._without_tasks()

    def _without_tasks(self) -> "Walk":
        carts = Cart.objects.filter(pk=self.cart.pk).select_related("wave__warehouse")
        cart = (carts if self.mine is None else carts.filter(wave__warehouse__in=self.mine)).first()
        if cart is None:
            raise NotHere("There is no such cart here.")
        return replace(self, cart=cart, tasks=(), at_bin=None)

    @cached_property
    def to_do(self) -> list[PickTask]:
        return [task for task in self.tasks if task.status in PickTask.TO_DO]

    @cached_property
    def task(self) -> PickTask | None:
        """What is to be fetched now: at this stop, what was begun goes first."""
        here = [task for task in self.to_do if task.place == self.to_do[0].place]
        return min(here, key=lambda task: (not task.picked, task.pk), default=None)

    @property
    def following(self) -> PickTask | None:
        return self.after(self.task)

    def after(self, task: PickTask | None) -> PickTask | None:
        """Return what is to be fetched once this task is done."""
        return next((each for each in self.to_do if each is not task), None)

    @property
    def is_mine(self) -> bool:
        return self.holder == str(self.by)

    @property
    def holder(self) -> str:
        return self.task.claimed_by if self.task and self.task.status == PickTask.Status.CLAIMED else ""

    @property
    def is_free(self) -> bool:
        """Say whether somebody may take it: something is to be fetched, and nobody's lease runs."""
        now = timezone.now()
        return bool(self.to_do) and not any(task.lease_until and task.lease_until > now for task in self.to_do)

    @property
    def to_undo(self) -> Fetched | None:
        """Return what "undo" takes back. Nothing, where its stop was closed as short since."""
        task_id, units = self.fetched
        task = next((task for task in self.tasks if task.pk == task_id), None)
        return Fetched(task.shipment_line, units) if task and task.status != PickTask.Status.SHORT else None

    @property
    def short(self) -> list[PickTask]:
        """Return the stops where too few were there."""
        return [task for task in self.tasks if task.status == PickTask.Status.SHORT]

    @property
    def is_at(self) -> bool:
        """Say whether the person scanned this stop's bin and no other since; where there is no label, they did."""
        return self.task is not None and (self.task.bin.code == DEFAULT_BIN or self.task.bin_id == self.at_bin)

    @cached_property
    def stops(self) -> list[tuple[int, bool]]:
        """Return the numbers of the stops, each with whether all is fetched there."""
        open_ = {task.place for task in self.to_do}
        return [(place, place not in open_) for place in sorted({task.place for task in self.tasks})]

    @property
    def place(self) -> int:
        """Return which stop of how many this is."""
        return 1 + sum(is_done for _, is_done in self.stops)

    def past(self, scan: Scan) -> "Walk":
        """Return the walk after a scan that its tasks, and where its bin was right also the person, know already."""
        if scan.result != Scan.Result.RIGHT:
            return self
        fetched = (scan.task_id, scan.quantity) if scan.quantity else self.fetched
        return replace(self, at_bin=scan.bin_id or self.at_bin, fetched=fetched)

    def here(self) -> list[PickTask]:
        return [task for task in self.to_do if self.task and task.place == self.task.place]


def read_walk(cart: Cart, by: Actor) -> Walk:
    """Read a cart's walk, as this person has it."""
    return Walk(cart, by).read()


def find_walk(
    cart_id: int, by: Actor, mine: WarehouseQuerySet | None = None, in_hand: Shipment | None = None
) -> Walk | None:
    """Read the walk of a cart in one of these warehouses; None where it has nothing to fetch, or is not there."""
    here = Warehouse.objects.all() if mine is None else mine
    tasks = PickTask.objects.filter(cart=cart_id, cart__wave__warehouse__in=here).select_related(*_READ)
    fetched = fetched_with(cart_id, by)
    tasks = tasks.annotate(
        at_bin=Subquery(_right(cart_id, by).values("bin")[:1]),
        last_task=Subquery(fetched.values("task")[:1]),
        last_units=Subquery(fetched.values("quantity")[:1]),
        **_standing(in_hand),
    )
    found = list(tasks.order_by("place", "pk"))
    if not found:
        return None
    first = found[0].__dict__  # what was annotated is the same on each
    known = {name: first[name] for name in ("is_held", "unpicked") if in_hand}
    known["fetched"] = (first["last_task"], first["last_units"] or 0)
    return Walk(found[0].cart, by, _share(found, in_hand), first["at_bin"], mine, **known)


def fetched_with(cart_id: int, by: Actor) -> QuerySet[Scan]:
    """Return what this person fetched with a cart and did not take back, the latest first."""
    return _right(cart_id, by).filter(quantity__gt=0, undone_by=None)


def _right(cart_id: int, by: Actor) -> QuerySet[Scan]:
    """Return this person's right scans with a cart, the latest first: whatever else they scan moves no cart."""
    tasks = PickTask.objects.filter(cart=cart_id)
    return Scan.objects.filter(task__in=tasks, by=str(by), result=Scan.Result.RIGHT).order_by("-pk")


def _standing(shipment: Shipment | None) -> dict[str, Any]:
    """Say of a shipment whether something holds it, and how many of its units are to be picked."""
    if shipment is None:
        return {}
    lines = ShipmentLine.objects.filter(shipment=shipment).order_by().values("shipment")
    unpicked = lines.annotate(units=Sum(F("reserved") - F("picked"))).values("units")
    return {"is_held": Exists(Shipment.objects.filter(pk=shipment.pk).blocked()), "unpicked": Subquery(unpicked)}


def _share(tasks: list[PickTask], in_hand: Shipment | None) -> list[PickTask]:
    """Let all tasks of the shipment in hand know the one row of it that is locked."""
    for task in tasks:
        if in_hand and task.shipment_line.shipment_id == in_hand.pk:
            task.shipment_line.shipment = in_hand
    return tasks


_READ = ("cart__wave__warehouse", "bin", "shipment_line__order_line__product", "shipment_line__shipment__slot")
