"""What follows in the warehouse from what its carrier says of a parcel.

What comes back is expected; what is lost or damaged may go again. When the carrier is corrected, so is this.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from fulfillment.models import Parcel, Reship, Shipment
from fulfillment.services import propose_reship, withdraw_reship
from fulfillment.services.returns import call_off_return, expect_return
from orders.models import Actor
from tracking.lanes.watch import DAMAGES
from tracking.models.tracker import Status

BACK = frozenset({Status.RETURNING_TO_SENDER, Status.RETURNED_TO_SENDER})
ARRIVED = BACK | {Status.DELIVERED}


class Fate(NamedTuple):
    """What is to follow of a parcel: whether it comes back, and why it may go again ("": it need not)."""

    is_back: bool
    cause: str

    @property
    def is_ordinary(self) -> bool:
        return not (self.is_back or self.cause)


def fate_of(status: str, reason: str, *, is_given_up: bool = False) -> Fate:
    """Say what is to follow. `is_given_up`: a person called the shipment lost, and nothing of it has arrived."""
    is_lost = status == Status.LOST or (is_given_up and status not in ARRIVED)
    is_damaged = reason in DAMAGES
    cause = Reship.Cause.LOST if is_lost else Reship.Cause.DAMAGED if is_damaged else ""
    return Fate(status in BACK, cause)


def draw_consequences(shipments: Iterable[int], *, by: Actor) -> None:
    """Bring what is expected and proposed in line with the parcels of shipments whose order is open in change()."""
    parcels = Parcel.objects.filter(shipment__in=list(shipments), shipped_at__isnull=False)
    for parcel in parcels.select_related("tracker", "shipment__order", "reship", "back").order_by("pk"):
        tracker: Any = getattr(parcel, "tracker", None)
        said = (tracker.status, tracker.reason) if tracker else (Status.UNKNOWN, "")
        _follow(parcel, fate_of(*said, is_given_up=parcel.shipment.status == Shipment.Status.LOST), by)


def _follow(parcel: Parcel, fate: Fate, by: Actor) -> None:
    if fate.is_back:
        expect_return(parcel, by=by)
    elif getattr(parcel, "back", None):
        call_off_return(parcel, by=by)
    if fate.cause:
        propose_reship(parcel, fate.cause, by=by)
    elif getattr(parcel, "reship", None):
        withdraw_reship(parcel, by=by)
