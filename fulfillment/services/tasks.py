"""Tasks of pickers: the one writer of `PickTask`. They are a plan; what was really taken stands in the ledger."""

from collections.abc import Iterable

from django.db.models import F

from fulfillment.models import PickTask, Shipment, ShipmentLine


def trim_tasks(lines: Iterable[ShipmentLine]) -> None:
    """Drop what is to be fetched for these lines beyond what is reserved and not picked of them, last stops first.

    Call it wherever units of a line stop being wanted. The shipment is open in change().
    """
    wanted = {
        line.pk: line.reserved - line.picked for line in ShipmentLine.objects.filter(pk__in=[x.pk for x in lines])
    }
    for task in PickTask.objects.to_do().filter(shipment_line__in=list(wanted)).order_by("place", "pk"):
        left = min(task.left, wanted[task.shipment_line_id])
        wanted[task.shipment_line_id] -= left
        if left < task.left:
            _shrink(task, task.picked + left)


def drop_tasks(shipment: Shipment) -> None:
    """Drop all that is still to be fetched for a shipment: it is picked without a walk. It is open in change()."""
    mine = PickTask.objects.to_do().filter(shipment_line__shipment=shipment)
    if mine.exists():
        mine.filter(picked=0).delete()
        mine.update(quantity=F("picked"), status=PickTask.Status.DONE, lease_until=None)


def _shrink(task: PickTask, quantity: int) -> None:
    """Ask for fewer units; a task of which nothing was taken, and nothing is wanted, goes."""
    mine = PickTask.objects.to_do().filter(pk=task.pk, picked=task.picked)
    if quantity == 0:
        mine.delete()
    elif quantity == task.picked:
        mine.update(quantity=quantity, status=PickTask.Status.DONE, lease_until=None)
    else:
        mine.update(quantity=quantity)
