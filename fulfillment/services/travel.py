"""What becomes of a shipment that has left: delivered, lost, found, back at the shop."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Shipment
from fulfillment.services.resolve import resolve_order
from fulfillment.services.units import lines_of
from orders.lifecycle import change, writing
from orders.models import Actor


def deliver_shipment(
    shipment: Shipment, *, by: Actor, at: datetime | None = None, parcels: Sequence[str] = ()
) -> Shipment:
    """Record that the shipment is at the door: of these parcels the customer hears; all of them, if none is named.

    Raises NotAllowed.
    """

    def arrive(fresh: Shipment) -> None:
        fresh.deliver(at=at or timezone.now())
        ledger.deliver(lines_of(fresh))

    arrived = list(parcels) or list(shipment.parcels.values_list("number", flat=True))
    return _travel(shipment, arrive, by, at, {"parcels": arrived})


def lose_shipment(shipment: Shipment, *, by: Actor, at: datetime | None = None) -> Shipment:
    """Record that the carrier lost it; it may still turn up. Raises NotAllowed."""
    return _travel(shipment, Shipment.lose, by, at)


def find_shipment(shipment: Shipment, *, by: Actor, at: datetime | None = None) -> Shipment:
    """Record that a lost shipment is on its way again. Raises NotAllowed."""
    return _travel(shipment, Shipment.find, by, at)


def return_shipment(shipment: Shipment, *, by: Actor, at: datetime | None = None) -> Shipment:
    """Record that all of it came back undelivered. Raises NotAllowed."""
    return _travel(shipment, Shipment.return_to_sender, by, at)


def _travel(
    shipment: Shipment,
    go: Callable[[Shipment], None],
    by: Actor,
    at: datetime | None,
    facts: dict[str, Any] | None = None,
) -> Shipment:
    with writing():
        with change(shipment, by=by, at=at, facts=facts) as fresh:
            go(fresh)
        resolve_order(fresh.order, by=by)
    return fresh
