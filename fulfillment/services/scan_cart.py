"""Picking onto a cart, by scan: the bin, then the article, unit by unit or with the number typed.

Somebody waits for the answer, so it costs few statements: all that a unit touches is locked in one, the walk is read in
one behind that lock, and the trail is written where a shipment is begun and where it is done.
"""

from dataclasses import dataclass, replace

from django.db.models import Case, Exists, Q, When
from django.utils import timezone

from fulfillment.models import BinStock, PickTask, Reservation, Scan, Shipment, ShipmentLine
from fulfillment.services.claims import whose
from fulfillment.services.counts import counted_if_short
from fulfillment.services.fetch import Moved, fetch, lock_first
from fulfillment.services.scanned import (
    Act,
    Result,
    Verdict,
    held,
    is_same,
    keep,
    once,
    refuse_blocked,
    spellings,
    wrong,
)
from fulfillment.services.tasks import count_units, leave_out, renew
from fulfillment.services.walks import Walk
from orders.blockers import Reason
from orders.lifecycle import change, why_not
from orders.models import Actor, Product

ATTEMPTS = 3


def scan_on_cart(walk: Walk, act: Act) -> tuple[Scan, Walk]:
    """Take a scan at the stop where the walk is, and return what came of it and the walk after it.

    Of `walk` it is enough to know whose it is and where: what is to be fetched is read behind the lock. Repeated, it
    answers as before. Who does not have the cart any more is told so, and nothing is applied.
    Raises NotAllowed, NotEnoughStock, NotHere.
    """
    turn = _Turn(walk, act)
    for _ in range(ATTEMPTS):
        try:
            with counted_if_short(act.by):
                scan, is_new = once(act, Scan.Step.PICK, turn.take)
        except Moved as moved:
            turn.meant = moved.detail.get("task")
        else:
            is_known = is_new and scan.result != Result.LATE
            return scan, turn.walk.past(scan) if is_known else walk.read()
    raise Moved("This walk changes too fast: reload the page and scan it again.")


def late(walk: Walk, act: Act) -> Scan:
    """Tell somebody that the cart is not theirs any more."""
    said = Verdict(Result.LATE, whose(walk.cart, act.by))
    return keep(act, said, Scan.Step.PICK, task=walk.task)


@dataclass
class _Turn:
    """One try to take a scan. `meant` is the task it is for, where an earlier try locked another one's rows."""

    walk: Walk
    act: Act
    meant: PickTask | None = None

    def take(self) -> Scan:
        kept = _lock(self.walk.cart.pk, self.act.text, self.meant)
        self.walk = self.walk.read(kept.shipment_line.shipment if kept else None)
        task = self.walk.task
        if task is None or not self.walk.is_mine:
            return late(self.walk, self.act)
        if kept and self.walk.is_held and (blockers := why_not(held := kept.shipment_line.shipment, _verb(held))):
            return self._lead_on(held, blockers[0])
        verdict, task = _judge(self.walk, task, self.act, is_sku=kept.is_sku if kept else None)  # type: ignore[attr-defined]
        if verdict.units:
            verdict = _fetch(self.walk, task, kept, verdict, self.act.by)
        elif not renew(task, self.act.by):
            raise Moved("The cart went to somebody else.")
        return keep(self.act, verdict, Scan.Step.PICK, task.shipment_line.shipment, task=task)

    def _lead_on(self, shipment: Shipment, blocker: Reason) -> Scan:
        """Let nobody fetch any more for a shipment that something holds, and say where the walk goes on."""
        leave_out(shipment)
        self.walk = self.walk.read()
        more = "nothing" if shipment.status == Shipment.Status.READY else "no more"
        why = blocker.message[0].lower() + blocker.message[1:].rstrip(".")
        said = f"Take {more} for {shipment} ({why}): {_onward(self.walk)}."
        return keep(self.act, Verdict(Result.INCOMPLETE, said), Scan.Step.PICK, shipment)


def _verb(shipment: Shipment) -> str:
    return "start_picking" if shipment.status == Shipment.Status.READY else "pick"


def _onward(walk: Walk) -> str:
    if walk.task is None:
        return f"{walk.cart} is done"
    return f"go on with {walk.task.shipment_line.order_line.name}" if walk.is_at else f"go on to {walk.task.bin}"


def _lock(cart_id: int, text: str, meant: PickTask | None) -> Reservation | None:
    """Lock the order, the shipment, the line and the stock of what is likely to be meant: `_judge` says whether it is.

    That is the task with this article at the next stop, or the one that is begun there.
    """
    to_do = Q(shipment_line__tasks__cart=cart_id, shipment_line__tasks__status__in=PickTask.TO_DO)
    is_meant = Q(shipment_line__tasks=meant.pk) if meant else Q(shipment_line__order_line__product__sku__iexact=text)
    in_turn = (
        Reservation.objects.filter(to_do)
        .annotate(is_sku=Exists(Product.objects.filter(sku=text)))
        .order_by(
            "shipment_line__tasks__place",
            Case(When(is_meant, then=0), default=1),
            Case(When(shipment_line__tasks__picked__gt=0, then=0), default=1),
            "shipment_line__tasks",
            "pk",
        )
    )
    return lock_first(in_turn)


def _judge(walk: Walk, task: PickTask, act: Act, *, is_sku: bool | None) -> tuple[Verdict, PickTask]:
    place, name = task.bin, task.shipment_line.order_line.name
    if is_same(act.text, place.code):
        return Verdict(Result.RIGHT, f"{place} is right.", bin=place), task
    if not walk.is_at:
        return _wrong(walk, act.text, f"Go to {place}."), task
    for each in (task, *walk.here()):
        if is_same(act.text, each.shipment_line.order_line.product.sku):
            return _took(each, each.picked + 1), each
    if task.picked and (number := act.number_for(task.shipment_line, is_sku=is_sku)) is not None:
        return _took(task, number), task
    return _wrong(walk, act.text, f"Scan {name}."), task


def _wrong(walk: Walk, text: str, instead: str) -> Verdict:
    """Say what was scanned; and of what was to be fetched there until it was cancelled, that it is not any more."""
    warehouse = walk.cart.wave.warehouse
    verdict = wrong(text, instead, warehouse)
    if verdict.result == Result.UNKNOWN:
        return verdict
    places = BinStock.objects.filter(bin__warehouse=warehouse, bin__code__in=spellings(text), quantity__gt=0)
    meant = Q(order_line__product__sku__iexact=text) | Q(order_line__product__in=places.values("product"))
    gone = ShipmentLine.objects.filter(meant, shipment__slot__cart=walk.cart, quantity=0)
    line = gone.select_related("order_line", "shipment").first()
    if line is None:
        return verdict
    return replace(verdict, sentence=f"No {line.order_line.name} is wanted for {line.shipment} any more. {instead}")


def _took(task: PickTask, number: int) -> Verdict:
    return held(number, task.picked, task.quantity, task.shipment_line, task.bin, into(task))


def into(task: PickTask) -> str:
    return f" into slot {task.slot}" if task.slot else ""


def _fetch(walk: Walk, task: PickTask, kept: Reservation | None, verdict: Verdict, by: Actor) -> Verdict:
    """Count units, and move them in the books. Raises Moved where something else was locked."""
    if kept is None or kept.shipment_line_id != task.shipment_line_id:
        raise Moved("What is to be fetched is not what was locked.", task=task)
    shipment = kept.shipment_line.shipment
    refuse_blocked(shipment, _verb(shipment), is_held=walk.is_held)
    if not count_units(task, verdict.units, by, walk.after(task)):
        raise Moved("The task is not as it was.")
    fetch(kept, verdict.units, task.bin, by=by)
    return verdict if walk.unpicked > verdict.units else _finish(task, shipment, verdict, by)


def _finish(task: PickTask, shipment: Shipment, verdict: Verdict, by: Actor) -> Verdict:
    """Make the shipment PICKED with its last unit, and say so."""
    with change(shipment, by=by) as fresh:
        fresh.pick(at=timezone.now())
    said = f"Slot {task.slot} is complete" if task.slot else "That is all of its order"
    return replace(verdict, sentence=f"{verdict.sentence} {said}: {shipment} is picked.")
