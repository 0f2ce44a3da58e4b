"""Orders at every place of their way. All go through the services; only trackers are written, as the fold would."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fulfillment.models import Parcel
from fulfillment.services import (
    ParcelDraft,
    cancel_order,
    deliver_shipment,
    lose_shipment,
    pack_shipment,
    pick_shipment,
    propose_reship,
    return_shipment,
    send_again,
    ship_shipment,
)
from orders.lifecycle import change, record
from orders.models import Order
from orders.services import hold_order, place_order, record_delays
from tests.factories import ALICE, BOB, Shop, draft, shipment
from tracking.models import Tracker

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DHL = ParcelDraft(carrier="dhl", tracking_number="00340434161094042557")
UPS = ParcelDraft(carrier="ups", tracking_number="1Z999AA10123456784")
WAY = [
    ("2026-11-24T10:12:00", "PRE_TRANSIT", "Shipment data received", "Madrid"),
    ("2026-11-24T18:40:00", "IN_TRANSIT", "Accepted at the parcel centre", "Madrid"),
    ("2026-11-25T02:05:00", "IN_TRANSIT", "Left the parcel centre", "Zaragoza"),
    ("2026-11-25T14:10:00", "IN_TRANSIT", "Arrived at the depot", "Lyon"),
    ("2026-11-26T07:31:00", "OUT_FOR_DELIVERY", "On the van for delivery", "Lyon"),
]


def scans(*rows: tuple[str, str, str, str]) -> list[dict[str, Any]]:
    return [
        {"at": f"{wall}+00:00", "wall": wall, "status": status, "reason": "", "message": message, "place": place}
        for wall, status, message, place in rows
    ]


def track(parcel: Parcel, status: str, *rows: tuple[str, str, str, str], **more: Any) -> None:
    """Write a tracker as the fold would, and an event, as whatever readers see moves the version."""
    Tracker.objects.update_or_create(parcel=parcel, defaults={"status": status, "timeline": scans(*rows), **more})
    with change(parcel.order, by=ALICE) as order:
        record(order, f"parcel.{status.lower()}", by=ALICE, facts={"parcel": parcel.number, "milestones": []})


def boxes(order: Order) -> list[Parcel]:
    return list(Parcel.objects.filter(shipment__order=order).select_related("shipment__order").order_by("pk"))


def stocked(shop: Shop, **more: Any) -> Order:
    shop.receive(shop.mug, 5)
    shop.receive(shop.teapot, 5)
    return shop.order((shop.mug, 2), (shop.teapot, 1), **more)


def shipped(shop: Shop, *parcels: ParcelDraft) -> Order:
    order = stocked(shop)
    ship_shipment(shipment(order), by=BOB, parcels=parcels or [DHL], at=TUESDAY)
    return order


def with_tracker(status: str, *rows: tuple[str, str, str, str], **more: Any) -> Callable[[Shop], Order]:
    def tell(shop: Shop) -> Order:
        order = shipped(shop)
        track(boxes(order)[0], status, *rows, **more)
        return order

    return tell


def only_placed(shop: Shop) -> Order:
    return place_order(draft((shop.mug, 2)), channel=shop.channel, by=ALICE)


def waiting(shop: Shop) -> Order:
    return shop.order((shop.mug, 2), (shop.teapot, 1))


def partly_waiting(shop: Shop) -> Order:
    shop.receive(shop.mug, 1)
    return shop.order((shop.mug, 2), (shop.teapot, 1))


def ship_complete(shop: Shop) -> Order:
    shop.receive(shop.mug, 5)
    return shop.order((shop.mug, 2), (shop.teapot, 1), is_ship_complete=True)


def picking(shop: Shop) -> Order:
    order = stocked(shop)
    pick_shipment(shipment(order), by=BOB, lines={1: 1})
    return order


def picked(shop: Shop) -> Order:
    order = stocked(shop)
    pick_shipment(shipment(order), by=BOB)
    return order


def packed(shop: Shop) -> Order:
    order = picked(shop)
    pack_shipment(shipment(order), by=BOB)
    return order


def held(reason: str, **more: Any) -> Callable[[Shop], Order]:
    def tell(shop: Shop) -> Order:
        order = stocked(shop)
        hold_order(order, by=ALICE, reason=reason, **more)
        return order

    return tell


def held_in_part(shop: Shop) -> Order:
    order = partly_waiting(shop)
    hold_order(order, by=ALICE, reason="STOCK", lines=[2])
    return order


def without_address(shop: Shop) -> Order:
    return stocked(shop, ship_to={"country": "ES"})


def late_in_the_house(shop: Shop) -> Order:
    order = stocked(shop)
    record_delays(today=order.deliver_by + timedelta(days=1))
    return order


def leaves_late(shop: Shop) -> Order:
    order = stocked(shop)
    record_delays(today=order.ship_by + timedelta(days=1))
    return order


def late_on_the_road(shop: Shop) -> Order:
    order = with_tracker("IN_TRANSIT", *WAY[:3])(shop)
    record_delays(today=order.deliver_by + timedelta(days=1))
    return order


def late_with_new_date(shop: Shop) -> Order:
    order = with_tracker("EXCEPTION", *WAY[:3], reason="weather_delay", eta_to=date(2026, 11, 30))(shop)
    record_delays(today=order.deliver_by + timedelta(days=1))
    return order


def two_parcels(first: str, second: str, **more: Any) -> Callable[[Shop], Order]:
    def tell(shop: Shop) -> Order:
        mugs = ParcelDraft(DHL.carrier, DHL.tracking_number, lines={1: 2})
        teapot = ParcelDraft(UPS.carrier, UPS.tracking_number, lines={2: 1})
        order = shipped(shop, mugs, teapot)
        one, two = boxes(order)
        track(one, first, *WAY, **more)
        track(two, second, *WAY[:2])
        return order

    return tell


def three_parcels(shop: Shop) -> Order:
    order = shipped(shop, DHL, UPS, ParcelDraft(carrier="gls"))
    for parcel, status in zip(boxes(order), ("DELIVERED", "IN_TRANSIT", "LOST"), strict=True):
        track(parcel, status, *WAY[:2])
    return order


def partly_shipped(shop: Shop) -> Order:
    """Two parcels, one of them at the door, and a teapot that is still out of stock."""
    shop.receive(shop.mug, 4)
    order = shop.order((shop.mug, 4), (shop.teapot, 1))
    halves = [ParcelDraft(each.carrier, each.tracking_number, lines={1: 2}) for each in (DHL, UPS)]
    ship_shipment(shipment(order, 1), by=BOB, parcels=halves, at=TUESDAY)
    first, second = boxes(order)
    arrival = ("2026-11-26T11:48:00", "DELIVERED", "Delivered", "Madrid")
    track(first, "DELIVERED", *WAY, arrival, delivered_at=datetime(2026, 11, 26, 11, 48, tzinfo=UTC))
    track(second, "IN_TRANSIT", *WAY[:4], eta_from=date(2026, 11, 27), eta_to=date(2026, 11, 30))
    return order


def partly_delivered(shop: Shop) -> Order:
    shop.receive(shop.mug, 2)
    order = shop.order((shop.mug, 2), (shop.teapot, 1))
    ship_shipment(shipment(order, 1), by=BOB, parcels=[DHL], at=TUESDAY)
    deliver_shipment(shipment(order, 1), by=BOB, at=TUESDAY + timedelta(days=2))
    return order


def rest_on_hold(shop: Shop) -> Order:
    order = partly_delivered(shop)
    hold_order(order, by=ALICE, reason="PAYMENT", until=TUESDAY + timedelta(days=9))
    return order


def delivered(shop: Shop) -> Order:
    order = shipped(shop)
    at = datetime(2026, 11, 26, 11, 48, tzinfo=UTC)
    arrival = ("2026-11-26T11:48:00", "DELIVERED", "Handed to a neighbour", "Madrid")
    out = datetime(2026, 11, 26, 7, 31, tzinfo=UTC)
    track(boxes(order)[0], "DELIVERED", *WAY, arrival, delivered_at=at, out_for_delivery_at=out, reason="neighbour")
    deliver_shipment(shipment(order), by=BOB, at=at)
    return order


def delivered_by_hand(shop: Shop) -> Order:
    order = shipped(shop, ParcelDraft())
    deliver_shipment(shipment(order), by=BOB, at=TUESDAY)
    return order


def half_came_back(shop: Shop) -> Order:
    order = partly_delivered(shop)
    shop.receive(shop.teapot, 1)
    from fulfillment.services import allocate_waiting

    allocate_waiting(by=ALICE)
    ship_shipment(shipment(order, 0), by=BOB, parcels=[UPS], at=TUESDAY)
    return_shipment(shipment(order, 0), by=BOB)
    return order


def lost(shop: Shop) -> Order:
    order = with_tracker("IN_TRANSIT", *WAY[:3])(shop)
    lose_shipment(shipment(order), by=BOB)
    return order


def lost_and_sent_again(shop: Shop) -> Order:
    order = lost(shop)
    with change(order, by=BOB):
        proposed = propose_reship(boxes(order)[0], "LOST", by=BOB)
    send_again(proposed, by=BOB)
    return order


def returned(shop: Shop) -> Order:
    order = with_tracker("RETURNED_TO_SENDER", *WAY[:3], reason="refused", returned_at=TUESDAY)(shop)
    return_shipment(shipment(order), by=BOB)
    return order


def cancelled(shop: Shop) -> Order:
    order = stocked(shop)
    cancel_order(order, by=ALICE, reason="changed their mind")
    return order


def cancelled_in_part(shop: Shop) -> Order:
    order = stocked(shop)
    cancel_order(order, by=ALICE, lines={1: 1})
    return order


STORIES: dict[str, Callable[[Shop], Order]] = {
    "only placed": only_placed,
    "placed": stocked,
    "waiting for stock": waiting,
    "waiting in part": partly_waiting,
    "waiting to be complete": ship_complete,
    "picking": picking,
    "picked": picked,
    "packed": packed,
    "held in part": held_in_part,
    "without address": without_address,
    "late in the house": late_in_the_house,
    "leaves late": leaves_late,
    "late on the road": late_on_the_road,
    "late with a new date": late_with_new_date,
    "shipped, no tracker": shipped,
    "shipped, no number": lambda shop: shipped(shop, ParcelDraft()),
    "shipped, three uncounted": lambda shop: shipped(shop, DHL, UPS, ParcelDraft(carrier="gls")),
    "announced": with_tracker("PRE_TRANSIT", *WAY[:1]),
    "in transit": with_tracker("IN_TRANSIT", *WAY[:4]),
    "in transit, expected": with_tracker(
        "IN_TRANSIT", *WAY[:4], eta_from=date(2026, 11, 26), eta_to=date(2026, 11, 27)
    ),
    "out for delivery": with_tracker("OUT_FOR_DELIVERY", *WAY, out_for_delivery_at=TUESDAY + timedelta(days=2)),
    "attempt failed": with_tracker(
        "DELIVERY_ATTEMPT_FAILED",
        *WAY,
        ("2026-11-26T13:02:00", "DELIVERY_ATTEMPT_FAILED", "Recipient not at home", "Lyon"),
        reason="recipient_unavailable",
    ),
    "to collect": with_tracker(
        "AVAILABLE_FOR_PICKUP",
        *WAY,
        ("2026-11-26T15:20:00", "AVAILABLE_FOR_PICKUP", "Ready to collect", "Relay point Rue Mercière 12, Lyon"),
    ),
    "exception": with_tracker("EXCEPTION", *WAY[:4], reason="damaged"),
    "customs wants documents": with_tracker("EXCEPTION", *WAY[:4], reason="customs_documents", is_action_required=True),
    "on its way back": with_tracker("RETURNING_TO_SENDER", *WAY, reason="unclaimed"),
    "silent": with_tracker("EXPIRED", *WAY[:2]),
    "label cancelled": with_tracker("CANCELLED", *WAY[:1]),
    "lost by the carrier": with_tracker("LOST", *WAY[:3], reason="destroyed"),
    "lost": lost,
    "lost and sent again": lost_and_sent_again,
    "two parcels, one delivered": two_parcels("DELIVERED", "IN_TRANSIT"),
    "two parcels, one tried": two_parcels("DELIVERY_ATTEMPT_FAILED", "IN_TRANSIT", reason="access_problem"),
    "two parcels on their way": two_parcels("IN_TRANSIT", "IN_TRANSIT"),
    "three parcels": three_parcels,
    "partly shipped": partly_shipped,
    "partly delivered": partly_delivered,
    "the rest on hold": rest_on_hold,
    "at the door, not yet closed": with_tracker("DELIVERED", *WAY, delivered_at=TUESDAY + timedelta(days=2)),
    "delivered": delivered,
    "delivered by hand": delivered_by_hand,
    "half came back": half_came_back,
    "returned": returned,
    "cancelled": cancelled,
    "cancelled in part": cancelled_in_part,
    **{f"on hold: {reason}": held(reason) for reason in ("ADDRESS", "PAYMENT", "FRAUD", "CUSTOMER", "STOCK", "OTHER")},
    "on hold until": held("CUSTOMER", until=TUESDAY + timedelta(days=20)),
}
