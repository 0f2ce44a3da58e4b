"""Messages that fit no parcel, or more than one: how they are looked for, and what a person can do."""

from copy import copy
from typing import Any

import pytest
from django.db import connection

from fulfillment.models import Parcel
from orders.models import Order
from tests.factories import Shop
from tests.hooks import event
from tests.plans import plans_of, reads_whole
from tests.tracking.test_understand import ago, shipped, take
from tracking.services import adopt_unmatched

pytestmark = pytest.mark.django_db


# --- looking for its parcel -----------------------------------------------------------------------------------------


def many(order: Order, count: int) -> None:
    """Add copies of an order that left in one parcel."""
    orders = copies([order] * count, number="number", external_id="external_id")
    shipments = copies([order.shipments.get()] * count, order=orders, number="number")
    parcel = Parcel.objects.get(shipment__order=order)
    copies([parcel] * count, shipment=shipments, number="number", tracking_key="tracking_key")


def copies(things: list[Any], **others: Any) -> list[Any]:
    """Copy rows; each of `others` is what the copies hold instead, or the name of a column to be made unique."""
    rows = []
    for place, thing in enumerate(things):
        row = copy(thing)
        row.pk = None
        for name, given in others.items():
            setattr(row, name, f"{getattr(thing, name)}-{place}" if isinstance(given, str) else given[place])
        rows.append(row)
    return list(type(things[0])._base_manager.bulk_create(rows, batch_size=500))


@pytest.mark.django_db(transaction=True)
def test_no_parcel_but_those_of_its_number_is_looked_at_for_a_message(shop: Shop, is_postgres: bool) -> None:
    many(shipped(shop, "JD1"), 3_000 if is_postgres else 3)
    assert take(event("JD2", at=ago(2)), event("JD3", at=ago(1))) == ["unmatched", "unmatched"]
    if is_postgres:  # it plans by the rows there are; SQLite, where nobody says ANALYZE, by the indexes
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    plans = plans_of(adopt_unmatched, is_small=False)
    parcels = {"fulfillment_parcel", "U0"}  # as SQLite calls it in the subqueries
    assert (len(plans), [plan for plan in plans if reads_whole(plan, parcels)]) == (1, [])
