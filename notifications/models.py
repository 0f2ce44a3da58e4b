"""Messages to people: one row for each thing that one recipient is told once, and what became of it."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from orders.models import Event, Order

UNSENT = Q(status="QUEUED") | Q(status="UNCERTAIN", sent_at=None)


class MessageQuerySet(models.QuerySet["Message"]):
    def unsent(self) -> "MessageQuerySet":
        """What is still to be sent: queued, or uncertain and to be sent again."""
        return self.filter(UNSENT)

    def due(self, now: datetime) -> "MessageQuerySet":
        """What can be claimed: its time has come, and nobody holds it."""
        return self.unsent().filter(Q(lease_until=None) | Q(lease_until__lte=now), available_at__lte=now)


class Message(models.Model):
    """The order's `recipient` is told of `milestone` by `channel`, once: a milestone derived again makes no second row.

    `recipient` is a role, never an address. UNCERTAIN: a worker died between sending and noting it down, so it may have
    arrived twice once it is sent again.
    """

    class Kind(models.TextChoices):
        """What is told; each names its templates in `templates/notifications/messages`."""

        ORDER_PLACED = "order.placed", "We have your order"
        ORDER_DELAYED = "order.delayed", "Delayed"
        ORDER_CANCELLED = "order.cancelled", "Order cancelled"
        LINES_CANCELLED = "order.lines_cancelled", "Part of the order cancelled"
        PARCEL_SHIPPED = "parcel.shipped", "On its way"
        OUT_FOR_DELIVERY = "parcel.out_for_delivery", "Out for delivery"
        ATTEMPT_FAILED = "parcel.delivery_attempt_failed", "Delivery tried"
        AVAILABLE_FOR_PICKUP = "parcel.available_for_pickup", "Ready to collect"
        PARCEL_DELIVERED = "parcel.delivered", "Delivered"
        PARCEL_HELD_UP = "parcel.exception", "Something to do"
        PARCEL_RETURNING = "parcel.returning_to_sender", "On its way back"
        PARCEL_RETURNED = "parcel.returned_to_sender", "Back at the shop"
        PARCEL_LOST = "parcel.lost", "Lost"
        PARCEL_SILENT = "parcel.silent", "No news of it"
        LINK_REQUESTED = "link.requested", "Link to the order"

    class Status(models.TextChoices):
        QUEUED = "QUEUED", "Queued"
        SENT = "SENT", "Sent"
        DELIVERED = "DELIVERED", "Delivered"
        BOUNCED = "BOUNCED", "Bounced"
        FAILED = "FAILED", "Failed"
        SUPPRESSED = "SUPPRESSED", "Not sent"
        UNCERTAIN = "UNCERTAIN", "Sent, maybe twice"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="messages", db_index=False)
    event = models.ForeignKey(Event, models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=64, choices=Kind)
    milestone = models.CharField(max_length=128, blank=True)
    recipient = models.CharField(max_length=32)
    channel = models.CharField(max_length=16)
    status = models.CharField(max_length=16, choices=Status, default=Status.QUEUED)
    note = models.CharField(max_length=255, blank=True, help_text="Why it was not sent, or what went wrong last.")
    attempts = models.PositiveSmallIntegerField(default=0)
    resends = models.PositiveSmallIntegerField(default=0, help_text="How often a person had it sent again.")
    created_at = models.DateTimeField(default=timezone.now)
    available_at = models.DateTimeField(default=timezone.now)
    begun_at = models.DateTimeField(null=True, blank=True, help_text="When the last try began; empty once it ended.")
    sent_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        default_permissions = ("view",)
        permissions = [("resend_message", "Can send messages again")]
        constraints = [
            models.UniqueConstraint(fields=["order", "kind", "milestone", "recipient", "channel"], name="message_once"),
            models.CheckConstraint(
                condition=Q(status__in=["QUEUED", "SENT", "DELIVERED", "BOUNCED", "FAILED", "SUPPRESSED", "UNCERTAIN"]),
                name="message_status",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "order.placed",
                        "order.delayed",
                        "order.cancelled",
                        "order.lines_cancelled",
                        "parcel.shipped",
                        "parcel.out_for_delivery",
                        "parcel.delivery_attempt_failed",
                        "parcel.available_for_pickup",
                        "parcel.delivered",
                        "parcel.exception",
                        "parcel.returning_to_sender",
                        "parcel.returned_to_sender",
                        "parcel.lost",
                        "parcel.silent",
                        "link.requested",
                    ]
                ),
                name="message_kind",
            ),
            models.CheckConstraint(
                condition=Q(lease_token=None, lease_until=None)
                | Q(lease_token__isnull=False, lease_until__isnull=False),
                name="message_lease_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["available_at"],
                name="message_due",
                condition=UNSENT,
            ),
            models.Index(fields=["-created_at"], name="message_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} (to the {self.recipient})"

    @property
    def key(self) -> str:
        """Return what a channel knows this message by: the same for every try, another one for each resend."""
        return f"{self.id}.{self.resends}" if self.resends else str(self.id)


class Content(models.Model):
    """What a message said, as it was sent. Personal: erased with the person, while the message's row stays."""

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="content")
    to = models.CharField(max_length=320)
    subject = models.CharField(max_length=255)
    text = models.TextField()
    html = models.TextField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.subject
