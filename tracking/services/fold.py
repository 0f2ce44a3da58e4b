"""Folding what was kept into the trackers, one transaction an order.

A snapshot that has no tracker yet is still to be folded: whatever is cut short here is found again by that.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from fulfillment.models import Parcel, Shipment
from orders.lifecycle import change
from orders.models import Actor, Order
from tracking.carriers.meaning import Tables
from tracking.models import Snapshot, Tracker
from tracking.models.tracker import Status
from tracking.services.alarms import hear_from
from tracking.services.ask.hearing import count_news
from tracking.services.codes import tables_for
from tracking.services.consequences import draw_consequences, fate_of
from tracking.services.estimate import estimate
from tracking.services.follow import FINAL, follow_parcels
from tracking.services.keep import Found
from tracking.services.pictures import picture_of
from tracking.services.project import View, project
from tracking.services.promise import keep_promise, may_name_other_days
from tracking.status import Snapshot as Picture
from tracking.timeline.words import COMING

logger = logging.getLogger(__name__)


def fold_found(found: Found, *, now: datetime) -> int:
    """Fold snapshots into the parcels they were found to mean; return how many orders were brought up to date.

    An order that fails is left as it was, and the beat comes back to it: it does not hold up the others.
    """
    by_order: dict[Order, dict[Parcel, list[Snapshot]]] = defaultdict(lambda: defaultdict(list))
    for snapshot, parcel in found:
        by_order[parcel.order][parcel].append(snapshot)
    return sum(_fold_alone(order, given, now) for order, given in sorted(by_order.items(), key=lambda pair: pair[0].pk))


def _fold_alone(order: Order, snapshots: Mapping[Parcel, list[Snapshot]], now: datetime) -> bool:
    """Fold in a transaction of its own: with a few orders in one, whoever writes on SQLite waits that much longer."""
    try:
        fold_order(order, snapshots, now)
    except Exception:  # see above; logged with all that is known
        logger.exception("the parcels of order %s could not be folded", order.pk)
        return False
    return True


def fold_order(order: Order, snapshots: Mapping[Parcel, list[Snapshot]], now: datetime) -> None:
    """Read, fold and write behind the order's lock: whoever folds the same order waits here, then sees it all."""
    by = _speaker(each for given in snapshots.values() for each in given)
    with change(order, by=by) as fresh:
        trackers = _trackers(snapshots)
        news = [parcel for parcel, given in snapshots.items() if _attach(given, trackers[parcel.pk])]
        changed = _project(fresh, {parcel: trackers[parcel.pk] for parcel in news}, by=by, now=now)
        count_news([each for parcel in changed for each in snapshots[parcel]], now=now)


class Refolded(NamedTuple):
    """How many parcels customers see differently, and the trackers that could not be folded and are as they were."""

    changed: int
    failed: Sequence[int]


def fold_again(trackers: Iterable[Tracker], *, by: Actor, now: datetime) -> Refolded:
    """Fold parcels anew, one transaction an order, as nothing but the meaning of words may have changed."""
    by_order: dict[Order, list[Tracker]] = defaultdict(list)
    for tracker in trackers:
        by_order[tracker.parcel.order].append(tracker)
    changed, failed = 0, list[int]()
    for order, found in sorted(by_order.items(), key=lambda pair: pair[0].pk):
        try:
            with change(order, by=by) as fresh:
                known = _trackers(tracker.parcel for tracker in found)
                parcels = {tracker.parcel: known[tracker.parcel_id] for tracker in found}
                changed += len(_project(fresh, parcels, by=by, now=now, is_again=True))
        except Exception:  # as above
            logger.exception("the parcels of order %s could not be folded again", order.pk)
            failed += [tracker.pk for tracker in found]
    return Refolded(changed, failed)


def pictures_of(
    trackers: Iterable[Tracker], tables: Callable[[set[str]], Tables] = tables_for
) -> Mapping[int | None, list[Picture]]:
    """Return all that was said of the parcels, by tracker, with what it means by the tables of its providers."""
    rows = list(Snapshot.objects.filter(tracker__in=list(trackers)).prefetch_related("scans"))
    meanings = tables({row.provider for row in rows})
    pictures: dict[int | None, list[Picture]] = defaultdict(list)
    for row in rows:
        pictures[row.tracker_id].append(picture_of(row, meanings))
    return pictures


def _project(
    order: Order, trackers: Mapping[Parcel, Tracker], *, by: Actor, now: datetime, is_again: bool = False
) -> list[Parcel]:
    """Bring trackers of an order, open in change(), up to date, its shipments after them, and what follows from it;
    return what customers see changed.

    The tables are read behind the order's lock, and after the messages were taken: whoever changes one folds this order
    again after us (`replay.py`).
    """
    pictures, views = pictures_of(trackers.values()), dict[Parcel, View]()
    for parcel, tracker in sorted(trackers.items(), key=lambda pair: pair[0].pk):
        views[parcel] = project(tracker, parcel, order, pictures[tracker.pk], by=by, now=now, is_again=is_again)
    _follow(order, trackers, views, by=by, now=now)
    return [parcel for parcel, it in views.items() if it.seen]


def _follow(
    order: Order, trackers: Mapping[Parcel, Tracker], views: Mapping[Parcel, View], *, by: Actor, now: datetime
) -> None:
    """Let shipments, returns, what may go again, promises and alarms follow the parcels that were folded."""
    moved = {each.shipment_id for each, it in views.items() if it.result.status in FINAL or _is_given_up(each)}
    odd = {each.shipment_id for each, it in views.items() if _is_odd(each, trackers[each], it)}
    heard = {each.pk for each, it in views.items() if "last_scan_at" in it.changed}
    follow_parcels(order, moved, by=by, now=now)
    if odd:
        draw_consequences(odd, by=by)
    if heard:
        hear_from(order, heard, now=now)
    got_on = [each for each, it in views.items() if _got_on(it)]
    is_moved = bool(got_on) and estimate(order, got_on, now=now)
    if is_moved or any(may_name_other_days(trackers[each].status, it) for each, it in views.items()):
        keep_promise(order, now=now)


def _got_on(it: View) -> bool:
    """Say whether a parcel got on that is still to come, and of which the carrier does not say when."""
    is_unsaid = it.result.status in COMING - {Status.OUT_FOR_DELIVERY} and not it.row["eta_to"]
    return is_unsaid and bool({"status", "crossed"}.intersection(it.changed))


def _is_given_up(parcel: Parcel) -> bool:
    return bool(parcel.shipment.status == Shipment.Status.LOST)


def _is_odd(parcel: Parcel, before: Tracker, it: View) -> bool:
    """Say whether something has to follow of a parcel, or had to before it was folded."""
    fates = fate_of(before.status, before.reason), fate_of(it.result.status, it.result.reason)
    return _is_given_up(parcel) or not all(fate.is_ordinary for fate in fates)


def _speaker(snapshots: Iterable[Snapshot]) -> Actor:
    sources = {snapshot.source for snapshot in snapshots}
    return Actor.parse(sources.pop()) if len(sources) == 1 else Actor.system("carriers")


def _trackers(parcels: Iterable[Parcel]) -> dict[int, Tracker]:
    """Return the trackers of the parcels, by the parcel's pk; a parcel that nobody has spoken of yet gets one."""
    wanted = list(parcels)
    known = {tracker.parcel_id: tracker for tracker in Tracker.objects.filter(parcel__in=wanted)}
    fresh = [Tracker(parcel=parcel) for parcel in wanted if parcel.pk not in known]
    return known | {tracker.parcel_id: tracker for tracker in Tracker.objects.bulk_create(fresh)}


def _attach(snapshots: Iterable[Snapshot], tracker: Tracker) -> int:
    """Take the snapshots that nobody has folded meanwhile; return how many."""
    return Snapshot.objects.filter(pk__in=[each.pk for each in snapshots], tracker=None).update(tracker=tracker)
