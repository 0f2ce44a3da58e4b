"""Picking onto a cart, by scan: the bin, then the article, unit by unit or with the number typed.

Somebody waits for the answer, so it costs few statements: the walk was read in one, all that a unit touches is locked
in one, and the trail is written where a shipment is begun and where it is done.
"""

from collections.abc import Callable
from dataclasses import replace

from django.db import IntegrityError
from django.db.models import Exists, OuterRef
from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import PickTask, Reservation, Scan, Shipment
from fulfillment.services.claims import whose
from fulfillment.services.counts import counted_if_short
from fulfillment.services.resolve import resolve_order
from fulfillment.services.scanned import Act, Result, Verdict, is_same, keep, refuse_blocked, wrong
from fulfillment.services.tasks import count_units, renew
from fulfillment.services.walks import Walk, read_walk
from orders.lifecycle import Refused, adopt, change, writing
from orders.models import Actor, Hold, Order

ATTEMPTS = 3


class Moved(Refused):
    """The walk changed while somebody scanned: an order was cancelled, or the cart taken over."""

    code = "walk_moved"


def scan_on_cart(walk: Walk, act: Act) -> tuple[Scan, Walk]:
    """Take a scan at the stop where the walk is, and return what came of it and the walk after it.

    Repeated, it answers as before. Who does not have the cart any more is told so, and nothing is applied.
    Raises NotAllowed, NotEnoughStock.
    """
    for _ in range(ATTEMPTS):
        try:
            with counted_if_short(act.by):
                scan, is_new = once(act, lambda: _scan(walk, act))  # noqa: B023 - called at once
        except Moved:
            walk = read_walk(walk.cart, act.by)
        else:
            is_known = is_new and scan.result != Result.LATE
            return scan, walk.past(scan) if is_known else read_walk(walk.cart, act.by)
    raise Moved("This walk changes too fast: reload the page and scan it again.")


def once(act: Act, do: Callable[[], Scan]) -> tuple[Scan, bool]:
    """Do something that ends with the act's row, and say that it is new; or return the row that is there already."""
    try:
        with writing():
            return do(), True
    except (IntegrityError, Refused):
        before = Scan.objects.filter(operation=act.operation).first()
        if before is None:
            raise
        return before, False


def late(walk: Walk, act: Act) -> Scan:
    """Tell somebody that the cart is not theirs any more."""
    said = Verdict(Result.LATE, whose(walk.cart, act.by))
    return keep(act, said, Scan.Step.PICK, task=walk.task)


def _scan(walk: Walk, act: Act) -> Scan:
    task = walk.task
    if task is None or not walk.is_mine:
        return late(walk, act)
    verdict, task = _judge(walk, task, act)
    shipment = task.shipment_line.shipment
    if verdict.units:
        verdict = _fetch(walk, task, verdict, act.by)
    elif not renew(task, act.by):
        raise Moved("The cart went to somebody else.")
    return keep(act, verdict, Scan.Step.PICK, shipment, task=task)


def _judge(walk: Walk, task: PickTask, act: Act) -> tuple[Verdict, PickTask]:
    place, name = task.bin, task.shipment_line.order_line.name
    if is_same(act.text, place.code):
        return Verdict(Result.RIGHT, f"{place} is right.", bin=place), task
    warehouse = walk.cart.wave.warehouse
    if not walk.is_at:
        return wrong(act.text, f"Go to {place}.", warehouse), task
    for each in (task, *walk.here()):
        if is_same(act.text, each.shipment_line.order_line.product.sku):
            return _took(each, each.picked + 1), each
    if task.picked and (number := act.number_for(task.shipment_line)) is not None:
        return _took(task, number), task
    return wrong(act.text, f"Scan {name}.", warehouse), task


def _took(task: PickTask, number: int) -> Verdict:
    """Take it that somebody holds `number` units for the task."""
    if number > task.quantity:
        return Verdict(Result.WRONG_QUANTITY, f"Take {task.quantity} here, not {number}.")
    if number <= task.picked:
        return Verdict(Result.WRONG_QUANTITY, f"{task.picked} are counted already. Type how many you hold in all.")
    said = f"{number} of {task.quantity} × {task.shipment_line.order_line.name}{into(task)}."
    return Verdict(Result.RIGHT, said, number - task.picked, task.shipment_line, task.bin)


def into(task: PickTask) -> str:
    return f" into slot {task.slot}" if task.slot else ""


def _fetch(walk: Walk, task: PickTask, verdict: Verdict, by: Actor) -> Verdict:
    """Count units, and move them in the books. Raises Moved where the walk is not as it was read."""
    kept = _lock(task)
    line = kept.shipment_line
    shipment, order = line.shipment, line.shipment.order
    if kept.is_held:  # type: ignore[attr-defined]  # annotated
        refuse_blocked(shipment, "start_picking" if shipment.status == Shipment.Status.READY else "pick")
    if not count_units(task, verdict.units, by, walk.after(task)):
        raise Moved("The task is not as it was.")
    _know_that_nothing_holds(order)
    adopt(order)
    adopt(shipment)
    if shipment.status == Shipment.Status.READY:
        with change(shipment, by=by) as fresh:
            fresh.start_picking()
        if order.status == Order.Status.CONFIRMED:
            resolve_order(order, by=by)
    ledger.take(line, kept.stock_item, verdict.units, task.bin, task.stage_id, by=by)  # type: ignore[attr-defined]
    return _finish(walk, task, shipment, verdict, by)


def _lock(task: PickTask) -> Reservation:
    """Lock the order, the shipment, the line and the stock that a unit of the task touches. Raises Moved."""
    held = Shipment.objects.filter(pk=OuterRef("shipment_line__shipment")).blocked()
    kept = (
        Reservation.objects.filter(shipment_line=task.shipment_line_id, status=Reservation.Status.OPEN)
        .select_related("shipment_line__shipment__order", "stock_item")
        .annotate(is_held=Exists(held))
        .order_by("pk")
        .select_for_update(of=_LOCKED, no_key=True)
        .first()
    )
    if kept is None:
        raise Moved("Nothing is kept for it any more.")
    return kept


_LOCKED = ("shipment_line__shipment__order", "shipment_line__shipment", "shipment_line", "self", "stock_item")


def _know_that_nothing_holds(order: Order) -> None:
    """Spare the guards a query: the row that was locked said that nothing holds these lines."""
    order._prefetched_objects_cache = {"holds": Hold.objects.none()}  # type: ignore[attr-defined]  # noqa: SLF001


def _finish(walk: Walk, task: PickTask, shipment: Shipment, verdict: Verdict, by: Actor) -> Verdict:
    """Make the shipment PICKED with its last unit, and say so."""
    of_it = [each for each in walk.tasks if each.shipment_line.shipment_id == shipment.pk]
    if any(each.status in PickTask.TO_DO for each in of_it) or is_open(shipment):
        return verdict
    with change(shipment, by=by) as fresh:
        fresh.pick(at=timezone.now())
    said = f"Slot {task.slot} is complete" if task.slot else "That is all of its order"
    return replace(verdict, sentence=f"{verdict.sentence} {said}: {shipment} is picked.")


def is_open(shipment: Shipment) -> bool:
    """Say whether something of the shipment is still to be picked."""
    return any(line.reserved > line.picked for line in shipment.lines.all())
