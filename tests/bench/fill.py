"""Fills a database with copies of one real order, by SQL: everything that hangs on it, thousands of times."""

from django.db import connection, models

from fulfillment.models import Parcel, ParcelLine, Reservation, Shipment, ShipmentLine, StockMovement
from orders.models import Event, Order, OrderLine
from tracking.models import TrackingLink

FIRST = 1_000_000  # copies live above, so that they never meet what services write
RAW = 10**12  # what a bench writes raw lives above this
STEP = 100  # a copy's rows of one table have ids from n × STEP


class Fill:
    """Copies of the order with primary key `template`, whose rows are read once."""

    def __init__(self, template: Order) -> None:
        self.template = template
        self.made = 0

    def up_to(self, count: int) -> None:
        """Bring the database to `count` copies."""
        if count > self.made:
            first = max(FIRST, *Order.objects.filter(pk__lt=RAW).order_by("-pk").values_list("pk", flat=True)[:1]) + 1
            self._copy(first, first + count - self.made - 1)
            self.made = count
            self._settle()

    def _copy(self, first: int, last: int) -> None:
        order, n = self.template, "n.i"
        cut = "CAST(n.i AS TEXT)" if connection.vendor == "sqlite" else "n.i::text"
        hashed = f"('x' || {cut})"
        self._clone(Order, {"id": n, "number": f"('B' || {cut})", "external_id": hashed}, {"id": order.pk}, first, last)
        own = {"order_id": n}
        self._rows(OrderLine, own, {"order_id": order.pk}, first, last)
        self._rows(Event, own, {"order_id": order.pk}, first, last)
        numbered = {"number": f"('B' || {cut} || '-' || CAST(t.id AS TEXT))"}
        self._rows(Shipment, own | numbered, {"order_id": order.pk}, first, last)
        lines = self._ids(ShipmentLine, {"shipment__order": order})
        parcels = self._ids(Parcel, {"shipment__order": order})
        self._some(ShipmentLine, {"shipment_id": Shipment, "order_line_id": OrderLine}, lines, first, last)
        self._some(Parcel, {"shipment_id": Shipment}, parcels, first, last, numbered | {"tracking_key": f"({cut})"})
        content = self._ids(ParcelLine, {"parcel__shipment__order": order})
        self._some(ParcelLine, {"parcel_id": Parcel, "shipment_line_id": ShipmentLine}, content, first, last)
        held = self._ids(Reservation, {"shipment_line__shipment__order": order})
        self._some(Reservation, {"shipment_line_id": ShipmentLine}, held, first, last)
        moves = self._ids(StockMovement, {"order_line__order": order})
        again = {"operation": f"('b' || {cut} || t.operation)"}
        self._some(StockMovement, {"order_line_id": OrderLine}, moves, first, last, again)
        self._links(first, last)

    def _ids(self, model: type[models.Model], where: dict[str, object]) -> list[int]:
        return list(model._base_manager.filter(**where).values_list("pk", flat=True))

    def _rows(
        self, model: type[models.Model], columns: dict[str, str], where: dict[str, int], first: int, last: int
    ) -> None:
        self._clone(model, {"id": self._new_id(model)} | columns, where, first, last)

    def _some(
        self,
        model: type[models.Model],
        links: dict[str, type[models.Model]],
        ids: list[int],
        first: int,
        last: int,
        columns: dict[str, str] | None = None,
    ) -> None:
        linked = {column: self._new_id(target, f"t.{column}") for column, target in links.items()}
        for pk in ids:
            self._clone(model, {"id": self._new_id(model)} | linked | (columns or {}), {"id": pk}, first, last)

    def _new_id(self, model: type[models.Model], old: str = "t.id") -> str:
        """The id of the copy of row `old`: rows of the template are numbered from its lowest."""
        key = model._meta.model_name
        base = self._bases().get(key, 0)
        return f"(n.i * {STEP} + {old} - {base})"

    def _bases(self) -> dict[str | None, int]:
        order = self.template
        where: dict[type[models.Model], dict[str, object]] = {
            OrderLine: {"order": order},
            Event: {"order": order},
            Shipment: {"order": order},
            ShipmentLine: {"shipment__order": order},
            Parcel: {"shipment__order": order},
            ParcelLine: {"parcel__shipment__order": order},
            Reservation: {"shipment_line__shipment__order": order},
            StockMovement: {"order_line__order": order},
        }
        return {model._meta.model_name: min(self._ids(model, how)) for model, how in where.items()}

    def _clone(
        self, model: type[models.Model], columns: dict[str, str], where: dict[str, int], first: int, last: int
    ) -> None:
        quote = connection.ops.quote_name
        names = [field.column for field in model._meta.concrete_fields]
        values = [columns.get(name, f"t.{quote(name)}") for name in names]
        condition = " AND ".join(f"t.{name} = {value}" for name, value in where.items())
        series = (
            f"(WITH RECURSIVE s(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM s WHERE i < {last}) SELECT i FROM s)"
            if connection.vendor == "sqlite"
            else f"generate_series({first}::bigint, {last}::bigint)"
        )
        alias = "n" if connection.vendor == "sqlite" else "n(i)"
        table = model._meta.db_table
        sql = (
            f"INSERT INTO {table} ({', '.join(map(quote, names))}) "
            f"SELECT {', '.join(values)} FROM {series} AS {alias}, {table} AS t WHERE {condition}"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql)

    def _links(self, first: int, last: int) -> None:
        rows = [TrackingLink(order_id=n, digest=TrackingLink.digest_of(str(n))) for n in range(first, last + 1)]
        TrackingLink.objects.bulk_create(rows, batch_size=5000)

    def _settle(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
