"""Stock on its way out: reserved, picked, packed, shipped, delivered; or cancelled and given back.

`Units` says how many of which line of a shipment. The order, and its shipments, are open in `change()`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import uuid4

from django.db.models import OuterRef, Subquery

from fulfillment.ledger.places import pick_places
from fulfillment.ledger.posting import NotEnoughStock, add_to, lock_items, post
from fulfillment.ledger.stock import PUT_BACK, STAGE
from fulfillment.models import Bin, Reservation, Shipment, ShipmentLine, StockItem, StockMovement
from orders.grammar import agree
from orders.models import Actor, OrderLine

Kind = StockMovement.Kind
Units = Mapping[ShipmentLine, int]
Shift = tuple[str, str, int]
Shelves = dict[int, dict[int, StockItem]]


class Take(NamedTuple):
    """Units of a stock item for a line of a shipment."""

    line: ShipmentLine
    item: StockItem
    quantity: int


class Wish(NamedTuple):
    """Units wanted of the lines of an order, or of some of them."""

    units: Mapping[OrderLine, int]
    all_or_nothing: bool = False


class Share(NamedTuple):
    """What a line gets of a stock item."""

    line: OrderLine
    item: StockItem
    quantity: int


class _Entries:
    """The movements of one act, numbered."""

    def __init__(self, by: Actor, cause: str) -> None:
        self.common = {"operation": str(uuid4()), "by": str(by), "cause": cause}
        self.rows: list[StockMovement] = []

    def add(self, kind: str, item: StockItem, quantity: int, line: ShipmentLine, **more: object) -> None:
        self.rows.append(
            StockMovement(
                **self.common,
                n=len(self.rows),
                kind=kind,
                stock_item=item,
                quantity=quantity,
                order_line_id=line.order_line_id,
                **more,
            )
        )

    def release(self, takes: Iterable[Take]) -> None:
        for line, item, quantity in takes:
            self.add(Kind.RELEASE, item, quantity, line, reserved_delta=-quantity)


def reserve(lines: Sequence[ShipmentLine], *, by: Actor, cause: str, all_or_nothing: bool = False) -> list[Take]:
    """Reserve what is there of what the lines of an order wait for, from few warehouses; return what was taken.

    Where an order's line is in several shipments, the first of them is served first.
    """
    waiting: dict[OrderLine, list[ShipmentLine]] = defaultdict(list)
    for line in lines:
        if line.waiting:
            waiting[line.order_line].append(line)
    wish = Wish({each: sum(part.waiting for part in parts) for each, parts in waiting.items()}, all_or_nothing)
    takes = list(_deal(share_out([wish])[0], waiting))
    book({cause: takes}, by=by)
    return takes


def share_out(
    wishes: Sequence[Wish], spoken_for: Callable[[set[int]], set[int]] = lambda _: set()
) -> list[list[Share]]:
    """Lock the stock of all that is wished for and say who gets what of it: first come first served.

    Each is split over as few warehouses as can be. Nothing is booked yet. `spoken_for` is asked behind the lock which
    of the products of which some is free are for others: of them nobody gets any.
    """
    shelves = _lock_free({line.product_id for wish in wishes for line in wish.units})
    there = {product for product, items in shelves.items() if any(item.free for item in items.values())}
    for product in spoken_for(there):
        del shelves[product]
    free = {item.pk: item.free for items in shelves.values() for item in items.values()}
    return [_share(wish, shelves, free) for wish in wishes]


def book(takes: Mapping[str, Sequence[Take]], *, by: Actor) -> None:
    """Reserve what was shared out: cause (an order's number) → what is taken for it.

    The lines in the caller's hands know it as well.
    """
    rows, flat = [], [take for each in takes.values() for take in each]
    for cause, each in takes.items():
        entries = _Entries(by, cause)
        for line, item, quantity in each:
            entries.add(Kind.RESERVE, item, quantity, line, reserved_delta=quantity)
        rows += entries.rows
    post(rows)
    Reservation.objects.bulk_create(
        Reservation(shipment_line=line, stock_item=item, quantity=quantity) for line, item, quantity in flat
    )
    units = _sum((line, quantity) for line, _, quantity in flat)
    _move_units(units, "reserved", {line: [("waiting", "reserved", quantity)] for line, quantity in units.items()})
    for take in flat:
        take.line.reserved += take.quantity


def pick(shipment: Shipment, units: Units, *, by: Actor, bin_: Bin | None = None) -> None:
    """Bring units from their bins to the packing station, as `pick_places` says; with `bin_` from that one alone."""
    entries, items = _Entries(by, str(shipment)), _lock_reserved(units)
    for line, place, taken in pick_places(shipment, units, bin_):
        item = items[line.order_line.product_id]
        if place is None:
            where = f"not in {bin_} any more" if bin_ else "in no bin"
            lack = NotEnoughStock(
                f"{taken} × {line.order_line.name} {agree(taken, 'is', 'are')} {where}: count the bins."
            )
            raise lack.of(item, bin_)
        entries.add(Kind.PICK, item, taken, line, from_bin=place, to_bin_id=item.stage_id)  # type: ignore[attr-defined]  # annotated
    post(entries.rows)


def lock_kept(*shipments: Shipment) -> None:
    """Lock the stock that is kept for shipments, before the tasks by which it is fetched."""
    kept = Reservation.objects.filter(shipment_line__shipment__in=shipments, status=Reservation.Status.OPEN)
    lock_items(kept.values_list("stock_item", flat=True))


def unpick(shipment: Shipment, units: Units, into: Bin, *, by: Actor) -> None:
    """Bring units back that were picked by mistake: they lie in the bin again, and are still reserved."""
    entries, items = _Entries(by, str(shipment)), _lock_reserved(units)
    for line, quantity in units.items():
        item = items[line.order_line.product_id]
        entries.add(Kind.MOVE, item, quantity, line, from_bin_id=item.stage_id, to_bin=into)  # type: ignore[attr-defined]
    post(entries.rows)
    back = {line: -quantity for line, quantity in units.items()}
    _move_units(back, "picked", {line: [("picked", "reserved", quantity)] for line, quantity in units.items()})


def unreserve(units: Units, *, by: Actor, cause: str, item: StockItem | None = None) -> None:
    """Let units of lines that are not picked wait again: what was kept for them, of `item` if it is given, is free."""
    _lock_reserved(units)
    entries = _Entries(by, cause)
    entries.release(_release(units, item))
    post(entries.rows)
    back = {line: -quantity for line, quantity in units.items()}
    _move_units(back, "reserved", {line: [("reserved", "waiting", quantity)] for line, quantity in units.items()})


def pack(units: Units) -> None:
    """Put picked units into boxes: nothing moves in the stock."""
    _move_units(units, "packed", {line: [("picked", "packed", quantity)] for line, quantity in units.items()})


def ship(shipment: Shipment, lines: Sequence[ShipmentLine], *, by: Actor) -> None:
    """Let a packed shipment leave: its reservations are used up and its units go off the books."""
    entries, units = _Entries(by, str(shipment)), {line: line.quantity for line in lines if line.quantity}
    items = _lock_reserved(units)
    for line, quantity in units.items():
        item = items[line.order_line.product_id]
        gone = {"on_hand_delta": -quantity, "reserved_delta": -quantity}
        entries.add(Kind.SHIP, item, quantity, line, from_bin_id=item.stage_id, **gone)  # type: ignore[attr-defined]
    post(entries.rows)


def deliver(lines: Iterable[ShipmentLine]) -> None:
    """Count a shipment's units as delivered."""
    _move_units({}, "", {line: [("shipped", "delivered", line.quantity)] for line in lines if line.quantity})


def cancel(shipment: Shipment, units: Units, *, by: Actor, cause: str) -> None:
    """Take units out of a shipment that has not left: what was reserved for them is free again, at once and exactly.

    Units that were picked wait in the put-back bin to be brought home.
    """
    entries = _Entries(by, cause)
    items = _lock_reserved(units)
    shifts = {line: _stages(line, quantity) for line, quantity in units.items()}
    freed = {line: count for line, moves in shifts.items() if (count := _count(moves, "reserved", "picked", "packed"))}
    lifted = {line: count for line, moves in shifts.items() if (count := _count(moves, "picked", "packed"))}
    entries.release(_release(freed))
    ends = {"from_bin": _bin(shipment, STAGE), "to_bin": _bin(shipment, PUT_BACK)} if lifted else {}
    for line, count in lifted.items():
        entries.add(Kind.MOVE, items[line.order_line.product_id], count, line, **ends)
    post(entries.rows)
    _take_out(shifts)
    _move_units({}, "", shifts)


def _lock_free(product_ids: set[int]) -> Shelves:
    """Lock the items of these products; return product → warehouse → its item, the warehouse of first choice first."""
    items = StockItem.objects.filter(product__in=product_ids).select_related("warehouse").order_by("pk")
    locked = list(items.select_for_update(of=("self",), no_key=True))
    locked.sort(key=lambda item: (item.warehouse.priority, item.warehouse_id))
    found: Shelves = defaultdict(dict)
    for item in locked:
        found[item.product_id][item.warehouse_id] = item
    return found


def _deal(shares: Iterable[Share], waiting: Mapping[OrderLine, Sequence[ShipmentLine]]) -> Iterator[Take]:
    """Give what an order's lines get to those lines of shipments that wait for it."""
    left = {part: part.waiting for parts in waiting.values() for part in parts}
    for line, item, quantity in shares:
        over = quantity
        for part in waiting[line]:
            if taken := min(over, left[part]):
                left[part], over = left[part] - taken, over - taken
                yield Take(part, item, taken)


def _share(wish: Wish, shelves: Shelves, free: dict[int, int]) -> list[Share]:
    """Take from `free` what the wish gets: of what is left, each time from the warehouse that covers most of it.

    So one that covers all gives all. Of those that cover as much, the one of first choice gives it.
    """
    shares: list[Share] = []
    left = dict(wish.units)
    while offer := _best_offer(left, shelves, free):
        for share in offer:
            free[share.item.pk] -= share.quantity
            left[share.line] -= share.quantity
        shares += offer
    if wish.all_or_nothing and any(left.values()):
        for share in shares:
            free[share.item.pk] += share.quantity
        return []
    return shares


def _best_offer(left: Mapping[OrderLine, int], shelves: Shelves, free: Mapping[int, int]) -> list[Share]:
    open_ = {line: count for line, count in left.items() if count}
    items = [item for line in open_ for item in shelves.get(line.product_id, {}).values()]
    homes = {item.warehouse_id: (item.warehouse.priority, item.warehouse_id) for item in items}
    offers = [_offer(home, open_, shelves, free) for home in sorted(homes, key=lambda home: homes[home])]
    return max(offers, key=lambda offer: sum(share.quantity for share in offer), default=[])


def _offer(home: int, wanted: Mapping[OrderLine, int], shelves: Shelves, free: Mapping[int, int]) -> list[Share]:
    """Say what a warehouse has of all that is wanted; lines of one article share what is there of it."""
    taken: dict[int, int] = defaultdict(int)
    shares = []
    for line, count in wanted.items():
        item = shelves.get(line.product_id, {}).get(home)
        quantity = min(count, free[item.pk] - taken[item.pk]) if item else 0
        if item and quantity:
            taken[item.pk] += quantity
            shares.append(Share(line, item, quantity))
    return shares


def _lock_reserved(units: Units) -> dict[int, StockItem]:
    """Lock the items that the lines have reserved; return product → item.

    There is one of each where the shipment is of a warehouse; `stage_id` on each is the packing station there. Of
    what waits there may be several: what is released is said by the reservations.
    """
    held = Reservation.objects.filter(shipment_line__in=list(units), status=Reservation.Status.OPEN)
    stage = Bin.objects.filter(warehouse=OuterRef("warehouse"), code=STAGE)
    items = StockItem.objects.filter(pk__in=held.values("stock_item")).annotate(stage_id=Subquery(stage.values("pk")))
    return {item.product_id: item for item in items.order_by("pk").select_for_update(no_key=True)}


def _bin(shipment: Shipment, code: str) -> Bin:
    return Bin.objects.get(warehouse=shipment.warehouse_id, code=code)


def _sum(pairs: Iterable[tuple[ShipmentLine, int]]) -> dict[ShipmentLine, int]:
    total: dict[ShipmentLine, int] = defaultdict(int)
    for line, quantity in pairs:
        total[line] += quantity
    return dict(total)


def _stages(line: ShipmentLine, quantity: int) -> list[Shift]:
    """Say from which stages `quantity` units of the line are cancelled: those furthest from the door first."""
    stock = {
        "waiting": line.waiting,
        "reserved": line.reserved - line.picked,
        "picked": line.picked - line.packed,
        "packed": line.packed,
    }
    shifts = []
    for stage, there in stock.items():
        count = min(there, quantity)
        if count:
            shifts.append((stage, "cancelled", count))
            quantity -= count
    return shifts


def _take_out(shifts: Mapping[ShipmentLine, Sequence[Shift]]) -> None:
    """Reduce the lines of the shipment by what was cancelled of them."""
    reach = {"waiting": 0, "reserved": 1, "picked": 2, "packed": 3}
    rows = {}
    for line, moves in shifts.items():
        counts = [0, 0, 0, 0]  # quantity, reserved, picked, packed
        for stage, _, count in moves:
            for column in range(reach[stage] + 1):
                counts[column] -= count
        rows[line.pk] = counts
    add_to(ShipmentLine, ("quantity", "reserved", "picked", "packed"), rows)


def _count(moves: Sequence[Shift], *stages: str) -> int:
    return sum(count for stage, _, count in moves if stage in stages)


def _release(units: Units, item: StockItem | None = None) -> list[Take]:
    """Void reservations, of `item` if it is given, for so many units of each line; return what of which is free.

    One that is needed in part only is split. While an order waits, units of several warehouses are kept for a line.
    """
    kept = Reservation.objects.filter(shipment_line__in=list(units), status=Reservation.Status.OPEN)
    kept = kept.filter(stock_item=item) if item else kept
    held = list(kept.select_related("shipment_line", "stock_item").order_by("-pk"))
    left, freed, splits = dict(units), [], []
    for each in held:
        line = each.shipment_line
        count = min(left[line], each.quantity)
        left[line] -= count
        if count:
            freed.append(Take(line, each.stock_item, count))
        if count == each.quantity:
            each.status = Reservation.Status.RELEASED
        elif count:
            each.quantity -= count
            released = {"quantity": count, "status": Reservation.Status.RELEASED}
            splits.append(Reservation(shipment_line=line, stock_item=each.stock_item, **released))
    Reservation.objects.bulk_update(held, ["status", "quantity"])
    Reservation.objects.bulk_create(splits)
    return freed


def _move_units(units: Units, column: str, shifts: Mapping[ShipmentLine, Sequence[Shift]]) -> None:
    """Count units of shipment lines in `column`, and move those of their order lines from stage to stage."""
    if column:
        add_to(ShipmentLine, (column,), {line.pk: (quantity,) for line, quantity in units.items()})
    rows: dict[int, list[int]] = defaultdict(lambda: [0] * len(OrderLine.STAGES))
    for line, moves in shifts.items():
        row = rows[line.order_line_id]
        for source, target, count in moves:
            row[OrderLine.STAGES.index(source)] -= count
            row[OrderLine.STAGES.index(target)] += count
    touched = [place for place in range(len(OrderLine.STAGES)) if any(row[place] for row in rows.values())]
    columns = [OrderLine.STAGES[place] for place in touched]
    add_to(OrderLine, columns, {pk: [row[place] for place in touched] for pk, row in rows.items()})
