"""Where things lie, and where a thing that arrives should go."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Case, Exists, OuterRef, When

from fulfillment.ledger.stock import DEFAULT_BIN, PUT_BACK
from fulfillment.models import Bin, BinStock, Warehouse
from orders.models import Product

LISTED = 50


@dataclass(frozen=True, slots=True)
class Proposal:
    """A bin for what is put away, and why that one."""

    bin: Bin
    reason: str


def propose_bin(warehouse: Warehouse, product: Product) -> Proposal | None:
    """Say where to put a product away: where it lies already, else the nearest empty bin; None where all are full.

    Where no shelf has a code yet, that is where all goods lie.
    """
    shelves = Bin.objects.filter(warehouse=warehouse, kind=Bin.Kind.PICK)
    lying = shelves.filter(stock__product=product, stock__quantity__gt=0).exclude(code=PUT_BACK)
    if at := min(lying, key=lambda place: place.on_the_way, default=None):
        return Proposal(at, "It lies there already.")
    full = BinStock.objects.filter(bin=OuterRef("pk"), quantity__gt=0)
    coded = shelves.exclude(code__in=[PUT_BACK, DEFAULT_BIN])
    in_turn = coded.order_by(Case(When(aisle=0, then=1), default=0), "aisle", "bay", "level", "code")
    if nearest := in_turn.exclude(Exists(full)).first():
        return Proposal(nearest, "It is the nearest one that is empty.")
    only = None if coded.exists() else shelves.filter(code=DEFAULT_BIN).first()
    return Proposal(only, "No shelf has a code here yet.") if only else None


def lies_in(place: Bin) -> list[BinStock]:
    """List what lies in a bin."""
    rows = BinStock.objects.filter(bin=place, quantity__gt=0).select_related("product")
    return list(rows.order_by("product__sku")[:LISTED])


def lies_where(product: Product, warehouses: Sequence[Warehouse]) -> list[BinStock]:
    """List the bins of these warehouses in which a product lies, in the order in which people pass them."""
    rows = BinStock.objects.filter(product=product, bin__warehouse__in=list(warehouses), quantity__gt=0)
    found = rows.select_related("bin__warehouse")
    return sorted(found, key=lambda row: (row.bin.warehouse.priority, row.bin.warehouse.code, row.bin.on_the_way))
