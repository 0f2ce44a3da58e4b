"""Returns that a carrier brings by itself: parcels that could not be delivered."""

from fulfillment.models import Parcel, Return, ReturnLine
from fulfillment.services.contents import contents_of, is_only
from orders.lifecycle import adopt, change
from orders.models import Actor


def expect_return(parcel: Parcel, *, by: Actor) -> None:
    """Expect a parcel, whose order is open in change(), back: once, and not where it came in already.

    The returns desk finds it by any number on it. That people called it off stands.
    """
    if is_known(parcel):
        return
    order, units = parcel.order, contents_of(parcel)
    shipment = parcel.shipment if is_only(parcel) else None
    number = f"{order.number}-R{order.returns.count() + 1}"
    expected = Return(order=order, number=number, reason=Return.Reason.UNDELIVERED, parcel=parcel, shipment=shipment)
    adopt(expected)
    with change(expected, by=by, facts={"parcel": parcel.number, "units": sum(units.values())}) as fresh:
        fresh.expect()
    ReturnLine.objects.bulk_create(
        ReturnLine(return_of=expected, order_line=line, quantity=count) for line, count in units.items()
    )


def call_off_return(parcel: Parcel, *, by: Actor) -> None:
    """Expect the parcel back no more: it goes its way after all. What has arrived stays."""
    for expected in Return.objects.filter(parcel=parcel, status__in=Return.COMING):
        with change(expected, by=by, facts={"parcel": parcel.number}) as fresh:
            fresh.cancel()
            fresh.parcel = fresh.shipment = None


def is_known(parcel: Parcel) -> bool:
    """Say whether a return of it was expected, or has come in with the number of its shipment."""
    of_shipment = Return.objects.filter(shipment=parcel.shipment_id).exclude(status=Return.Status.CANCELLED)
    return Return.objects.filter(parcel=parcel).exists() or of_shipment.exists()
