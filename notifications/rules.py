"""THE table: event kind → who is told, by which channel, which message, and for which milestone once.

Pure: it reads the event alone. Whoever is told nothing of a kind is told so here; a kind without a row fails a test.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from notifications.models import Message
from orders.models import Event

Kind = Message.Kind
Milestones = Callable[[Event], list[str]]
"""Event → the milestones it crosses: one message for each, ever."""

CUSTOMER = "customer"
EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who is told. What somebody asked for is told of a silent order as well."""

    message: Message.Kind
    milestones: Milestones
    recipient: str = CUSTOMER
    channel: str = EMAIL
    is_asked_for: bool = False


def once(_: Event) -> list[str]:
    return [""]


def each_time(event: Event) -> list[str]:
    return [str(event.seq)]


def of_parcel(event: Event) -> list[str]:
    return [event.facts["parcel"]]


def of_each_parcel(event: Event) -> list[str]:
    """Parcels whose carrier said so before have their message: a milestone of the same key makes no second one."""
    return list(event.facts["parcels"])


def crossed(milestone: str) -> Milestones:
    """Tell once a parcel, by the event that crosses the milestone and whose kind is that news."""
    return lambda event: of_parcel(event) if milestone in event.facts["milestones"] else []


def each_of(family: str) -> Milestones:
    """Tell once an attempt, once a reason to act: by the milestone's own name."""

    def found(event: Event) -> list[str]:
        keys = [key for key in event.facts["milestones"] if key.startswith(f"{family}:")]
        return [f"{event.facts['parcel']}:{key}" for key in keys]

    return found


def gone_quiet(event: Event) -> list[str]:
    """What was never scanned is looked for in the house first; of what was and is not any more, customers hear once."""
    return of_parcel(event) if event.facts["alarm"] == "NO_SCAN_SINCE" else []


def of_promise(event: Event) -> list[str]:
    return [event.facts["promise"]]


def of_rest(event: Event) -> list[str]:
    """Where nothing is left of the order, its own cancellation tells of it."""
    return each_time(event) if event.facts["left"] else []


def of_bucket(event: Event) -> list[str]:
    """Once in the stretch of time that the event was put in, however often it is asked for."""
    return [str(event.facts["bucket"])]


NOBODY: Sequence[Rule] = ()

RULES: dict[str, Sequence[Rule]] = {
    "order.placed": [Rule(Kind.ORDER_PLACED, once)],
    "order.confirmed": NOBODY,
    "order.fulfillment_started": NOBODY,
    "order.partly_shipped": NOBODY,
    "order.shipped": NOBODY,
    "order.delivered": NOBODY,
    "order.returned": NOBODY,
    "order.cancelled": [Rule(Kind.ORDER_CANCELLED, once)],
    "order.lines_cancelled": [Rule(Kind.LINES_CANCELLED, of_rest)],
    "order.delayed": [Rule(Kind.ORDER_DELAYED, of_promise)],
    "order.held": NOBODY,
    "order.released": NOBODY,
    "order.noted": NOBODY,
    "stock.reserved": NOBODY,
    "stock.set_back": NOBODY,
    "shipment.planned": NOBODY,
    "shipment.joined": NOBODY,
    "shipment.split": NOBODY,
    "shipment.merged": NOBODY,
    "shipment.readied": NOBODY,
    "shipment.picking_started": NOBODY,
    "shipment.picked_in_part": NOBODY,
    "shipment.picked": NOBODY,
    "shipment.unpicked": NOBODY,
    "shipment.packed_in_part": NOBODY,
    "shipment.packed": NOBODY,
    "shipment.shipped": NOBODY,
    "shipment.delivered": [Rule(Kind.PARCEL_DELIVERED, of_each_parcel)],
    "shipment.cancelled": NOBODY,
    "shipment.lost": NOBODY,
    "shipment.found": NOBODY,
    "shipment.returned_to_sender": NOBODY,
    "parcel.shipped": [Rule(Kind.PARCEL_SHIPPED, of_parcel)],
    "parcel.estimated": NOBODY,
    "parcel.past_estimate": NOBODY,
    "parcel.handed_over": NOBODY,
    "parcel.pre_transit": NOBODY,
    "parcel.in_transit": NOBODY,
    "parcel.scanned": NOBODY,
    "parcel.out_for_delivery": [Rule(Kind.OUT_FOR_DELIVERY, crossed("out_for_delivery"))],
    "parcel.delivery_attempt_failed": [Rule(Kind.ATTEMPT_FAILED, each_of("attempt"))],
    "parcel.available_for_pickup": [Rule(Kind.AVAILABLE_FOR_PICKUP, crossed("available_for_pickup"))],
    "parcel.delivered": [Rule(Kind.PARCEL_DELIVERED, crossed("delivered"))],
    "parcel.exception": [Rule(Kind.PARCEL_HELD_UP, each_of("exception"))],
    "parcel.returning_to_sender": [Rule(Kind.PARCEL_RETURNING, crossed("returning"))],
    "parcel.returned_to_sender": [Rule(Kind.PARCEL_RETURNED, crossed("returned"))],
    "parcel.lost": [Rule(Kind.PARCEL_LOST, crossed("lost"))],
    "parcel.expired": NOBODY,
    "parcel.cancelled": NOBODY,
    "parcel.unknown": NOBODY,
    "parcel.identified": NOBODY,
    "parcel.corrected": NOBODY,
    "parcel.silent": [Rule(Kind.PARCEL_SILENT, gone_quiet)],
    "parcel.silence_ended": NOBODY,
    "return.requested": NOBODY,
    "return.expected": NOBODY,
    "return.approved": NOBODY,
    "return.declined": NOBODY,
    "return.shipped": NOBODY,
    "return.received": NOBODY,
    "return.inspected": NOBODY,
    "return.closed": NOBODY,
    "return.cancelled": NOBODY,
    "reship.proposed": NOBODY,
    "reship.sent": NOBODY,
    "reship.declined": NOBODY,
    "reship.withdrawn": NOBODY,
    "link.requested": [Rule(Kind.LINK_REQUESTED, of_bucket, is_asked_for=True)],
    "message.resent": NOBODY,
}
