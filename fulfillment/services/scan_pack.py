"""Packing by scan: each unit is checked on its way into the box; when all is in, the box is closed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from django.db.models import Sum

from fulfillment.models import Scan, Shipment, ShipmentLine
from fulfillment.services.pack import pack_shipment
from fulfillment.services.scanned import (
    Act,
    Result,
    Verdict,
    is_same,
    keep,
    refuse_blocked,
    repeated,
    wrong,
)
from orders.lifecycle import change


class Item(NamedTuple):
    """Units of a line that belong in the box, and how many of them were checked by scan."""

    line: ShipmentLine
    wanted: int
    checked: int

    @property
    def missing(self) -> int:
        return self.wanted - self.checked

    @property
    def is_in(self) -> bool:
        return not self.missing


def box_of(shipment: Shipment) -> list[Item]:
    """Return what belongs in the box."""
    checked = _checked(shipment)
    lines = shipment.lines.filter(quantity__gt=0).select_related("order_line__product").order_by("order_line__number")
    found = ((line, line.picked - line.packed) for line in lines)
    return [Item(line, wanted, min(checked[line.pk], wanted)) for line, wanted in found if wanted]


def scan_to_pack(shipment: Shipment, act: Act) -> Scan:
    """Take a scan at the box; the last right one closes it. Repeated, it answers as before. Raises NotAllowed."""
    with change(shipment, by=act.by) as fresh:
        if before := repeated(act):
            return before
        refuse_blocked(fresh, "pack")
        items = box_of(fresh)
        verdict = _judge(fresh, items, act)
        if verdict.units and verdict.units == sum(item.missing for item in items):
            pack_shipment(fresh, by=act.by)
            verdict = replace(verdict, sentence=f"All is in: {fresh} is packed. Close the box.")
        return keep(act, verdict, Scan.Step.PACK, fresh)


def pack_without_scanning(shipment: Shipment, act: Act) -> Scan:
    """Close the box: somebody saw that everything is in. Raises NotAllowed."""
    with change(shipment, by=act.by) as fresh:
        if before := repeated(act):
            return before
        left = sum(item.missing for item in box_of(fresh))
        pack_shipment(fresh, by=act.by)
        said = Verdict(Result.UNSCANNED, f"{fresh} is packed, without scanning all of it. Close the box.", left)
        return keep(act, said, Scan.Step.PACK, fresh)


def last_checked(shipment: Shipment, items: Sequence[Item]) -> Item | None:
    """Return what was checked last: a number that is typed is its."""
    right = shipment.scans.filter(step=Scan.Step.PACK, result=Result.RIGHT).order_by("-pk")
    last = right.values_list("line", flat=True).first()
    return next((item for item in items if item.line.pk == last), None)


def _checked(shipment: Shipment) -> dict[int, int]:
    scans = shipment.scans.filter(step=Scan.Step.PACK, result=Result.RIGHT).order_by()
    return defaultdict(int, scans.values_list("line").annotate(units=Sum("quantity")))


def _judge(shipment: Shipment, items: Sequence[Item], act: Act) -> Verdict:
    if meant := [item for item in items if is_same(act.text, item.line.order_line.product.sku)]:
        item = next((item for item in meant if not item.is_in), None)
        return _put(item, item.checked + 1) if item else _one_too_many(meant)
    last = last_checked(shipment, items)
    if last and (number := act.number_for(last.line)) is not None:
        return _put(last, number)
    if is_same(act.text, shipment.number) or is_same(act.text, shipment.order.number):
        return Verdict(Result.INCOMPLETE, f"Not everything is in: {missing(items)}.")
    return wrong(act.text, "It does not belong in this box.", shipment.warehouse)


def missing(items: Sequence[Item]) -> str:
    return ", ".join(f"{item.missing} × {item.line.order_line.name}" for item in items if item.missing)


def _put(item: Item, number: int) -> Verdict:
    """Take it that `number` units of the item are in the box."""
    name = item.line.order_line.name
    if number > item.wanted:
        return Verdict(Result.WRONG_QUANTITY, f"{item.wanted} × {name} belong in this box, not {number}.")
    if number <= item.checked:
        return Verdict(
            Result.WRONG_QUANTITY, f"{item.checked} × {name} are in already. Type how many there are in all."
        )
    return Verdict(Result.RIGHT, f"{number} of {item.wanted} × {name}.", number - item.checked, item.line)


def _one_too_many(meant: Sequence[Item]) -> Verdict:
    wanted = sum(item.wanted for item in meant)
    sentence = f"{wanted} × {meant[0].line.order_line.name} are in already: this one is too many. Put it back."
    return Verdict(Result.WRONG_QUANTITY, sentence)
