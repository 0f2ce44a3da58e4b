"""Orders that something worth telling happened to, by the services; a carrier's news by the trail it leaves."""

from datetime import datetime
from typing import Any

from fulfillment.models import Parcel
from fulfillment.services import ParcelDraft, cancel_order, deliver_shipment, ship_shipment
from notifications.models import Message
from notifications.relay import relay_batch
from orders.lifecycle import change, record
from orders.models import Actor, Order
from tests.factories import ALICE, BOB, Shop, shipment

CARRIER = Actor.system("fold")
DHL = ParcelDraft(carrier="DHL", tracking_number="00340434161094042557")


def relay() -> None:
    while relay_batch():
        pass


def messages(order: Order) -> list[tuple[str, str, str]]:
    """Relay, and return what the order's customer is told: kind, milestone, status."""
    relay()
    rows = order.messages.order_by("available_at", "event_id")
    return [(row.kind, row.milestone, row.status) for row in rows]


def placed(shop: Shop, **more: Any) -> Order:
    shop.receive(shop.mug, 10)
    return shop.order((shop.mug, 2), (shop.teapot, 1), **more)


def shipped(shop: Shop, *parcels: ParcelDraft, **more: Any) -> Order:
    """Place an order of two mugs and a teapot, and ship the mugs: the teapot waits."""
    order = placed(shop, **more)
    ship_shipment(shipment(order, 1), by=BOB, parcels=parcels or [DHL])
    return order


def carrier_says(parcel: Parcel, kind: str, *milestones: str, at: datetime | None = None) -> None:
    with change(parcel.order, by=CARRIER) as order:
        facts = {"parcel": parcel.number, "milestones": list(milestones)}
        record(order, f"parcel.{kind}", by=CARRIER, facts=facts, at=at)


def delayed(order: Order, missed: str) -> None:
    """Record what the calendar does when a promise passes."""
    with change(order, by=ALICE) as fresh:
        day = getattr(fresh, missed).isoformat()
        record(fresh, "order.delayed", by=ALICE, facts={"missed": missed, "date": day, "promise": day})


def gone_quiet(parcel: Parcel) -> None:
    facts = {"parcel": parcel.number, "alarm": "NO_SCAN_SINCE", "since": "2026-11-20T09:00:00+00:00"}
    with change(parcel.order, by=ALICE) as fresh:
        record(fresh, "parcel.silent", by=ALICE, facts=facts)


def every_story(shop: Shop) -> list[Message]:
    """Make a message of each kind, and of some kinds the ways they can read."""
    first = shipped(shop)
    [parcel] = Parcel.objects.filter(shipment__order=first)
    carrier_says(parcel, "out_for_delivery", "out_for_delivery")
    gone_quiet(parcel)
    carrier_says(parcel, "delivery_attempt_failed", "attempt:1")
    carrier_says(parcel, "available_for_pickup", "available_for_pickup")
    carrier_says(parcel, "exception", "exception:duties_unpaid")
    carrier_says(parcel, "lost", "lost")
    carrier_says(parcel, "returning_to_sender", "returning")
    carrier_says(parcel, "returned_to_sender", "returned")
    carrier_says(parcel, "delivered", "delivered")
    delayed(first, "ship_by")
    two = shipped(shop, DHL, ParcelDraft(carrier="la_poste", tracking_number="6A12345678901"))
    deliver_shipment(shipment(two, 1), by=BOB)
    delayed(two, "deliver_by")
    cancel_order(two, by=ALICE, lines={2: 1})
    part = placed(shop)
    cancel_order(part, by=ALICE, lines={1: 1})
    cancel_order(part, by=ALICE, reason="alice changed her mind")
    with change(first, by=ALICE) as fresh:
        record(fresh, "link.requested", by=ALICE, facts={"bucket": 1})
    relay()
    return list(Message.objects.order_by("available_at", "event_id"))
