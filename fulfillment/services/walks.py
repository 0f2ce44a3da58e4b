"""A cart's walk as it stands: read in one query, for the scan that is judged by it and for the screen that shows it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from django.db.models import OuterRef, Subquery

from fulfillment.ledger.stock import DEFAULT_BIN, STAGE
from fulfillment.models import Bin, Cart, PickTask, Scan, Warehouse
from fulfillment.models.stock import WarehouseQuerySet
from orders.models import Actor


@dataclass(frozen=True)
class Walk:
    """The tasks of a cart, stop by stop, and where the person with it is."""

    cart: Cart
    by: Actor
    tasks: Sequence[PickTask]
    at_bin: int | None

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
        is_there = scan.bin_id is not None and scan.result == Scan.Result.RIGHT
        return replace(self, at_bin=scan.bin_id if is_there else self.at_bin)

    def here(self) -> list[PickTask]:
        return [task for task in self.to_do if self.task and task.place == self.task.place]


def read_walk(cart: Cart, by: Actor) -> Walk:
    """Read a cart's walk, as this person has it."""
    found = find_walk(cart.pk, by, Warehouse.objects.all())
    return found or Walk(cart, by, [], None)


def find_walk(cart_id: int, by: Actor, warehouses: WarehouseQuerySet) -> Walk | None:
    """Read the walk of a cart in one of these warehouses; None where it has nothing to fetch, or is not there."""
    last = Scan.objects.filter(by=str(by), step=Scan.Step.PICK, result=Scan.Result.RIGHT).order_by("-pk")
    stage = Bin.objects.filter(warehouse=OuterRef("bin__warehouse"), code=STAGE)
    found = list(
        PickTask.objects.filter(cart=cart_id, cart__wave__warehouse__in=warehouses)
        .select_related(*_READ)
        .annotate(at_bin=Subquery(last.values("bin")[:1]), stage_id=Subquery(stage.values("pk")[:1]))
        .order_by("place", "pk")
    )
    return Walk(found[0].cart, by, found, found[0].at_bin) if found else None  # type: ignore[attr-defined]  # annotated


_READ = ("cart__wave__warehouse", "bin", "shipment_line__order_line__product", "shipment_line__shipment__slot")
