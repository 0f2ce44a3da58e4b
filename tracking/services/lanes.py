"""Learning lanes from the parcels that arrived, all at once, and looking up what was learnt."""

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import F, Q, Value, Window
from django.db.models.functions import Replace, RowNumber, Substr, Upper
from django.utils import timezone

from orders.services import MethodTransit, keep_transits
from orders.zones import zone_of
from tracking.lanes import (
    LOOK_BACK,
    NEWEST,
    RECENT,
    Lane,
    Lanes,
    Quiet,
    Stats,
    Trip,
    learn,
    learn_transits,
    measure,
)
from tracking.models import LearntLane, Tracker
from tracking.models.tracker import Status
from tracking.status.picture import read_wall
from tracking.status.words import NOT_PHYSICAL

CHUNK = 2000
KEY = ("carrier", "service", "origin", "country", "region")
ORDER = "parcel__shipment__order__"
CARRIER, SERVICE, ORIGIN = "parcel__carrier", f"{ORDER}shipping_method__code", "parcel__shipment__warehouse__code"
COUNTRY, POSTAL_CODE = f"{ORDER}ship_country", f"{ORDER}ship_postal_code"


def learn_lanes(*, now: datetime | None = None) -> int:
    """Learn every lane anew from what arrived until now; return how many enough is known of.

    What is known whichever carrier goes, is kept for the promises of the orders to come.
    """
    now = now or timezone.now()
    trips = list(_trips(now))
    known = learn(trips, now)
    keep_transits(_transits(trips, now), now=now)
    rows = [_row(lane, stats, now) for lane, stats in known.items()]
    with transaction.atomic():
        LearntLane.objects.all().delete()
        LearntLane.objects.bulk_create(rows, batch_size=CHUNK)
    return len(rows)


def _transits(trips: Iterable[Trip], now: datetime) -> Iterator[MethodTransit]:
    for lane, days in learn_transits(trips, now).items():
        yield MethodTransit(lane.service, lane.country, lane.region, days.parcels, days.usual, days.latest)


def known_lanes() -> Lanes:
    """Return what was learnt last."""
    return _known(LearntLane.objects.all())


def lanes_near(lanes: Iterable[Lane]) -> Lanes:
    """Return what was learnt of these lanes and of the wider ones around them, and of no other."""
    wanted = {wide for lane in lanes for wide in lane.wider()}
    return _known(LearntLane.objects.filter(reduce(or_, (Q(**each._asdict()) for each in wanted))) if wanted else ())


def _known(rows: Iterable[LearntLane]) -> Lanes:
    return Lanes({Lane(*(getattr(row, name) for name in KEY)): _stats(row) for row in rows})


def seen_at(timeline: Iterable[dict[str, Any]], zone: tzinfo) -> list[datetime]:
    """Return when somebody had the parcel in hand, about when where a wall clock is all we know.

    Lines that were folded before that was kept are read in `zone`.
    """
    moments = (_clock(line, zone) for line in timeline if line["status"] not in NOT_PHYSICAL)
    return [at for at in moments if at]


def _trips(now: datetime) -> Iterator[Trip]:
    """Yield what counts: of each lane the newest parcels. The database ranks them all, and gives out those alone."""
    zone = timezone.get_current_timezone()
    kept = _ranked(now).filter(Q(place__lte=NEWEST) | Q(delivered_at__gte=now - RECENT)).values("pk")
    rows = Tracker.objects.filter(pk__in=kept).order_by()
    names = (CARRIER, SERVICE, ORIGIN, COUNTRY, POSTAL_CODE, "parcel__shipped_at", "delivered_at", "timeline")
    for *key, shipped_at, delivered_at, timeline in rows.values_list(*names).iterator(CHUNK):
        lane = Lane.to(*key)
        scans = seen_at(timeline, zone_of(lane.country) or zone)
        hours = measure(shipped_at, scans, delivered_at, zone)
        if hours:
            yield Trip(lane, delivered_at, hours)


def _ranked(now: datetime) -> Any:
    region = Substr(Upper(Replace(POSTAL_CODE, Value(" "))), 1, 2)
    lane = (F(CARRIER), F(SERVICE), F(ORIGIN), F(COUNTRY), region)
    arrived = Tracker.objects.filter(
        status=Status.DELIVERED,
        delivered_at__gt=now - LOOK_BACK,
        delivered_at__lte=now,
        parcel__shipped_at__isnull=False,
    )
    return arrived.annotate(place=Window(RowNumber(), partition_by=lane, order_by=F("delivered_at").desc()))


def _clock(line: dict[str, Any], zone: tzinfo) -> datetime | None:
    known = line["at"] or line.get("about")
    return datetime.fromisoformat(known) if known else read_wall(line["wall"], zone)


def _row(lane: Lane, stats: Stats, now: datetime) -> LearntLane:
    return LearntLane(
        **lane._asdict(),
        parcels=stats.parcels,
        p50=stats.p50,
        p90=stats.p90,
        late=stats.late,
        quiet_p95=stats.quiet.p95,
        quiet_limit=stats.quiet.limit,
        learnt_at=now,
    )


def _stats(row: LearntLane) -> Stats:
    return Stats(row.parcels, row.p50, row.p90, row.late, Quiet(row.quiet_p95, row.quiet_limit))
