"""What there is to say of a message, as far as its order knows now. Words and looks are the templates'."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple

from django.db.models import Prefetch
from django.utils import timezone

from fulfillment.carrier import carrier_name
from fulfillment.models import Parcel, ParcelLine, Shipment, ShipmentLine
from notifications.channels import delay, words
from notifications.models import Message
from orders.models import OrderLine
from tracking.models import Estimate, Tracker
from tracking.status.milestones import is_old
from tracking.timeline import dates
from tracking.timeline.journey import read_boxes
from tracking.timeline.words import AFTER_ATTEMPT, REASONS, TRIES_AGAIN, say

READ_WITH = (
    Prefetch("order__lines", OrderLine.objects.select_related("product")),
    "order__lines__product__stock",
    "order__shipments",
    Prefetch("order__shipments__lines", ShipmentLine.objects.select_related("order_line")),
    Prefetch("order__shipments__parcels", read_boxes(Parcel.objects.left())),
    Prefetch("order__shipments__parcels__lines", ParcelLine.objects.select_related("shipment_line__order_line")),
)
SHOWN = 20
STEPS = ("Placed", "Packed", "Shipped", "Out for delivery", "Delivered")
STEP = {
    Message.Kind.ORDER_PLACED: 1,
    Message.Kind.PARCEL_SHIPPED: 3,
    Message.Kind.OUT_FOR_DELIVERY: 4,
    Message.Kind.PARCEL_DELIVERED: 5,
}


class Item(NamedTuple):
    """Units of an article."""

    quantity: int
    name: str

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"


class Items(list[Item]):
    """What a letter lists: so many that it can be read, and how many more there are."""

    @property
    def shown(self) -> list[Item]:
        return self[:SHOWN]

    @property
    def more(self) -> int:
        return len(self[SHOWN:])


class News:
    """A message to be written. Its order comes with `READ_WITH` prefetched, so that a batch asks the database once.

    `shown` are the days of arrival that were read of it: what its reader is told.
    """

    def __init__(self, message: Message, url: str) -> None:
        self.message = message
        self.url = url
        self.order = message.order
        self.facts = message.event.facts
        self.today = timezone.localdate()
        self.shown: tuple[date, date] | None = None

    @property
    def is_over(self) -> bool:
        """What the carrier said is not the newest of its parcel any more, or of too long ago (F12)."""
        told, tracker = self.facts.get("milestones"), _tracker(self.parcel)
        if not told or tracker is None:
            return False
        return tracker.news not in told or is_old(tracker.news_at, timezone.now())

    @property
    def shop(self) -> str:
        return str(self.order.channel)

    @property
    def can_reply(self) -> bool:
        """Answers to the mail go to somebody."""
        return bool(self.order.channel.email)

    @property
    def day(self) -> str:
        """When it happened."""
        return dates.day(self.message.event.at)

    @property
    def is_today(self) -> bool:
        return timezone.localdate(self.message.event.at) == self.today

    @property
    def address(self) -> list[str]:
        return words.address(self.order)

    @property
    def total(self) -> str:
        return words.total(self.order)

    @property
    def steps(self) -> list[tuple[str, bool, bool]]:
        """Say how far it is: each step, whether it is done, whether it is the last done. Empty where nobody asks."""
        done = STEP.get(Message.Kind(self.message.kind))
        return [(name, place <= done, place == done) for place, name in enumerate(STEPS, start=1)] if done else []

    # --- what is in it ---------------------------------------------------------------------------------------

    @cached_property
    def lines(self) -> list[OrderLine]:
        return list(self.order.lines.all())

    @cached_property
    def items(self) -> Items:
        """Say what it is about: what is in the parcel, what is cancelled, what is late, else what was ordered."""
        if self.parcel:
            return _in_parcel(self.parcel)
        match self.message.kind:
            case Message.Kind.LINES_CANCELLED:
                names = {line.number: line.name for line in self.lines}
                return _items((each["units"], names[each["line"]]) for each in self.facts["lines"])
            case Message.Kind.ORDER_DELAYED:
                return self.to_come if self.facts["missed"] == "ship_by" else self.rest
        return _items((line.quantity, line.name) for line in self.lines)

    @property
    def wanted(self) -> Items:
        """Everything ordered that is not cancelled."""
        return _items((line.quantity - line.cancelled, line.name) for line in self.lines)

    @property
    def waiting(self) -> Items:
        """What there is no stock for yet; what stands in the queue for stock that is here may get it in a moment."""
        waiting = [line for line in self.lines if line.waiting]
        lacking = [line for line in waiting if line.waiting > sum(item.free for item in line.product.stock.all())]
        held_back = waiting if lacking and self.order.is_ship_complete else lacking
        return _items((line.waiting, line.name) for line in held_back)

    @property
    def is_all_waiting(self) -> bool:
        return bool(self.waiting) and self.waiting == self.wanted

    @property
    def to_come(self) -> Items:
        """What has not left yet."""
        return _items((line.waiting + line.reserved + line.picked + line.packed, line.name) for line in self.lines)

    @property
    def rest(self) -> Items:
        """What is not at the door yet, and still comes."""
        return _items((self._rest.units[line.pk], line.name) for line in self.lines)

    @cached_property
    def _rest(self) -> delay.Rest:
        return delay.rest_of(self.order)

    # --- where it is -----------------------------------------------------------------------------------------

    @cached_property
    def parcels(self) -> list[Parcel]:
        return [parcel for shipment in self.order.shipments.all() for parcel in shipment.parcels.all()]

    @cached_property
    def parcel(self) -> Parcel | None:
        """The parcel that a message of a parcel names in its milestone."""
        number = self.message.milestone.partition(":")[0]
        return next((parcel for parcel in self.parcels if number and parcel.number == number), None)

    @property
    def box(self) -> str:
        """Which parcel it is, where its shipment left in several."""
        if self.parcel is None:
            return ""
        siblings = [each for each in self.parcels if each.shipment_id == self.parcel.shipment_id]
        return f"Parcel {siblings.index(self.parcel) + 1} of {len(siblings)}" if len(siblings) > 1 else ""

    @property
    def is_counted(self) -> bool:
        """Somebody said what is in this very parcel."""
        return self.parcel is not None and bool(self.parcel.lines.all())

    @property
    def is_more_on_its_way(self) -> bool:
        return any(each != self.parcel and _is_on_its_way(each) for each in self.parcels)

    @property
    def carrier(self) -> str:
        return carrier_name(self.parcel.carrier) if self.parcel else ""

    @property
    def tracking_number(self) -> str:
        return self.parcel.tracking_number if self.parcel else ""

    @property
    def _reason(self) -> str:
        tracker = _tracker(self.parcel)
        is_last = tracker is not None and f"parcel.{tracker.status.lower()}" == self.message.kind
        return tracker.reason if tracker and is_last else ""

    @property
    def why(self) -> str:
        """Why it could not go on, where the carrier said so and nothing else happened since."""
        return say(REASONS.get(self._reason, ""), carrier=self.carrier)

    @property
    def after_attempt(self) -> str:
        """What follows where it could not be handed over."""
        return say(AFTER_ATTEMPT.get(self._reason, TRIES_AGAIN), carrier=self.carrier)

    @property
    def can_wait(self) -> bool:
        """It is tried again without its reader."""
        return self._reason not in AFTER_ATTEMPT

    @property
    def pickup_place(self) -> str:
        """The town it waits in, where the carrier said so."""
        tracker = _tracker(self.parcel)
        ready = [line for line in (tracker.timeline if tracker else []) if line.get("status") == "AVAILABLE_FOR_PICKUP"]
        return str(ready[-1].get("place", "")) if ready else ""

    @property
    def quiet_since(self) -> str:
        """The day it was seen last, of a parcel that has gone quiet."""
        return dates.day(datetime.fromisoformat(self.facts["since"]))

    # --- when it comes ---------------------------------------------------------------------------------------

    @cached_property
    def expected(self) -> tuple[date, date]:
        """The days it should arrive on: by its carrier, else as is usual on its lane, else as promised."""
        tracker = _tracker(self.parcel)
        if tracker and tracker.eta_to:
            return tracker.eta_from or tracker.eta_to, tracker.eta_to
        usual: Estimate | None = getattr(self.parcel, "estimate", None)
        return (usual.told if usual else None) or (self.order.deliver_from, self.order.deliver_by)

    @property
    def arrival(self) -> str:
        """`Tuesday 24 – Thursday 26 November`, `by Thursday 26 November` from the first day on, empty when past."""
        first, last = self.expected
        if last < self.today:
            return ""
        self.shown = first, last
        return dates.day_range(first, last) if first >= self.today else f"by {dates.day(last)}"

    @property
    def promised(self) -> str:
        return dates.day(self.order.deliver_by)

    @property
    def ship_by(self) -> str:
        return dates.day(self.order.ship_by) if self.order.ship_by >= self.today else ""

    @property
    def passed(self) -> str:
        """The promise that passed, of a delayed order."""
        return delay.passed(self.order, self.facts["missed"], date.fromisoformat(self.facts["date"]))

    @property
    def standing(self) -> str:
        """Where a delayed order is now, and what comes next."""
        return " ".join(delay.standing(self.order))

    @property
    def rest_heading(self) -> str:
        if self.facts["missed"] == "ship_by":
            return "Still to be sent"
        return "Still to come" if self._rest.is_sure else "Some of this is still to come"


def _items(pairs: Iterable[tuple[int, str]]) -> Items:
    return Items(Item(quantity, name) for quantity, name in pairs if quantity)


def _in_parcel(parcel: Parcel) -> Items:
    """Return what is in the parcel; where nobody counted, what is in its shipment."""
    counted = [(each.quantity, each.shipment_line.order_line.name) for each in parcel.lines.all()]
    return _items(counted or ((each.quantity, each.order_line.name) for each in parcel.shipment.lines.all()))


def _tracker(parcel: Parcel | None) -> Tracker | None:
    return getattr(parcel, "tracker", None)


def _is_on_its_way(parcel: Parcel) -> bool:
    tracker = _tracker(parcel)
    return parcel.shipment.status == Shipment.Status.SHIPPED and not (tracker and tracker.delivered_at)
