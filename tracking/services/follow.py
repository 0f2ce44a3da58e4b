"""A shipment follows its parcels: to its end when all of them are at theirs; found when one is seen again."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from fulfillment.models import Parcel, Shipment
from fulfillment.services import deliver_shipment, find_shipment, lose_shipment, return_shipment
from orders.lifecycle import why_not, writing
from orders.models import Actor, Order
from tracking.models.tracker import Status
from tracking.services.consequences import BACK, draw_consequences
from tracking.services.promise import keep_promise

ENDS = {Status.LOST: "lose", Status.DELIVERED: "deliver", Status.RETURNED_TO_SENDER: "return_to_sender"}
"""What becomes of a shipment all of whose parcels are at their end: the first of these that one of them came to."""
FINAL = frozenset(ENDS)
UNDER_WAY = (Shipment.Status.SHIPPED, Shipment.Status.LOST)
Act = Callable[..., Shipment]
VERBS: dict[str, Act] = {
    "deliver": deliver_shipment,
    "return_to_sender": return_shipment,
    "lose": lose_shipment,
    "find": find_shipment,
}


class State(NamedTuple):
    """Where a parcel is, and since when."""

    parcel: str
    status: str
    delivered_at: datetime | None
    returned_at: datetime | None
    last_scan_at: datetime | None


def follow_parcels(order: Order, shipment_ids: Iterable[int], *, by: Actor, now: datetime) -> None:
    """Bring the shipments of an order, open in change(), where their parcels are; never back from delivered."""
    wanted = list(shipment_ids)
    if not wanted:
        return
    parcels = Parcel.objects.filter(shipment__in=wanted).select_related("shipment", "tracker")
    states: dict[Shipment, list[State]] = {}
    for parcel in parcels.order_by("shipment", "pk"):
        states.setdefault(parcel.shipment, []).append(_state(parcel))
    for shipment, there in states.items():
        shipment.order = order
        verb = _verb(shipment, there)
        if verb and not why_not(shipment, verb):
            _go(shipment, verb, there, by=by, at=_moment(verb, there, now))


def move_shipment(shipment: Shipment, verb: str, *, by: Actor) -> Shipment:
    """Let a person say what became of a shipment, and let what has to follow. Raises NotAllowed."""
    with writing():
        there = [_state(parcel) for parcel in shipment.parcels.select_related("tracker").order_by("pk")]
        moved = _go(shipment, verb, there, by=by)
        draw_consequences([moved.pk], by=by)
        keep_promise(moved.order, now=timezone.now())
    return moved


def end_of(statuses: Collection[str]) -> str:
    """Say what becomes of a shipment with parcels of these statuses; "" as long as one of them is under way."""
    return next((verb for status, verb in ENDS.items() if status in statuses), "") if FINAL.issuperset(statuses) else ""


def next_end(shipment_status: str, statuses: Collection[str]) -> str:
    """Say what is to become of a shipment under way; "" where it is to stay as it is."""
    end = end_of(statuses)
    return "" if (shipment_status, end) == (Shipment.Status.LOST, "lose") else end


def _go(shipment: Shipment, verb: str, there: Sequence[State], *, by: Actor, at: datetime | None = None) -> Shipment:
    """Move it; that it was delivered is not said of what comes back."""
    named = {"parcels": [each.parcel for each in there if each.status not in BACK]} if verb == "deliver" else {}
    return VERBS[verb](shipment, by=by, at=at, **named)


def _state(parcel: Parcel) -> State:
    tracker: Any = getattr(parcel, "tracker", None)
    if tracker is None:
        return State(parcel.number, Status.UNKNOWN, None, None, None)
    return State(parcel.number, tracker.status, tracker.delivered_at, tracker.returned_at, tracker.last_scan_at)


def _verb(shipment: Shipment, there: Sequence[State]) -> str:
    if end := end_of({state.status for state in there}):
        return end
    return "find" if shipment.status == Shipment.Status.LOST and _is_seen_since(shipment, there) else ""


def _is_seen_since(shipment: Shipment, there: Sequence[State]) -> bool:
    """Say whether a scan is newer than the loss, which a person may have declared."""
    lost = shipment.order.events.filter(kind="shipment.lost", facts__shipment=shipment.number).last()
    scans = [state.last_scan_at for state in there if state.last_scan_at and state.status != Status.LOST]
    return lost is not None and any(scan > lost.at for scan in scans)


def _moment(verb: str, there: Sequence[State], now: datetime) -> datetime | None:
    """Return when the last of the parcels got there, as far as their carriers say."""
    moments = {
        "deliver": [state.delivered_at for state in there if state.status == Status.DELIVERED],
        "return_to_sender": [state.returned_at for state in there],
        "lose": [state.last_scan_at for state in there if state.status == Status.LOST],
        "find": [],
    }
    known = [moment for moment in moments[verb] if moment]
    return min(max(known), now) if known else None
