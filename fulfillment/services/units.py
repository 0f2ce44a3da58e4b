"""Which units are meant: what came in as [{line, quantity}] against the lines of a shipment."""

from collections.abc import Mapping

from fulfillment.models import Shipment, ShipmentLine
from orders.lifecycle import Refused

Wanted = Mapping[int, int]
"""Number of an order line → units."""


class NotThatMany(Refused):
    """There are fewer units of the line than asked for, or none."""

    code = "not_that_many"


def lines_of(shipment: Shipment) -> list[ShipmentLine]:
    """Return the shipment's lines, with what the ledger reads of them."""
    return list(shipment.lines.filter(quantity__gt=0).select_related("order_line"))


def choose(lines: list[ShipmentLine], wanted: Wanted | None, *, source: str, target: str) -> dict[ShipmentLine, int]:
    """Return the units that can go from column `source` to column `target`, all of them if none are named.

    Raises NotThatMany, naming the line.
    """
    there = {line: getattr(line, source) - getattr(line, target) for line in lines}
    if wanted is None:
        return {line: count for line, count in there.items() if count}
    by_number = {line.order_line.number: line for line in lines}
    for number, count in wanted.items():
        found = there[by_number[number]] if number in by_number else 0
        if count > found:
            raise NotThatMany(f"Line {number} has {found} left here, not {count}.", line=number, left=found)
    return {by_number[number]: count for number, count in wanted.items()}
