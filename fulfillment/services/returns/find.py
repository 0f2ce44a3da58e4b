"""What somebody at the returns desk holds, by whatever number is on it."""

from django.db.models import Q

from fulfillment.models import Parcel, Return, Shipment
from fulfillment.services.returns.units import is_out
from orders.models import Order
from orders.numbers import read_number

AWAY = (Shipment.Status.SHIPPED, Shipment.Status.LOST)
UNDELIVERED = (*AWAY, Shipment.Status.RETURNED_TO_SENDER)
HERE = (*Return.COMING, Return.Status.RECEIVED)


def find_return(text: str) -> Return | Order | Shipment | str:
    """Return what came back: a return, a shipment that was not delivered, or an order; or say what is the matter."""
    text = text.strip()
    if announced := Return.objects.filter(number=text.upper()).first():
        return announced
    if shipment := _shipment(text):
        return _of_shipment(shipment, text)
    number = read_number(text)
    order = Order.objects.filter(number=number).first() if number else None
    return _of_order(order) if order else f"“{text}” is no return, order or parcel that we know. Scan it again."


def _shipment(text: str) -> Shipment | None:
    numbered = Shipment.objects.numbered(text) if "-" in text.strip().removeprefix("OT-") else Shipment.objects.none()
    key = Parcel.key_of(text)
    return (
        numbered.first()
        or Shipment.objects.filter(parcels__number=text.upper()).first()
        or (Shipment.objects.filter(parcels__tracking_key=key).order_by("-pk").first() if key else None)
    )


def _of_shipment(shipment: Shipment, text: str) -> Return | Order | Shipment | str:
    """Return its return, as long as it is expected, or at the desk, or all of the shipment is back.

    The rest comes in with another. Of several parcels that are expected each has its own.
    """
    known = Return.objects.filter(Q(shipment=shipment) | Q(parcel__shipment=shipment)).select_related("parcel")
    meant = [each for each in known.order_by("pk") if each.shipment_id or _is_on(each.parcel, text)]
    if meant and (meant[-1].status in HERE or not is_out(shipment)):
        return meant[-1]
    if shipment.status in UNDELIVERED:
        return shipment
    if shipment.status == Shipment.Status.DELIVERED:
        return _of_order(shipment.order)
    return f"{shipment} has not left: nothing of it can come back."


def _is_on(parcel: Parcel | None, text: str) -> bool:
    """Say whether this number stands on the parcel."""
    return parcel is not None and (parcel.number == text.upper() or parcel.tracking_key == Parcel.key_of(text))


def _of_order(order: Order) -> Return | Order | Shipment | str:
    """Return the return of it that stands, if there is one; of several, somebody has to say which."""
    standing = list(order.returns.filter(status__in=HERE).order_by("pk"))
    if len(standing) > 1:
        return f"Several returns of {order} are known: {', '.join(map(str, standing))}. Scan one of them."
    if standing:
        return standing[0]
    undelivered = order.shipments.filter(status=Shipment.Status.RETURNED_TO_SENDER, returns=None).first()
    if undelivered:
        return undelivered
    if not order.shipments.filter(status__in=Shipment.LEFT).exists():
        return f"Nothing of {order} has left: nothing of it can come back."
    return order
