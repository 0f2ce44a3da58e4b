"""What the books say lies in a bin, and whether anything moved there since somebody looked. Reads and locks only."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet, Sum

from fulfillment.models import Bin, BinStock, StockItem, StockMovement

SCRAPPED = "scrapped"
"""How the cause of an entry ends by which the returns desk throws units away that lay there."""


class Shelf(NamedTuple):
    """Units of a product in a bin, and how many movements touched them."""

    quantity: int = 0
    version: int = 0


def lock_shelf(place: Bin, products: Iterable[int] | QuerySet[Any], *, is_whole: bool = False) -> dict[int, Shelf]:
    """Lock the stock of these products, and return product → what lies in the bin; of the whole bin, if asked for."""
    items = StockItem.objects.filter(warehouse=place.warehouse_id, product__in=products).order_by("pk")
    locked = [item.product_id for item in items.select_for_update(no_key=True)]
    found = shelf_of(place, None if is_whole else locked)
    named = locked if isinstance(products, QuerySet) else products
    return {product: Shelf() for product in named} | found


def shelf_of(place: Bin, products: Iterable[int] | None = None) -> dict[int, Shelf]:
    """Return product → what lies, or ever lay, in the bin."""
    rows = BinStock.objects.filter(bin=place).order_by()
    if products is not None:
        rows = rows.filter(product__in=products)
    sums = rows.values_list("product").annotate(units=Sum("quantity"), changes=Sum("version"))
    return {product: Shelf(units, changes) for product, units, changes in sums}


def moves_since(place: Bin, product_id: int, version: int, *, corrections: bool = False) -> int:
    """Return how many units came into the bin since that version; went, if negative. All, or corrections alone.

    A correction moves nothing on the floor: an adjustment, or what is booked as missing or as found again. What the
    returns desk scraps is none: it was there. What a count scraps is one.
    """
    now = shelf_of(place, [product_id]).get(product_id, Shelf()).version
    item = StockItem.objects.filter(product=product_id, warehouse=place.warehouse_id)
    here = Q(from_bin=place) | Q(to_bin=place)
    moves = StockMovement.objects.filter(here, stock_item__in=item).select_related("from_bin", "to_bin").order_by("-pk")
    latest = moves[: now - version] if now > version else ()
    return sum(_sign(move, place) * move.quantity for move in latest if not corrections or _corrects(move))


def _sign(move: StockMovement, place: Bin) -> int:
    return (move.to_bin_id == place.pk) - (move.from_bin_id == place.pk)


def _corrects(move: StockMovement) -> bool:
    if move.kind == StockMovement.Kind.ADJUST:
        return not move.cause.endswith(f" {SCRAPPED}")
    return Bin.Kind.MISSING in {place.kind for place in (move.from_bin, move.to_bin) if place}
