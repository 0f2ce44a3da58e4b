"""What came in: endpoints, raw deliveries (kept first, understood later), and the keys that make a POST happen once."""

import secrets
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from orders.models.channel import ApiKey, Channel
from orders.models.secret_box import SecretListField

KEEP_KEYS = timedelta(days=7)


def new_public_id() -> str:
    return secrets.token_urlsafe(12)


class Endpoint(models.Model):
    """An inbound hook: `POST /hooks/<provider>/<public_id>/`, proved genuine by one of its secrets."""

    class Mode(models.TextChoices):
        LIVE = "LIVE", "Live"
        TEST = "TEST", "Test"

    provider = models.SlugField(max_length=32)
    public_id = models.CharField(max_length=32, unique=True, default=new_public_id, editable=False)
    channel = models.ForeignKey(Channel, models.PROTECT, null=True, blank=True, related_name="endpoints")
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.LIVE)
    secrets = SecretListField(default=list, help_text="The current secret first; older ones stay valid until removed.")
    tokens = SecretListField(default=list, help_text="In the address, for senders that sign nothing; as the secrets.")
    accept_v2 = models.BooleanField(
        default=False, help_text="EasyPost's second signature alone is believed; set it when one was seen to be right."
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_received_at = models.DateTimeField(null=True, blank=True, editable=False)
    refused = models.PositiveIntegerField(default=0, editable=False, help_text="Deliveries that were not genuine.")

    class Meta:
        ordering = ["provider", "pk"]
        constraints = [models.CheckConstraint(condition=models.Q(mode__in=["LIVE", "TEST"]), name="endpoint_mode")]

    def __str__(self) -> str:
        return f"{self.provider} {self.public_id}"

    @property
    def path(self) -> str:
        return f"/hooks/{self.provider}/{self.public_id}/"

    @property
    def url(self) -> str:
        """The address without its token."""
        return f"{settings.PUBLIC_URL}{self.path}"

    @property
    def secret_path(self) -> str:
        """The path as its sender needs it, with the token in it."""
        return f"{self.path}?token={self.tokens[0]}" if self.tokens else self.path


class InboxQuerySet(models.QuerySet["Inbox"]):
    def waiting(self) -> "InboxQuerySet":
        return self.filter(status=Inbox.Status.RECEIVED)

    def quarantined(self) -> "InboxQuerySet":
        return self.filter(status=Inbox.Status.QUARANTINED)


class Inbox(models.Model):
    """Something that came in, raw. `source` is a provider, or `csv` with its channel."""

    class Status(models.TextChoices):
        RECEIVED = "RECEIVED", "Received"
        PROCESSED = "PROCESSED", "Processed"
        QUARANTINED = "QUARANTINED", "Quarantined"
        IGNORED = "IGNORED", "Ignored"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.CharField(max_length=32)
    endpoint = models.ForeignKey(Endpoint, models.PROTECT, null=True, blank=True, related_name="inbox")
    channel = models.ForeignKey(Channel, models.PROTECT, null=True, blank=True, related_name="inbox")
    dedupe_key = models.CharField(max_length=255)
    external_id = models.CharField(max_length=255, blank=True, help_text="The order it speaks of, where we know.")
    raw = models.BinaryField()
    mended = models.BinaryField(null=True, blank=True, help_text="What a person made of the raw body.")
    headers = models.JSONField(default=dict)
    is_asked = models.BooleanField("we asked for it", default=False)
    status = models.CharField(max_length=16, choices=Status, default=Status.RECEIVED)
    problems = models.JSONField(default=list, help_text="Rows of row, column, value, reason.")
    note = models.CharField(max_length=255, blank=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, null=True, blank=True, related_name="inbox")
    received_at = models.DateTimeField(default=timezone.now)
    processed_at = models.DateTimeField(null=True, blank=True)

    objects = InboxQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "inbox"
        ordering = ["-received_at"]
        permissions = [("retry_inbox", "Can mend and retry what is quarantined")]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "dedupe_key"], name="inbox_once_an_endpoint"),
            models.UniqueConstraint(
                fields=["source", "channel", "dedupe_key"],
                condition=models.Q(endpoint=None),
                name="inbox_once_a_source",
            ),
            models.UniqueConstraint(  # no channel is not equal to no channel
                fields=["source", "dedupe_key"],
                condition=models.Q(endpoint=None, channel=None),
                name="inbox_once_without_channel",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["RECEIVED", "PROCESSED", "QUARANTINED", "IGNORED"]),
                name="inbox_status",
            ),
        ]
        indexes = [
            models.Index(fields=["received_at"], condition=models.Q(status="RECEIVED"), name="inbox_waiting"),
            models.Index(
                fields=["channel", "external_id"], condition=models.Q(status="QUARANTINED"), name="inbox_held"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.external_id or self.dedupe_key[:12]}"

    @property
    def body(self) -> bytes:
        return bytes(self.mended if self.mended is not None else self.raw)


class IdempotencyKey(models.Model):
    """The first answer to a POST that carried an `Idempotency-Key`, given again byte by byte for seven days."""

    api_key = models.ForeignKey(ApiKey, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["api_key", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key
