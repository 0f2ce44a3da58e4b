"""Finding orders by what people have in hand: each way looks where an index leads, and takes the newest few hundred."""

from collections.abc import Iterator

from django.db.models import QuerySet

from orders.models import Channel, Customer, Order, OrderLine
from orders.numbers import read_number

ENOUGH = 500


def find_orders(term: str, *, by_person: bool) -> list[int]:
    """Return the ids of orders of that number, external id, SKU or (where the reader may know) customer."""
    exact = list(Order.objects.filter(number=read_number(term) or "").values_list("pk", flat=True))
    return exact or [pk for found in _ways(term, by_person=by_person) for pk in found]


def _ways(term: str, *, by_person: bool) -> Iterator[QuerySet[Order, int] | QuerySet[OrderLine, int]]:
    channels = list(Channel.objects.values_list("pk", flat=True))
    beginning = term.upper()
    yield _newest(Order.objects.filter(number__range=(beginning, beginning + "Z" * 16)))
    yield _newest(Order.objects.filter(channel__in=channels, external_id=term))
    lines = OrderLine.objects.filter(product__sku__in={term, term.upper()}).order_by("-pk")
    yield lines.values_list("order", flat=True)[:ENOUGH]
    if by_person:
        yield _newest(Order.objects.filter(customer__in=_customers(term, channels)))


def _customers(term: str, channels: list[int]) -> list[int]:
    people = Customer.objects.order_by("-pk")
    if "@" in term:
        found = people.filter(channel__in=channels, email__in={term, term.lower()})
    else:
        found = people.filter(name__icontains=term)
    return list(found.values_list("pk", flat=True)[:ENOUGH])


def _newest(orders: QuerySet[Order]) -> QuerySet[Order, int]:
    return orders.order_by("-placed_at", "-pk").values_list("pk", flat=True)[:ENOUGH]
