"""Packing by scan: each unit is checked on its way into the box; when all is in, the box is closed.

Where the shop knows what the articles weigh, the box is weighed before it is closed. A weight that cannot be is said,
and taken when it is given a second time.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from fulfillment.models import Scan, Shipment, ShipmentLine
from fulfillment.models.shipment import ShipmentQuerySet
from fulfillment.services.boxes import Boxes, Contents, boxes_of, grams_of, is_plausible, make_parcels, read_lines
from fulfillment.services.pack import pack_units
from fulfillment.services.scanned import (
    Act,
    Result,
    Verdict,
    incomplete,
    is_same,
    keep,
    number_in,
    once,
    refuse_blocked,
    wrong,
)
from orders.grammar import agree
from orders.lifecycle import change
from orders.models import Actor


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


@dataclass(frozen=True, slots=True)
class Packing:
    """Where the packing of a shipment stands: what belongs in the boxes, of all its lines, and the boxes."""

    items: Sequence[Item]
    lines: Sequence[ShipmentLine]
    boxes: Boxes

    @property
    def missing(self) -> int:
        return sum(item.missing for item in self.items)

    @property
    def is_all_in(self) -> bool:
        return bool(self.items) and not self.missing

    @property
    def box(self) -> int:
        return self.boxes.open

    @property
    def contents(self) -> Contents:
        """What is in the box that is filled now."""
        units = {item.line: item.checked for item in self.items}
        return self.boxes.contents(list(units), units)[self.box]

    @property
    def last(self) -> Item | None:
        """What was checked last: a number that is typed is its."""
        return next((item for item in self.items if item.line.pk == item.line.last), None)  # type: ignore[attr-defined]

    @property
    def is_held(self) -> bool:
        return any(line.is_held for line in self.lines)  # type: ignore[attr-defined]  # annotated

    @property
    def is_sku(self) -> bool:
        return any(line.is_sku for line in self.lines)  # type: ignore[attr-defined]  # annotated

    def is_weighed_with(self, line: ShipmentLine, count: int) -> bool:
        """Say whether the shop knows what the box weighs once so many more units are in."""
        return grams_of({**self.contents, line: count}) is not None


Packed = Shipment | ShipmentQuerySet
"""A shipment; or the one of which only the number is known, and where it has to be."""


def packing_of(shipment: Shipment, text: str = "") -> Packing:
    lines = read_lines(shipment, text)
    boxes = boxes_of(lines)
    found = ((line, line.picked - line.packed) for line in lines)
    items = [Item(line, wanted, min(boxes.checked(line), wanted)) for line, wanted in found if wanted]
    return Packing(items, lines, boxes)


def box_of(shipment: Shipment) -> Sequence[Item]:
    """Return what belongs in the box."""
    return packing_of(shipment).items


def scan_to_pack(shipment: Packed, act: Act) -> Scan:
    """Take a scan at the box; the last right one closes it. Repeated, it answers as before.

    Raises NotAllowed, NotHere.
    """
    return _at_boxes(shipment, act, _scan)


def close_box(shipment: Packed, act: Act) -> Scan:
    """Close the box, weighed or not: the next one is filled, or all is packed. Raises NotAllowed, NotHere."""
    return _at_boxes(shipment, act, _close)


def pack_without_scanning(shipment: Packed, act: Act, without: int | None = None) -> Scan:
    """Close the box: somebody saw that everything is in. Raises NotAllowed, NotHere.

    `without`: so many units the person knows not to be scanned. Are others, it stays open and they are named.
    """

    def do(fresh: Shipment, packing: Packing, act: Act) -> Scan:
        if without in {None, packing.missing}:
            return _pack_all(fresh, packing, act)
        said = incomplete(_unscanned(packing), "pack without scanning {}")
        return keep(act, said, Scan.Step.PACK, fresh, box=packing.box)

    return _at_boxes(shipment, act, do)


def _at_boxes(shipment: Packed, act: Act, do: Callable[[Shipment, Packing, Act], Scan]) -> Scan:
    """Do something at the boxes of a shipment that may be packed, once."""

    def locked() -> Scan:
        with change(shipment, by=act.by) as fresh:
            packing = packing_of(fresh, act.text)
            refuse_blocked(fresh, "pack", is_held=packing.is_held or not packing.lines)
            return do(fresh, packing, act)

    return once(act, Scan.Step.PACK, locked)[0]


def _scan(shipment: Shipment, packing: Packing, act: Act) -> Scan:
    if packing.is_all_in and not packing.is_sku and (grams := number_in(act.text)):
        return _close(shipment, packing, replace(act, weight_grams=grams))
    verdict = _judge(shipment, packing, act)
    is_last = verdict.units and verdict.units >= packing.missing
    if is_last and verdict.line and packing.is_weighed_with(verdict.line, verdict.units):
        verdict = replace(verdict, sentence="All is in. Weigh the box.")
    elif is_last:
        scan = keep(act, replace(verdict, sentence=_packed(shipment)), Scan.Step.PACK, shipment, box=packing.box)
        _finish(shipment, packing, scan, act.by)
        return scan
    return keep(act, verdict, Scan.Step.PACK, shipment, box=packing.box)


def _unscanned(packing: Packing) -> Counter[tuple[str, str]]:
    """Return what nobody scanned into a box: name, SKU → units; lines of one article together."""
    units = Counter[tuple[str, str]]()
    for item in packing.items:
        line = item.line.order_line
        units[line.name, line.product.sku] += item.missing
    return +units


def _pack_all(shipment: Shipment, packing: Packing, act: Act) -> Scan:
    sentence = f"{shipment} is packed, without scanning all of it. Close the box."
    said = Verdict(Result.UNSCANNED, sentence, packing.missing)
    scan = keep(act, said, Scan.Step.PACK, shipment, box=packing.box)
    _finish(shipment, packing, scan, act.by)
    return scan


def _close(shipment: Shipment, packing: Packing, act: Act) -> Scan:
    verdict = _judge_box(shipment, packing, act)
    scan = keep(act, verdict, Scan.Step.PACK, shipment, box=packing.box)
    if packing.is_all_in and not verdict.is_wrong:
        _finish(shipment, packing, scan, act.by)
    return scan


def _judge_box(shipment: Shipment, packing: Packing, act: Act) -> Verdict:
    """Say whether the box can be closed as it is."""
    contents, grams = packing.contents, act.weight_grams
    if not (contents or packing.is_all_in):
        return Verdict(Result.INCOMPLETE, f"Nothing is in box {packing.box} yet.")
    if grams and not is_plausible(grams, contents) and not _was_said_before(shipment, packing.box, grams):
        sentence = (
            f"The box weighs {grams} g, and what is in it {grams_of(contents)} g. Look what is in it;"
            " if it is right, give the weight once more."
        )
        return Verdict(Result.WRONG_WEIGHT, sentence, weight_grams=grams)
    if packing.is_all_in:
        return Verdict(Result.RIGHT, _packed(shipment), weight_grams=grams)
    return Verdict(Result.RIGHT, f"Box {packing.box} is closed. Fill box {packing.box + 1}.", weight_grams=grams)


def _was_said_before(shipment: Shipment, box: int, grams: int) -> bool:
    """Say whether the last thing at the box was this very weight, and a warning."""
    last = shipment.scans.filter(step=Scan.Step.PACK).order_by("-pk").first()
    return last is not None and (last.result, last.box, last.weight_grams) == (Result.WRONG_WEIGHT, box, grams)


def _finish(shipment: Shipment, packing: Packing, scan: Scan, by: Actor) -> None:
    """Pack all that belongs in the boxes; with this last scan they become parcels."""
    pack_units(shipment, packing.lines, {item.line: item.wanted for item in packing.items}, by=by)
    make_parcels(shipment, packing.lines, packing.boxes.after(scan), last=packing.box)


def _packed(shipment: Shipment) -> str:
    return f"All is in: {shipment} is packed. Close the box."


def _judge(shipment: Shipment, packing: Packing, act: Act) -> Verdict:
    items = packing.items
    if meant := [item for item in items if is_same(act.text, item.line.order_line.product.sku)]:
        item = next((item for item in meant if not item.is_in), None)
        return _put(item, item.checked + 1) if item else _one_too_many(meant)
    last = packing.last
    if last and (number := act.number_for(last.line, is_sku=packing.is_sku)) is not None:
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
        return Verdict(
            Result.WRONG_QUANTITY,
            f"{item.wanted} × {name} {agree(item.wanted, 'belongs', 'belong')} in this box, not {number}.",
        )
    if number <= item.checked:
        return Verdict(
            Result.WRONG_QUANTITY,
            f"{item.checked} × {name} {agree(item.checked, 'is', 'are')} in already. Type how many there are in all.",
        )
    return Verdict(Result.RIGHT, f"{number} of {item.wanted} × {name}.", number - item.checked, item.line)


def _one_too_many(meant: Sequence[Item]) -> Verdict:
    wanted = sum(item.wanted for item in meant)
    name, are = meant[0].line.order_line.name, agree(wanted, "is", "are")
    sentence = f"{wanted} × {name} {are} in already: this one is too many. Put it back."
    return Verdict(Result.WRONG_QUANTITY, sentence)
