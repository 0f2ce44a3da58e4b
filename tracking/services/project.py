"""From all snapshots of a parcel to its Tracker, and to the events of its order: each milestone is recorded once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from django.utils import timezone

from fulfillment.models import Parcel
from orders.lifecycle import record
from orders.models import Actor, Order
from tracking.models import Tracker
from tracking.models.tracker import Status
from tracking.status import Journey, Line, Milestone, Place, Result, fold
from tracking.status import Snapshot as Picture
from tracking.status.milestones import KEYS

MOST_LINES = 200
ARRIVED = frozenset({Status.DELIVERED, Status.RETURNED_TO_SENDER})
ARRIVALS = frozenset(KEYS[status] for status in ARRIVED)
SEEN_BY_CUSTOMERS = (
    "status",
    "reason",
    "is_action_required",
    "eta_from",
    "eta_to",
    "attempts",
    "delivered_on",
    "timeline",
)


@dataclass(frozen=True, slots=True)
class News:
    """An event to be recorded. `is_late`: it was over, or long ago, when we heard of it."""

    kind: str
    milestones: Sequence[str] = ()
    at: datetime | None = None
    is_late: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """What a fold makes of a tracker: its columns, those that differ from what stands there, and the names of those
    that customers see differently.
    """

    result: Result
    row: dict[str, Any]
    changed: dict[str, Any]
    seen: list[str]


def view(tracker: Tracker, parcel: Parcel, order: Order, pictures: Sequence[Picture], now: datetime) -> View:
    """Fold the pictures, and compare with what stands on the tracker. Nothing is written."""
    result = fold(pictures, now=now, journey=_journey(parcel, order))
    crossed = sorted({*tracker.crossed, *(each.key for each in result.milestones)})
    row = _row(result) | {"crossed": crossed, "is_reopened": _is_reopened(result, crossed)}
    changed = {name: value for name, value in row.items() if getattr(tracker, name) != value}
    is_same = _as_seen(tracker.timeline) == _as_seen(row["timeline"])
    seen = set(changed).intersection(SEEN_BY_CUSTOMERS) - ({"timeline"} if is_same else set())
    return View(result, row, changed, sorted(seen))


def project(
    tracker: Tracker,
    parcel: Parcel,
    order: Order,
    pictures: Sequence[Picture],
    *,
    by: Actor,
    now: datetime,
    is_again: bool = False,
) -> View:
    """Fold the pictures into the tracker, and record what is new on the order, which is open in change().

    `is_again`: nothing new was said, only what it means may have changed.
    """
    it = view(tracker, parcel, order, pictures, now)
    for each in _corrections(tracker, it, now) if is_again else _news(tracker, it, now):
        facts = {"parcel": parcel.number, "status": it.result.status, "milestones": list(each.milestones)} | each.facts
        at = min(each.at, now) if each.at else None  # a carrier's clock may be ahead of ours
        record(order, each.kind, by=by, facts=facts | ({"is_late": True} if each.is_late else {}), at=at)
    if it.changed:
        Tracker.objects.filter(pk=tracker.pk).update(**it.changed, updated_at=now)
    return it


def _journey(parcel: Parcel, order: Order) -> Journey:
    """The warehouse is known by its address, which is text: whether the door is in the same place, that tells (F7)."""
    door = Place(order.ship_city, order.ship_region, order.ship_postal_code, order.ship_country)
    warehouse = parcel.shipment.warehouse
    return Journey(
        origin=door if warehouse and door.is_named_in(warehouse.address) else Place(),
        destination=door,
        shipped_on=timezone.localdate(parcel.shipped_at) if parcel.shipped_at else None,
        zone=order.zone,
    )


def _is_reopened(result: Result, crossed: Sequence[str]) -> bool:
    """Say whether it had arrived, at the door or at the shop, by what was known before, and has not by what is."""
    return result.status not in ARRIVED and not ARRIVALS.isdisjoint(crossed)


def _row(result: Result) -> dict[str, Any]:
    """Return the columns of the tracker."""
    expected = result.expectation.last if result.expectation else None
    eta: tuple[date | None, date | None] = (expected.earliest, expected.latest) if expected else (None, None)
    return {
        "status": result.status,
        "reason": result.reason,
        "is_action_required": result.is_action_required,
        "needs_review": list(result.needs_review),
        "eta_from": eta[0],
        "eta_to": eta[1],
        "first_scan_at": result.first_scan_at,
        "last_scan_at": result.last_scan_at,
        "out_for_delivery_at": result.out_for_delivery_at,
        "first_attempt_at": result.first_attempt_at,
        "attempts": result.attempts,
        "delivered_at": result.delivered_at,
        "delivered_on": result.delivered_on,
        "returned_at": result.returned_at,
        "news": result.news.key if result.news else "",
        "news_at": result.news.at.astimezone(UTC) if result.news and result.news.at else None,
        "timeline": [_line(line) for line in result.timeline[-MOST_LINES:]],
        "is_time_estimated": result.is_time_estimated,
    }


def _line(line: Line) -> dict[str, Any]:
    """Return what is kept of a line; where a wall clock is all we know, the instant it was about as well."""
    return ({"about": line.about.isoformat()} if line.about else {}) | {
        "at": line.at.isoformat() if line.at else None,
        "wall": line.wall,
        "status": line.status,
        "reason": line.reason,
        "message": line.message,
        "place": line.place,
    }


def _as_seen(timeline: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in line.items() if name != "about"} for line in timeline]


def _news(tracker: Tracker, it: View, now: datetime) -> Iterator[News]:
    """Yield what is to be recorded: milestones, else the status, else the scans, else what was put right."""
    result, told = it.result, set()
    for news in _milestones(tracker, result, now):
        told.add(news.kind)
        yield news
    kind = f"parcel.{result.status.lower()}"
    if result.status != tracker.status and kind not in told:  # reached again, or no milestone: no customer is told
        yield News(kind, at=result.decided_at, is_late=True)
    elif not told and (scans := _fresh(tracker, it)):
        moments = [datetime.fromisoformat(line["at"]) for line in scans if line["at"]]
        yield News("parcel.scanned", at=max(moments, default=None), facts={"scans": len(scans)})
    elif not told and it.seen:
        yield News("parcel.corrected", facts={"changed": it.seen})


def _fresh(tracker: Tracker, it: View) -> list[dict[str, Any]]:
    known = _as_seen(tracker.timeline)
    return [line for line in _as_seen(it.row["timeline"]) if line not in known]


def _corrections(tracker: Tracker, it: View, now: datetime) -> Iterator[News]:
    """Yield the milestones that it turns out to have passed, and that it was put right."""
    yield from _milestones(tracker, it.result, now)
    if it.seen:
        yield News("parcel.corrected", facts={"changed": it.seen, "before": tracker.status})


def _milestones(tracker: Tracker, result: Result, now: datetime) -> Iterator[News]:
    crossed = [each for each in result.milestones if each.key not in tracker.crossed]
    for _, passed in groupby(crossed, key=lambda each: each.place):
        yield _passed(list(passed), result, now)


def _passed(milestones: Sequence[Milestone], result: Result, now: datetime) -> News:
    """Return the event of milestones that one scan passed."""
    one = milestones[0]
    is_late = one.is_old(now) or (one.status != result.status and result.news not in milestones)
    at = one.at if one.is_exact else None
    return News(f"parcel.{Status(one.status).lower()}", [each.key for each in milestones], at, is_late)
