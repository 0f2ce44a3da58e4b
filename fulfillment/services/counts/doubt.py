"""Where a person and the books disagree: what is refused for want of stock is to be counted."""

from collections.abc import Iterator
from contextlib import contextmanager

from fulfillment.ledger import NotEnoughStock
from fulfillment.models import Bin, Count, Warehouse
from fulfillment.services.counts.ask import NOT_COUNTED, ask_count
from orders.models import Actor, Product


@contextmanager
def counted_if_short(by: Actor) -> Iterator[None]:
    """Ask for a count where what is done in here is refused for want of stock; the refusal goes on.

    Open it outside the transaction, with which all else is undone.
    """
    try:
        yield
    except NotEnoughStock as lack:
        if lack.item:
            doubt(lack.item.warehouse, lack.item.product, lack.place, by=by)
        raise


def doubt(warehouse: Warehouse, product: Product, place: Bin | None, *, by: Actor) -> Count:
    """Have an article counted in a bin; where that is not known any more, or nobody counts there, wherever it lies."""
    standing = Bin.objects.filter(pk=place.pk).exclude(kind__in=NOT_COUNTED).first() if place else None
    return ask_count(warehouse, bin=standing, product=product, cause=Count.Cause.SURPRISE, by=by)
