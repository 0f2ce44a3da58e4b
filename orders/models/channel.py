"""Where orders come from: channels with their API keys, and the ways of shipping they may ask for."""

import hashlib
import secrets
from datetime import datetime

from django.db import models
from django.utils import timezone

SCOPES = (
    "orders:read",
    "orders:write",
    "products:read",
    "products:write",
    "shipments:read",
    "shipments:write",
    "stock:read",
    "stock:write",
    "carrier-events:write",
)


class Channel(models.Model):
    """A website, an app, a till, a marketplace."""

    name = models.SlugField(max_length=64, unique=True)
    title = models.CharField(max_length=255, blank=True, help_text="What customers read; the name if empty.")
    email = models.EmailField(
        "e-mail",
        blank=True,
        help_text="Where customers write to, and answers to mails go. Nobody is told to write while it is empty.",
    )
    is_ship_complete = models.BooleanField(default=False, help_text="Its orders wait until all of it is there.")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email="") | models.Q(email__contains="@"), name="channel_email_is_one"
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.name


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self, now: datetime) -> "ApiKeyQuerySet":
        return self.filter(models.Q(expires_at=None) | models.Q(expires_at__gt=now), revoked_at=None)

    def for_secret(self, secret: str) -> "ApiKeyQuerySet":
        return self.filter(digest=ApiKey.digest_of(secret))


class ApiKey(models.Model):
    """A bearer key of one channel: shown once, stored as its SHA-256 (192 random bits need no slower hash)."""

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=255, blank=True)
    prefix = models.CharField(max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}… of {self.channel}"

    @staticmethod
    def new_secret() -> str:
        return f"otk_{secrets.token_urlsafe(24)}"

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()


class ShippingMethod(models.Model):
    """A way of shipping and what it promises, in working days (Monday to Friday)."""

    code = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=255)
    cut_off = models.TimeField(
        null=True, blank=True, help_text="What is ordered later counts from the next day; empty: never too late."
    )
    handling_days = models.PositiveSmallIntegerField(default=1, help_text="From the order to the van.")
    transit_days_from = models.PositiveSmallIntegerField(default=1, help_text="From the van to the door, at best.")
    transit_days_to = models.PositiveSmallIntegerField(default=3, help_text="From the van to the door, at worst.")

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(transit_days_from__lte=models.F("transit_days_to")),
                name="shipping_transit_range",
            ),
        ]

    def __str__(self) -> str:
        return self.name
