"""Accepting orders: they are placed, confirmed, planned, and get what stock there is, all in one transaction.

What is there leaves at once, in one shipment a warehouse; what waits, waits in a planned shipment of its own. Units for
which older orders wait are not there: whoever gives them out next serves the newcomer by its promise, as all others.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Shipment, ShipmentLine, Warehouse
from fulfillment.services.allocate import awaited, make_ready
from fulfillment.services.calendar import Calendar
from orders import outbox
from orders.intake.draft import OrderDraft
from orders.lifecycle import adopt, change, record, writing
from orders.models import Actor, Channel, Order, OrderLine
from orders.services import place_orders


def accept_order(draft: OrderDraft, *, channel: Channel, by: Actor, is_silent: bool = False) -> Order:
    """Place the order and reserve what is there for it; the rest waits. Raises AlreadyPlaced, InvalidOrder."""
    return accept_orders([draft], channel=channel, by=by, is_silent=is_silent)[0]


def accept_orders(drafts: Sequence[OrderDraft], *, channel: Channel, by: Actor, is_silent: bool = False) -> list[Order]:
    """Accept one after the other: all of them, or none where one is refused. Raises AlreadyPlaced, InvalidOrder."""
    with writing():
        opens = Calendar(min(timezone.localdate(draft.placed_at) for draft in drafts)).opens
        placed = place_orders(drafts, channel=channel, by=by, is_silent=is_silent, opens=opens)
        for order, _ in placed:
            with change(order, by=by):
                order.confirm(at=timezone.now())
        wishes = [
            ledger.Wish({line: line.quantity for line in lines}, order.is_ship_complete) for order, lines in placed
        ]
        shares = ledger.share_out(wishes, lambda there: _leave_to_queue(there, placed[0].order))
        _carry_out([_plan(*each, mine) for each, mine in zip(placed, shares, strict=True)], by)
    return [order for order, _ in placed]


def _leave_to_queue(products: set[int], newcomer: Order) -> set[int]:
    """Return for which of these products orders wait already: the newcomer gets its units behind them, in a moment."""
    found = awaited(products, before=newcomer)
    if found:
        outbox.ring("allocate")
    return found


class _Part(NamedTuple):
    """A shipment to be, its units, and what of the stock of its warehouse is kept for it (none: it waits)."""

    shipment: Shipment
    warehouse: Warehouse | None
    units: dict[OrderLine, int]
    shares: list[ledger.Share]


def _plan(order: Order, lines: list[OrderLine], shares: list[ledger.Share]) -> list[_Part]:
    """Say in which shipments an order goes. The first, which has number 1, is the one that waits, if any does."""
    by_home: dict[Warehouse, list[ledger.Share]] = defaultdict(list)
    for share in shares:
        by_home[share.item.warehouse].append(share)
    homes = sorted(by_home, key=lambda home: (home.priority, home.code))
    waiting = Counter({line: line.quantity for line in lines}) - _units(shares)
    first = _Part(Shipment(order=order, number=f"{order.number}-1"), None, dict(waiting), [])
    if not waiting:
        last = homes.pop()
        first = first._replace(warehouse=last, units=_units(by_home[last]), shares=by_home[last])
    rest = [
        _Part(Shipment(order=order, number=f"{order.number}-{place}"), home, _units(by_home[home]), by_home[home])
        for place, home in enumerate(homes, start=2)
    ]
    return [first, *rest]


def _carry_out(plans: list[list[_Part]], by: Actor) -> None:
    parts = [part for plan in plans for part in plan]
    Shipment.objects.bulk_create(part.shipment for part in parts)
    lines = ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=part.shipment, order_line=line, quantity=quantity)
        for part in parts
        for line, quantity in part.units.items()
    )
    places = {(line.shipment_id, line.order_line_id): line for line in lines}
    ledger.book(
        {
            plan[0].shipment.order.number: [
                ledger.Take(places[part.shipment.pk, share.line.pk], share.item, share.quantity)
                for part in plan
                for share in part.shares
            ]
            for plan in plans
        },
        by=by,
    )
    for part in parts:
        _show(part.shipment, [places[part.shipment.pk, line.pk] for line in part.units])
    for plan in plans:
        _tell(plan, by)
    for part in parts:
        part.shipment._prefetched_objects_cache.clear()  # type: ignore[attr-defined]  # noqa: SLF001 - it would outlive them


def _show(shipment: Shipment, lines: list[ShipmentLine]) -> None:
    """Let the guards of the shipment see its lines, which we have, without a query."""
    known = shipment.lines.all()
    known._result_cache = lines  # noqa: SLF001 - as a prefetch does
    shipment._prefetched_objects_cache = {"lines": known}  # type: ignore[attr-defined]  # noqa: SLF001


def _tell(plan: list[_Part], by: Actor) -> None:
    """Make ready what can go, and record it all in the order's trail."""
    first = plan[0].shipment
    record(first.order, "shipment.planned", by=by, facts={"shipment": first.number})
    if units := sum(share.quantity for part in plan for share in part.shares):
        record(first.order, "stock.reserved", by=by, facts={"shipment": first.number, "units": units})
    for part in (*plan[1:], plan[0]):
        adopt(part.shipment)
        if part.warehouse is not None:
            make_ready(part.shipment, part.warehouse, by)


def _units(shares: Iterable[ledger.Share]) -> Counter[OrderLine]:
    units: Counter[OrderLine] = Counter()
    for share in shares:
        units[share.line] += share.quantity
    return units
