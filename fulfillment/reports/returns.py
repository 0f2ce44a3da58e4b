"""What stands at the returns desk, and what is on its way there."""

from django.db.models import F, Q, QuerySet, Sum

from fulfillment.models import Return, Warehouse

RETURNS_LISTED = 50


def returns_at_hand(warehouse: Warehouse) -> QuerySet[Return]:
    """Return what has arrived and is not decided, then what is on its way, the oldest first."""
    here = Q(status=Return.Status.RECEIVED, warehouse=warehouse)
    found = Return.objects.filter(here | Q(status__in=[Return.Status.APPROVED, Return.Status.IN_TRANSIT]))
    units = Sum(F("lines__received"), default=0)
    found = found.annotate(units=units, announced=Sum("lines__quantity", default=0))
    return found.select_related("order").order_by(F("received_at").asc(nulls_last=True), "pk")[:RETURNS_LISTED]
