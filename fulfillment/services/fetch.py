"""Fetching units of one line, with a cart or without: what they touch is locked in one statement, then they are booked.

The trail is written where a shipment is begun, and by whoever knows that it is done.
"""

from typing import NamedTuple

from django.db.models import OuterRef, QuerySet, Subquery

from fulfillment import ledger
from fulfillment.ledger.stock import STAGE
from fulfillment.models import Bin, Reservation, Shipment, ShipmentLine
from fulfillment.services.resolve import begin_order
from orders.lifecycle import Refused, adopt, change
from orders.models import Actor


class Moved(Refused):
    """The walk changed while somebody scanned: an order was cancelled, or the cart taken over."""

    code = "walk_moved"


class Fetched(NamedTuple):
    """Units of a line that somebody fetched."""

    line: ShipmentLine
    units: int


def lock_first(likely: QuerySet[Reservation]) -> Reservation | None:
    """Lock the first of these reservations, its order, shipment, line and stock; order and shipment are open then.

    Whether it is what is meant, is judged behind the lock. Inside `writing()` only.
    """
    stage = Bin.objects.filter(warehouse=OuterRef("stock_item__warehouse"), code=STAGE)
    kept = likely.filter(status=Reservation.Status.OPEN).annotate(stage_id=Subquery(stage.values("pk")))
    found = kept.select_related(*_READ).select_for_update(of=_LOCKED, no_key=True).first()
    if found:
        adopt(found.shipment_line.shipment.order)
        adopt(found.shipment_line.shipment)
    return found


def fetch(kept: Reservation, units: int, source: Bin, *, by: Actor) -> None:
    """Bring units of the line that was locked to the packing station; the first of them begin its shipment and order.

    Raises NotEnoughStock, NotAllowed.
    """
    line = kept.shipment_line
    if line.shipment.status == Shipment.Status.READY:
        with change(line.shipment, by=by, is_saved_last=True) as fresh:
            fresh.start_picking()
        begin_order(line.shipment.order, by=by)
    ledger.take(line, kept.stock_item, units, source, kept.stage_id, by=by)  # type: ignore[attr-defined]  # annotated


_SHIPMENT = "shipment_line__shipment"
_READ = (f"{_SHIPMENT}__order", f"{_SHIPMENT}__slot", f"{_SHIPMENT}__warehouse", "stock_item")
_LOCKED = (f"{_SHIPMENT}__order", _SHIPMENT, "shipment_line", "self", "stock_item")
