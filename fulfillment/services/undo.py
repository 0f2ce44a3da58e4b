"""Taking back the last scan of a walk: the units lie in their bin again."""

from fulfillment import ledger
from fulfillment.models import PickTask, Scan, Shipment
from fulfillment.services.fetch import Moved
from fulfillment.services.scan_cart import late
from fulfillment.services.scanned import Act, Result, Verdict, keep, once
from fulfillment.services.tasks import uncount_units
from fulfillment.services.walks import Walk
from orders.blockers import Reason
from orders.lifecycle import NotAllowed, change
from orders.models import Actor


def undo_scan(walk: Walk, act: Act) -> Scan:
    """Take back what this person fetched last on this cart. Repeated, it answers as before.

    What made the shipment PICKED can be taken back as well, until somebody packs it.
    Raises NotAllowed where there is nothing to take back, or it is being packed.
    """
    return once(act, Scan.Step.PICK, lambda: _undo(walk, act))[0]


def last_fetch(walk: Walk, by: Actor) -> Scan | None:
    """Return what can be taken back."""
    mine = Scan.objects.filter(task__cart=walk.cart, by=str(by), step=Scan.Step.PICK, result=Result.RIGHT)
    fetched = mine.filter(quantity__gt=0, undone_by=None).select_related("shipment", "line__order_line", "bin", "task")
    return fetched.order_by("-pk").first()


def _undo(walk: Walk, act: Act) -> Scan:
    if walk.holder and not walk.is_mine:
        return late(walk, act)
    last = last_fetch(walk, act.by)
    if last is None or last.task is None or last.line is None or last.bin is None or last.shipment is None:
        raise NotAllowed([Reason("nothing_to_undo", "There is nothing to take back.", "nobody")])
    if last.task.status == PickTask.Status.SHORT:
        sentence = f"Too few were there, and that stands: put nothing back. There after all? Count {last.bin}."
        raise NotAllowed([Reason("closed_short", sentence, "nobody")])
    with change(last.shipment, by=act.by) as shipment:
        if shipment.status != Shipment.Status.PICKING:
            shipment.unpick()
        _refuse_cancelled(shipment, last)
        ledger.unpick(shipment, {last.line: last.quantity}, last.bin, by=act.by)
        if not uncount_units(last.task, last.quantity, act.by):
            raise Moved("The cart is not as it was. Look at the screen again.")
    said = Verdict(Result.UNDONE, _sentence(last), last.quantity, last.line, last.bin)
    return keep(act, said, Scan.Step.PICK, shipment, task=last.task, undoes=last)


def _refuse_cancelled(shipment: Shipment, last: Scan) -> None:
    """Refuse where so many units are not picked any more: they wait to be put back, and are nobody's."""
    if last.line is None or not shipment.lines.filter(pk=last.line.pk, picked__gte=last.quantity).exists():
        sentence = "That was cancelled meanwhile: nothing of it is to be fetched. Bring what you hold to put-back."
        raise NotAllowed([Reason("cancelled", sentence, "nobody")])


def _sentence(last: Scan) -> str:
    name = last.line.order_line.name if last.line else ""
    return f"Taken back: put {last.quantity} × {name} into {last.bin} again."
