"""What waits on the floor, counted from what is open there: never from what has left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Prefetch, Q

from fulfillment.models import Shipment, ShipmentLine
from fulfillment.models.shipment import ShipmentQuerySet

Status = Shipment.Status
STEPS: Mapping[str, tuple[str, ...]] = {
    "pick": (Status.READY, Status.PICKING),
    "pack": (Status.PICKED,),
    "ship": (Status.PACKED,),
}
"""Step → the statuses of the shipments that wait for it."""
LISTED = 50


@dataclass(slots=True)
class Waiting:
    """How many shipments wait for a step: those that can go on, of them late ones, and those that are blocked."""

    free: int = 0
    late: int = 0
    blocked: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A shipment of a queue, and how much of it there is."""

    shipment: Shipment
    units: int
    articles: int
    picked: int


def step_of(status: str) -> str | None:
    """Return the step that a shipment in this status waits for."""
    return next((step for step, statuses in STEPS.items() if status in statuses), None)


def waiting(shipments: ShipmentQuerySet, today: date) -> dict[str, Waiting]:
    """Count those of the shipments that are on the floor, by the step they wait for."""
    found = {step: Waiting() for step in STEPS}
    free, late = Q(is_blocked=False), Q(is_blocked=False, order__ship_by__lt=today)
    rows = shipments.filter(status__in=Shipment.ON_FLOOR).with_blocked().order_by().values_list("status")
    for status, every, unblocked, overdue in rows.annotate(
        every=Count("pk"), free=Count("pk", filter=free), late=Count("pk", filter=late)
    ):
        at = found[step_of(status) or ""]
        at.free += unblocked
        at.late += overdue
        at.blocked += every - unblocked
    return found


def queue(shipments: ShipmentQuerySet, step: str) -> list[Row]:
    """List what of the shipments can be done next, what is due first; what is blocked is not offered."""
    lines = Prefetch("lines", ShipmentLine.objects.filter(quantity__gt=0))
    offered = shipments.filter(status__in=STEPS[step]).unblocked().due_first()
    return [_row(shipment) for shipment in offered.select_related("order").prefetch_related(lines)[:LISTED]]


def _row(shipment: Shipment) -> Row:
    lines = shipment.lines.all()
    return Row(shipment, sum(line.quantity for line in lines), len(lines), sum(line.picked for line in lines))
