"""Shipping from the floor, done once for one act."""

from collections.abc import Callable, Collection, Sequence

from fulfillment.models import Scan, Shipment
from fulfillment.models.shipment import ShipmentQuerySet
from fulfillment.services.scanned import Act, Result, Verdict, keep, once, refuse_blocked
from fulfillment.services.ship import Leaving, ParcelDraft, read_leaving, send_off
from orders.lifecycle import change

Say = Callable[[Leaving], Sequence[ParcelDraft] | None]
"""Says of what stands there in which parcels it leaves; None where that is not known yet."""


def scan_to_ship(
    shipment: Shipment | ShipmentQuerySet, act: Act, say: Say, numbers: Collection[str] = ()
) -> Scan | None:
    """Let a shipment leave; repeated, it answers as before. None, and nothing is done, where `say` says nothing.

    `numbers` are those of the carrier, as typed. Raises NotAllowed, ParcelsDoNotAddUp, NotEnoughStock, NotHere.
    """
    return once(act, Scan.Step.SHIP, lambda: _ship(shipment, act, say, numbers))[0]


def _ship(shipment: Shipment | ShipmentQuerySet, act: Act, say: Say, numbers: Collection[str]) -> Scan | None:
    with change(shipment, by=act.by) as fresh:
        leaving = read_leaving(fresh, numbers)
        refuse_blocked(fresh, "ship", is_held=leaving.is_held)
        parcels = say(leaving)
        if parcels is None:
            return None
        send_off(leaving, parcels, by=act.by)
        boxes = "1 parcel" if len(parcels) == 1 else f"{len(parcels)} parcels"
        result = Result.RIGHT if act.text else Result.UNSCANNED
        said = Verdict(result, f"{fresh} is on its way, in {boxes}.", leaving.units)
        return keep(act, said, Scan.Step.SHIP, fresh)
