"""Asking for counts: of a bin, of a product wherever it lies, of a product in a bin. One standing count of each."""

from django.db.models import Exists, OuterRef, Q

from fulfillment.models import Bin, Count, CountLine, Warehouse
from orders.lifecycle import Refused
from orders.models import Actor, Product

NOT_COUNTED = {
    Bin.Kind.STAGE: "What lies at {} is picked for orders: it is packed, not counted.",
    Bin.Kind.MISSING: "What is missing lies nowhere: count the article, or the bin where it belongs.",
}


class NotCountable(Refused):
    """That is nothing to count."""

    code = "not_countable"


def ask_count(
    warehouse: Warehouse,
    *,
    bin: Bin | None = None,  # noqa: A002 - the field's name
    product: Product | None = None,
    cause: Count.Cause = Count.Cause.ASKED,
    by: Actor,
) -> Count:
    """Ask for a count; return the one that stands already, if any. Raises NotCountable."""
    _refuse_uncountable(warehouse, bin, product)
    if standing := _standing(warehouse, bin, product):
        return standing
    fresh = Count(warehouse=warehouse, bin=bin, product=product, cause=cause, created_by=str(by))
    Count.objects.bulk_create([fresh], ignore_conflicts=True)  # of two who ask at once, one finds the other's
    return Count.objects.standing().get(warehouse=warehouse, bin=bin, product=product)


def _refuse_uncountable(warehouse: Warehouse, place: Bin | None, product: Product | None) -> None:
    if place is None and product is None:
        raise NotCountable("Say which bin or which article is to be counted.")
    if place is not None and place.warehouse_id != warehouse.pk:
        raise NotCountable(f"{place} is not in {warehouse}.")
    if place is not None and place.kind in NOT_COUNTED:
        raise NotCountable(NOT_COUNTED[Bin.Kind(place.kind)].format(place))


def _standing(warehouse: Warehouse, place: Bin | None, product: Product | None) -> Count | None:
    """Find a standing count of just this, or one of the whole bin that has not come to this product yet."""
    wanted = Q(bin=place, product=product)
    if place is not None and product is not None:
        done = CountLine.objects.filter(count_of=OuterRef("pk"), product=product)
        whole = Q(bin=place, product=None, status=Count.Status.OPEN)
        wanted = wanted | Q(whole, ~Exists(done))
    return Count.objects.standing().filter(wanted, warehouse=warehouse).first()
