"""Picking: units go from their bins to the packing station."""

from typing import Any

from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Bin, Shipment
from fulfillment.services.counts import counted_if_short
from fulfillment.services.resolve import resolve_order
from fulfillment.services.tasks import drop_tasks
from fulfillment.services.units import Wanted, choose, lines_of
from orders.lifecycle import NotAllowed, change, record, why_not, writing
from orders.models import Actor


def pick_shipment(shipment: Shipment, *, by: Actor, lines: Wanted | None = None, bin_: Bin | None = None) -> Shipment:
    """Pick all that is left to pick, or the units of these lines; the last one makes the shipment PICKED.

    With `bin_` they come from that bin, else from where `ledger.pick_places` says.

    Raises NotAllowed, NotThatMany, NotEnoughStock: the article is counted then.
    """
    with counted_if_short(by), writing():
        with change(shipment, by=by) as fresh:
            if fresh.status != Shipment.Status.PICKING:
                fresh.start_picking()
            elif blockers := why_not(fresh, "pick"):
                raise NotAllowed(blockers)
        if bin_ is None:
            drop_tasks(fresh)
        units = choose(lines_of(fresh), lines, source="reserved", target="picked")
        ledger.pick(fresh, units, by=by, bin_=bin_)
        _finish(fresh, by, {"units": sum(units.values())})
        resolve_order(fresh.order, by=by)
    return fresh


def _finish(shipment: Shipment, by: Actor, facts: dict[str, Any]) -> None:
    """Make the shipment PICKED when nothing is left to pick, else record what was."""
    is_done = not any(line.reserved - line.picked for line in lines_of(shipment))
    with change(shipment, by=by, facts=facts) as fresh:
        if is_done:
            fresh.pick(at=timezone.now())
        else:
            record(fresh.order, "shipment.picked_in_part", by=by, facts={"shipment": fresh.number} | facts)
