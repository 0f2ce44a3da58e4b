"""Short picks: fewer units lie there than the books say. What lies elsewhere is fetched in the same walk.

The rest of the order's units wait again; what is missing stands in the warehouse's own bin for that, and somebody is
asked to count.
"""

from django.db.models import F

from fulfillment import ledger, route
from fulfillment.models import Bin, BinStock, CartSlot, Count, PickTask, Scan, Shipment, StockItem
from fulfillment.services.counts import ask_count
from fulfillment.services.fetch import Moved
from fulfillment.services.scan_cart import late
from fulfillment.services.scanned import Act, Result, Verdict, keep, once
from fulfillment.services.set_back import set_back
from fulfillment.services.tasks import add_task, close_short
from fulfillment.services.walks import Walk
from fulfillment.services.waves import depth_of
from orders import outbox
from orders.lifecycle import change
from orders.models import Actor

Reason = PickTask.Reason
GOES_TO = {
    Reason.EMPTY: Bin.Kind.MISSING,
    Reason.WRONG_ARTICLE: Bin.Kind.MISSING,
    Reason.DAMAGED: Bin.Kind.DAMAGED,
}
"""Reason → where the units are from then on; what one only cannot get at stays where it is."""
CAUSE = {
    Reason.EMPTY: "short pick: not found",
    Reason.WRONG_ARTICLE: "short pick: something else lies there",
    Reason.DAMAGED: "short pick: damaged",
    Reason.BLOCKED: "short pick: out of reach",
}
SAID = {
    Reason.EMPTY: "not found in",
    Reason.WRONG_ARTICLE: "not found in",
    Reason.DAMAGED: "damaged in",
    Reason.BLOCKED: "out of reach in",
}


def short_pick(walk: Walk, act: Act, reason: PickTask.Reason, task_id: int) -> Scan:
    """Go on without what is not there. Repeated, it answers as before. Raises NotAllowed, Moved."""
    return once(act, Scan.Step.PICK, lambda: _short(walk, act, reason, task_id))[0]


def _short(walk: Walk, act: Act, reason: PickTask.Reason, task_id: int) -> Scan:
    task = walk.task
    if task is None or not walk.is_mine:
        return late(walk, act)
    if task.pk != task_id:
        raise Moved("The walk went on meanwhile. Look at the screen again.")
    line, missing = task.shipment_line, task.left
    with change(line.shipment, by=act.by) as shipment:
        free = _free(task)
        if not close_short(task, reason, act.by):
            raise Moved("The task is not as it was. Look at the screen again.")
        found = _elsewhere(shipment, task, missing if reason == Reason.BLOCKED else min(missing, free))
    if back := missing - sum(found.values()):
        set_back(shipment, {line: back}, by=act.by, cause=CAUSE[reason])
        found = found if CartSlot.objects.filter(shipment=shipment).exists() else {}
    _put_away(task, missing, reason, act)
    _walk_there(walk, task, found, act.by)
    if reason != Reason.BLOCKED:
        _ask_count(task, act.by)
    outbox.ring("allocate")
    said = Verdict(Result.SHORT, _sentence(task, reason, missing, found), missing, line, task.bin)
    return keep(act, said, Scan.Step.PICK, shipment, task=task)


def what_stays(task: PickTask) -> str:
    """Say of a stop that was closed as short that it stays so, and what to do if that was wrong."""
    said = f"{task.left} × {task.shipment_line.order_line.name} {SAID[Reason(task.reason)]} {task.bin}"
    after_all = "A later walk fetches it." if task.reason == Reason.BLOCKED else f"There after all? Count {task.bin}."
    return f"{said}: undo does not take that back. {after_all}"


def _free(task: PickTask) -> int:
    """Lock the stock of the article and return how many units are promised to nobody."""
    of = {"product": task.shipment_line.order_line.product_id, "warehouse": task.cart.wave.warehouse_id}
    return StockItem.objects.select_for_update(no_key=True).get(**of).free


def _elsewhere(shipment: Shipment, task: PickTask, units: int) -> dict[Bin, int]:
    """Return in which other bins so many units lie that nobody walks for, as far as they do."""
    wanted = {task.shipment_line: units + _in_books(task)}
    places = ledger.pick_places(shipment, wanted) if units else []
    found: dict[Bin, int] = {}
    for place in places:
        if place.bin and place.bin.pk != task.bin_id and units:
            found[place.bin] = min(units, place.quantity)
            units -= found[place.bin]
    return found


def _in_books(task: PickTask) -> int:
    product = task.shipment_line.order_line.product_id
    there = BinStock.objects.filter(product=product, bin=task.bin_id, lot="").values_list("quantity", flat=True)
    return there.first() or 0


def _put_away(task: PickTask, missing: int, reason: PickTask.Reason, act: Act) -> None:
    """Book what is not there, or not good, into the warehouse's own bin for it."""
    units = min(missing, _in_books(task))
    if reason not in GOES_TO or not units:
        return
    target = ledger.standing_bin(task.cart.wave.warehouse, GOES_TO[reason])
    product = task.shipment_line.order_line.product
    operation = f"short:{act.operation}"
    ledger.move(task.bin, target, product, units, operation=operation, by=act.by, cause=CAUSE[reason])


def _ask_count(task: PickTask, by: Actor) -> None:
    product, warehouse = task.shipment_line.order_line.product, task.cart.wave.warehouse
    ask_count(warehouse, bin=task.bin, product=product, cause=Count.Cause.SHORT, by=by)


def _walk_there(walk: Walk, task: PickTask, found: dict[Bin, int], by: Actor) -> None:
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


def _sentence(task: PickTask, reason: PickTask.Reason, missing: int, found: dict[Bin, int]) -> str:
    said = f"{missing} × {task.shipment_line.order_line.name} {SAID[reason]} {task.bin}"
    rest = missing - sum(found.values())
    if not found:
        return f"{said}: {'it' if missing == 1 else 'they'} {_wait(missing)} again. Go on."
    there = f": {sum(found.values())} from {' and '.join(map(str, found))} instead"
    return f"{said}{there}{f'; {rest} {_wait(rest)} again' if rest else ''}."


def _wait(units: int) -> str:
    return "waits" if units == 1 else "wait"
