"""Packing: picked units go into boxes."""

from collections.abc import Sequence

from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Shipment, ShipmentLine
from fulfillment.services.units import Wanted, choose, lines_of
from orders.lifecycle import NotAllowed, change, record, why_not
from orders.models import Actor


def pack_shipment(shipment: Shipment, *, by: Actor, lines: Wanted | None = None) -> Shipment:
    """Pack all that is picked, or the units of these lines; the last one makes the shipment PACKED.

    Raises NotAllowed, NotThatMany.
    """
    with change(shipment, by=by) as fresh:
        if blockers := why_not(fresh, "pack"):
            raise NotAllowed(blockers)
        there = lines_of(fresh)
        pack_units(fresh, there, choose(there, lines, source="picked", target="packed"), by=by)
    return fresh


def pack_units(shipment: Shipment, lines: Sequence[ShipmentLine], units: ledger.Units, *, by: Actor) -> None:
    """Put units into boxes, of a shipment that is open in change() and may be packed; `lines` are all of its lines."""
    ledger.pack(units)
    for line, count in units.items():
        line.packed += count
    if any(line.picked - line.packed for line in lines):
        facts = {"shipment": shipment.number, "units": sum(units.values())}
        record(shipment.order, "shipment.packed_in_part", by=by, facts=facts)
        return
    with change(shipment, by=by) as fresh:
        fresh.pack(at=timezone.now())
