"""Short picks: fewer units lie there than the books say. With a cart the walk gets stops at other bins instead; without
one it is read from the books, which know of them.
"""

from django.db.models import F

from fulfillment import route
from fulfillment.models import Bin, CartSlot, PickTask, Scan, Shipment
from fulfillment.services.fetch import Moved
from fulfillment.services.gap import SAID, Found, Gap, Reason
from fulfillment.services.scan_cart import late
from fulfillment.services.scan_pick import Picked, read_picking, refuse
from fulfillment.services.scanned import Act, Result, Verdict, keep, once
from fulfillment.services.tasks import add_task, close_short
from fulfillment.services.walks import Walk
from fulfillment.services.waves import depth_of
from orders.lifecycle import change
from orders.models import Actor


def short_pick(walk: Walk, act: Act, reason: PickTask.Reason, task_id: int) -> Scan:
    """Go on with a cart without what is not there. Repeated, it answers as before. Raises NotAllowed, Moved."""
    return once(act, Scan.Step.PICK, lambda: _short(walk, act, reason, task_id))[0]


def short_stop(shipment: Picked, act: Act, reason: PickTask.Reason, place_id: int) -> Scan:
    """Go on without what is not there, without a cart: `act.line` and the bin say where the walk was.

    Repeated, it answers as before. Raises NotAllowed, Moved, NotHere.
    """
    return once(act, Scan.Step.PICK, lambda: _short_stop(shipment, act, reason, place_id))[0]


def what_stays(task: PickTask) -> str:
    """Say of a stop that was closed as short that it stays so, and what to do if that was wrong."""
    said = f"{task.left} × {task.shipment_line.order_line.name} {SAID[Reason(task.reason)]} {task.bin}"
    after_all = "A later walk fetches it." if task.reason == Reason.BLOCKED else f"There after all? Count {task.bin}."
    return f"{said}: undo does not take that back. {after_all}"


def _short(walk: Walk, act: Act, reason: PickTask.Reason, task_id: int) -> Scan:
    task = walk.task
    if task is None or not walk.is_mine:
        return late(walk, act)
    if task.pk != task_id:
        raise Moved("The walk went on meanwhile. Look at the screen again.")
    warehouse = walk.cart.wave.warehouse
    gap = Gap(task.shipment_line, task.bin, warehouse, task.left, reason, str(act.operation), act.by)
    with change(gap.line.shipment, by=act.by) as shipment:
        units = gap.lock()
        if not close_short(task, reason, act.by):
            raise Moved("The task is not as it was. Look at the screen again.")
        found = gap.elsewhere(shipment, units)
        gap.close(shipment, found)
        found = found if CartSlot.objects.filter(shipment=shipment).exists() else {}
        _walk_there(walk, task, found, act.by)
    said = gap.told(found) if found else f"{gap.told(found)} Go on."
    return keep(act, _verdict(gap, said), Scan.Step.PICK, shipment, task=task)


def _short_stop(shipment: Picked, act: Act, reason: PickTask.Reason, place_id: int) -> Scan:
    with change(shipment, by=act.by) as fresh:
        picking = read_picking(fresh, act.by)
        refuse(picking)
        stop = picking.stop
        if (
            stop is None
            or stop.bin is None
            or fresh.warehouse is None
            or (stop.line.pk, stop.bin.pk) != (act.line, place_id)
        ):
            raise Moved("The walk went on meanwhile. Look at the screen again.")
        gap = Gap(stop.line, stop.bin, fresh.warehouse, stop.left, reason, str(act.operation), act.by)
        beside = stop.line.reserved - stop.line.picked - stop.left
        found = gap.elsewhere(fresh, gap.lock(), beside)
        gap.close(fresh, found)
    return keep(act, _verdict(gap, f"{gap.told(found)} {_onward(fresh)}"), Scan.Step.PICK, fresh)


def _verdict(gap: Gap, said: str) -> Verdict:
    return Verdict(Result.SHORT, said.strip(), gap.units, gap.line, gap.place)


def _onward(shipment: Shipment) -> str:
    match shipment.status:
        case Shipment.Status.PICKED:
            return f"{shipment} is picked. Bring it to packing."
        case Shipment.Status.CANCELLED:
            return f"Nothing is left to pick for {shipment}."
    return "Go on."


def _walk_there(walk: Walk, task: PickTask, found: Found, by: Actor) -> None:
    """Make tasks for other bins, each where it costs the least way in the rest of the walk."""
    depth = depth_of(walk.cart.wave.warehouse_id) if found else 0
    for place, units in found.items():
        add_task(task, place, units, _stop_for(walk, task, place, depth), by)


def _stop_for(walk: Walk, task: PickTask, place: Bin, depth: int) -> int:
    """Return the number of the stop at a bin; the stops behind it make room for a new one."""
    rest = PickTask.objects.to_do().filter(cart=walk.cart).select_related("bin").order_by("place", "pk")
    stops = {each.bin_id: (each.place, each.bin) for each in rest}
    if place.pk in stops:
        return stops[place.pk][0]
    ahead = [(task.place, task.bin), *(stop for stop in stops.values() if stop[1].pk != task.bin_id)]
    at = route.best_place([_spot(bin_) for _, bin_ in ahead], _spot(place), depth)
    number = ahead[at - 1][0] + 1
    behind = PickTask.objects.to_do().filter(cart=walk.cart, place__gte=number)
    PickTask.objects.filter(pk__in=behind.locked().values("pk")).update(place=F("place") + 1)
    return number


def _spot(bin_: Bin) -> route.Spot:
    return route.Spot(bin_.aisle, bin_.bay, bin_.level)
