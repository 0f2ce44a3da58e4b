"""What lies in the returns bin and waits there for a decision: nobody takes it from its return."""

from django.db.models import F, QuerySet

from fulfillment.models import Bin, Return, ReturnLine
from orders.models import Product

NAMED = 3


def waiting_in(place: Bin, product: int) -> QuerySet[ReturnLine]:
    """Return the lines of which units lie in the bin and are not decided, what came last first."""
    if place.code != Bin.Kind.RETURNS:
        return ReturnLine.objects.none()
    of_it = ReturnLine.objects.filter(
        return_of__status=Return.Status.RECEIVED, return_of__warehouse=place.warehouse_id, order_line__product=product
    )
    open_ = of_it.filter(received__gt=F("restocked") + F("quarantined") + F("scrapped"))
    return open_.select_related("return_of__order").order_by("-return_of__received_at", "-pk")


def why_not_spare(place: Bin, product: Product, left: int) -> str:
    """Say why more than `left` units have to stay in a bin; nothing where so many do."""
    lines = list(waiting_in(place, product.pk))
    waiting = sum(line.undecided for line in lines)
    if waiting <= left:
        return ""
    numbers = [line.return_of.number for line in lines]
    names = ", ".join(numbers[:NAMED]) + " and others" * (len(numbers) > NAMED)
    said = f"{waiting} × {product.name or product.sku} in {place} came back with {names}."
    return f"{said} Say at the returns desk what becomes of them."
