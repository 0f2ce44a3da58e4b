"""Packing: picked units go into boxes."""

from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Shipment
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
        units = choose(lines_of(fresh), lines, source="picked", target="packed")
        ledger.pack(units)
        if any(line.picked - line.packed for line in lines_of(fresh)):
            facts = {"shipment": fresh.number, "units": sum(units.values())}
            record(fresh.order, "shipment.packed_in_part", by=by, facts=facts)
        else:
            fresh.pack(at=timezone.now())
    return fresh
