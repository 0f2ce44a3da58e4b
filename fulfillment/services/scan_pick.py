"""Picking by scan: first the bin, then the article, unit by unit or with the number typed."""

from dataclasses import replace

from fulfillment import ledger
from fulfillment.ledger import Stop
from fulfillment.ledger.stock import DEFAULT_BIN
from fulfillment.models import Scan, Shipment
from fulfillment.services.claims import refuse_on_cart
from fulfillment.services.counts import counted_if_short
from fulfillment.services.pick import pick_shipment
from fulfillment.services.scanned import (
    Act,
    Result,
    Verdict,
    is_same,
    keep,
    once,
    refuse_blocked,
    wrong,
)
from orders.lifecycle import change
from orders.models import Actor


def scan_to_pick(shipment: Shipment, act: Act) -> Scan:
    """Take a scan at the stop where the walk is; repeated, it answers as before. Raises NotAllowed, NotEnoughStock."""
    with counted_if_short(act.by):
        return once(act, Scan.Step.PICK, lambda: _scan(shipment, act))[0]


def pick_without_scanning(shipment: Shipment, act: Act) -> Scan:
    """Pick all that is left, from where the books say. Raises NotAllowed, NotEnoughStock."""
    with counted_if_short(act.by):
        return once(act, Scan.Step.PICK, lambda: _pick_all(shipment, act))[0]


def _scan(shipment: Shipment, act: Act) -> Scan:
    with change(shipment, by=act.by) as fresh:
        refuse_on_cart(fresh)
        refuse_blocked(fresh, "start_picking" if fresh.status == Shipment.Status.READY else "pick")
        stop = stop_of(ledger.walk(fresh))
        verdict = _judge(fresh, stop, act) if stop else _with_nothing_left(fresh, act)
        if stop is None and not verdict.is_wrong:
            pick_shipment(fresh, by=act.by)
        elif stop and verdict.units:
            lines = {stop.line.order_line.number: verdict.units}
            pick_shipment(fresh, by=act.by, lines=lines, bin_=stop.bin)
        if fresh.status == Shipment.Status.PICKED:
            verdict = replace(verdict, sentence=f"{fresh} is picked. Bring it to packing.")
        return keep(act, verdict, Scan.Step.PICK, fresh)


def _pick_all(shipment: Shipment, act: Act) -> Scan:
    with change(shipment, by=act.by) as fresh:
        refuse_on_cart(fresh)
        left = sum(stop.left for stop in ledger.walk(fresh))
        pick_shipment(fresh, by=act.by)
        said = Verdict(Result.UNSCANNED, f"{fresh} is picked, without scanning. Bring it to packing.", left)
        return keep(act, said, Scan.Step.PICK, fresh)


def stop_of(stops: list[Stop]) -> Stop | None:
    """Return the stop where the walk is: the first with something left to take.

    None where all is taken: what the shipment lacked went off it while it was held.
    """
    return next((stop for stop in stops if stop.left), None)


def is_at(shipment: Shipment, stop: Stop, by: Actor) -> bool:
    """Say whether this person has scanned the stop's bin and no other since. Where there are no bins, they have."""
    if stop.bin is None or stop.bin.code == DEFAULT_BIN:
        return True
    last = shipment.scans.filter(by=str(by), step=Scan.Step.PICK, result=Result.RIGHT).order_by("-pk").first()
    return last is not None and last.bin_id == stop.bin.pk


def _judge(shipment: Shipment, stop: Stop, act: Act) -> Verdict:
    name, place = stop.line.order_line.name, str(stop.bin)
    if stop.bin and is_same(act.text, stop.bin.code):
        return Verdict(Result.RIGHT, f"{place} is right.", bin=stop.bin)
    if not is_at(shipment, stop, act.by):
        return wrong(act.text, f"Go to {place}.", shipment.warehouse)
    if is_same(act.text, stop.line.order_line.product.sku):
        return _took(stop, stop.taken + 1)
    if stop.taken and (number := act.number_for(stop.line)) is not None:
        return _took(stop, number)
    return wrong(act.text, f"Scan {name}.", shipment.warehouse)


def _with_nothing_left(shipment: Shipment, act: Act) -> Verdict:
    """Take its own number for the word that all of it is here."""
    if is_same(act.text, shipment.number) or is_same(act.text, shipment.order.number):
        return Verdict(Result.RIGHT, f"{shipment} is picked.")
    return wrong(act.text, f"Nothing is left to pick: scan {shipment}.", shipment.warehouse)


def _took(stop: Stop, number: int) -> Verdict:
    """Take it that somebody holds `number` units of what the stop asks for."""
    if number > stop.total:
        return Verdict(Result.WRONG_QUANTITY, f"Take {stop.total} here, not {number}.")
    if number <= stop.taken:
        return Verdict(Result.WRONG_QUANTITY, f"{stop.taken} are counted already. Type how many you hold in all.")
    said = f"{number} of {stop.total} × {stop.line.order_line.name}."
    return Verdict(Result.RIGHT, said, number - stop.taken, stop.line, stop.bin)
