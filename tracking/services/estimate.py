"""When parcels should arrive by what was learnt of their lanes: told when they leave, looked at again as they get on,
and over when the last day has passed. Kept, so that what is learnt every night moves nobody's days.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from fulfillment.models import Parcel, Shipment
from orders.lifecycle import change, record
from orders.models import Actor, Order
from tracking.lanes import Lane, Stats
from tracking.models import Estimate, LearntLane
from tracking.models.tracker import Status
from tracking.services.lanes import known_lanes, lanes_near
from tracking.services.promise import keep_promise
from tracking.timeline.words import COMING

BY = Actor.system("lanes")
JUST_NOW, LATELY = timedelta(minutes=5), timedelta(days=1)
BATCH = 200
NOT_COMING = frozenset(Status) - COMING
OF_LANE = ("shipment__warehouse", "shipment__order__shipping_method")
COLUMNS = ["first", "last", "lane", "parcels", "is_over", "made_at"]
Act = Callable[[Order, list[Parcel], datetime], object]

logger = logging.getLogger(__name__)


def estimate_departed(since: timedelta = LATELY, *, now: datetime | None = None) -> int:
    """Say of what left since then, and nobody has looked at yet, when it should arrive; return of how many orders.

    What the pages of their orders name from now on is kept.
    """
    now = now or timezone.now()
    # what just left is on no manifest yet: there is an index of those
    left = Parcel.objects.left().filter(shipped_at__gt=now - since, manifest=None, estimate=None)
    found = list(left.select_related(*OF_LANE).order_by("shipped_at")[:BATCH])
    unknown = _of_unknown_lanes(found) if found else set[Parcel]()
    Estimate.objects.bulk_create([Estimate(parcel=each, made_at=now) for each in unknown], ignore_conflicts=True)
    others = _by_order(each for each in found if each not in unknown)
    return len(unknown) + sum(_try(_depart, order, parcels, now) for order, parcels in others)


def end_estimates(*, now: datetime | None = None) -> int:
    """End what was to arrive by a day that has passed; return how many orders' pages name other days since."""
    now = now or timezone.now()
    passed = Estimate.objects.filter(is_over=False, last__lt=timezone.localdate(now)).order_by("last", "pk")
    due = list(passed.values_list("parcel", flat=True)[:BATCH])
    on_their_way = Parcel.objects.filter(pk__in=due, shipment__status=Shipment.Status.SHIPPED)
    late = list(on_their_way.exclude(tracker__status__in=NOT_COMING).select_related("shipment__order"))
    arrived = set(due) - {parcel.pk for parcel in late}
    Estimate.objects.filter(parcel__in=arrived).update(is_over=True)
    return sum(_try(_end, order, parcels, now) for order, parcels in _by_order(late))


def estimate(order: Order, parcels: Iterable[Parcel], *, now: datetime) -> bool:
    """Look at parcels of an order, open in change(), by what is known of their lanes now; say whether days moved."""
    left = Parcel.objects.left().filter(pk__in=[each.pk for each in parcels]).order_by("pk")
    rows = left.select_related("estimate", *OF_LANE)
    lanes = {parcel: _lane(parcel) for parcel in rows}
    known = lanes_near(lane for lane in lanes.values() if lane)
    looked = [_renewed(each, known.nearest(lane) if lane else None, now) for each, lane in lanes.items()]
    made = [each for each in looked if each]
    Estimate.objects.bulk_create(made, update_conflicts=True, unique_fields=["parcel"], update_fields=COLUMNS)
    for each in made:
        if each.told:
            record(order, "parcel.estimated", by=BY, facts=_facts(each))
    return bool(made)


def _of_unknown_lanes(parcels: Iterable[Parcel]) -> set[Parcel]:
    """Return those of whose lanes nothing is known, and that are all that left of their orders.

    No page names other days for them: nobody's order has to be locked.
    """
    lanes, known = {parcel: _lane(parcel) for parcel in parcels}, known_lanes()
    of_orders = Parcel.objects.left().filter(shipment__order__in={parcel.order.pk for parcel in lanes})
    left = Counter(of_orders.order_by().values_list("shipment__order", flat=True))
    return {
        parcel for parcel, lane in lanes.items() if left[parcel.order.pk] == 1 and not (lane and known.nearest(lane))
    }


def _depart(order: Order, parcels: list[Parcel], now: datetime) -> None:
    estimate(order, parcels, now=now)
    keep_promise(order, now=now)


def _end(order: Order, parcels: list[Parcel], now: datetime) -> None:
    for each in Estimate.objects.filter(parcel__in=parcels, is_over=False).select_related("parcel").order_by("pk"):
        record(order, "parcel.past_estimate", by=BY, facts=_facts(each))
    Estimate.objects.filter(parcel__in=parcels).update(is_over=True)
    keep_promise(order, now=now)


def _by_order(parcels: Iterable[Parcel]) -> list[tuple[Order, list[Parcel]]]:
    found: dict[Order, list[Parcel]] = defaultdict(list)
    for parcel in parcels:
        found[parcel.order].append(parcel)
    return sorted(found.items(), key=lambda pair: pair[0].pk)


def _try(act: Act, order: Order, parcels: list[Parcel], now: datetime) -> bool:
    """Act behind the order's lock; one that fails is left as it was, and does not hold up the others."""
    try:
        with change(order, by=BY) as fresh:
            act(fresh, parcels, now)
    except Exception:  # logged with all that is known, and tried again
        logger.exception("the days of order %s could not be estimated", order.pk)
        return False
    return True


def _lane(parcel: Parcel) -> Lane | None:
    """Return its lane, where its carrier and both its ends are known."""
    order, warehouse = parcel.order, parcel.shipment.warehouse
    if not (parcel.carrier and warehouse and order.ship_country):
        return None
    way = (parcel.carrier, order.shipping_method.code, warehouse.code)
    return Lane.to(*way, order.ship_country, order.ship_postal_code)


def _renewed(parcel: Parcel, found: tuple[Lane, Stats] | None, now: datetime) -> Estimate | None:
    """Return the estimate by what is known now; None where it stays: what is over, and what is known no more."""
    before: Estimate | None = getattr(parcel, "estimate", None)
    if before and (before.is_over or found is None):
        return None
    after = _usual(parcel, *found, now) if found else Estimate(parcel=parcel, made_at=now)
    return after if before is None or (before.first, before.last) != (after.first, after.last) else None


def _usual(parcel: Parcel, lane: Lane, stats: Stats, now: datetime) -> Estimate:
    """Return the days that half of the parcels and nine of ten took, from when it left; none before today."""
    assert parcel.shipped_at
    usual, latest = (at.date() for at in stats.window(parcel.shipped_at, timezone.get_current_timezone()))
    today = timezone.localdate(now)
    is_over = latest < today
    return Estimate(
        parcel=parcel,
        first=usual if is_over else max(usual, today),
        last=latest,
        lane=str(LearntLane(**lane._asdict())),
        parcels=stats.parcels,
        is_over=is_over,
        made_at=now,
    )


def _facts(it: Estimate) -> dict[str, Any]:
    return {"parcel": it.parcel.number, "usual": [str(it.first), str(it.last)]}
