"""An order, its lines and its holds. What may follow what stands in the transitions; why not, in `orders.blockers`."""

from datetime import date, datetime, tzinfo
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django_fsm import FSMField, transition

from orders.models.catalog import Product
from orders.models.channel import Channel, ShippingMethod
from orders.models.customer import Customer
from orders.models.event import GENESIS
from orders.zones import zone_of


class OrderQuerySet(models.QuerySet["Order"]):
    def open(self) -> "OrderQuerySet":
        """Keep what is still owed. The empty stamps follow from the status; the index is found by them alone."""
        return self.filter(status__in=Order.OPEN, delivered_at=None, cancelled_at=None)

    def to_ship(self) -> "OrderQuerySet":
        return self.filter(status__in=Order.TO_SHIP, shipped_at=None, cancelled_at=None)

    def to_ship_by(self, day: date) -> "OrderQuerySet":
        """Keep what has to leave on that day at the latest, and has not."""
        return self.to_ship().filter(ship_by__lte=day)

    def late(self, today: date) -> "OrderQuerySet":
        """Keep the orders of which a promise has passed and is still owed: to ship, or to deliver."""
        unshipped = Q(status__in=Order.TO_SHIP, ship_by__lt=today)
        return self.filter(unshipped | Q(status=Order.Status.SHIPPED, deliver_by__lt=today))

    def on_hold(self) -> "OrderQuerySet":
        return self.filter(pk__in=Hold.objects.standing().values("order"))

    def blocked(self) -> "OrderQuerySet":
        """Keep what cannot leave until somebody clears it: it is held, or there is no address."""
        held = Q(pk__in=Hold.objects.standing().values("order"))
        return self.to_ship().filter(held | Q(ship_line1="") | Q(ship_country=""))

    def waiting_for_stock(self) -> "OrderQuerySet":
        return self.to_ship().filter(pk__in=OrderLine.objects.filter(waiting__gt=0).values("order"))

    def with_missed(self, promise: str, today: date) -> "OrderQuerySet":
        """Keep the orders whose `ship_by` or `deliver_by` has passed and was not recorded as missed yet."""
        owed = self.to_ship() if promise == "ship_by" else self.open()
        unrecorded = Q(**{f"missed_{promise}": None}) | ~Q(**{f"missed_{promise}": F(promise)})
        return owed.filter(unrecorded, **{f"{promise}__lt": today})


class Order(models.Model):
    """One order. `version` counts its events and `head` is the digest of the last; `record()` alone writes them."""

    class Status(models.TextChoices):
        PLACED = "PLACED", "Placed"
        CONFIRMED = "CONFIRMED", "Confirmed"
        IN_FULFILLMENT = "IN_FULFILLMENT", "In fulfilment"
        PARTLY_SHIPPED = "PARTLY_SHIPPED", "Partly shipped"
        SHIPPED = "SHIPPED", "Shipped"
        DELIVERED = "DELIVERED", "Delivered"
        CANCELLED = "CANCELLED", "Cancelled"
        RETURNED = "RETURNED", "Returned"

    TO_SHIP = (Status.PLACED, Status.CONFIRMED, Status.IN_FULFILLMENT, Status.PARTLY_SHIPPED)
    OPEN = (*TO_SHIP, Status.SHIPPED)

    number = models.CharField(max_length=16, unique=True)
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="orders", db_index=False)
    external_id = models.CharField(max_length=255)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="orders")
    status = FSMField(max_length=16, choices=Status.choices, default=Status.PLACED, protected=True)
    version = models.PositiveIntegerField(default=0, editable=False)
    head = models.BinaryField(max_length=32, default=GENESIS, editable=False)

    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=20, decimal_places=3)
    shipping_method = models.ForeignKey(ShippingMethod, models.PROTECT, related_name="orders")
    is_ship_complete = models.BooleanField(default=False)
    is_silent = models.BooleanField(default=False, help_text="Its customer is told nothing (a quiet import).")
    locale = models.CharField(max_length=35, default="en")

    ship_name = models.CharField(max_length=255, blank=True)
    ship_line1 = models.CharField(max_length=255, blank=True)
    ship_line2 = models.CharField(max_length=255, blank=True)
    ship_city = models.CharField(max_length=255, blank=True)
    ship_region = models.CharField(max_length=255, blank=True)
    ship_postal_code = models.CharField(max_length=32, blank=True)
    ship_country = models.CharField(max_length=2, blank=True)
    ship_phone = models.CharField(max_length=64, blank=True)

    ship_by = models.DateField()
    deliver_from = models.DateField()
    deliver_by = models.DateField()
    missed_ship_by = models.DateField(null=True, blank=True, editable=False)
    missed_deliver_by = models.DateField(null=True, blank=True, editable=False)

    placed_at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    shipped_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    delivered_on = models.DateField(null=True, blank=True, editable=False, help_text="The day at the door.")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    content_digest = models.CharField(max_length=64, editable=False, help_text="Of what was ordered, to know it again.")

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-placed_at", "-pk"]
        permissions = [
            ("place_order", "Can place orders"),
            ("cancel_order", "Can cancel orders"),
            ("hold_order", "Can hold orders"),
            ("release_order", "Can release holds"),
            ("note_order", "Can write notes"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="order_once_a_channel"),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "PLACED",
                        "CONFIRMED",
                        "IN_FULFILLMENT",
                        "PARTLY_SHIPPED",
                        "SHIPPED",
                        "DELIVERED",
                        "CANCELLED",
                        "RETURNED",
                    ]
                ),
                name="order_status",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["PLACED", "CONFIRMED", "IN_FULFILLMENT", "PARTLY_SHIPPED"])
                | Q(shipped_at=None, cancelled_at=None),
                name="order_to_ship_stamps",
            ),
            models.CheckConstraint(
                condition=~Q(status="SHIPPED") | Q(delivered_at=None, cancelled_at=None),
                name="order_shipped_stamps",
            ),
            models.CheckConstraint(condition=Q(total__gte=0), name="order_total"),
            models.CheckConstraint(
                condition=Q(deliver_from__gte=F("ship_by"), deliver_by__gte=F("deliver_from")),
                name="order_promise",
            ),
        ]
        indexes = [
            models.Index(fields=["-placed_at", "-id"], name="order_newest"),
            models.Index(fields=["status", "-placed_at"], name="order_by_status"),
            models.Index(fields=["channel", "-placed_at", "-id"], name="order_of_channel"),
            models.Index(fields=["channel", "status", "-placed_at", "-id"], name="order_of_channel_status"),
            models.Index(fields=["shipped_at"], name="order_shipped", condition=Q(shipped_at__isnull=False)),
            models.Index(fields=["delivered_at"], name="order_delivered", condition=Q(delivered_at__isnull=False)),
            models.Index(
                fields=["ship_by"],
                name="order_to_ship",
                condition=Q(shipped_at=None, cancelled_at=None),  # SQLite takes no index whose condition is a list
            ),
            models.Index(
                fields=["deliver_by"],
                name="order_to_deliver",
                condition=Q(delivered_at=None, cancelled_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def zone(self) -> tzinfo:
        """The zone of the door; ours where its country is not known."""
        return zone_of(self.ship_country, self.ship_region) or timezone.get_default_timezone()

    @transition(status, Status.PLACED, Status.CONFIRMED, custom={"kind": "order.confirmed"})
    def confirm(self, at: datetime) -> None:
        self.confirmed_at = at

    @transition(status, Status.CONFIRMED, Status.IN_FULFILLMENT, custom={"kind": "order.fulfillment_started"})
    def start_fulfillment(self) -> None:
        pass

    @transition(
        status,
        [Status.CONFIRMED, Status.IN_FULFILLMENT],
        Status.PARTLY_SHIPPED,
        custom={"kind": "order.partly_shipped"},
    )
    def ship_part(self) -> None:
        pass

    @transition(
        status,
        [Status.CONFIRMED, Status.IN_FULFILLMENT, Status.PARTLY_SHIPPED],
        Status.SHIPPED,
        custom={"kind": "order.shipped"},
    )
    def ship(self, at: datetime) -> None:
        self.shipped_at = at

    @transition(
        status,
        [Status.PARTLY_SHIPPED, Status.SHIPPED],
        Status.DELIVERED,
        custom={"kind": "order.delivered"},
    )
    def deliver(self, at: datetime) -> None:
        self.shipped_at = self.shipped_at or at
        self.delivered_at, self.delivered_on = at, at.astimezone(self.zone).date()

    @transition(
        status,
        [Status.PLACED, Status.CONFIRMED, Status.IN_FULFILLMENT],
        Status.CANCELLED,
        custom={"kind": "order.cancelled"},
    )
    def cancel(self, at: datetime) -> None:
        self.cancelled_at = at

    @transition(
        status,
        [Status.PARTLY_SHIPPED, Status.SHIPPED, Status.DELIVERED],
        Status.RETURNED,
        custom={"kind": "order.returned"},
    )
    def return_to_sender(self) -> None:
        pass


class OrderLine(models.Model):
    """A line and where its units are: seven columns whose sum is what was ordered. The ledger alone moves them."""

    STAGES = ("waiting", "reserved", "picked", "packed", "shipped", "delivered", "cancelled")

    order = models.ForeignKey(Order, models.PROTECT, related_name="lines", db_index=False)
    number = models.PositiveSmallIntegerField()
    external_id = models.CharField(max_length=255, blank=True)
    product = models.ForeignKey(Product, models.PROTECT, related_name="order_lines")
    name = models.CharField(max_length=255)
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=12, decimal_places=3)
    waiting = models.PositiveIntegerField()
    reserved = models.PositiveIntegerField(default=0)
    picked = models.PositiveIntegerField(default=0)
    packed = models.PositiveIntegerField(default=0)
    shipped = models.PositiveIntegerField(default=0)
    delivered = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["number"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="line_quantity"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="line_price"),
            models.CheckConstraint(
                condition=Q(
                    quantity=(
                        F("waiting")
                        + F("reserved")
                        + F("picked")
                        + F("packed")
                        + F("shipped")
                        + F("delivered")
                        + F("cancelled")
                    )
                ),
                name="line_units_conserved",
            ),
        ]
        indexes = [models.Index(fields=["product", "order"], condition=Q(waiting__gt=0), name="line_waiting")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"


class Names(models.Func):
    """Whether a JSON list of numbers, as `Hold.lines`, holds a number."""

    output_field = models.BooleanField()
    template, arg_joiner = "(%(expressions)s)", " @> "

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> tuple[str, Any]:
        numbers, number = self.get_source_expressions()
        clone = Names(numbers, models.Func(number, function="to_jsonb", output_field=models.JSONField()))
        return clone.as_sql(compiler, connection, **more)

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> tuple[str, Any]:
        template = "EXISTS (SELECT 1 FROM json_each(%(expressions)s)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=") WHERE value = ", **more)


class HoldQuerySet(models.QuerySet["Hold"]):
    def standing(self) -> "HoldQuerySet":
        return self.filter(released_at=None)

    def due(self, now: datetime) -> "HoldQuerySet":
        return self.standing().filter(until__lte=now)


class Hold(models.Model):
    """A reason not to pick or ship: the whole order, or the lines whose numbers it names. An order may have many."""

    class Reason(models.TextChoices):
        ADDRESS = "ADDRESS", "Address to be checked"
        PAYMENT = "PAYMENT", "Awaiting payment"
        FRAUD = "FRAUD", "Risk of fraud"
        CUSTOMER = "CUSTOMER", "The customer asked to wait"
        STOCK = "STOCK", "Stock to be checked"
        OTHER = "OTHER", "Another reason"

    order = models.ForeignKey(Order, models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=16, choices=Reason)
    note = models.CharField(max_length=2000, blank=True)
    lines = models.JSONField(default=list, blank=True, help_text="Numbers of the lines it holds; all if empty.")
    until = models.DateTimeField(null=True, blank=True)
    placed_at = models.DateTimeField(default=timezone.now)
    placed_by = models.CharField(max_length=64)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=64, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering = ["placed_at", "pk"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=["ADDRESS", "PAYMENT", "FRAUD", "CUSTOMER", "STOCK", "OTHER"]),
                name="hold_reason",
            ),
            models.CheckConstraint(
                condition=Q(released_at=None, released_by="") | (Q(released_at__isnull=False) & ~Q(released_by="")),
                name="hold_released_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["order"], condition=Q(released_at=None), name="hold_standing"),
            models.Index(fields=["until"], condition=Q(released_at=None), name="hold_due"),
        ]

    def __str__(self) -> str:
        return self.get_reason_display()

    def covers(self, line_numbers: set[int]) -> bool:
        return not self.lines or not line_numbers.isdisjoint(self.lines)


class Note(models.Model):
    """What somebody wrote on an order: for staff, may be personal, so never in the trail."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="notes")
    text = models.CharField(max_length=2000)
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=64)

    class Meta:
        ordering = ["at", "pk"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.text
