"""A person says which parcel a message means that could be of more than one, or that it means none of ours."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from fulfillment.models import Parcel, Warehouse
from orders.lifecycle import Refused, change, operation_facts, record, refuse_repeated
from orders.models import Actor, Inbox
from orders.services.quarantine import put_aside, requeue
from tracking.models import Snapshot
from tracking.services.fold import fold_order
from tracking.services.match import candidates

MOST = 500
"""How many messages are taken by one word."""
FOR_OTHERS = "It could mean a parcel that left another warehouse: they have to say it."


class NotUnclear(Refused):
    """It is said already which parcel it means, or nobody need say it."""

    code = "not_unclear"


class NotMeant(Refused):
    """The message cannot mean that parcel."""

    code = "not_meant"


class NotTheirs(Refused):
    """People of another warehouse have to say what the message means."""

    code = "not_theirs"


def identify_message(
    message: Snapshot,
    number: str,
    *,
    by: Actor,
    among: QuerySet[Warehouse] | None = None,
    has_alike: bool = False,
    operation: str | None = None,
    now: datetime | None = None,
) -> int:
    """Say that a message means the parcel of this number, and `has_alike`: the others that wait in its place as well.

    It is of a warehouse `among` these. What its source calls by the same id of its own always goes with it. Return how
    many messages those were. Raises NotUnclear, NotMeant, AlreadyApplied.
    """
    now = now or timezone.now()
    parcel = next((each for each in meant(message, among) if each.number == number), None)
    if parcel is None:
        raise NotMeant("The message cannot mean that parcel: its number, carrier or channel is another.")
    with change(parcel.order, by=by) as order:
        refuse_repeated(order, operation)
        messages = _claim(message, has_alike=has_alike or bool(message.source_tracker_id))
        facts = {"parcel": parcel.number, "messages": len(messages)}
        record(order, "parcel.identified", by=by, facts=facts | operation_facts(operation))
        fold_order(order, {parcel: messages}, now)
        _read_again(messages)
    return len(messages)


def put_message_aside(
    message: Snapshot,
    *,
    by: Actor,
    reason: str,
    among: QuerySet[Warehouse] | None = None,
    has_alike: bool = False,
) -> int:
    """Say that a message means no parcel of ours, `among` and `has_alike` as above; return how many those were.

    Raises NotUnclear, NotTheirs.
    """
    with transaction.atomic():
        messages = _claim(message, has_alike=has_alike or bool(message.source_tracker_id))
        _refuse_others(messages, among)
        _put_aside(messages, by, reason)
        _read_again(messages)
    return len(messages)


def put_delivery_aside(inbox: Inbox, *, by: Actor, reason: str, among: QuerySet[Warehouse] | None = None) -> None:
    """Leave what came in as it is, with the messages in it of which nobody knows what they mean.

    The messages are locked first, as who says what one of them means does it. Raises NotQuarantined, NotTheirs.
    """
    with transaction.atomic():
        unclear = list(Snapshot.objects.unclear().filter(inbox=inbox).order_by("pk").select_for_update(no_key=True))
        _refuse_others(unclear, among)
        put_aside(inbox, by=by, reason=reason)
        _put_aside(unclear, by, reason)


def _refuse_others(messages: Sequence[Snapshot], among: QuerySet[Warehouse] | None) -> None:
    if is_for_others(messages, among):
        raise NotTheirs(FOR_OTHERS)


def _put_aside(messages: Sequence[Snapshot], by: Actor, reason: str) -> None:
    rows = Snapshot.objects.filter(pk__in=[each.pk for each in messages])
    rows.update(is_ambiguous=False, aside_by=str(by), aside_why=reason)


def meant(message: Snapshot, among: QuerySet[Warehouse] | None = None) -> Sequence[Parcel]:
    """Return the parcels that a message could mean, of these warehouses and of none."""
    if among is None:
        return candidates(message)
    mine = _known(among)
    return [each for each in candidates(message) if each.shipment.warehouse_id in mine]


def is_for_others(messages: Sequence[Snapshot], among: QuerySet[Warehouse] | None) -> bool:
    """Say whether one of them could mean a parcel of a warehouse that is not `among` these."""
    if among is None or not messages:
        return False
    mine = _known(among)
    return any(each.shipment.warehouse_id not in mine for each in candidates(*messages))


def _known(among: QuerySet[Warehouse]) -> set[int | None]:
    """Return the warehouses by pk, and that of what left none."""
    return {None, *among.values_list("pk", flat=True)}


def alike(message: Snapshot) -> QuerySet[Snapshot]:
    """Return the other messages that are as unclear as this one, and that nothing tells from it."""
    names = ("source", "provider", "carrier", "tracking_key", "source_tracker_id", "reference", "channel_id")
    same = Snapshot.objects.unclear().filter(**{name: getattr(message, name) for name in names})
    return same.exclude(pk=message.pk)


def _claim(message: Snapshot, *, has_alike: bool) -> list[Snapshot]:
    """Take the message, and those that are alike: of two people one does. Raises NotUnclear."""
    wanted = [message.pk, *(alike(message).order_by("pk").values_list("pk", flat=True)[:MOST] if has_alike else ())]
    unclear = Snapshot.objects.unclear().filter(pk__in=wanted).order_by("pk")
    taken = list(unclear.select_for_update(no_key=True))
    if message not in taken:
        raise NotUnclear("Somebody has said already which parcel it means, or put it aside.")
    Snapshot.objects.filter(pk__in=[each.pk for each in taken]).update(is_ambiguous=False)
    return taken


def _read_again(messages: list[Snapshot]) -> None:
    """Let those who understand hooks see whether anything is left to mend where the messages came in."""
    for inbox in Inbox.objects.quarantined().filter(pk__in={each.inbox_id for each in messages if each.inbox_id}):
        requeue(inbox)
