"""Stock that arrives or is corrected. What it frees is given to the waiting orders after the commit."""

from collections.abc import Sequence
from uuid import uuid4

from django.db import transaction

from fulfillment import ledger
from fulfillment.ledger.stock import DEFAULT_BIN, Arrival
from fulfillment.models import StockItem, Warehouse
from orders import outbox
from orders.models import Actor, Product


def receive_stock(
    warehouse: Warehouse,
    arrivals: Sequence[Arrival],
    *,
    by: Actor,
    reference: str,
    operation: str | None = None,
) -> int:
    """Book a receipt; return its units. Raises AlreadyApplied where the operation was booked before."""
    with transaction.atomic():
        units = ledger.receive(warehouse, arrivals, operation=operation or str(uuid4()), by=by, cause=reference)
        outbox.ring("allocate")
    return units


def adjust_stock(
    warehouse: Warehouse,
    product: Product,
    delta: int,
    *,
    by: Actor,
    reason: str,
    bin_code: str = DEFAULT_BIN,
    operation: str | None = None,
) -> StockItem:
    """Correct the stock of a bin by `delta` units. Raises AlreadyApplied, NotEnoughStock."""
    with transaction.atomic():
        item = ledger.adjust(
            warehouse,
            product,
            delta,
            bin_code=bin_code,
            operation=operation or str(uuid4()),
            by=by,
            cause=reason,
        )
        outbox.ring("allocate")
    return item
