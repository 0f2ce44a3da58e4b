"""How a walk ended: what goes to packing, and what waits because too few were there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fulfillment.blockers import note_expected, why_waiting
from fulfillment.models import CartSlot, PickTask, Shipment

Status = Shipment.Status


@dataclass(frozen=True, slots=True)
class End:
    """A shipment that was walked for; in no slot any more, where it left the cart. `waits`: what of its order does."""

    shipment: Shipment
    slot: CartSlot | None
    waits: Sequence[str] = ()

    @property
    def is_here(self) -> bool:
        """Say whether something of it lies on the cart."""
        return self.slot is not None and self.shipment.status not in {Status.READY, Status.CANCELLED}

    @property
    def is_set_back(self) -> bool:
        """Say whether nothing was found for it: its units wait in another shipment of the order."""
        return self.shipment.status == Status.CANCELLED and bool(self.waits)


def ends(tasks: Sequence[PickTask]) -> list[End]:
    """Say it of each shipment that the tasks of a cart were for, slot by slot."""
    found = {task.shipment_line.shipment_id: task.shipment_line.shipment for task in tasks}
    short = {task.shipment_line.shipment.order_id for task in tasks if task.status == PickTask.Status.SHORT}
    waits = _waits(short, without=list(found)) if short else {}
    rows = [End(each, getattr(each, "slot", None), waits.get(each.order_id, ())) for each in found.values()]
    return sorted(rows, key=lambda row: (row.slot is None, row.slot.place if row.slot else row.shipment.pk))


def _waits(orders: Iterable[int], *, without: Iterable[int]) -> dict[int, list[str]]:
    """Return order → what its other shipments wait for."""
    others = Shipment.objects.not_left().filter(order__in=orders).exclude(pk__in=without)
    others = others.prefetch_related("lines__order_line__product").order_by("pk")
    note_expected(others)
    found: dict[int, list[str]] = {}
    for each in others:
        found.setdefault(each.order_id, []).extend(reason.message for reason in why_waiting(each))
    return found
