"""When a parcel on its way should arrive, and how we know, in a sentence for staff."""

from fulfillment.models import Parcel, Shipment
from orders.models import ShownPromise
from tracking.models import Estimate
from tracking.timeline.dates import between, with_year
from tracking.timeline.journey import Box, box_of
from tracking.timeline.promise import days_of_parcel
from tracking.timeline.words import COMING

LANE = ShownPromise.Where.LANE


def expected_of(parcel: Parcel, shipment: Shipment) -> str:
    """Return what its carrier says, or what is usual, or that nobody knows; "" of what comes no more."""
    box = box_of(parcel, shipment)
    if shipment.status not in Shipment.LEFT or box.status not in COMING:
        return ""
    days = days_of_parcel(box)
    if days is None:
        return _unknown(box)
    if days.where != LANE:
        return f"Expected {between(days.first, days.last)}, says the carrier."
    it: Estimate = parcel.estimate
    usual = f"of the last {it.parcels} parcels ({it.lane}) half came by the first day, nine of ten by the last"
    return f"Expected {between(days.first, days.last)}: {usual}."


def _unknown(box: Box) -> str:
    found: Estimate | None = getattr(box.parcel, "estimate", None)
    if found is None:
        return ""
    if found.last:
        usual = f"nine of ten of the last {found.parcels} parcels ({found.lane})"
        return f"It has not come by {with_year(found.last, 'D j M')}, as {usual} did."
    why = "Not enough history of this lane" if box.parcel.carrier else "No carrier is named"
    return f"{why}: the promise of the order stands."
