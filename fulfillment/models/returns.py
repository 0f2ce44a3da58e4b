"""Returns: what customers send back, announced or not, and what becomes of it."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django_fsm import FSMField, transition

from fulfillment.models.shipment import Parcel, Shipment
from fulfillment.models.stock import Warehouse
from orders.models import Order, OrderLine


class Return(models.Model):
    """Units of an order that come back. `shipment` is set where they come back of what was not delivered.

    `parcel` is set where its carrier brings it back: the return was expected before anything of it was here.
    """

    class Status(models.TextChoices):
        REQUESTED = "REQUESTED", "Asked for"
        APPROVED = "APPROVED", "Approved"
        DECLINED = "DECLINED", "Declined"
        IN_TRANSIT = "IN_TRANSIT", "On its way back"
        RECEIVED = "RECEIVED", "Arrived"
        INSPECTED = "INSPECTED", "Looked at"
        CLOSED = "CLOSED", "Closed"
        CANCELLED = "CANCELLED", "Cancelled"

    class Reason(models.TextChoices):
        NOT_WANTED = "NOT_WANTED", "No longer wanted"
        WRONG_ITEM = "WRONG_ITEM", "The wrong article"
        DAMAGED = "DAMAGED", "Damaged"
        NOT_AS_EXPECTED = "NOT_AS_EXPECTED", "Not as expected"
        UNDELIVERED = "UNDELIVERED", "Could not be delivered"
        OTHER = "OTHER", "Another reason"

    COMING = (Status.REQUESTED, Status.APPROVED, Status.IN_TRANSIT)

    order = models.ForeignKey(Order, models.PROTECT, related_name="returns")
    number = models.CharField(max_length=24, unique=True)
    shipment = models.ForeignKey(Shipment, models.PROTECT, null=True, blank=True, related_name="returns")
    parcel = models.OneToOneField(Parcel, models.PROTECT, null=True, blank=True, related_name="back")
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, null=True, blank=True, related_name="returns")
    status = FSMField(max_length=10, choices=Status.choices, default=Status.REQUESTED, protected=True)
    reason = models.CharField(max_length=15, choices=Reason, default=Reason.OTHER)
    is_announced = models.BooleanField(default=True)
    requested_at = models.DateTimeField("asked for", default=timezone.now)
    received_at = models.DateTimeField("arrived", null=True, blank=True)
    inspected_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField("closed", null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)
        permissions = [
            ("request_return", "Can announce returns"),
            ("approve_return", "Can approve returns"),
            ("receive_return", "Can take returns in"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["shipment"], condition=Q(status="RECEIVED"), name="return_of_shipment_at_desk"
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "REQUESTED",
                        "APPROVED",
                        "DECLINED",
                        "IN_TRANSIT",
                        "RECEIVED",
                        "INSPECTED",
                        "CLOSED",
                        "CANCELLED",
                    ]
                ),
                name="return_status",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["RECEIVED", "INSPECTED", "CLOSED"]) | Q(warehouse__isnull=False),
                name="return_has_warehouse",
            ),
            models.CheckConstraint(
                condition=Q(
                    reason__in=["NOT_WANTED", "WRONG_ITEM", "DAMAGED", "NOT_AS_EXPECTED", "UNDELIVERED", "OTHER"]
                ),
                name="return_reason",
            ),
        ]
        indexes = [models.Index(fields=["status", "id"], name="return_by_status")]

    def __str__(self) -> str:
        return self.number

    @transition(status, Status.REQUESTED, Status.APPROVED, custom={"kind": "return.approved"})
    def approve(self) -> None:
        pass

    @transition(status, Status.REQUESTED, Status.DECLINED, custom={"kind": "return.declined"})
    def decline(self) -> None:
        pass

    @transition(status, Status.REQUESTED, Status.IN_TRANSIT, custom={"kind": "return.expected"})
    def expect(self) -> None:
        pass

    @transition(status, Status.APPROVED, Status.IN_TRANSIT, custom={"kind": "return.shipped"})
    def send(self) -> None:
        pass

    @transition(
        status,
        [Status.REQUESTED, Status.APPROVED, Status.IN_TRANSIT],
        Status.RECEIVED,
        custom={"kind": "return.received"},
    )
    def receive(self, warehouse: Warehouse, at: datetime) -> None:
        self.warehouse, self.received_at = warehouse, at

    @transition(
        status,
        Status.RECEIVED,
        Status.INSPECTED,
        custom={"kind": "return.inspected"},
    )
    def inspect(self, at: datetime) -> None:
        self.inspected_at = at

    @transition(status, Status.INSPECTED, Status.CLOSED, custom={"kind": "return.closed"})
    def close(self, at: datetime) -> None:
        self.closed_at = at

    @transition(
        status,
        [Status.REQUESTED, Status.APPROVED, Status.IN_TRANSIT],
        Status.CANCELLED,
        custom={"kind": "return.cancelled"},
    )
    def cancel(self) -> None:
        pass


class ReturnLine(models.Model):
    """Units of an order line that come back: `quantity` were announced, `received` arrived; each has one outcome."""

    return_of = models.ForeignKey(Return, models.CASCADE, related_name="lines", db_index=False)
    order_line = models.ForeignKey(OrderLine, models.PROTECT, related_name="return_lines")
    quantity = models.PositiveIntegerField(default=0)
    received = models.PositiveIntegerField(default=0)
    restocked = models.PositiveIntegerField(default=0)
    quarantined = models.PositiveIntegerField(default=0)
    scrapped = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["return_of", "order_line"], name="return_line_once"),
            models.CheckConstraint(
                condition=Q(received__gte=F("restocked") + F("quarantined") + F("scrapped")), name="return_line_outcome"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line.name}"

    @property
    def undecided(self) -> int:
        return self.received - self.restocked - self.quarantined - self.scrapped
