"""The ledger of promises, as far as carriers move them: what the order's page names is kept, and nothing else."""

from datetime import datetime

from orders.models import Order, ShownPromise
from tracking.models.tracker import Status
from tracking.services.project import View
from tracking.timeline.journey import way_of
from tracking.timeline.promise import carriers_days

CARRIER = ShownPromise.Where.CARRIER


def may_name_a_day(it: View) -> bool:
    """Say whether the page may name another day since a parcel was folded."""
    is_out = it.result.status == Status.OUT_FOR_DELIVERY
    watched = {"eta_from", "eta_to", "status"} | ({"timeline"} if is_out else set())
    return bool(watched.intersection(it.changed)) and (is_out or bool(it.row["eta_from"] or it.row["eta_to"]))


def keep_promise(order: Order, *, now: datetime) -> None:
    """Keep the days that the page of an order, open in change(), names by its carriers, unless they are known."""
    if order.status not in Order.OPEN:
        return
    journey = way_of(order)
    found = carriers_days(journey)
    last = ShownPromise.objects.filter(order=order, where=CARRIER).order_by("shown_at", "pk").last()
    if found is None or (last and (last.first, last.last) == found):
        return
    parcel = journey.boxes[0].parcel.number if len(journey.boxes) == 1 else ""
    ShownPromise.objects.create(order=order, parcel=parcel, first=found[0], last=found[1], where=CARRIER, shown_at=now)
