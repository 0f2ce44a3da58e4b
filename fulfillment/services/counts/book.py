"""Booking an approved count: what differs becomes entries of the ledger, with the count as their cause."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from django.db.models import F, Q, Sum
from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Bin, BinStock, Count, CountLine, Reservation, Shipment, ShipmentLine, StockItem
from fulfillment.services.counts.scrap import scrap_what_lacks
from fulfillment.services.dock import DeliveryArrived, as_it_lies
from fulfillment.services.set_back import set_back
from orders import outbox
from orders.lifecycle import change
from orders.models import Actor

TRIES = 5


class _Entry(NamedTuple):
    """What of a counted position is to be booked: so many units more, or fewer."""

    line: CountLine
    delta: int


def apply_count(count: Count) -> Count:
    """Book what the count found. Where the bin holds too little by now to take off what lacks, it is counted again.

    Units that lack and are promised to orders wait again first, those of the last promise before others; those that
    a return waits for are scrapped. Is what they free promised anew in the meantime, or arrives more at the dock, it is
    tried again; in the end it stays approved for the next turn.
    """
    for _ in range(TRIES):
        dock = _let_go(count)
        with suppress(DeliveryArrived), change(count, by=_by(count)) as fresh, as_it_lies(count.warehouse_id, dock):
            if fresh.status != Count.Status.APPROVED:
                return fresh
            items = _lock(fresh)
            entries = _entries(fresh)
            if any(map(_is_gone, entries)):
                fresh.recount()
                fresh.lines.update(first=None)
                return fresh
            if any(_shortage(item, entries) > 0 for item in items):
                continue
            for entry in sorted(entries, key=lambda entry: entry.delta, reverse=True):  # what was found, first
                _book(fresh, entry)
            fresh.apply(timezone.now())
            outbox.ring("allocate")
            return fresh
    return Count.objects.get(pk=count.pk)


def _let_go(count: Count) -> set[int]:
    """Take what lacks from orders and returns, one a transaction; return the products of which the dock has less."""
    entries = _entries(count)
    _set_back_what_lacks(count, entries)
    lacking = [entry for entry in entries if entry.delta < 0]
    returned = [entry for entry in lacking if entry.line.bin.kind == Bin.Kind.RETURNS]
    if returned and not any(map(_is_gone, entries)):
        for line, delta in returned:
            scrap_what_lacks(count, line, _held(line) + delta, by=_by(count))
    return {line.product_id for line, _ in lacking if line.bin.kind == Bin.Kind.DOCK}


def _by(count: Count) -> Actor:
    return Actor.parse(count.approved_by or "system:count")


def _entries(count: Count) -> list[_Entry]:
    """Return what differs and is still to be booked: what was corrected since, another count was quicker with."""
    lines = [line for line in count.lines.select_related("bin__warehouse", "product") if line.difference]
    entries = [_Entry(line, _rest(line)) for line in lines]
    return [entry for entry in entries if entry.delta]


def _rest(line: CountLine) -> int:
    corrected = ledger.moves_since(line.bin, line.product_id, line.seen, corrections=True)
    rest = line.difference - corrected
    return rest if rest * line.difference > 0 else 0


def _lock(count: Count) -> list[StockItem]:
    """Lock the stock of all that was counted, at once."""
    items = StockItem.objects.filter(warehouse=count.warehouse_id, product__in=count.lines.values("product"))
    return list(items.order_by("pk").select_for_update(no_key=True))


def _is_gone(entry: _Entry) -> bool:
    """Say whether the bin holds fewer units by now than lack in it: they were taken after they were counted."""
    return entry.line.bin.kind != Bin.Kind.MISSING and _held(entry.line) + entry.delta < 0


def _held(line: CountLine) -> int:
    return sum(BinStock.objects.filter(bin=line.bin_id, product=line.product_id).values_list("quantity", flat=True))


def _shortage(item: StockItem, entries: Iterable[_Entry]) -> int:
    """Return how many units must not be promised any more before all of it can be booked."""
    here = [delta for line, delta in entries if line.product_id == item.product_id and not line.bin.is_blocked]
    return -sum(here) - item.free if here else 0


def _book(count: Count, entry: _Entry) -> None:
    line, delta = entry
    if delta > 0:
        delta -= _find_missing(count, line, delta)
    elif line.bin.kind == Bin.Kind.MISSING:
        delta = -min(-delta, _held(line))
    if delta:
        ledger.adjust(
            line.bin.warehouse,
            line.product,
            delta,
            bin_code=line.bin.code,
            operation=f"{count}, {line.pk}",
            by=_by(count),
            cause=_cause(count),
        )


def _find_missing(count: Count, line: CountLine, found: int) -> int:
    """Bring back as many of the units that were missing as were found; return how many."""
    missing = ledger.standing_bin(count.warehouse, Bin.Kind.MISSING)
    lost = ledger.shelf_of(missing, [line.product_id]).get(line.product_id, ledger.Shelf()).quantity
    units = min(lost, found)
    if units:
        named = f"{count}, {line.pk}, found"
        ledger.move(missing, line.bin, line.product, units, operation=named, by=_by(count), cause=_cause(count))
    return units


def _cause(count: Count) -> str:
    return f"count {count.pk}"


def _set_back_what_lacks(count: Count, entries: Sequence[_Entry]) -> None:
    products = {entry.line.product_id for entry in entries}
    for item in StockItem.objects.filter(warehouse=count.warehouse_id, product__in=products):
        lacking = _shortage(item, entries)
        for shipment in _last_promised_first(item) if lacking > 0 else ():
            lacking -= _set_back(shipment, item, lacking, count)
            if lacking <= 0:
                break


def _last_promised_first(item: StockItem) -> list[Shipment]:
    held = Reservation.objects.filter(
        stock_item=item,
        status=Reservation.Status.OPEN,
        shipment_line__picked__lt=F("shipment_line__reserved"),
    )
    found = Shipment.objects.not_left().filter(pk__in=held.values("shipment_line__shipment"))
    return list(found.order_by("-order__deliver_by", "-order__placed_at", "-pk"))


def _set_back(shipment: Shipment, item: StockItem, lacking: int, count: Count) -> int:
    """Let units of a shipment that are not picked wait again; return how many. Who booked it already wants none."""
    by, cause = _by(count), _cause(count)
    with change(count, by=by) as standing, change(shipment, by=by) as fresh:
        if standing.status != Count.Status.APPROVED or fresh.status not in Shipment.NOT_LEFT:
            return 0
        units: dict[ShipmentLine, int] = {}
        for line, kept in _kept_here(fresh, item).items():
            if taken := min(kept, lacking - sum(units.values())):
                units[line] = taken
        if units:
            set_back(fresh, units, by=by, cause=cause, item=item)
    return sum(units.values())


def _kept_here(shipment: Shipment, item: StockItem) -> dict[ShipmentLine, int]:
    """Return the lines for which units of this item are kept, with how many of them are not picked.

    Where others of another warehouse are kept as well, the order waits and none is picked.
    """
    here = Q(reservations__status=Reservation.Status.OPEN, reservations__stock_item=item)
    lines = shipment.lines.annotate(here=Sum("reservations__quantity", filter=here)).filter(here__gt=F("picked"))
    return {line: line.here - line.picked for line in lines.select_related("order_line")}
