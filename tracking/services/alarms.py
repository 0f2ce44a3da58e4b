"""Alarms of parcels: opened and closed by what is so, in one look at all that is on its way."""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.utils import timezone

from fulfillment.carrier import carrier_name
from fulfillment.models import Parcel, Reship, Shipment
from orders.lifecycle import Refused, change, record
from orders.models import Actor, Order
from tracking.lanes import Cry, Lane, Lanes, Watched, watch
from tracking.models import Alarm, Tracker
from tracking.models.alarm import OLDEST
from tracking.models.tracker import Status
from tracking.services.follow import UNDER_WAY
from tracking.services.lanes import known_lanes
from tracking.services.promise import keep_promise

WATCH = Actor.system("watch")
DONE = (Status.DELIVERED, Status.RETURNED_TO_SENDER)
CHUNK = 500
COLUMNS = (
    "pk",
    "carrier",
    "shipment__order__shipping_method__code",
    "shipment__warehouse__code",
    "shipment__order__ship_country",
    "shipment__order__ship_postal_code",
    "shipped_at",
    "tracker__last_scan_at",
    "tracker__first_scan_at",
    "tracker__status",
    "tracker__reason",
    "tracker__attempts",
    "tracker__is_action_required",
    "tracker__needs_review",
    "reship__status",
    "shipment__status",
)
ENDED = {Shipment.Status.DELIVERED: "delivered", Shipment.Status.RETURNED_TO_SENDER: "back at the shop"}

logger = logging.getLogger(__name__)


class AlarmClosed(Refused):
    """What it was about is over."""

    code = "alarm_closed"


class NotSnoozed(Refused):
    """It is on the board."""

    code = "not_snoozed"


class AlreadyTheirs(Refused):
    """Who takes it has it."""

    code = "already_theirs"


def sweep_alarms(*, now: datetime | None = None) -> int:
    """Bring all alarms in line with what is so; return how many stand."""
    now = now or timezone.now()
    lanes = known_lanes()
    wanted = dict(_wanted(lanes, now))
    standing = {(alarm.parcel_id, alarm.kind): alarm for alarm in Alarm.objects.standing()}
    _end({alarm for key, alarm in standing.items() if key not in wanted}, lanes, now)
    _reword({alarm: wanted[key] for key, alarm in standing.items() if key in wanted})
    _open({key for key in wanted if key not in standing}, lanes, now)
    return len(wanted)


def hear_from(order: Order, parcels: Collection[int], *, now: datetime, lanes: Lanes | None = None) -> None:
    """Close the silence of parcels that were scanned, unless it goes on: what came late may be old.

    The order is open in change(). A silence that is another now stays whose it was, and snoozed.
    """
    silent = Alarm.objects.standing().filter(parcel__in=parcels, kind__in=Alarm.SILENCES)
    if found := list(silent.select_related("parcel")):
        still = dict(_wanted(known_lanes() if lanes is None else lanes, now, *(alarm.parcel_id for alarm in found)))
        over = [alarm for alarm in found if (alarm.parcel_id, alarm.kind) not in still]
        _end_silence(order, over, {pk: cry for (pk, kind), cry in still.items() if kind in Alarm.SILENCES}, now)


def _end_silence(order: Order, over: Collection[Alarm], silent: Mapping[int, Cry], now: datetime) -> None:
    """Close what is over, or turn it into the silence that stands now instead, if no alarm says that one."""
    standing = Alarm.objects.standing().filter(parcel__in=[alarm.parcel_id for alarm in over])
    said = set(standing.values_list("parcel_id", "kind"))
    turned = {alarm: silent[alarm.parcel_id] for alarm in over if alarm.parcel_id in silent}
    turned = {alarm: cry for alarm, cry in turned.items() if (alarm.parcel_id, cry.kind) not in said}
    _turn(turned)
    _tell(order, turned)
    closed = [alarm for alarm in over if alarm not in turned]
    _close(closed, now)
    _tell_end(order, [alarm for alarm in closed if alarm.parcel_id not in silent])
    if over:
        keep_promise(order, now=now)


def take_alarm(alarm: Alarm, *, by: Actor) -> None:
    """Note that somebody looks after it, instead of whoever did. Raises AlarmClosed, AlreadyTheirs."""
    if Alarm.objects.standing().filter(pk=alarm.pk, owner=str(by)).exists():
        raise AlreadyTheirs("You look after it already.")
    _change(alarm, owner=str(by))


def leave_alarm(alarm: Alarm) -> None:
    """Note that nobody looks after it any more. Raises AlarmClosed."""
    _change(alarm, owner="")


def snooze_alarm(alarm: Alarm, *, days: int, note: str = "", by: Actor, now: datetime | None = None) -> None:
    """Snooze it: it is on the board again after so many days, if it still stands. Raises AlarmClosed."""
    until = (now or timezone.now()) + timedelta(days=days)
    _change(alarm, snoozed_until=until, note=note, owner=alarm.owner or str(by))


def wake_alarm(alarm: Alarm, *, now: datetime | None = None) -> None:
    """End its snooze: it is on the board again at once. Raises AlarmClosed, NotSnoozed."""
    if not Alarm.objects.filter(pk=alarm.pk, snoozed_until__gt=now or timezone.now()).exists():
        raise NotSnoozed("It is not snoozed: it is on the board.")
    _change(alarm, snoozed_until=None)


def _change(alarm: Alarm, **columns: Any) -> None:
    if not Alarm.objects.standing().filter(pk=alarm.pk).update(**columns):
        raise AlarmClosed("That is over: the alarm has closed itself.")


Key = tuple[int, str]


def _wanted(lanes: Lanes, now: datetime, *only: int) -> Iterator[tuple[Key, Cry]]:
    zone = timezone.get_current_timezone()
    for pk, parcel in _on_their_way(now, *only):
        for cry in watch(parcel, lanes, now, zone):
            yield (pk, cry.kind), cry


def _on_their_way(now: datetime, *only: int) -> Iterator[tuple[int, Watched]]:
    """Yield what left with a number that its carrier could scan, and is neither at the door nor back.

    Of what left so long ago that nobody asks for it any more, no carrier will ever say that it arrived.
    """
    young = Parcel.objects.exclude(tracking_key="").filter(shipped_at__gt=now - OLDEST).order_by()
    young = young.filter(pk__in=only) if only else young
    under_way = young.filter(shipment__status__in=UNDER_WAY).exclude(tracker__status__in=DONE)
    reopened = young.filter(pk__in=Tracker.objects.reopened().values("parcel"))
    for row in chain(under_way.values_list(*COLUMNS), reopened.values_list(*COLUMNS)):
        yield row[0], _watched(*row[1:])


def _watched(*row: Any) -> Watched:
    """Return what is known of a parcel, of its columns."""
    *key, shipped_at, last, first, status, reason, attempts, must_act, review, reship, shipment = row
    return Watched(
        lane=Lane.to(*key),
        carrier=carrier_name(key[0]) or "The carrier",
        shipped_at=shipped_at,
        last_scan_at=last if first else None,
        status=status or Status.UNKNOWN,
        reason=reason or "",
        attempts=attempts or 0,
        is_action_required=bool(must_act),
        is_unmapped="unmapped_value" in (review or []),
        is_settled=reship in Reship.DECIDED,
        counts_as=ENDED.get(shipment, ""),
    )


def _end(alarms: Collection[Alarm], lanes: Lanes, now: datetime) -> None:
    """Close what is not so any more; a silence behind its order's lock, as customers read of it."""
    silences = {alarm for alarm in alarms if alarm.kind in Alarm.SILENCES}
    _close([alarm for alarm in alarms if alarm not in silences], now)
    pks = {alarm.parcel_id for alarm in silences}
    _each_order(pks, lambda order, parcels: hear_from(order, parcels, now=now, lanes=lanes))


def _close(alarms: Collection[Alarm], now: datetime) -> None:
    if alarms:
        Alarm.objects.standing().filter(pk__in=[alarm.pk for alarm in alarms]).update(closed_at=now)


def _turn(alarms: Mapping[Alarm, Cry]) -> None:
    for alarm, cry in alarms.items():
        alarm.kind, alarm.reason, alarm.since = cry.kind, cry.reason, cry.since
    Alarm.objects.bulk_update(alarms, ["kind", "reason", "since"])


def _reword(alarms: dict[Alarm, Cry]) -> None:
    changed = [alarm for alarm, cry in alarms.items() if (alarm.reason, alarm.since) != (cry.reason, cry.since)]
    for alarm in changed:
        alarm.reason, alarm.since = alarms[alarm].reason, alarms[alarm].since
    Alarm.objects.bulk_update(changed, ["reason", "since"], batch_size=CHUNK)


def _open(keys: Collection[Key], lanes: Lanes, now: datetime) -> None:
    """Open alarms behind their orders' locks."""
    _each_order({pk for pk, _ in keys}, lambda order, parcels: _open_of(order, parcels, keys, lanes, now))


def _each_order(pks: Collection[int], act: Callable[[Order, Mapping[int, Parcel]], None]) -> None:
    """Act on parcels, one transaction an order. One that fails is left to the next sweep, and holds up no other."""
    by_order: dict[Order, dict[int, Parcel]] = defaultdict(dict)
    for pk, parcel in Parcel.objects.filter(pk__in=pks).select_related("shipment__order").in_bulk().items():
        by_order[parcel.order][pk] = parcel
    for order, found in sorted(by_order.items(), key=lambda pair: pair[0].pk):
        try:
            with change(order, by=WATCH) as fresh:
                act(fresh, found)
        except Exception:  # see above; logged with all that is known
            logger.exception("the alarms of order %s could not be brought in line", order.pk)


def _open_of(order: Order, parcels: Mapping[int, Parcel], keys: Collection[Key], lanes: Lanes, now: datetime) -> None:
    """Look again behind the order's lock, as a scan or another sweep may have come meanwhile, and open what is so."""
    open_now = set(Alarm.objects.standing().filter(parcel__in=parcels).values_list("parcel_id", "kind"))
    cries = {key: cry for key, cry in _wanted(lanes, now, *parcels) if key in keys and key not in open_now}
    made = [_alarm(parcels[pk], cry, now) for (pk, _), cry in cries.items()]
    Alarm.objects.bulk_create(made)
    if silences := [alarm for alarm in made if alarm.kind in Alarm.SILENCES]:
        _tell(order, silences)
        keep_promise(order, now=now)


def _alarm(parcel: Parcel, cry: Cry, now: datetime) -> Alarm:
    return Alarm(parcel=parcel, kind=cry.kind, reason=cry.reason, since=cry.since, opened_at=now)


def _tell(order: Order, silences: Iterable[Alarm]) -> None:
    """Write silence into the trail: whoever has to hear of it hears by that, and the page is made anew."""
    for alarm in silences:
        record(order, "parcel.silent", by=WATCH, facts=_facts(alarm))


def _tell_end(order: Order, silences: Iterable[Alarm]) -> None:
    for alarm in silences:
        record(order, "parcel.silence_ended", by=WATCH, facts=_facts(alarm))


def _facts(alarm: Alarm) -> dict[str, str]:
    return {"parcel": alarm.parcel.number, "alarm": alarm.kind, "since": alarm.since.isoformat()}
