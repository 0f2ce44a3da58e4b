"""Sending again what a carrier lost or damaged: proposed once a parcel, decided by staff.

The units of the lost parcel stay where the ledger has them, shipped. What goes again is an order of its own, at no
charge: it takes stock, or waits for it, as any other.
"""

from django.utils import timezone

from fulfillment.models import Parcel, Reship
from fulfillment.services.accept import accept_order
from fulfillment.services.contents import contents_of
from orders.intake.draft import OrderDraft
from orders.lifecycle import NotAllowed, Refused, change, record, why_not, writing
from orders.models import Actor, Order


class UnknownContents(Refused):
    """Nobody wrote down which units were in which parcel."""

    code = "unknown_contents"


def propose_reship(parcel: Parcel, cause: str, *, by: Actor) -> Reship:
    """Propose to send a parcel again, whose order is open in change(). What was decided before stands."""
    known = Reship.objects.filter(parcel=parcel).first()
    if known is None:
        made = Reship.objects.create(order=parcel.order, parcel=parcel, cause=cause)
        record(parcel.order, "reship.proposed", by=by, facts={"reship": parcel.number, "cause": cause})
        return made
    if known.status == Reship.Status.WITHDRAWN:
        with change(known, by=by, facts={"cause": cause}) as fresh:
            fresh.cause = cause
            fresh.propose()
        return fresh
    return known


def withdraw_reship(parcel: Parcel, *, by: Actor) -> None:
    """Take the proposal back, as the parcel is neither lost nor damaged after all. What was decided stands."""
    for known in Reship.objects.filter(parcel=parcel, status=Reship.Status.PROPOSED):
        with change(known, by=by) as fresh:
            fresh.withdraw()


def send_again(proposed: Reship, *, by: Actor) -> Reship:
    """Place what was in the parcel once more, to the same address. Raises NotAllowed, UnknownContents."""
    with writing():
        with change(proposed, by=by) as fresh:
            if blockers := why_not(fresh, "send"):
                raise NotAllowed(blockers)
            order = fresh.order
            draft = _draft(fresh, order)
            replacement = accept_order(draft, channel=order.channel, by=by, is_silent=order.is_silent)
        with change(fresh, by=by, facts={"into": replacement.number}) as sent:
            sent.send(replacement)
    return sent


def decline_reship(proposed: Reship, *, by: Actor) -> Reship:
    """Note that it is not sent again: the customer gets the money back, say. Raises NotAllowed."""
    with change(proposed, by=by) as fresh:
        fresh.decline()
    return fresh


def _draft(reship: Reship, order: Order) -> OrderDraft:
    """Return the order that it goes in. Its external id is the parcel's: the database knows a second one by it."""
    units = contents_of(reship.parcel)
    if not units:
        sentence = f"Nobody wrote down what was in {reship.parcel}: place an order with it by hand, and decline this."
        raise UnknownContents(sentence, parcel=reship.parcel.number)
    customer = order.customer
    names = ("name", "line1", "line2", "city", "region", "postal_code", "country", "phone")
    return OrderDraft.model_validate(
        {
            "external_id": f"again {reship.parcel.number}",
            "placed_at": timezone.now(),
            "currency": order.currency,
            "shipping_method": order.shipping_method.code,
            "customer": {
                "name": customer.name,
                "email": customer.email,
                "phone": customer.phone,
                "locale": order.locale,
            },
            "ship_to": {name: getattr(order, f"ship_{name}") for name in names},
            "lines": [
                {"sku": line.product.sku, "name": line.name, "quantity": count, "unit_price": 0}
                for line, count in units.items()
            ],
            "is_ship_complete": order.is_ship_complete,
        }
    )
