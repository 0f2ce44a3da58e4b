"""An order with all that its page needs, in few queries; and the questions the sentences ask of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import BooleanField, F, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from fulfillment.carrier import carrier_name
from fulfillment.models import Parcel, ReceiptLine, Reship, Return, Shipment, ShipmentLine
from orders.models import Hold, Order, OrderLine
from tracking.lanes.watch import DAMAGES
from tracking.models import Estimate, Tracker
from tracking.models.alarm import OLDEST, SILENCE, Alarm
from tracking.models.tracker import Status
from tracking.timeline.dates import day
from tracking.timeline.words import (
    ACT,
    AGAIN,
    ATTENTION,
    COMING,
    NEVER_SEEN,
    NOT_SEEN,
    ON_OUR_LIST,
    REPLY,
    SILENT,
    TRAVELS,
    next_step,
    say,
)

FINAL = frozenset({Status.DELIVERED, Status.RETURNED_TO_SENDER, Status.LOST})
HAS_RETURNS = RawSQL(  # by hand, as `SILENCE`
    "EXISTS (SELECT 1 FROM fulfillment_return r WHERE r.order_id = orders_order.id)", (), output_field=BooleanField()
)
SETTLED = {  # a person may say so where no carrier does
    Shipment.Status.DELIVERED: Status.DELIVERED,
    Shipment.Status.LOST: Status.LOST,
    Shipment.Status.RETURNED_TO_SENDER: Status.RETURNED_TO_SENDER,
}


@dataclass(frozen=True, slots=True)
class Box:
    """A parcel that has left, and where it is by all that is known.

    `is_on_board`: nothing is heard of it, and somebody looks into that; `is_given_up`: nobody does any more.
    """

    parcel: Parcel
    shipment: Shipment
    tracker: Tracker | None
    status: str
    is_on_board: bool = False
    is_given_up: bool = False

    @property
    def reason(self) -> str:
        return self.tracker.reason if self.tracker and self.tracker.status == self.status else ""

    @property
    def arrived_on(self) -> date | None:
        """The day at the door, by the clock there where a carrier told; else by ours."""
        if self.tracker and self.tracker.delivered_on:
            return self.tracker.delivered_on
        at = (self.tracker.delivered_at if self.tracker else None) or self.shipment.delivered_at
        return timezone.localdate(at) if at else None

    @property
    def carrier(self) -> str:
        return carrier_name(self.parcel.carrier)

    @property
    def usual(self) -> tuple[date, date] | None:
        """Return the days that are usual on its lane, as long as they are told."""
        found: Estimate | None = getattr(self.parcel, "estimate", None)
        return found.told if found else None

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

    @property
    def is_silent(self) -> bool:
        """Nothing is heard of it, as the board knows or knew; what its reader has to do comes first."""
        is_quiet = self.is_on_board or self.is_given_up
        return is_quiet and self.status in COMING and not self.needs_you

    @property
    def state(self) -> str:
        """Return its status, or that nothing is heard of what only travels: what sentences speak of."""
        return SILENT if self.is_silent and self.status in TRAVELS else self.status

    @property
    def again(self) -> str:
        """Return the number of the order as which its contents go again, where it will not come itself."""
        reship: Reship | None = getattr(self.parcel, "reship", None)
        is_gone = self.status == Status.LOST or self.reason in DAMAGES
        return reship.replacement.number if is_gone and reship and reship.replacement else ""

    @property
    def seen_at(self) -> datetime | None:
        """Return when its carrier scanned it last."""
        return self.tracker.last_scan_at if self.tracker and self.tracker.first_scan_at else None

    def next_step(self, shop: str, write: str) -> str:
        """Say who does what next. `write`: how its reader asks the shop, "" where they cannot."""
        way_on = " ".join([NOT_SEEN if self.seen_at else NEVER_SEEN, *([ON_OUR_LIST] if self.is_on_board else [])])
        otherwise = way_on if self.is_silent else next_step(self.status, reason=self.reason, can_write=bool(write))
        step = AGAIN if self.again else ACT if self.needs_you else otherwise
        since = self.seen_at or self.parcel.shipped_at
        told = day(since) if since else ""
        return say(step, carrier=self.carrier, shop=shop, place=self.place, order=self.again, since=told, write=write)


@dataclass(frozen=True, slots=True)
class Part:
    """A shipment with its units: order line → how many there are, and how many of them wait for stock.

    `expected`: when what is missing comes in, as far as somebody announced it.
    """

    shipment: Shipment
    units: dict[int, int]
    missing: dict[int, int]
    expected: dict[int, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Back:
    """A return with its units: order line → how many were announced, and how many came."""

    of: Return
    announced: dict[int, int]
    came: dict[int, int]


@dataclass
class Journey:
    """One order's way so far. `rest` is what has not left, `boxes` what has."""

    order: Order
    lines: list[OrderLine]
    holds: list[Hold]
    parts: list[Part]
    boxes: list[Box]
    contents: dict[int, dict[int, int]]
    returns: list[Back] = field(default_factory=list)
    reply: str = ""
    """How a reader answers, where that is not by writing to an address."""

    @property
    def write(self) -> str:
        """Say how its reader asks the shop; "" where nobody reads what is written."""
        return (self.reply or f"Write to {self.shop}") if self.order.channel.email else ""

    @property
    def shop(self) -> str:
        return str(self.order.channel)

    @cached_property
    def rest(self) -> list[Part]:
        return [part for part in self.parts if part.shipment.status in Shipment.NOT_LEFT]

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

    def holds_on(self, part: Part) -> list[Hold]:
        numbers = {line.number for line in self.lines if line.pk in part.units}
        return [hold for hold in self.holds if hold.covers(numbers)]

    def goods(self, units: dict[int, int]) -> list[str]:
        """Return "2 × Enamel mug" for each order line's id and count."""
        return [f"{units[line.pk]} × {line.name}" for line in self.lines if units.get(line.pk)]


def journey_of(order_id: int) -> Journey:
    """Load it, in at most seven queries however many parcels there are.

    Each is ordered by its own columns: the models' default orders would join all that stands above them.
    """
    orders = Order.objects.select_related("channel", "customer").annotate(has_returns=HAS_RETURNS)
    order = orders.get(pk=order_id)
    lines = list(OrderLine.objects.filter(order=order).order_by("number"))
    parts, contents = _parts(order)
    _note_expected(lines, parts)
    returns = _returns(order) if getattr(order, "has_returns", False) else []
    return Journey(order, lines, _holds(order), parts, _boxes(parts), contents, returns)


def way_in(order: Order, shipments: Iterable[Shipment]) -> Journey:
    """Make it for a mail, of shipments that were read with their parcels: without lines and holds."""
    parts = [Part(each, {}, {}) for each in shipments]
    left = [part.shipment for part in parts if part.shipment.status in Shipment.LEFT]
    boxes = [box_of(parcel, each) for each in left for parcel in each.parcels.all()]
    return Journey(order, [], [], parts, boxes, {}, reply=REPLY)


def way_of(order: Order) -> Journey:
    """Load its shipments and parcels alone, in two queries: all that the days are read from."""
    parts = [Part(each, {}, {}) for each in Shipment.objects.standing().filter(order=order).order_by("pk")]
    return Journey(order, [], [], parts, _boxes(parts), {})


def _holds(order: Order) -> list[Hold]:
    return list(Hold.objects.standing().filter(order=order)) if order.status in Order.TO_SHIP else []


def _parts(order: Order) -> tuple[list[Part], dict[int, dict[int, int]]]:
    """Return what stands, and for each parcel's id its units by order line. A cancelled shipment has no units left."""
    rows = ShipmentLine.objects.filter(shipment__order=order, quantity__gt=0).select_related("shipment")
    boxed = rows.annotate(parcel=F("parcel_lines__parcel"), boxed=F("parcel_lines__quantity"))
    parts: dict[int, Part] = {}
    contents: dict[int, dict[int, int]] = {}
    for line in boxed.order_by("shipment_id", "order_line_id"):
        part = parts.setdefault(line.shipment_id, Part(line.shipment, {}, {}))
        part.units[line.order_line_id] = line.quantity
        if line.waiting:
            part.missing[line.order_line_id] = line.waiting
        if line.parcel:
            contents.setdefault(line.parcel, {})[line.order_line_id] = line.boxed
    return list(parts.values()), contents


def _returns(order: Order) -> list[Back]:
    """Return what was announced or came back, oldest first; what was called off is not told."""
    rows = Return.objects.filter(order=order).exclude(status=Return.Status.CANCELLED)
    units = rows.annotate(line=F("lines__order_line"), announced=F("lines__quantity"), came=F("lines__received"))
    found: dict[int, Back] = {}
    for row in units.order_by("pk"):
        back = found.setdefault(row.pk, Back(row, {}, {}))
        if row.line:
            back.announced[row.line], back.came[row.line] = row.announced, row.came
    return list(found.values())


def _note_expected(lines: list[OrderLine], parts: list[Part]) -> None:
    """Ask once when what is missing comes in; nothing where all is there."""
    products = {line.pk: line.product_id for line in lines}
    missing = {products[line] for part in parts for line in part.missing}
    days = ReceiptLine.objects.next_days(missing) if missing else {}
    for part in parts:
        part.expected.update({line: days[products[line]] for line in part.missing if products[line] in days})


def _boxes(parts: list[Part]) -> list[Box]:
    left = {part.shipment.pk: part.shipment for part in parts if part.shipment.status in Shipment.LEFT}
    if not left:
        return []
    parcels = read_boxes(Parcel.objects.filter(shipment__in=left))
    return [box_of(parcel, left[parcel.shipment_id]) for parcel in parcels.order_by("shipment_id", "pk")]


def read_boxes(parcels: QuerySet[Parcel]) -> QuerySet[Parcel]:
    """Read parcels with all that a Box asks of them."""
    return parcels.select_related("tracker", "estimate", "reship__replacement").annotate(is_on_board=SILENCE)


def box_of(parcel: Parcel, shipment: Shipment) -> Box:
    """Return a parcel with where it is, read with its tracker and its estimate."""
    tracker: Tracker | None = getattr(parcel, "tracker", None)
    said = tracker.status if tracker else Status.UNKNOWN
    status = said if said in FINAL else SETTLED.get(Shipment.Status(shipment.status), said)
    is_on_board = getattr(parcel, "is_on_board", False)
    return Box(parcel, shipment, tracker, status, is_on_board, status in COMING and _is_given_up(parcel, tracker))


def _is_given_up(parcel: Parcel, tracker: Tracker | None) -> bool:
    """Say whether its silence went off the board for its age alone; of nothing younger is the database asked."""
    left = parcel.shipped_at
    if left is None or timezone.now() - left < OLDEST:
        return False
    heard_at = tracker.last_scan_at if tracker and tracker.first_scan_at else None
    silences = Alarm.objects.filter(parcel=parcel, kind__in=Alarm.SILENCES, since__gte=heard_at or left)
    return silences.filter(closed_at__gte=left + OLDEST).exists()


def most_pressing(boxes: list[Box]) -> str:
    """Return the state that has to be spoken of first."""
    return min((box.state for box in boxes), key=ATTENTION.index)
