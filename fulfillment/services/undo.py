"""Taking back the last scan of a walk: the units lie in their bin again."""

from fulfillment import ledger
from fulfillment.models import PickTask, Scan, Shipment
from fulfillment.services.fetch import Moved
from fulfillment.services.scan_cart import late
from fulfillment.services.scan_pick import Picked, fetched_by
from fulfillment.services.scanned import Act, Result, Verdict, keep, once
from fulfillment.services.tasks import uncount_units
from fulfillment.services.walks import Walk, fetched_with
from orders.blockers import Reason
from orders.lifecycle import NotAllowed, change, record
from orders.models import Actor


def undo_scan(walk: Walk, act: Act) -> Scan:
    """Take back what this person fetched last on this cart. Repeated, it answers as before.

    What made the shipment PICKED can be taken back as well, until somebody packs it.
    Raises NotAllowed where there is nothing to take back, or it is being packed.
    """
    return once(act, Scan.Step.PICK, lambda: _undo(walk, act))[0]


def undo_pick(shipment: Picked, act: Act) -> Scan:
    """Take back what this person fetched last for a shipment without a cart; else as above. Raises NotHere."""
    return once(act, Scan.Step.PICK, lambda: _undo_pick(shipment, act))[0]


def last_fetch(walk: Walk, by: Actor) -> Scan | None:
    """Return what can be taken back."""
    fetched = fetched_with(walk.cart.pk, by).select_related("shipment", "line__order_line", "bin", "task")
    return fetched.first()


def _undo(walk: Walk, act: Act) -> Scan:
    if walk.holder and not walk.is_mine:
        return late(walk, act)
    last = last_fetch(walk, act.by)
    if last is None or last.task is None or last.shipment is None:
        raise _nothing()
    if last.task.status == PickTask.Status.SHORT:
        sentence = f"Too few were there, and that stands: put nothing back. There after all? Count {last.bin}."
        raise NotAllowed([Reason("closed_short", sentence, "nobody")])
    with change(last.shipment, by=act.by) as shipment:
        if shipment.status != Shipment.Status.PICKING:
            shipment.unpick()
        _bring_back(shipment, last, act.by)
        if not uncount_units(last.task, last.quantity, act.by):
            raise Moved("The cart is not as it was. Look at the screen again.")
    return _keep(shipment, last, act)


def _undo_pick(shipment: Picked, act: Act) -> Scan:
    with change(shipment, by=act.by) as fresh:
        last = fetched_by(fresh, act.by).select_related("line__order_line", "bin").first()
        if last is None:
            raise _nothing()
        if fresh.status != Shipment.Status.PICKING:
            fresh.unpick()
        else:
            facts = {"shipment": fresh.number, "units": last.quantity}
            record(fresh.order, "shipment.unpicked", by=act.by, facts=facts)
        _bring_back(fresh, last, act.by)
    return _keep(fresh, last, act)


def _bring_back(shipment: Shipment, last: Scan, by: Actor) -> None:
    if last.line is None or last.bin is None:
        raise _nothing()
    _refuse_cancelled(shipment, last)
    ledger.unpick(shipment, {last.line: last.quantity}, last.bin, by=by)


def _keep(shipment: Shipment, last: Scan, act: Act) -> Scan:
    said = Verdict(Result.UNDONE, _sentence(last), last.quantity, last.line, last.bin)
    return keep(act, said, Scan.Step.PICK, shipment, task=last.task, undoes=last)


def _nothing() -> NotAllowed:
    return NotAllowed([Reason("nothing_to_undo", "There is nothing to take back.", "nobody")])


def _refuse_cancelled(shipment: Shipment, last: Scan) -> None:
    """Refuse where so many units are not picked any more: they wait to be put back, and are nobody's."""
    if last.line is None or not shipment.lines.filter(pk=last.line.pk, picked__gte=last.quantity).exists():
        sentence = "That was cancelled meanwhile: nothing of it is to be fetched. Bring what you hold to put-back."
        raise NotAllowed([Reason("cancelled", sentence, "nobody")])


def _sentence(last: Scan) -> str:
    name = last.line.order_line.name if last.line else ""
    return f"Taken back: put {last.quantity} × {name} into {last.bin} again."
