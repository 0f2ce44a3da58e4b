"""Shipments: what of an order can go together; and the parcels they leave in."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django_fsm import FSMField, transition

from fulfillment.blockers import is_allowed
from fulfillment.models.scope import within
from fulfillment.models.stock import Warehouse
from orders.models import Hold, Order, OrderLine
from orders.models.order import Names
from orders.numbers import read_number

if TYPE_CHECKING:
    from fulfillment.models.scope import Person


class ShipmentQuerySet(models.QuerySet["Shipment"]):
    def of(self, user: "Person") -> "ShipmentQuerySet":
        """Keep those of the warehouses where this person works, and those that belong to none yet."""
        return self.filter(within(user, or_none=True))

    def with_mine(self, user: "Person") -> "ShipmentQuerySet":
        """Annotate `is_mine`: whether `of` keeps it."""
        return self.annotate(is_mine=within(user, or_none=True))

    def standing(self) -> "ShipmentQuerySet":
        return self.exclude(status=Shipment.Status.CANCELLED)

    def not_left(self) -> "ShipmentQuerySet":
        return self.filter(status__in=Shipment.NOT_LEFT)

    def with_blocked(self) -> "ShipmentQuerySet":
        """Annotate `is_blocked`: what the blockers say of the shipment's next step, for many at once."""
        named = ShipmentLine.objects.filter(
            Names(OuterRef("lines"), F("order_line__number")), shipment=OuterRef(OuterRef("pk"))
        )
        held = Hold.objects.standing().filter(Q(lines=[]) | Exists(named), order=OuterRef("order"))
        lacking = OrderLine.objects.filter(order=OuterRef("order"), waiting__gt=0)
        waits = Q(Exists(lacking), order__is_ship_complete=True) & ~Q(status=Shipment.Status.PICKING)
        return self.annotate(is_blocked=Q(Exists(held)) | Q(order__ship_line1="") | Q(order__ship_country="") | waits)

    def blocked(self) -> "ShipmentQuerySet":
        return self.with_blocked().filter(Q(is_blocked=True))

    def unblocked(self) -> "ShipmentQuerySet":
        return self.with_blocked().filter(~Q(is_blocked=True))

    def numbered(self, text: str) -> "ShipmentQuerySet":
        """Keep the shipment of this number, or all of the order of this number, as people type and scanners read."""
        order, _, place = text.strip().rpartition("-")
        if place.isascii() and place.isdigit() and (number := read_number(order)):
            return self.filter(number=f"{number}-{place}")
        number = read_number(text)
        return self.filter(order__number=number) if number else self.none()

    def due_first(self) -> "ShipmentQuerySet":
        return self.order_by("order__ship_by", "order__placed_at", "pk")


class Shipment(models.Model):
    """What goes together. PLANNED waits for stock, from wherever it comes; from READY on it belongs to a warehouse."""

    class Status(models.TextChoices):
        PLANNED = "PLANNED", "Waiting for stock"
        READY = "READY", "Ready to pick"
        PICKING = "PICKING", "Being picked"
        PICKED = "PICKED", "Picked"
        PACKED = "PACKED", "Packed"
        SHIPPED = "SHIPPED", "On its way"
        DELIVERED = "DELIVERED", "Delivered"
        CANCELLED = "CANCELLED", "Cancelled"
        LOST = "LOST", "Lost"
        RETURNED_TO_SENDER = "RETURNED_TO_SENDER", "Back at the shop"

    NOT_LEFT = (Status.PLANNED, Status.READY, Status.PICKING, Status.PICKED, Status.PACKED)
    ON_FLOOR = (Status.READY, Status.PICKING, Status.PICKED, Status.PACKED)
    LEFT = (Status.SHIPPED, Status.DELIVERED, Status.LOST, Status.RETURNED_TO_SENDER)

    order = models.ForeignKey(Order, models.PROTECT, related_name="shipments")
    number = models.CharField(max_length=24, unique=True)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, null=True, blank=True, related_name="shipments")
    status = FSMField(max_length=18, choices=Status.choices, default=Status.PLANNED, protected=True)
    is_apart = models.BooleanField(default=False, editable=False, help_text="Split off by hand: it joins no other.")
    planned_at = models.DateTimeField("planned", default=timezone.now)
    ready_at = models.DateTimeField(null=True, blank=True)
    picked_at = models.DateTimeField(null=True, blank=True)
    packed_at = models.DateTimeField(null=True, blank=True)
    shipped_at = models.DateTimeField("shipped", null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    objects = ShipmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        permissions = [
            ("pick_shipment", "Can pick shipments"),
            ("pack_shipment", "Can pack shipments"),
            ("ship_shipment", "Can ship shipments"),
            ("split_shipment", "Can split and merge shipments"),
            ("deliver_shipment", "Can mark shipments as delivered, lost or come back"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "PLANNED",
                        "READY",
                        "PICKING",
                        "PICKED",
                        "PACKED",
                        "SHIPPED",
                        "DELIVERED",
                        "CANCELLED",
                        "LOST",
                        "RETURNED_TO_SENDER",
                    ]
                ),
                name="shipment_status",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["PLANNED", "CANCELLED"]) | Q(warehouse__isnull=False),
                name="shipment_has_warehouse",
            ),
        ]
        indexes = [
            # whole: SQLite cannot tell that a list of parameters is within a condition
            models.Index(fields=["status", "id"], name="shipment_by_status"),
        ]

    def __str__(self) -> str:
        return self.number

    @transition(
        status,
        Status.PLANNED,
        Status.READY,
        custom={"kind": "shipment.readied"},
        conditions=[is_allowed("make_ready")],
    )
    def make_ready(self, warehouse: Warehouse, at: datetime) -> None:
        self.warehouse = warehouse
        self.ready_at = at

    @transition(
        status,
        Status.READY,
        Status.PICKING,
        custom={"kind": "shipment.picking_started"},
        conditions=[is_allowed("start_picking")],
    )
    def start_picking(self) -> None:
        pass

    @transition(
        status,
        Status.PICKING,
        Status.PICKED,
        custom={"kind": "shipment.picked"},
        conditions=[is_allowed("pick")],
    )
    def pick(self, at: datetime) -> None:
        self.picked_at = at

    @transition(
        status,
        Status.PICKED,
        Status.PICKING,
        custom={"kind": "shipment.unpicked"},
        conditions=[is_allowed("unpick")],
    )
    def unpick(self) -> None:
        self.picked_at = None

    @transition(
        status,
        Status.PICKED,
        Status.PACKED,
        custom={"kind": "shipment.packed"},
        conditions=[is_allowed("pack")],
    )
    def pack(self, at: datetime) -> None:
        self.packed_at = at

    @transition(
        status,
        [Status.READY, Status.PICKING, Status.PICKED, Status.PACKED],
        Status.SHIPPED,
        custom={"kind": "shipment.shipped"},
        conditions=[is_allowed("ship")],
    )
    def ship(self, at: datetime) -> None:
        self.picked_at, self.packed_at = self.picked_at or at, self.packed_at or at
        self.shipped_at = at

    @transition(status, [Status.SHIPPED, Status.LOST], Status.DELIVERED, custom={"kind": "shipment.delivered"})
    def deliver(self, at: datetime) -> None:
        self.delivered_at = at

    @transition(
        status,
        [Status.PLANNED, Status.READY, Status.PICKING, Status.PICKED, Status.PACKED],
        Status.CANCELLED,
        custom={"kind": "shipment.cancelled"},
    )
    def cancel(self) -> None:
        pass

    @transition(status, Status.SHIPPED, Status.LOST, custom={"kind": "shipment.lost"})
    def lose(self) -> None:
        pass

    @transition(status, Status.LOST, Status.SHIPPED, custom={"kind": "shipment.found"})
    def find(self) -> None:
        pass

    @transition(
        status,
        [Status.SHIPPED, Status.LOST],
        Status.RETURNED_TO_SENDER,
        custom={"kind": "shipment.returned_to_sender"},
    )
    def return_to_sender(self) -> None:
        pass


class ShipmentLine(models.Model):
    """Units of one order line in a shipment: how many are reserved, picked, packed. The ledger moves them."""

    shipment = models.ForeignKey(Shipment, models.PROTECT, related_name="lines", db_index=False)
    order_line = models.ForeignKey(OrderLine, models.PROTECT, related_name="shipment_lines")
    quantity = models.PositiveIntegerField()
    reserved = models.PositiveIntegerField(default=0)
    picked = models.PositiveIntegerField(default=0)
    packed = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["shipment", "order_line"], name="shipment_line_once"),
            models.CheckConstraint(
                condition=Q(packed__lte=F("picked"), picked__lte=F("reserved"), reserved__lte=F("quantity")),
                name="shipment_line_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line.name}"

    @property
    def waiting(self) -> int:
        return self.quantity - self.reserved


class Manifest(models.Model):
    """The parcels that a carrier took along at once: the list that its driver signs."""

    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="manifests")
    carrier = models.CharField(max_length=64)
    closed_at = models.DateTimeField("closed", default=timezone.now)
    by = models.CharField(max_length=64)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)
        permissions = [("close_manifest", "Can hand parcels over to the carrier")]

    def __str__(self) -> str:
        return f"Manifest {self.pk}"


class ParcelQuerySet(models.QuerySet["Parcel"]):
    def left(self) -> "ParcelQuerySet":
        """Keep what is on its way or was: the others are packed and still here."""
        return self.filter(shipped_at__isnull=False)

    def to_load(self) -> "ParcelQuerySet":
        """Keep what was shipped in the last week and is on no manifest: it waits for its carrier."""
        since = timezone.now() - Parcel.HANDED_OVER_WITHIN
        return self.filter(shipped_at__gte=since, manifest=None, shipment__status=Shipment.Status.SHIPPED)


class Parcel(models.Model):
    """A box, closed at packing or at the latest when it leaves, with the carrier's number where it has one.

    `tracking_key` is that number as it is compared. `loaded_at`: it was seen in the carrier's van.
    """

    HANDED_OVER_WITHIN = timedelta(days=7)

    shipment = models.ForeignKey(Shipment, models.PROTECT, related_name="parcels")
    number = models.CharField(max_length=32, unique=True)
    carrier = models.CharField(max_length=64, blank=True)
    tracking_number = models.CharField(max_length=255, blank=True)
    tracking_key = models.CharField(max_length=255, blank=True, editable=False)
    weight_grams = models.PositiveIntegerField("weight in grams", null=True, blank=True)
    packed_at = models.DateTimeField(null=True, blank=True)
    shipped_at = models.DateTimeField(null=True, blank=True)
    loaded_at = models.DateTimeField(null=True, blank=True)
    manifest = models.ForeignKey(Manifest, models.PROTECT, null=True, blank=True, related_name="parcels")

    objects = ParcelQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(manifest=None) | Q(shipped_at__isnull=False), name="parcel_left_before_its_manifest"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tracking_key", "carrier"],
                condition=~Q(tracking_key=""),
                name="parcel_tracking",
            ),
            models.Index(fields=["shipped_at"], condition=Q(manifest=None), name="parcel_to_hand_over"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def order(self) -> Order:
        return self.shipment.order

    @staticmethod
    def key_of(tracking_number: str) -> str:
        """Return the number in upper case, without blanks and dashes: as carriers and people restyle it."""
        return "".join(tracking_number.upper().split()).replace("-", "")


class ParcelLine(models.Model):
    """Units of a shipment's line in a parcel."""

    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="lines", db_index=False)
    shipment_line = models.ForeignKey(ShipmentLine, models.PROTECT, related_name="parcel_lines")
    quantity = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["parcel", "shipment_line"], name="parcel_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="parcel_line_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.shipment_line.order_line.name}"
