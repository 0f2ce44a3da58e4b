"""Shipping and receiving from the floor: the services of the house, each done once for one act."""

from collections.abc import Sequence

from django.db import transaction

from fulfillment.ledger.stock import Arrival
from fulfillment.models import Bin, Scan, Shipment
from fulfillment.services.scanned import Act, Result, Verdict, keep, repeated
from fulfillment.services.ship import ParcelDraft, ship_shipment
from fulfillment.services.stock import receive_stock
from orders.lifecycle import change
from orders.models import Product


def scan_to_ship(shipment: Shipment, act: Act, parcels: Sequence[ParcelDraft]) -> Scan:
    """Let a shipment leave; repeated, it answers as before. Raises NotAllowed, ParcelsDoNotAddUp, NotEnoughStock."""
    with change(shipment, by=act.by) as fresh:
        if before := repeated(act):
            return before
        gone = ship_shipment(fresh, by=act.by, parcels=parcels)
        units = sum(gone.lines.values_list("quantity", flat=True))
        boxes = "1 parcel" if len(parcels) == 1 else f"{len(parcels)} parcels"
        result = Result.RIGHT if act.text else Result.UNSCANNED
        return keep(act, Verdict(result, f"{gone} is on its way, in {boxes}.", units), Scan.Step.SHIP, gone)


def scan_to_receive(product: Product, quantity: int, into: Bin, act: Act, reference: str) -> Scan:
    """Book what arrived into a bin; repeated, it answers as before. Raises AlreadyApplied where a twin is quicker."""
    with transaction.atomic():
        if before := repeated(act):
            return before
        arrival = Arrival(product, quantity, into.code)
        receive_stock(into.warehouse, [arrival], by=act.by, reference=reference, operation=str(act.operation))
        said = f"{quantity} × {product.name or product.sku} into {into}."
        return keep(act, Verdict(Result.RIGHT, said, quantity, bin=into), Scan.Step.RECEIVE)
