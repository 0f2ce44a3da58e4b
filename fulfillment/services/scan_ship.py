"""Shipping from the floor, done once for one act."""

from collections.abc import Sequence

from fulfillment.models import Scan, Shipment
from fulfillment.services.scanned import Act, Result, Verdict, keep, once
from fulfillment.services.ship import ParcelDraft, ship_shipment
from orders.lifecycle import change


def scan_to_ship(shipment: Shipment, act: Act, parcels: Sequence[ParcelDraft]) -> Scan:
    """Let a shipment leave; repeated, it answers as before. Raises NotAllowed, ParcelsDoNotAddUp, NotEnoughStock."""
    return once(act, Scan.Step.SHIP, lambda: _ship(shipment, act, parcels))[0]


def _ship(shipment: Shipment, act: Act, parcels: Sequence[ParcelDraft]) -> Scan:
    with change(shipment, by=act.by) as fresh:
        gone = ship_shipment(fresh, by=act.by, parcels=parcels)
        units = sum(gone.lines.values_list("quantity", flat=True))
        boxes = "1 parcel" if len(parcels) == 1 else f"{len(parcels)} parcels"
        result = Result.RIGHT if act.text else Result.UNSCANNED
        return keep(act, Verdict(result, f"{gone} is on its way, in {boxes}.", units), Scan.Step.SHIP, gone)
