"""Tasks of pickers: the one writer of `PickTask`. They are a plan; what was really taken stands in the ledger.

They are locked last, behind the stock of what they are to fetch.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db.models import Case, CharField, DateTimeField, F, IntegerField, Q, Value, When
from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Bin, CartSlot, PickTask, Shipment, ShipmentLine
from fulfillment.models.wave import PickTaskQuerySet
from orders.models import Actor, Order

LEASE = timedelta(minutes=10)
Status = PickTask.Status


def renew(task: PickTask, by: Actor) -> bool:
    """Let the lease of a task run on; False if this person does not hold it any more."""
    mine = PickTask.objects.filter(pk=task.pk, status=Status.CLAIMED, claimed_by=str(by))
    return bool(mine.update(lease_until=timezone.now() + LEASE))


def count_units(task: PickTask, units: int, by: Actor, following: PickTask | None) -> bool:
    """Count units that were fetched for a task, and renew the lease; when it is done, that of the task that follows.

    False, and nothing is changed for good, where one of them is not as it was read: roll back then.
    """
    lease, is_done = timezone.now() + LEASE, task.picked + units == task.quantity
    touched = [task.pk, following.pk] if is_done and following else [task.pk]
    this = Q(pk=task.pk, picked=task.picked, quantity=task.quantity)
    both = PickTask.objects.filter(pk__in=touched).locked().values("pk")
    mine = PickTask.objects.filter(this | ~Q(pk=task.pk), pk__in=both, status=Status.CLAIMED, claimed_by=str(by))
    done, until = Value(Status.DONE if is_done else Status.CLAIMED), Value(None if is_done else lease, DateTimeField())
    changed = mine.update(
        picked=Case(When(pk=task.pk, then=task.picked + units), default="picked", output_field=IntegerField()),
        status=Case(When(pk=task.pk, then=done), default="status", output_field=CharField()),
        lease_until=Case(When(pk=task.pk, then=until), default=Value(lease)),
    )
    if changed == len(touched):
        task.picked, task.status = task.picked + units, Status.DONE if is_done else Status.CLAIMED
    return changed == len(touched)


def uncount_units(task: PickTask, units: int, by: Actor) -> bool:
    """Ask again for units that were brought back, by the person who fetched them and still has the cart."""
    mine = PickTask.objects.filter(pk=task.pk, claimed_by=str(by), picked__gte=units)
    mine = mine.filter(Q(status=Status.CLAIMED) | Q(status=Status.DONE))
    lease = timezone.now() + LEASE
    return bool(mine.update(picked=F("picked") - units, status=Status.CLAIMED, lease_until=lease))


def close_short(task: PickTask, reason: PickTask.Reason, by: Actor) -> bool:
    """Fetch no more for a task: the rest is not there. False if it is not as it was read.

    All that is to be fetched with its cart, or must not leave without it, is locked first, in the one order: stops
    behind it may be moved or dropped, here and on the order's other carts. The order is open in change().
    """
    lock_together(task.shipment_line.shipment.order, cart_id=task.cart_id)
    this = PickTask.objects.filter(pk=task.pk, picked=task.picked, quantity=task.quantity)
    mine = this.filter(status=Status.CLAIMED, claimed_by=str(by))
    return bool(mine.update(status=Status.SHORT, reason=reason, lease_until=None))


def lock_together(order: Order, cart_id: int | None = None) -> None:
    """Lock what may be dropped at once, in one statement: of a cart, and of an order that goes whole, on all carts."""
    lines = ShipmentLine.objects.filter(shipment__order=order).values_list("pk", flat=True)
    whole = Q(shipment_line__in=list(lines)) if order.is_ship_complete else Q()
    if wanted := whole | (Q(cart=cart_id) if cart_id else Q()):
        _lock(PickTask.objects.to_do().filter(wanted))


def lock_walks(shipments: Sequence[Shipment]) -> None:
    """Lock shipments of an order, the stock kept for them, then all that is to be fetched for them, on whatever carts.

    Call it before several of them give all of their units up: one after the other, the stops of the first would be
    held when the stock of the second is wanted. The order is open in change().
    """
    mine = Shipment.objects.filter(pk__in=[each.pk for each in shipments]).order_by("pk")
    list(mine.select_for_update(no_key=True).values_list("pk"))  # a wave may hold them: before any stock
    ledger.lock_kept(*shipments)
    _lock(PickTask.objects.to_do().filter(shipment_line__shipment__in=shipments))


def add_task(instead_of: PickTask, place: Bin, units: int, stop: int, by: Actor) -> None:
    """Have units fetched from another bin in the same walk, by the person who is on it."""
    PickTask.objects.create(
        cart=instead_of.cart,
        shipment_line=instead_of.shipment_line,
        bin=place,
        quantity=units,
        place=stop,
        status=Status.CLAIMED,
        claimed_by=str(by),
        lease_until=timezone.now() + LEASE,
    )


def trim_tasks(lines: Iterable[ShipmentLine]) -> None:
    """Drop what is to be fetched for these lines beyond what is reserved and not picked of them, last stops first.

    Call it wherever units of a line stop being wanted. The shipment is open in change().
    """
    wanted = {
        line.pk: line.reserved - line.picked for line in ShipmentLine.objects.filter(pk__in=[x.pk for x in lines])
    }
    tasks = PickTask.objects.to_do().filter(shipment_line__in=list(wanted)).locked()
    for task in sorted(tasks, key=lambda task: (task.place, task.pk)):
        left = min(task.left, wanted[task.shipment_line_id])
        wanted[task.shipment_line_id] -= left
        if left < task.left:
            _shrink(task, task.picked + left)


def drop_tasks(shipment: Shipment) -> None:
    """Drop all that is still to be fetched for a shipment: it is picked without a walk, and its stock locked for it.

    It is open in change().
    """
    if _of(shipment).exists():
        ledger.lock_kept(shipment)
        _drop(_of(shipment))


def take_off_cart(shipment: Shipment) -> None:
    """Let nobody walk for a shipment, open in change(), of which nothing is picked: a later wave takes it again."""
    _drop(_of(shipment))
    CartSlot.objects.filter(shipment=shipment).delete()


def leave_out(shipment: Shipment) -> None:
    """Let nobody walk any more for a shipment, open in change(): what was fetched of it stays where it is."""
    if shipment.status == Shipment.Status.READY:
        take_off_cart(shipment)
    else:
        _drop(_of(shipment))


def _of(shipment: Shipment) -> PickTaskQuerySet:
    return PickTask.objects.to_do().filter(shipment_line__shipment=shipment)


def _lock(tasks: PickTaskQuerySet) -> list[int]:
    return list(tasks.locked().values_list("pk", flat=True))


def _drop(tasks: PickTaskQuerySet) -> None:
    if found := _lock(tasks):
        mine = PickTask.objects.filter(pk__in=found)
        mine.filter(picked=0).delete()
        mine.update(quantity=F("picked"), status=Status.DONE, lease_until=None)


def _shrink(task: PickTask, quantity: int) -> None:
    """Ask for fewer units; a task of which nothing was taken, and nothing is wanted, goes."""
    mine = PickTask.objects.to_do().filter(pk=task.pk, picked=task.picked)
    if quantity == 0:
        mine.delete()
    elif quantity == task.picked:
        mine.update(quantity=quantity, status=PickTask.Status.DONE, lease_until=None)
    else:
        mine.update(quantity=quantity)
