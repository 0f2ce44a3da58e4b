"""Fills a database with history: orders that went all the way through the services, and copies of them by SQL.

A copy has all rows that services, relay and carriers left behind but for the text of mails, which no page reads; one
order in fifty is still to be picked. What stock the copies took is booked, so that the books agree with the ledger.
"""

import random
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django.db import connection, models

from fulfillment import ledger
from fulfillment.models import (
    BinStock,
    Parcel,
    ParcelLine,
    Reservation,
    Shipment,
    ShipmentLine,
    StockItem,
    StockMovement,
)
from fulfillment.services import ParcelDraft, pack_shipment, pick_shipment, ship_shipment
from notifications.models import Message
from notifications.relay import relay_batch
from orders.models import Customer, Event, Order, OrderLine, Product
from orders.models.append_only import lifted
from tests.factories import ALICE, Shop
from tests.hooks import event
from tracking.models import CarrierEvent, Snapshot, Tracker, TrackingLink
from tracking.services import link_for, take_carrier_events

FIRST = 10_000_000  # copies live above, so that they never meet what services write
STEP = 100  # a copy's rows of one table have ids from n × STEP
PATTERNS = 50
FOUND_BY = {  # what hangs on an order
    Customer: "orders",
    Order: "pk",
    OrderLine: "order",
    Event: "order",
    Shipment: "order",
    ShipmentLine: "shipment__order",
    Parcel: "shipment__order",
    ParcelLine: "parcel__shipment__order",
    Reservation: "shipment_line__shipment__order",
    StockMovement: "order_line__order",
    TrackingLink: "order",
    Tracker: "parcel__shipment__order",
    Snapshot: "tracker__parcel__shipment__order",
    CarrierEvent: "snapshot__tracker__parcel__shipment__order",
    Message: "order",
}
CUSTOMER = {"name": "Ana Ruiz", "phone": "+34600000000", "locale": "es"}
UNIQUE = {"number", "external_id", "email", "operation", "tracking_number", "tracking_key"}


def patterns(shop: Shop, products: list[Product], count: int = PATTERNS) -> list[Order]:
    """Bring orders to the door, and leave one to be picked."""
    orders = [_order(shop, random.sample(products, 3)) for _ in range(count)]
    for order in orders[1:]:
        _deliver(order)
    while relay_batch():
        pass
    for order in orders:
        link_for(order)
    Message.objects.update(status=Message.Status.SENT)  # as the worker leaves them
    return list(Order.objects.filter(pk__in=[order.pk for order in orders]).order_by("pk"))


def _order(shop: Shop, products: list[Product]) -> Order:
    customer = CUSTOMER | {"email": f"{uuid4()}@example.com"}
    return shop.order(*[(product, 2) for product in products], customer=customer)


def ship(order: Order) -> str:
    """Let an order go in a parcel; return its tracking number."""
    number = str(uuid4())
    ship_shipment(order.shipments.get(), by=ALICE, parcels=[ParcelDraft(carrier="dhl", tracking_number=number)])
    return number


def _deliver(order: Order) -> None:
    pick_shipment(order.shipments.get(), by=ALICE)
    pack_shipment(order.shipments.get(), by=ALICE)
    number = ship(order)
    for code in ("IN_TRANSIT", "OUT_FOR_DELIVERY", "DELIVERED"):
        taken = take_carrier_events([event(number, code)], by=ALICE)
        assert [each.result for each in taken] == ["accepted"], taken


def fill(orders: list[Order], count: int) -> None:
    """Bring the database to `count` copies of these orders, as many of each, and the books in line with them."""
    share = count // len(orders)
    with lifted(connection):  # what follows from the copies is booked at once
        for place, order in enumerate(orders):
            first = FIRST + place * share
            for sql, values in _Copies(order).statements():
                with connection.cursor() as cursor:
                    cursor.execute(sql, [*values, first, first + share - 1])
        _book()
    _settle()
    differences = list(ledger.verify())
    assert not differences, differences[:3]


class _Copies:
    """The rows of an order, and how each reads in its n-th copy."""

    def __init__(self, order: Order) -> None:
        self.rows: dict[type[models.Model], dict[Any, dict[str, Any]]] = {
            model: {row[model._meta.pk.attname]: row for row in model._base_manager.filter(**{path: order.pk}).values()}
            for model, path in FOUND_BY.items()
        }

    def statements(self) -> Iterator[tuple[str, list[Any]]]:
        for model, rows in self.rows.items():
            for place, row in enumerate(rows.values()):
                cells = [self._cell(model, field, row, place) for field in model._meta.concrete_fields]
                columns = ", ".join(connection.ops.quote_name(field.column) for field in model._meta.concrete_fields)
                made = ", ".join(sql for sql, _ in cells)
                values = [value for _, given in cells for value in given]
                yield f"INSERT INTO {model._meta.db_table} ({columns}) SELECT {made} FROM {_series()}", values

    def _cell(self, model: Any, field: Any, row: dict[str, Any], place: int) -> tuple[str, list[Any]]:
        old = row[field.attname]
        if field.primary_key:
            return _key(field, place), []
        if field.related_model in self.rows and old is not None:
            return _key(field.target_field, list(self.rows[field.related_model]).index(old)), []
        if field.attname in UNIQUE and old and isinstance(old, str):
            return f"'C' || {_text('n.i')} || '-{place}'", []
        if field.attname == "digest" and model is not Event:
            return f"'C' || {_text('n.i')} || '-{model._meta.model_name}-{place}'", []
        value = field.get_db_prep_save(old, connection)
        return _moved(field), [value]


def _key(field: Any, place: int) -> str:
    number = f"n.i * {STEP} + {place}" if field.model not in {Order, Customer} else "n.i"
    if not isinstance(field, models.UUIDField):
        return number
    return f"printf('%%032x', {number})" if _is_sqlite() else f"lpad(to_hex({number}), 32, '0')::uuid"


def _moved(field: Any) -> str:
    """Return the value, or if it is a moment one so many minutes earlier: an order comes every minute."""
    minutes = f"(n.i - {FIRST})"
    is_moment, is_date = isinstance(field, models.DateTimeField), isinstance(field, models.DateField)
    if _is_sqlite():
        earlier = f"'-' || {minutes} || ' minutes'"
        if is_moment:
            return f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', %s, {earlier})"
        return f"date(%s, {earlier})" if is_date else "%s"
    typed = f"%s::{field.db_type(connection)}"
    if is_moment:
        return f"{typed} - make_interval(mins => {minutes}::int)"
    return f"{typed} - ({minutes} / 1440)::int" if is_date else typed


def _series() -> str:
    if _is_sqlite():
        return "(WITH RECURSIVE s(i) AS (SELECT %s UNION ALL SELECT i + 1 FROM s WHERE i < %s) SELECT i FROM s) AS n"
    return "generate_series(%s::bigint, %s::bigint) AS n(i)"


def _text(number: str) -> str:
    return f"CAST({number} AS TEXT)"


def _is_sqlite() -> bool:
    return connection.vendor == "sqlite"


def _book() -> None:
    """Take off the books what the movements of the copies took."""
    moves, items, bins = (model._meta.db_table for model in (StockMovement, StockItem, BinStock))
    sums = f"(SELECT SUM({{0}}) FROM {moves} AS m WHERE m.stock_item_id = {items}.id)"
    into, out = (
        f"COALESCE((SELECT SUM(m.quantity) FROM {moves} AS m JOIN {items} AS i ON i.id = m.stock_item_id"
        f" WHERE m.{end} = {bins}.bin_id AND i.product_id = {bins}.product_id), 0)"
        for end in ("to_bin_id", "from_bin_id")
    )
    balances = ", ".join(f"{name} = {sums.format(name + '_delta')}" for name in ("on_hand", "reserved"))
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {items} SET {balances}")
        cursor.execute(f"UPDATE {bins} SET quantity = {into} - {out}")


def _settle() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if _is_sqlite() else "VACUUM ANALYZE")
        if _is_sqlite():
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
