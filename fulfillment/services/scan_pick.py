"""Picking by scan: first the bin, then the article, unit by unit or with the number typed.

Somebody waits for the answer, so it costs few statements: all that a unit touches is locked in one, the walk is read
behind that lock, and the screen is drawn from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from django.db.models import Case, Exists, F, Q, QuerySet, Subquery, When
from django.utils import timezone

from fulfillment import ledger
from fulfillment.ledger import Stop
from fulfillment.ledger.stock import DEFAULT_BIN
from fulfillment.models import PickTask, Reservation, Scan, Shipment, ShipmentLine
from fulfillment.models.shipment import ShipmentQuerySet
from fulfillment.services.claims import refuse_on_cart
from fulfillment.services.counts import counted_if_short
from fulfillment.services.fetch import Fetched, Moved, fetch, lock_first
from fulfillment.services.pick import pick_shipment
from fulfillment.services.scanned import Act, Result, Verdict, held, is_same, keep, once, refuse_blocked, wrong
from orders.grammar import agree
from orders.lifecycle import change, record
from orders.models import Actor, Product

ATTEMPTS = 3
Picked = Shipment | ShipmentQuerySet
"""A shipment; or the one of which only the number is known, and where it has to be."""


@dataclass(frozen=True)
class Picking:
    """Where the walk for a shipment stands, who is on it where, and what they `fetched` last: line and units."""

    shipment: Shipment
    lines: Sequence[ShipmentLine]
    stops: Sequence[Stop]
    at_bin: int | None
    fetched: tuple[int | None, int] = (None, 0)

    @property
    def to_undo(self) -> Fetched | None:
        """Return what "undo" takes back."""
        line_id, units = self.fetched
        line = next((line for line in self.lines if line.pk == line_id), None)
        return Fetched(line, units) if line else None

    @cached_property
    def stop(self) -> Stop | None:
        """Return the stop where the walk is: the first with something left to take.

        None where all is taken: what the shipment lacked went off it while it was held.
        """
        return next((stop for stop in self.stops if stop.left), None)

    @property
    def is_at(self) -> bool:
        """Say whether the person scanned the stop's bin and no other since. Where there are no bins, they did."""
        place = self.stop.bin if self.stop else None
        return place is None or place.code == DEFAULT_BIN or place.pk == self.at_bin

    @property
    def unpicked(self) -> int:
        return sum(line.reserved - line.picked for line in self.lines)

    def is_true(self, what: str) -> bool:
        """Say what was read with the lines, the same on each; where there are none, it is asked elsewhere."""
        return any(getattr(line, what) for line in self.lines)

    def past(self, scan: Scan) -> "Picking":
        """Return the walk after a scan."""
        if scan.result != Result.RIGHT:
            return self
        stops = [
            stop._replace(left=stop.left - scan.quantity, taken=stop.taken + scan.quantity)
            if stop is self.stop
            else stop
            for stop in self.stops
        ]
        fetched = (scan.line_id, scan.quantity) if scan.quantity else self.fetched
        return replace(self, stops=stops, at_bin=scan.bin_id, fetched=fetched)


def read_picking(shipment: Shipment, by: Actor, text: str = "") -> Picking:
    """Read the walk for a shipment as this person has it, with all that a scan of the text is judged by."""
    mine = Scan.objects.filter(shipment=shipment, by=str(by), step=Scan.Step.PICK, result=Result.RIGHT).order_by("-pk")
    last = fetched_by(shipment, by)
    lines = ledger.lines_to_walk(shipment).annotate(
        at_bin=Subquery(mine.values("bin")[:1]),
        last_line=Subquery(last.values("line")[:1]),
        last_units=Subquery(last.values("quantity")[:1]),
        is_held=Exists(Shipment.objects.filter(pk=shipment.pk).blocked()),
        is_on_cart=Exists(PickTask.objects.to_do().filter(shipment_line__shipment=shipment)),
        is_sku=Exists(Product.objects.filter(sku=text)),
    )
    found = list(lines)
    stops, first = ledger.walk(shipment, found), found[0].__dict__ if found else {}  # annotated: the same on each
    fetched = (first.get("last_line"), first.get("last_units") or 0)
    return Picking(shipment, found, stops, first.get("at_bin"), fetched)


def fetched_by(shipment: Shipment, by: Actor) -> QuerySet[Scan]:
    """Return what this person fetched for a shipment without a cart and did not take back, the latest first."""
    mine = Scan.objects.filter(shipment=shipment, by=str(by), step=Scan.Step.PICK, result=Result.RIGHT, task=None)
    return mine.filter(quantity__gt=0, undone_by=None).order_by("-pk")


def scan_to_pick(shipment: Picked, act: Act) -> tuple[Scan, Picking | None]:
    """Take a scan at the stop where the walk is; return what came of it, and the walk after it.

    Repeated, it answers as before, and does not look at the walk. Raises NotAllowed, NotEnoughStock, NotHere.
    """
    turn = _Turn(shipment, act)
    for _ in range(ATTEMPTS):
        try:
            with counted_if_short(act.by):
                scan, is_new = once(act, Scan.Step.PICK, turn.take)
        except Moved as moved:
            turn.meant = moved.detail["line"]
        else:
            return scan, turn.picking.past(scan) if is_new and turn.picking else None
    raise Moved("This walk changes too fast: reload the page and scan it again.")


def pick_without_scanning(shipment: Picked, act: Act) -> Scan:
    """Pick all that is left, from where the books say. Raises NotAllowed, NotEnoughStock, NotHere."""
    with counted_if_short(act.by):
        return once(act, Scan.Step.PICK, lambda: _pick_all(shipment, act))[0]


def _pick_all(shipment: Picked, act: Act) -> Scan:
    with change(shipment, by=act.by) as fresh:
        refuse_on_cart(fresh)
        left = read_picking(fresh, act.by).unpicked
        pick_shipment(fresh, by=act.by)
        said = Verdict(Result.UNSCANNED, f"{fresh} is picked, without scanning. Bring it to packing.", left)
        return keep(act, said, Scan.Step.PICK, fresh)


@dataclass
class _Turn:
    """One try to take a scan. `meant` is the line it is for, where an earlier try locked another one."""

    shipment: Picked
    act: Act
    meant: int | None = None
    picking: Picking | None = None

    def take(self) -> Scan:
        kept = _lock(self.shipment, self.act.text, self.meant)
        with change(kept.shipment_line.shipment if kept else self.shipment, by=self.act.by) as fresh:
            self.picking = picking = read_picking(fresh, self.act.by, self.act.text)
            refuse(picking)
            verdict = _judge(picking, self.act)
            if verdict.units:
                verdict = _fetch(picking, kept, verdict, self.act.by)
            elif picking.stop is None and not verdict.is_wrong:
                pick_shipment(fresh, by=self.act.by)
                verdict = replace(verdict, sentence=_picked(fresh))
            return keep(self.act, verdict, Scan.Step.PICK, fresh)


def _lock(shipment: Picked, text: str, meant: int | None) -> Reservation | None:
    """Lock what is likely to be meant: what is to be fetched of this article, or of the line that is begun."""
    named = shipment if isinstance(shipment, ShipmentQuerySet) else Shipment.objects.filter(pk=shipment.pk)
    is_meant = Q(shipment_line=meant) if meant else Q(shipment_line__order_line__product__sku__iexact=text)
    to_fetch = Reservation.objects.filter(
        shipment_line__shipment__in=named, shipment_line__picked__lt=F("shipment_line__reserved")
    )
    return lock_first(
        to_fetch.order_by(
            Case(When(is_meant, then=0), default=1),
            Case(When(shipment_line__picked__gt=0, then=0), default=1),
            "shipment_line",
            "pk",
        )
    )


def refuse(picking: Picking) -> None:
    """Raise NotAllowed where nothing is to be fetched for the shipment now, or it is fetched with a cart."""
    shipment = picking.shipment
    if picking.is_true("is_on_cart") or not picking.lines:
        refuse_on_cart(shipment)
    verb = "start_picking" if shipment.status == Shipment.Status.READY else "pick"
    refuse_blocked(shipment, verb, is_held=picking.is_true("is_held") or not picking.lines)


def _judge(picking: Picking, act: Act) -> Verdict:
    shipment, stop = picking.shipment, picking.stop
    if stop is None:
        return _with_nothing_left(shipment, act)
    name, place = stop.line.order_line.name, str(stop.bin)
    if stop.bin and is_same(act.text, stop.bin.code):
        return Verdict(Result.RIGHT, f"{place} is right.", bin=stop.bin)
    if not picking.is_at:
        return wrong(act.text, f"Go to {place}.", shipment.warehouse)
    if is_same(act.text, stop.line.order_line.product.sku):
        return _took(stop, stop.taken + 1)
    if stop.taken and (number := act.number_for(stop.line, is_sku=picking.is_true("is_sku"))) is not None:
        return _took(stop, number)
    return wrong(act.text, f"Scan {name}.", shipment.warehouse)


def _with_nothing_left(shipment: Shipment, act: Act) -> Verdict:
    """Take its own number for the word that all of it is here."""
    if is_same(act.text, shipment.number) or is_same(act.text, shipment.order.number):
        return Verdict(Result.RIGHT, _picked(shipment))
    return wrong(act.text, f"Nothing is left to pick: scan {shipment}.", shipment.warehouse)


def _picked(shipment: Shipment) -> str:
    return f"{shipment} is picked. Bring it to packing."


def _took(stop: Stop, number: int) -> Verdict:
    return held(number, stop.taken, stop.total, stop.line, stop.bin)


def _fetch(picking: Picking, kept: Reservation | None, verdict: Verdict, by: Actor) -> Verdict:
    """Book the units; with the last of all the shipment is picked. Raises Moved where something else was locked."""
    line, shipment = verdict.line, picking.shipment
    if line is None or kept is None or kept.shipment_line_id != line.pk:
        raise Moved("What is to be fetched is not what was locked.", line=line.pk if line else None)
    if verdict.bin is None:
        are = agree(verdict.units, "is", "are")
        lack = ledger.NotEnoughStock(f"{verdict.units} × {line.order_line.name} {are} in no bin: count the bins.")
        raise lack.of(kept.stock_item, None)
    fetch(kept, verdict.units, verdict.bin, by=by)
    facts = {"units": verdict.units}
    if picking.unpicked > verdict.units:
        record(shipment.order, "shipment.picked_in_part", by=by, facts={"shipment": shipment.number} | facts)
        return verdict
    with change(shipment, by=by, facts=facts) as fresh:
        fresh.pick(at=timezone.now())
    return replace(verdict, sentence=_picked(shipment))
