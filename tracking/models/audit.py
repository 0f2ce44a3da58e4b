"""Runs of the audit, and what they found."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format


class AuditRun(models.Model):
    """One run of all checks, or of some."""

    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    checks = models.JSONField(default=dict, help_text="Name of the check → how many it found, and how long it took.")
    errors = models.PositiveIntegerField(default=0)
    warnings = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-started_at"]
        default_permissions = ("view",)
        permissions = [("view_reports", "Can read reports")]

    def __str__(self) -> str:
        return f"Audit of {date_format(timezone.localtime(self.started_at), 'DATETIME_FORMAT')}"


class Finding(models.Model):
    """Something that is not as it ought to be. Closes by itself when its check holds again."""

    class Status(models.TextChoices):
        OPEN = "OPEN", "Open"
        ACKNOWLEDGED = "ACKNOWLEDGED", "Acknowledged"
        RESOLVED = "RESOLVED", "Resolved"

    class Severity(models.TextChoices):
        ERROR = "ERROR", "Error"
        WARNING = "WARNING", "Warning"

    check_name = models.CharField(max_length=64)
    subject = models.CharField(max_length=255)
    severity = models.CharField(max_length=8, choices=Severity)
    message = models.CharField(max_length=1000)
    status = models.CharField(max_length=16, choices=Status, default=Status.OPEN)
    found_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-found_at"]
        default_permissions = ("view",)
        permissions = [("acknowledge_finding", "Can acknowledge findings")]
        constraints = [
            models.UniqueConstraint(
                fields=["check_name", "subject"],
                condition=~Q(status="RESOLVED"),
                name="finding_once_while_open",
            ),
            models.CheckConstraint(condition=Q(status__in=["OPEN", "ACKNOWLEDGED", "RESOLVED"]), name="finding_status"),
            models.CheckConstraint(condition=Q(severity__in=["ERROR", "WARNING"]), name="finding_severity"),
        ]

    def __str__(self) -> str:
        return f"{self.check_title}: {self.subject}"

    @property
    def check_title(self) -> str:
        return self.check_name.replace("_", " ")
