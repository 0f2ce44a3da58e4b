"""A million delivered parcels: ways given to several parcels each, with an order and a shipment of its own."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import count, islice
from typing import Any

from django.db import connection, models, transaction

from fulfillment.models import Parcel, Shipment
from orders.models import Order
from tests.factories import Shop
from tracking.lanes import Lane
from tracking.models import Tracker

BATCH = 20_000
FIRST = 10_000_000


def fill(ways: Sequence[tuple[Lane, datetime, list[datetime], datetime]], wanted: int) -> None:
    """Write `wanted` parcels that took these ways, one after the other and over again."""
    shop = Shop()
    shop.receive(shop.mug, 1)
    order = shop.order((shop.mug, 1))
    shipment = order.shipments.get()
    Order.objects.filter(pk=order.pk).update(status="DELIVERED")
    Shipment.objects.filter(pk=shipment.pk).update(status="DELIVERED")
    rows = islice(_rows(ways, Order.objects.get(), Shipment.objects.get()), wanted)
    while batch := list(islice(rows, BATCH)):
        with transaction.atomic():
            for model, place in ((Order, 0), (Shipment, 1), (Parcel, 2), (Tracker, 3)):
                _insert(model, [row[place] for row in batch])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def _rows(ways: Sequence[Any], order: Order, shipment: Shipment) -> Iterator[tuple[models.Model, ...]]:
    lines = [_timeline(scans) for _, _, scans, _ in ways]
    for n in count(FIRST):
        lane, shipped_at, _, delivered_at = ways[n % len(ways)]
        address = {"ship_country": lane.country, "ship_postal_code": f"{lane.region}001"}
        yield (
            _like(order, pk=n, number=f"N{n}", external_id=str(n), **address),
            _like(shipment, pk=n, number=f"N{n}-1", order_id=n, shipped_at=shipped_at),
            Parcel(pk=n, number=f"N{n}-1-1", shipment_id=n, carrier=lane.carrier, shipped_at=shipped_at),
            Tracker(pk=n, parcel_id=n, status="DELIVERED", delivered_at=delivered_at, timeline=lines[n % len(ways)]),
        )


def _like(row: models.Model, **more: Any) -> models.Model:
    known = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row)(**{row._meta.pk.attname: more.pop("pk")}, **{k: v for k, v in (known | more).items() if k != "id"})


def _timeline(scans: Iterable[datetime]) -> list[dict[str, str]]:
    said = {"status": "IN_TRANSIT", "reason": "", "message": "Left the depot", "place": "Zaragoza, ES"}
    return [{"at": at.isoformat(), "wall": f"{at:%Y-%m-%dT%H:%M:%S}", **said} for at in scans]


def _insert(model: type[models.Model], rows: Sequence[Any]) -> None:
    fields = model._meta.concrete_fields
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    sql = f"INSERT INTO {model._meta.db_table} ({columns}) VALUES ({', '.join(['%s'] * len(fields))})"
    values = [[field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields] for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)
