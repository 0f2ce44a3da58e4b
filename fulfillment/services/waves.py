"""Waves: what is due first goes to the floor together, on carts whose walks are short. Few queries for any number.

Orders with one unit share a tote, forty of them at most; every other one has a slot on a cart of its own neighbours.
A shipment stays READY until the first unit of it is picked.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import F, Max, QuerySet

from fulfillment import ledger, route
from fulfillment.ledger import Place
from fulfillment.models import Bin, Cart, CartSlot, PickTask, Shipment, ShipmentLine, Warehouse, Wave
from orders.lifecycle import Refused, writing
from orders.models import Actor

SLOTS = 8
MOST_SLOTS = 12
MOST_STOPS = 40
LIMIT = 500


class NothingToRelease(Refused):
    """No shipment waits that could be walked for."""

    code = "nothing_to_release"


class Load(NamedTuple):
    """A shipment that goes onto a cart, and where its units are taken from."""

    shipment: Shipment
    places: list[Place]

    @property
    def is_single(self) -> bool:
        return sum(place.quantity for place in self.places) == 1

    @property
    def stops(self) -> set[int]:
        return {place.bin.pk for place in self.places if place.bin}

    @property
    def turn(self) -> tuple[object, ...]:
        """Due first; of the same day, neighbours in the warehouse together."""
        nearest = min(place.bin.on_the_way for place in self.places if place.bin)
        return (self.shipment.order.ship_by, *nearest, self.shipment.pk)


def release_wave(
    warehouse: Warehouse, *, by: Actor, limit: int = LIMIT, slots: int = SLOTS, operation: UUID | None = None
) -> Wave:
    """Release up to `limit` shipments, what is due first, on carts of `slots` slots. Repeated, it answers as before.

    What is on hold, on a cart, or lies in no bin that is known stays behind. Raises NothingToRelease.
    """
    with writing():
        Warehouse.objects.select_for_update(no_key=True).get(pk=warehouse.pk)  # one release at a time
        if operation and (before := Wave.objects.filter(operation=operation).first()):
            return before
        loads = _loads(warehouse, limit)
        if not loads:
            raise NothingToRelease("Nothing waits here that could be released: all is on a cart, blocked or not found.")
        wave = Wave.objects.create(warehouse=warehouse, by=str(by), operation=operation)
        ledger.make_room(warehouse.pk, {each.line.order_line.product_id for load in loads for each in load.places})
        _fill(wave, _share_out(loads, slots))
    return wave


def _loads(warehouse: Warehouse, limit: int) -> list[Load]:
    """Return what can go, what is due first, with places that nobody else is sent to."""
    shipments = {shipment.pk: shipment for shipment in _waiting(warehouse)[:limit]}
    lines = ShipmentLine.objects.filter(shipment__in=list(shipments), reserved__gt=F("picked"))
    by_shipment: dict[int, list[ShipmentLine]] = defaultdict(list)
    for line in lines.select_related("order_line__product"):
        by_shipment[line.shipment_id].append(line)
    units = {line: line.reserved - line.picked for pk in shipments for line in by_shipment[pk]}
    places: dict[int, list[Place]] = defaultdict(list)
    for place in ledger.places_in(warehouse.pk, units):
        places[place.line.shipment_id].append(place)
    return [Load(shipments[pk], found) for pk, found in places.items() if all(place.bin for place in found)]


def _waiting(warehouse: Warehouse) -> QuerySet[Shipment]:
    """Lock what waits and is on no cart; what somebody is busy with right now is left for the next wave."""
    ready = Shipment.objects.filter(warehouse=warehouse, status=Shipment.Status.READY, slot=None)
    is_skipping = connection.features.has_select_for_update_skip_locked
    locked = ready.unblocked().due_first().select_related("order")
    return locked.select_for_update(of=("self",), no_key=True, skip_locked=is_skipping)


def _share_out(loads: Iterable[Load], slots: int) -> Iterator[tuple[Cart.Kind, list[Load]]]:
    """Say what goes onto which cart."""
    singles: list[Load] = []
    others: list[Load] = []
    for load in sorted(loads, key=lambda each: each.turn):
        (singles if load.is_single else others).append(load)
    for kind, found, most in ((Cart.Kind.SINGLE, singles, MOST_STOPS), (Cart.Kind.MULTI, others, slots)):
        for group in _groups(found, most):
            yield kind, group


def _groups(loads: Iterable[Load], most: int) -> Iterator[list[Load]]:
    """Cut the loads into carts of `most` shipments, and of no more stops than a walk should have."""
    group: list[Load] = []
    stops: set[int] = set()
    for load in loads:
        if group and (len(group) == most or len(stops | load.stops) > MOST_STOPS):
            yield group
            group, stops = [], set()
        group.append(load)
        stops |= load.stops
    if group:
        yield group


def _fill(wave: Wave, groups: Iterable[tuple[Cart.Kind, list[Load]]]) -> None:
    filled = list(groups)
    carts = Cart.objects.bulk_create(
        Cart(wave=wave, number=number, kind=kind) for number, (kind, _) in enumerate(filled, start=1)
    )
    CartSlot.objects.bulk_create(
        CartSlot(cart=cart, place=place, shipment=load.shipment)
        for cart, (_, loads) in zip(carts, filled, strict=True)
        for place, load in enumerate(loads, start=1)
    )
    depth = depth_of(wave.warehouse_id)
    PickTask.objects.bulk_create(
        task for cart, (_, loads) in zip(carts, filled, strict=True) for task in _tasks(cart, loads, depth)
    )


def _tasks(cart: Cart, loads: Sequence[Load], depth: int) -> list[PickTask]:
    places = [place for load in loads for place in load.places]
    stop_of = number_stops({place.bin for place in places if place.bin}, depth)
    tasks = [
        PickTask(
            cart=cart,
            shipment_line=place.line,
            bin=place.bin,
            quantity=place.quantity,
            place=stop_of[place.bin.pk],
        )
        for place in places
        if place.bin
    ]
    return sorted(tasks, key=lambda task: task.place)


def number_stops(bins: Iterable[Bin], depth: int, *, first: int = 1) -> Mapping[int, int]:
    """Return the numbers of the stops, by bin, of a short walk; what stands nowhere comes last."""
    known = sorted(bins, key=lambda bin_: bin_.on_the_way)
    placed = [bin_ for bin_ in known if bin_.aisle]
    spots = [route.Spot(bin_.aisle, bin_.bay, bin_.level) for bin_ in placed]
    walk = [placed[n] for n in route.shortest(spots, depth)] + [bin_ for bin_ in known if not bin_.aisle]
    return {bin_.pk: number for number, bin_ in enumerate(walk, start=first)}


def depth_of(warehouse_id: int) -> int:
    """Return how many bays the longest aisle has."""
    return Bin.objects.filter(warehouse=warehouse_id).aggregate(deepest=Max("bay"))["deepest"] or 0
