"""What befalls each order, from the click to the door, as a story that rests in between.

Each looks at how things stand before it goes on: visitors of the demo may cancel, hold, pick or ship as well.
"""

import logging
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from config.demo.carrier import Carrier
from config.demo.client import Api, Rejected
from config.demo.loop import Loop, Story
from config.demo.plan import Kind, Purchase
from config.demo.provider import heard_of
from config.demo.shop import Person, people
from config.demo.staff import Staff
from fulfillment.models import Parcel, Shipment
from orders.lifecycle import Refused
from orders.models import Order

ADDRESS = ("name", "line1", "line2", "city", "region", "postal_code", "country", "phone")
DAYS_LATE = timedelta(days=12)
MOST_LOOKS = 25
ENDS = {
    Kind.ATTEMPT: "attempt",
    Kind.PICKUP: "pickup",
    Kind.RETURNED: "returned",
    Kind.CUSTOMS: "customs",
    Kind.LOST: "lost",
    Kind.STRANGE: "strange",
}
ONCE = {Kind.CUSTOMS, Kind.LOST, Kind.STRANGE}
"""What a person has to look into: of one parcel of an order, however many it goes in."""
SCRAMBLED = {Kind.ATTEMPT, Kind.SCRAMBLED}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds from one order, step on the floor, scan, look, delivery of stock to the next; a hold's length."""

    arrival: float
    floor: float
    scan: float
    look: float
    van: float
    hold: float


class Backlog:
    """What orders wait for. An article is not fetched while somebody needs it to be missing still."""

    def __init__(self) -> None:
        self.wanted: Counter[str] = Counter()
        self.spared: Counter[str] = Counter()

    def want(self, lines: Mapping[str, int]) -> None:
        self.wanted.update(lines)

    def spare(self, skus: Collection[str]) -> None:
        self.spared.update(skus)

    def spare_no_more(self, skus: Collection[str]) -> None:
        self.spared.subtract(skus)

    def take(self) -> dict[str, int]:
        """Return what can be fetched now; it is nobody's wish then."""
        ready = {sku: units for sku, units in self.wanted.items() if units and self.spared[sku] <= 0}
        self.wanted.subtract(ready)
        return ready


class Stories:
    """Tells what befalls orders. `placed`: number → tracking URL of each order that somebody follows."""

    def __init__(self, loop: Loop, pace: Pace, api: Api, staff: Staff, carrier: Carrier) -> None:
        self.loop, self.pace, self.api, self.staff, self.carrier = loop, pace, api, staff, carrier
        self.backlog = Backlog()
        self.placed: dict[str, str] = {}

    def of(self, purchase: Purchase, haste: float = 1.0) -> Story:
        """Place the order, let befall it what is planned, and bring it to its end."""
        waits = {article.sku: units for article, units in purchase.made}
        spares = waits if purchase.kind is Kind.SPLIT else {}
        self.backlog.spare(spares)
        yield from self._until_sold_out(waits)
        order = self.api.place(purchase.channel, body_of(purchase))
        self.placed[order["number"]] = order["tracking_url"]
        yield self.pace.look
        match purchase.kind:
            case Kind.HELD:
                yield from self._hold(purchase, order)
            case Kind.KEPT:
                self._ask(purchase, order, "hold", {"reason": "FRAUD", "note": "Two cards were declined before."})
            case Kind.CANCELLED | Kind.CANCELLED_WAITING:
                yield 2 * self.pace.floor
                self._ask(purchase, order, "cancel", {"reason": "The customer has changed their mind."})
            case Kind.PART:
                less = {"reason": "One was ordered by mistake.", "lines": [{"line": 2, "quantity": 1}]}
                self._ask(purchase, order, "cancel", less)
            case Kind.SPLIT:
                yield from self._first_part(order, haste)
                self.backlog.spare_no_more(spares)
        if purchase.kind is not Kind.CANCELLED_WAITING:
            self.backlog.want(waits)
        yield from self.follow(order["number"], purchase.person, purchase.kind, haste)

    def _until_sold_out(self, waits: Collection[str]) -> Story:
        """Let who waits already get what has just come in; not for ever, as somebody may have cancelled."""
        for _ in range(MOST_LOOKS if waits else 0):
            free = self.api.free()
            if not any(free[sku] for sku in waits):
                return
            yield self.pace.look

    def adopt(self, order: Order) -> Story:
        """Follow an order that somebody else placed, or that was left open on a former day."""
        self.placed[order.number] = ""
        waiting = order.lines.filter(waiting__gt=0).values_list("product__sku", "waiting")
        self.backlog.want(dict(waiting))
        return self.follow(order.number, person_of(order))

    def follow(self, number: str, person: Person, kind: Kind = Kind.PLAIN, haste: float = 1.0) -> Story:
        """Move the order's shipments on until all have left or were cancelled, and let the carrier have the parcels."""
        carried: set[int] = set()
        while shipments := _standing(number):
            for shipment in shipments:
                self._hand_over(shipment, carried, person, kind, haste)
                if shipment.status in Shipment.ON_FLOOR:
                    yield self.pace.floor * haste
                    self._try(shipment, boxes=2 if kind is Kind.BOXES else 1)
            if all(shipment.status in Shipment.LEFT for shipment in shipments):
                return
            yield self.pace.look

    def _first_part(self, order: Mapping[str, Any], haste: float) -> Story:
        """Let what is there leave, before the rest comes in and joins it."""
        while there := [each for each in _standing(order["number"]) if each.status in Shipment.ON_FLOOR]:
            for shipment in there:
                yield self.pace.floor * haste
                self._try(shipment)

    def _hold(self, purchase: Purchase, order: Mapping[str, Any]) -> Story:
        self._ask(purchase, order, "hold", {"reason": "ADDRESS", "note": "The house number may be wrong."})
        yield self.pace.hold
        self._ask(purchase, order, "release", {"note": "The customer says it is right."})

    def _ask(self, purchase: Purchase, order: Mapping[str, Any], verb: str, body: Mapping[str, Any]) -> None:
        """Ask for a change that a visitor may have made impossible."""
        try:
            self.api.change(purchase.channel, order["number"], verb, body)
        except Rejected as no:
            logger.warning("%s cannot %s: %s", order["number"], verb, no)

    def _try(self, shipment: Shipment, boxes: int = 1) -> None:
        """Go on with a shipment, unless something or somebody is in the way."""
        try:
            self.staff.go_on(Shipment.objects.get(pk=shipment.pk), boxes)
        except (Refused, StopIteration) as no:
            logger.debug("%s waits: %s", shipment, no)

    def _hand_over(self, shipment: Shipment, carried: set[int], person: Person, kind: Kind, haste: float) -> None:
        if shipment.status != Shipment.Status.SHIPPED:
            return
        for parcel in shipment.parcels.exclude(tracking_number=""):
            if parcel.pk not in carried:
                end = "straight" if carried and kind in ONCE else ENDS.get(kind, "straight")
                carried.add(parcel.pk)
                self.loop.tell(self._carry(parcel, person, end, haste, is_scrambled=kind in SCRAMBLED))

    def _carry(self, parcel: Parcel, person: Person, end: str, haste: float, *, is_scrambled: bool) -> Story:
        known, number = heard_of(parcel.pk), parcel.tracking_number
        road = self.carrier.carry(number, person, end, known=known, is_scrambled=is_scrambled)
        yield self.pace.scan * haste
        for _ in road:
            yield self.pace.scan * haste


def person_of(order: Order) -> Person:
    """Return who ordered: one of ours, or somebody whose carrier's hub we do not know."""
    known = (person for person in people() if person.email == order.customer.email)
    given = {name: getattr(order, f"ship_{name}") for name in ADDRESS}
    stranger = Person(**given, locale=order.locale, email="", zone="UTC", hub=order.ship_city)
    return next(known, stranger)


def body_of(purchase: Purchase) -> dict[str, Any]:
    """Return the order as the channel's own system sends it."""
    person = purchase.person
    late = DAYS_LATE if purchase.kind is Kind.LATE else timedelta()
    return {
        "external_id": purchase.external_id,
        "placed_at": (timezone.now() - late).isoformat(),
        "currency": person.currency,
        "shipping_method": purchase.shipping,
        "is_ship_complete": purchase.kind in {Kind.COMPLETE, Kind.CANCELLED_WAITING},
        "customer": {name: getattr(person, name) for name in ("name", "email", "phone", "locale")},
        "ship_to": {name: getattr(person, name) for name in ADDRESS},
        "lines": [
            {"sku": article.sku, "quantity": units, "unit_price": person.price(article)}
            for article, units in purchase.lines
        ],
    }


def _standing(number: str) -> list[Shipment]:
    return list(Shipment.objects.filter(order__number=number).standing().select_related("order"))
