"""Stock that comes in, is corrected, and where it lies."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from django.db.models import Exists

from fulfillment.ledger.posting import NotEnoughStock, already_applied, post
from fulfillment.models import Bin, StockItem, StockMovement, Warehouse
from orders.lifecycle import Refused
from orders.models import Actor, Product

MAX_ON_HAND = 2_147_483_647  # what an integer column of PostgreSQL holds
STAGE = "STAGE"
PUT_BACK = "PUT-BACK"
DEFAULT_BIN = "STOCK"
STANDING = (Bin.Kind.STAGE, Bin.Kind.DOCK, Bin.Kind.RETURNS, Bin.Kind.QUARANTINE, Bin.Kind.DAMAGED, Bin.Kind.MISSING)
"""Every warehouse has one bin at least of each of these kinds; the first has the kind's own name."""


class TooMuchStock(Refused):
    """More than we can count of one product in one warehouse."""

    code = "too_much_stock"


class PickedGoods(Refused):
    """What lies at packing was picked for orders: it gets there by picking alone."""

    code = "picked_goods"


class Arrival(NamedTuple):
    """Units of a product that go into a bin, or one of this code; `n` is the number of the entry in its operation."""

    product: Product
    quantity: int
    bin: str | Bin = DEFAULT_BIN
    n: int = 0


def open_warehouse(code: str) -> Warehouse:
    """Return the warehouse, made if missing, with the bins that the floor needs."""
    warehouse, is_new = Warehouse.objects.get_or_create(code=code)
    if is_new:
        places = [(PUT_BACK, Bin.Kind.PICK), (DEFAULT_BIN, Bin.Kind.PICK), *((str(kind), kind) for kind in STANDING)]
        Bin.objects.bulk_create(
            [Bin(warehouse=warehouse, code=bin_code, kind=kind) for bin_code, kind in places], ignore_conflicts=True
        )
    return warehouse


def standing_bin(warehouse: Warehouse, kind: Bin.Kind) -> Bin:
    """Return the warehouse's own bin for what is there of this kind."""
    place = Bin.objects.get_or_create(warehouse=warehouse, code=str(kind), defaults={"kind": kind})[0]
    place.warehouse = warehouse
    return place


def receive(
    warehouse: Warehouse,
    arrivals: Sequence[Arrival],
    *,
    operation: str,
    by: Actor,
    cause: str,
    is_resumable: bool = False,
) -> int:
    """Book what arrived, or what a resumable operation still lacks of it; bins are made if missing. Return the units.

    Raises AlreadyApplied, TooMuchStock, PickedGoods.
    """
    items = _lock(warehouse, {arrival.product for arrival in arrivals}, "" if is_resumable else operation)
    if is_resumable:
        arrivals = _not_booked(arrivals, operation)
    bins = _bins(warehouse, {arrival.bin for arrival in arrivals})
    _refuse_station(bins.values())
    _refuse_overflow(items.values(), [(each.product.pk, each.quantity) for each in arrivals])
    post(
        [
            StockMovement(
                operation=operation,
                n=arrival.n,
                kind=StockMovement.Kind.RECEIVE,
                by=str(by),
                cause=cause,
                stock_item=items[arrival.product],
                quantity=arrival.quantity,
                on_hand_delta=arrival.quantity,
                to_bin=bins[arrival.bin],
                blocked_delta=_blocked(bins[arrival.bin], arrival.quantity),
            )
            for arrival in arrivals
        ]
    )
    return sum(arrival.quantity for arrival in arrivals)


def adjust(
    warehouse: Warehouse,
    product: Product,
    delta: int,
    *,
    bin_code: str,
    operation: str,
    by: Actor,
    cause: str,
) -> StockItem:
    """Correct the stock of a bin by `delta`, with a cause.

    Raises AlreadyApplied, NotEnoughStock, TooMuchStock, PickedGoods.
    """
    item = _lock(warehouse, {product}, operation)[product]
    place = _bins(warehouse, {bin_code})[bin_code]
    _refuse_station([place])
    _refuse_overflow([item], [(product.pk, delta)])
    entry = StockMovement(
        operation=operation,
        n=0,
        kind=StockMovement.Kind.ADJUST,
        by=str(by),
        cause=cause,
        stock_item=item,
        quantity=abs(delta),
        on_hand_delta=delta,
        blocked_delta=_blocked(place, delta),
        from_bin=place if delta < 0 else None,
        to_bin=place if delta > 0 else None,
    )
    try:
        if delta < 0 and not place.is_blocked:
            _refuse_taken(item, -delta)
        post([entry])
    except NotEnoughStock as lack:
        raise lack.of(item, place) from lack.__cause__
    item.on_hand, item.blocked = item.on_hand + delta, item.blocked + _blocked(place, delta)
    return item


def move(
    source: Bin,
    target: Bin,
    product: Product,
    quantity: int,
    *,
    operation: str,
    by: Actor,
    cause: str,
    check: Callable[[], None] = lambda: None,
) -> StockItem:
    """Move units from bin to bin of a warehouse. Raises AlreadyApplied, NotEnoughStock, and what `check` raises.

    `check` is called behind the stock's lock, before anything moves.
    What comes into a bin of a blocked kind cannot be promised any more; what leaves one can.
    """
    item = _lock(source.warehouse, {product}, operation)[product]
    check()
    blocked = quantity * (target.is_blocked - source.is_blocked)
    if blocked > 0:
        _refuse_taken(item, quantity)
    post(
        [
            StockMovement(
                operation=operation,
                n=0,
                kind=StockMovement.Kind.MOVE,
                by=str(by),
                cause=cause,
                stock_item=item,
                quantity=quantity,
                blocked_delta=blocked,
                from_bin=source,
                to_bin=target,
            )
        ]
    )
    item.blocked += blocked
    return item


def _refuse_station(places: Iterable[Bin]) -> None:
    """Refuse to book units past the orders into a packing station, or out of it: its boxes would not add up."""
    for place in places:
        if place.kind == Bin.Kind.STAGE:
            raise PickedGoods(f"What lies at {place} is picked for orders. Name the bin where people pick it.")


def _refuse_taken(item: StockItem, quantity: int) -> None:
    """Refuse to take units away that are reserved for orders."""
    if item.free < quantity:
        where = f"{item.product.sku} are free in {item.warehouse}"
        raise NotEnoughStock(f"{item.free} of {where}: the rest is reserved for orders or blocked.", free=item.free)


def _refuse_overflow(items: Iterable[StockItem], arriving: Iterable[tuple[int, int]]) -> None:
    """Refuse units, by the primary key of their product, that an item could not count any more."""
    units: Counter[int] = Counter()
    for product, count in arriving:
        units[product] += count
    for item in items:
        if item.on_hand + units[item.product_id] > MAX_ON_HAND:
            raise TooMuchStock(f"There are {item.on_hand} there already: no more can be counted.", on_hand=item.on_hand)


def _not_booked(arrivals: Sequence[Arrival], operation: str) -> list[Arrival]:
    named = StockMovement.objects.filter(operation=operation, n__in=[arrival.n for arrival in arrivals])
    booked = set(named.values_list("n", flat=True))
    return [arrival for arrival in arrivals if arrival.n not in booked]


def _blocked(place: Bin, delta: int) -> int:
    return delta if place.is_blocked else 0


def _lock(warehouse: Warehouse, products: set[Product], operation: str) -> dict[Product, StockItem]:
    """Lock the stock of these products, made if missing; refuse an operation that is in the ledger, if one is named."""
    wanted = StockItem.objects.filter(warehouse=warehouse, product__in=products).select_related("product")
    same = StockMovement.objects.filter(operation=operation)
    wanted = wanted.annotate(is_repeated=Exists(same)).order_by("pk")
    locked = wanted.select_for_update(of=("self",), no_key=True)
    found: dict[Product, StockItem] = {item.product: item for item in locked}
    if missing := sorted(products - set(found), key=lambda each: each.pk):
        fresh = [StockItem(product=product, warehouse=warehouse) for product in missing]
        StockItem.objects.bulk_create(fresh, ignore_conflicts=True)
        found = {item.product: item for item in locked.all()}
    if any(item.is_repeated for item in found.values()):  # type: ignore[attr-defined]  # annotated
        raise already_applied(operation)
    return found


def _bins(warehouse: Warehouse, named: set[str | Bin]) -> dict[str | Bin, Bin]:
    """Return the bins that are meant, made if missing."""
    known: dict[str | Bin, Bin] = {place: place for place in named if isinstance(place, Bin)}
    codes = {code for code in named if isinstance(code, str)}
    return known | _coded(warehouse, codes) if codes else known


def _coded(warehouse: Warehouse, codes: set[str]) -> dict[str | Bin, Bin]:
    places = Bin.objects.filter(warehouse=warehouse, code__in=codes)
    found: dict[str | Bin, Bin] = {place.code: place for place in places}
    if missing := sorted(codes - {place.code for place in found.values()}):
        Bin.objects.bulk_create([Bin.named(warehouse, code) for code in missing], ignore_conflicts=True)
        found = {place.code: place for place in places.all()}
    return found
