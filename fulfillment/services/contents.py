"""What is in a parcel, as far as anybody wrote it down."""

from fulfillment.models import Parcel
from orders.models import OrderLine


def contents_of(parcel: Parcel) -> dict[OrderLine, int]:
    """Return the units in a parcel that left; in the only one of its shipment all of it. Empty where nobody knows."""
    lines = parcel.lines.select_related("shipment_line__order_line__product").order_by("shipment_line__order_line")
    if written := {each.shipment_line.order_line: each.quantity for each in lines}:
        return written
    if is_only(parcel):
        rows = parcel.shipment.lines.filter(quantity__gt=0).select_related("order_line__product")
        return {each.order_line: each.quantity for each in rows.order_by("order_line")}
    return {}


def is_only(parcel: Parcel) -> bool:
    """Say whether its shipment went in this parcel alone."""
    return not Parcel.objects.filter(shipment=parcel.shipment_id).exclude(pk=parcel.pk).exists()
