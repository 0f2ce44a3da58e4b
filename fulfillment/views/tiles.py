"""The menu of the floor: THE table of its screens. Whoever builds a screen adds a row."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from fulfillment.models import Bin, BinStock, Cart, Count, Parcel, Receipt, Return, Warehouse
from fulfillment.views.access import PERMISSIONS, may

MANY = 99
Waiting = Callable[[QuerySet[Warehouse]], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Tile:
    """A screen: for whoever may do one of the steps. `waiting` says what is to be done there in some warehouses."""

    label: str
    icon: str
    name: str
    steps: tuple[str, ...]
    waiting: Waiting | None = None


def _deliveries(mine: QuerySet[Warehouse]) -> QuerySet[Receipt]:
    return Receipt.objects.open().filter(warehouse__in=mine)


def _at_dock(mine: QuerySet[Warehouse]) -> QuerySet[BinStock]:
    return BinStock.objects.filter(bin__kind=Bin.Kind.DOCK, bin__warehouse__in=mine, quantity__gt=0)


def _to_count(mine: QuerySet[Warehouse]) -> QuerySet[Count]:
    return Count.objects.filter(status__in=Count.TO_COUNT, warehouse__in=mine)


def _free_carts(mine: QuerySet[Warehouse]) -> QuerySet[Cart]:
    return Cart.objects.free().filter(wave__warehouse__in=mine)


def _returns(mine: QuerySet[Warehouse]) -> QuerySet[Return]:
    return Return.objects.filter(status=Return.Status.RECEIVED, warehouse__in=mine)


def _to_load(mine: QuerySet[Warehouse]) -> QuerySet[Parcel]:
    return Parcel.objects.to_load().filter(shipment__warehouse__in=mine)


TILES = (
    Tile("Receive", "inbound", "floor:receive", ("receive",), _deliveries),
    Tile("Put away", "shelf", "floor:put_away", ("put_away",), _at_dock),
    Tile("Move", "swap", "floor:move", ("move",)),
    Tile("Look up", "search", "floor:look_up", ("pick", "pack", "ship", "receive")),
    Tile("Waves", "cart", "floor:waves", ("pick", "release"), _free_carts),
    Tile("Pack", "box", "floor:station", ("pack",)),
    Tile("Load the van", "truck", "floor:manifests", ("load",), _to_load),
    Tile("Count", "clipboard", "floor:counts", ("count",), _to_count),
    Tile("Returns", "back", "floor:returns", ("returns",), _returns),
    Tile("Switch person", "badge", "floor:switch", tuple(PERMISSIONS)),
)


@dataclass(frozen=True, slots=True)
class Shown:
    tile: Tile
    url: str
    count: str


def tiles_for(request: HttpRequest) -> Iterator[Shown]:
    """Yield the screens that there are and that this person may use, with what waits there."""
    mine = Warehouse.objects.of(request.user)
    for tile in TILES:
        if any(may(request, step) for step in tile.steps):
            yield Shown(tile, reverse(tile.name), _counted(tile, mine))


def _counted(tile: Tile, mine: QuerySet[Warehouse]) -> str:
    count = tile.waiting(mine).order_by()[: MANY + 1].count() if tile.waiting else 0
    return f"{MANY}+" if count > MANY else str(count or "")
