"""Parcels that need a person: why, since when, and who looks after it."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from fulfillment.models import Parcel

OLDEST = timedelta(days=90)
"""What left longer ago is over: no carrier will ever say that it arrived."""


class AlarmQuerySet(models.QuerySet["Alarm"]):
    def standing(self) -> "AlarmQuerySet":
        return self.filter(closed_at=None)

    def awake(self, now: datetime) -> "AlarmQuerySet":
        """Keep what somebody has to look at now."""
        return self.standing().filter(Q(snoozed_until=None) | Q(snoozed_until__lte=now))


class Alarm(models.Model):
    """One reason why a parcel needs a person. It opens and closes by itself: people take it, or snooze it."""

    class Kind(models.TextChoices):
        NO_FIRST_SCAN = "NO_FIRST_SCAN", "Never scanned"
        NO_SCAN_SINCE = "NO_SCAN_SINCE", "Gone quiet"
        PAST_WINDOW = "PAST_WINDOW", "Overdue"
        ATTEMPTS = "ATTEMPTS", "Tried again and again"
        EXCEPTION = "EXCEPTION", "Held up"
        UNKNOWN_WORD = "UNKNOWN_WORD", "Not understood"
        UNCOLLECTED = "UNCOLLECTED", "Not collected"
        RETURN_SILENT = "RETURN_SILENT", "Quiet on its way back"
        CANCELLED = "CANCELLED", "Label cancelled"
        REOPENED = "REOPENED", "Not there after all"
        LOST = "LOST", "Lost"

    SILENCES = (Kind.NO_FIRST_SCAN, Kind.NO_SCAN_SINCE)

    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="alarms")
    kind = models.CharField(max_length=16, choices=Kind)
    reason = models.CharField(max_length=500)
    since = models.DateTimeField(help_text="When what it is about began.")
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    owner = models.CharField(max_length=64, blank=True, help_text="Who looks after it.")
    snoozed_until = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=255, blank=True)

    objects = AlarmQuerySet.as_manager()

    class Meta:
        ordering = ["since", "pk"]
        default_permissions = ("view",)
        permissions = [("handle_alarm", "Can look after parcels that need a person")]
        constraints = [
            models.UniqueConstraint(
                fields=["parcel", "kind"], condition=Q(closed_at=None), name="alarm_once_while_open"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "NO_FIRST_SCAN",
                        "NO_SCAN_SINCE",
                        "PAST_WINDOW",
                        "ATTEMPTS",
                        "EXCEPTION",
                        "UNKNOWN_WORD",
                        "UNCOLLECTED",
                        "RETURN_SILENT",
                        "CANCELLED",
                        "REOPENED",
                        "LOST",
                    ]
                ),
                name="alarm_kind",
            ),
        ]
        indexes = [models.Index(fields=["since", "id"], condition=Q(closed_at=None), name="alarm_standing")]

    def __str__(self) -> str:
        return f"{self.parcel}: {self.get_kind_display().lower()}"


SILENCE = RawSQL(  # by hand: every page asks, and the ORM builds such a question for half a millisecond
    "EXISTS (SELECT 1 FROM tracking_alarm a"
    " WHERE a.parcel_id = fulfillment_parcel.id AND a.closed_at IS NULL AND a.kind IN (%s, %s))",
    tuple(map(str, Alarm.SILENCES)),
    output_field=models.BooleanField(),
)
"""Whether nothing is heard of a parcel, and the board knows."""
