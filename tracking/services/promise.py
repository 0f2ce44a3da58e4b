"""The ledger of promises, as far as parcels move them: what the order's page names is kept, and nothing else."""

from datetime import datetime

from orders.models import Order, ShownPromise
from tracking.models.tracker import Status
from tracking.services.project import View
from tracking.timeline.journey import way_of
from tracking.timeline.promise import days_of
from tracking.timeline.words import COMING

Where = ShownPromise.Where


def may_name_other_days(before: str, it: View) -> bool:
    """Say whether the page may name other days since a parcel, that had this status before, was folded."""
    now = it.result.status
    is_out = Status.OUT_FOR_DELIVERY in (before, now)
    is_other = is_out or (before in COMING) != (now in COMING)
    watched = {"eta_from", "eta_to"} | ({"status"} if is_other else set()) | ({"timeline"} if is_out else set())
    return bool(watched.intersection(it.changed))


def keep_promise(order: Order, *, now: datetime) -> None:
    """Keep the days that the page of an order, open in change(), names, unless it named them before as well."""
    if order.status not in Order.OPEN:
        return
    journey = way_of(order)
    found = days_of(journey)
    on_page = ShownPromise.objects.filter(order=order).exclude(where=Where.MAIL).order_by("shown_at", "pk")
    last = on_page.values_list("first", "last", "where").last()
    if found is None or found == last:
        return
    parcel = journey.boxes[0].parcel.number if len(journey.boxes) == 1 and found.where != Where.ORDER else ""
    ShownPromise.objects.create(order=order, parcel=parcel, **found._asdict(), shown_at=now)
