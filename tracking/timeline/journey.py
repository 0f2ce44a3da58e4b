"""An order with all that its page needs, in few queries; and the questions the sentences ask of it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects

from fulfillment.models import Parcel, ParcelLine, Shipment, ShipmentLine
from orders.models import Hold, Order, OrderLine
from tracking.models import Tracker
from tracking.models.tracker import Status
from tracking.timeline.words import ATTENTION, carrier_name

FINAL = frozenset({Status.DELIVERED, Status.RETURNED_TO_SENDER, Status.LOST})
SETTLED = {  # a person may say so where no carrier does
    Shipment.Status.DELIVERED: Status.DELIVERED,
    Shipment.Status.LOST: Status.LOST,
    Shipment.Status.RETURNED_TO_SENDER: Status.RETURNED_TO_SENDER,
}
# by their own columns: the models' default order would join all that stands above them
LINES = Prefetch("lines", OrderLine.objects.order_by("number"))
STANDING_HOLDS = Prefetch("holds", Hold.objects.standing())
SHIPMENT_LINES = Prefetch("shipments__lines", ShipmentLine.objects.order_by("order_line_id"))
PARCELS = Prefetch("shipments__parcels", Parcel.objects.select_related("tracker"))
PARCEL_LINES = Prefetch("shipments__parcels__lines", ParcelLine.objects.order_by("shipment_line_id"))


@dataclass(frozen=True, slots=True)
class Box:
    """A parcel that has left, and where it is by all that is known."""

    parcel: Parcel
    shipment: Shipment
    tracker: Tracker | None
    status: str

    @property
    def reason(self) -> str:
        return self.tracker.reason if self.tracker and self.tracker.status == self.status else ""

    @property
    def carrier(self) -> str:
        return carrier_name(self.parcel.carrier)

    @property
    def last_scan(self) -> dict[str, Any]:
        scans = self.tracker.timeline if self.tracker else []
        return scans[-1] if scans else {}

    @property
    def place(self) -> str:
        """Return where it was last seen, as the carrier names it."""
        return str(self.last_scan.get("place") or "")

    @property
    def needs_you(self) -> bool:
        is_over = self.status in FINAL
        return bool(self.tracker and self.tracker.is_action_required and not is_over)


class Journey:
    """One order's way so far."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.shop = str(order.channel)
        self.shipments = [each for each in order.shipments.all() if units(each)]
        self.rest = [each for each in self.shipments if each.status in Shipment.NOT_LEFT]
        self.holds = list(order.holds.all()) if order.status in Order.TO_SHIP else []

    @cached_property
    def boxes(self) -> list[Box]:
        left = [each for each in self.shipments if each.status in Shipment.LEFT]
        return [_box(parcel, each) for each in left for parcel in each.parcels.all()]

    @cached_property
    def names(self) -> dict[int, str]:
        return {line.pk: line.name for line in self.order.lines.all()}

    @cached_property
    def numbers(self) -> dict[int, int]:
        return {line.pk: line.number for line in self.order.lines.all()}

    @property
    def is_finished(self) -> bool:
        return self.order.status not in Order.OPEN

    @property
    def is_late(self) -> bool:
        """It should be there by now, and is not."""
        return not self.is_finished and self.order.missed_deliver_by == self.order.deliver_by

    @property
    def has_address(self) -> bool:
        return bool(self.order.ship_line1 and self.order.ship_country)

    @property
    def leaves_late(self) -> bool:
        return self.order.status in Order.TO_SHIP and self.order.missed_ship_by == self.order.ship_by

    def holds_on(self, shipment: Shipment) -> list[Hold]:
        numbers = {self.numbers[line.order_line_id] for line in shipment.lines.all() if line.quantity}
        return [hold for hold in self.holds if hold.covers(numbers)]

    def contents(self, quantities: dict[int, int]) -> list[str]:
        """Return "2 × Enamel mug" for each order line's id and count."""
        return [f"{quantity} × {self.names[line]}" for line, quantity in quantities.items() if quantity]


def journey_of(order_id: int) -> Journey:
    """Load it: at most seven queries, however many parcels there are."""
    order = Order.objects.select_related("channel", "customer").get(pk=order_id)
    _prefetch(order)
    return Journey(order)


def units(shipment: Shipment) -> dict[int, int]:
    """Return the units of each order line in a shipment that stands."""
    if shipment.status == Shipment.Status.CANCELLED:
        return {}
    return {line.order_line_id: line.quantity for line in shipment.lines.all() if line.quantity}


def _prefetch(order: Order) -> None:
    """Fetch what the order has come to: nothing is asked about parcels before one left, or about holds afterwards."""
    prefetch_related_objects([order], LINES, "shipments", SHIPMENT_LINES)
    if order.status in Order.TO_SHIP:
        prefetch_related_objects([order], STANDING_HOLDS)
    if any(each.status in Shipment.LEFT for each in order.shipments.all()):
        prefetch_related_objects([order], PARCELS, PARCEL_LINES)


def _box(parcel: Parcel, shipment: Shipment) -> Box:
    tracker: Tracker | None = getattr(parcel, "tracker", None)
    said = tracker.status if tracker else Status.UNKNOWN
    status = said if said in FINAL else SETTLED.get(Shipment.Status(shipment.status), said)
    return Box(parcel, shipment, tracker, status)


def most_pressing(boxes: list[Box]) -> str:
    """Return the status that has to be spoken of first."""
    return min((box.status for box in boxes), key=lambda status: ATTENTION.index(Status(status)))
