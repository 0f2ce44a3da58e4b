"""What carriers said of a parcel, kept as they said it, and the status that follows from all of it.

Snapshots and their scans are only ever added, in their source's own words: what these mean is looked up when they are
folded. `Tracker` is a projection: the fold computes it from the set of them.
"""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from fulfillment.carrier import carrier_name
from fulfillment.models import Parcel, Return, Shipment
from orders.models import Channel, Endpoint, Inbox


class Status(models.TextChoices):
    """The canonical statuses of a parcel (integrations 2)."""

    UNKNOWN = "UNKNOWN", "No news yet"
    PRE_TRANSIT = "PRE_TRANSIT", "Announced"
    IN_TRANSIT = "IN_TRANSIT", "On its way"
    EXCEPTION = "EXCEPTION", "Held up"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY", "Out for delivery"
    DELIVERY_ATTEMPT_FAILED = "DELIVERY_ATTEMPT_FAILED", "Delivery tried"
    AVAILABLE_FOR_PICKUP = "AVAILABLE_FOR_PICKUP", "Ready to collect"
    RETURNING_TO_SENDER = "RETURNING_TO_SENDER", "On its way back"
    DELIVERED = "DELIVERED", "Delivered"
    RETURNED_TO_SENDER = "RETURNED_TO_SENDER", "Back at the shop"
    LOST = "LOST", "Lost"
    EXPIRED = "EXPIRED", "No news for a long time"
    CANCELLED = "CANCELLED", "Label cancelled"


STATUSES = Q(status__in=Status.values)


class TrackerQuerySet(models.QuerySet["Tracker"]):
    def reopened(self) -> "TrackerQuerySet":
        """Keep what has not arrived by what is known now, though its shipment counts as delivered or back.

        What lies at our own desk is back, whatever its carrier says.
        """
        back = Q(parcel=OuterRef("parcel")) | Q(shipment=OuterRef("parcel__shipment"))
        under_way = [Shipment.Status.SHIPPED, Shipment.Status.LOST]
        arrived = self.filter(is_reopened=True).exclude(parcel__shipment__status__in=under_way)
        return arrived.exclude(Exists(Return.objects.filter(back, received_at__isnull=False)))


class Tracker(models.Model):
    """Where a parcel is, computed again from its snapshots whenever one is added. Never written but by the fold."""

    parcel = models.OneToOneField(Parcel, models.PROTECT, related_name="tracker")
    status = models.CharField(max_length=24, choices=Status, default=Status.UNKNOWN)
    reason = models.CharField(max_length=32, blank=True)
    is_action_required = models.BooleanField(default=False)
    needs_review = models.JSONField(default=list)
    eta_from = models.DateField(null=True, blank=True)
    eta_to = models.DateField(null=True, blank=True)
    first_scan_at = models.DateTimeField(null=True, blank=True)
    last_scan_at = models.DateTimeField(null=True, blank=True)
    out_for_delivery_at = models.DateTimeField(null=True, blank=True)
    first_attempt_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True, blank=True)
    delivered_on = models.DateField(null=True, blank=True, help_text="The day at the door, by the clock there.")
    returned_at = models.DateTimeField(null=True, blank=True)
    news = models.CharField(
        max_length=64, blank=True, help_text="The milestone that customers may be told of; all others are passed by."
    )
    news_at = models.DateTimeField(null=True, blank=True)
    timeline = models.JSONField(default=list, help_text="The scans that stand after the fold, oldest first.")
    crossed = models.JSONField(default=list, help_text="Milestones that stand in the trail: each is recorded once.")
    is_reopened = models.BooleanField(default=False, help_text="It had arrived, and by what is known now it has not.")
    is_time_estimated = models.BooleanField(
        "some times are estimated",
        default=False,
        help_text="The carrier told what its clocks showed, without a zone: they are read in the zone of each place.",
    )
    updated_at = models.DateTimeField(default=timezone.now)

    objects = TrackerQuerySet.as_manager()

    class Meta:
        verbose_name = "tracked parcel"
        default_permissions = ("view",)
        permissions = [("enter_scan", "Can enter what happened to parcels")]
        constraints = [models.CheckConstraint(condition=STATUSES, name="tracker_status")]
        indexes = [
            models.Index(fields=["id"], condition=Q(is_reopened=True), name="tracker_reopened"),
            models.Index(
                fields=["delivered_at", "parcel"], condition=Q(delivered_at__isnull=False), name="tracker_delivered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parcel}: {self.get_status_display()}"


class SnapshotQuerySet(models.QuerySet["Snapshot"]):
    def unclear(self) -> "SnapshotQuerySet":
        """Keep what could be of more than one parcel, until a person says of which, or that it is of none."""
        return self.filter(tracker=None, is_ambiguous=True)

    def strange(self) -> "SnapshotQuerySet":
        """Keep what fits no parcel yet."""
        return self.filter(tracker=None, is_ambiguous=False, aside_by="")


class Snapshot(models.Model):
    """One picture of a parcel that a source gave us. `tracker` is empty until it was folded into the parcel's.

    `is_ambiguous`: more than one parcel could be meant, so a person has to look; `aside_by`: who said that it means
    none of ours. `digest` is the SHA-256 of what it says: the same picture from the same source is one.
    """

    tracker = models.ForeignKey(Tracker, models.PROTECT, null=True, blank=True, related_name="snapshots")
    source = models.CharField(max_length=64, help_text="The endpoint or key it came through.")
    endpoint = models.ForeignKey(Endpoint, models.PROTECT, null=True, blank=True, related_name="+")
    channel = models.ForeignKey(
        Channel,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="Whose parcels it may mean; all of them if empty.",
    )
    inbox = models.ForeignKey(Inbox, models.PROTECT, null=True, blank=True, related_name="snapshots")
    provider = models.SlugField(max_length=32, default="generic", db_index=False, help_text="Whose words it uses.")
    source_tracker_id = models.CharField(max_length=128, blank=True)
    carrier = models.CharField(max_length=64, blank=True)
    tracking_number = models.CharField(max_length=255, blank=True)
    tracking_key = models.CharField(max_length=255, blank=True)
    reference = models.CharField(max_length=255, blank=True, help_text="What it calls our order or parcel.")
    stated_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    tried_at = models.DateTimeField(null=True, blank=True, help_text="When its parcel was last looked for in vain.")
    is_asked = models.BooleanField(default=False, help_text="We asked for it; nobody sent it.")
    is_complete = models.BooleanField(default=False, help_text="It carries the whole history.")
    headline_raw = models.CharField(max_length=128, blank=True)
    headline_detail = models.CharField(max_length=128, blank=True)
    eta_from = models.DateField(null=True, blank=True)
    eta_to = models.DateField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True, help_text="The source's own delivery date.")
    is_return = models.BooleanField(default=False)
    is_ambiguous = models.BooleanField(default=False)
    aside_by = models.CharField(max_length=64, blank=True)
    aside_why = models.CharField(max_length=255, blank=True)
    digest = models.CharField(max_length=64)

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        verbose_name = "carrier message"
        default_permissions = ("view",)
        permissions = [("identify_snapshot", "Can say which parcel a carrier's message means")]
        constraints = [models.UniqueConstraint(fields=["source", "digest"], name="snapshot_once")]
        indexes = [
            models.Index(
                fields=["received_at"],
                condition=Q(tracker=None, is_ambiguous=False),
                name="snapshot_unmatched",
            ),
            models.Index(fields=["id"], condition=Q(tracker=None, is_ambiguous=True), name="snapshot_unclear"),
            models.Index(
                fields=["source_tracker_id", "endpoint"],
                condition=~Q(source_tracker_id=""),
                name="snapshot_source_tracker",
            ),
        ]

    def __str__(self) -> str:
        return f"{carrier_name(self.carrier)} {self.tracking_number or self.reference}".strip()


class CarrierEvent(models.Model):
    """One scan of a snapshot. `wall` is the carrier's wall clock as it wrote it; `at` the instant, where it is one."""

    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="scans", db_index=False)
    seq = models.PositiveIntegerField()
    at = models.DateTimeField(null=True, blank=True)
    wall = models.CharField(max_length=32, blank=True)
    is_zone_true = models.BooleanField(default=True)
    raw_status = models.CharField(max_length=128, blank=True)
    raw_detail = models.CharField(max_length=128, blank=True)
    code = models.CharField(max_length=64, blank=True)
    message = models.CharField(max_length=500, blank=True)
    city = models.CharField(max_length=255, blank=True)
    region = models.CharField(max_length=255, blank=True)
    postal_code = models.CharField(max_length=32, blank=True)
    country = models.CharField(max_length=2, blank=True)

    class Meta:
        ordering = ["seq"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["snapshot", "seq"], name="scan_once")]

    def __str__(self) -> str:
        return self.message or self.raw_status or self.code
