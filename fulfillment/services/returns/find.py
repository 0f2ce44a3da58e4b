"""What somebody at the returns desk holds, by whatever number is on it."""

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
        return _of_shipment(shipment)
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


def _of_shipment(shipment: Shipment) -> Return | Order | Shipment | str:
    """Return its return while that is at the desk, or where all of it is back; the rest comes in with another one."""
    known = shipment.returns.order_by("pk").last()
    if known and (known.status == Return.Status.RECEIVED or not is_out(shipment)):
        return known
    if shipment.status in UNDELIVERED:
        return shipment
    if shipment.status == Shipment.Status.DELIVERED:
        return _of_order(shipment.order)
    return f"{shipment} has not left: nothing of it can come back."


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
