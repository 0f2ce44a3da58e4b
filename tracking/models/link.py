"""The customer's key to their order's page: opaque, revocable, found by its hash."""

import base64
import hashlib
import hmac
import uuid
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import connection, models
from django.db.models import Q
from django.utils import timezone

from orders.models import Order

TOKEN_LENGTH = 32
OPENED_SQL = """
SELECT o.id, o.version, o.status, o.number, c.title, c.name
FROM tracking_trackinglink l JOIN orders_order o ON o.id = l.order_id JOIN orders_channel c ON c.id = o.channel_id
WHERE l.digest = %s AND l.revoked_at IS NULL AND (l.expires_at IS NULL OR l.expires_at > %s)
"""

SEEN_SQL = """
SELECT 1 FROM tracking_trackinglink l JOIN orders_order o ON o.id = l.order_id
WHERE l.digest = %s AND o.version = %s AND l.revoked_at IS NULL AND (l.expires_at IS NULL OR l.expires_at > %s)
"""
MAX_VERSION_DIGITS = 9


class Opened(NamedTuple):
    """The order that a link opens, and how it stands: enough to know whether a reader has seen it."""

    order_id: int
    version: int
    status: str
    number: str
    channel_title: str
    channel_name: str

    @property
    def shop(self) -> str:
        return self.channel_title or self.channel_name


class TrackingLinkQuerySet(models.QuerySet["TrackingLink"]):
    def usable(self, now: datetime) -> "TrackingLinkQuerySet":
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


class TrackingLink(models.Model):
    """The token itself is not stored: it is the HMAC of this row's id, so that the next mail can show it again.

    After SECRET_KEY was changed old links still open, by their stored digest; the next mail makes a new row.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="links")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = TrackingLinkQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"link to {self.order}"

    @property
    def token(self) -> str:
        mac = hmac.digest(settings.SECRET_KEY.encode(), b"tracking link\0" + self.id.bytes, "sha256")
        return base64.urlsafe_b64encode(mac).decode()[:TOKEN_LENGTH]

    @property
    def url(self) -> str:
        return f"{settings.PUBLIC_URL}/track/{self.token}/"

    @staticmethod
    def opened_by(token: str, now: datetime) -> Opened | None:
        """Return what the token opens. By a cursor: every open page asks every five seconds, and the ORM is dear."""
        with connection.cursor() as cursor:
            cursor.execute(OPENED_SQL, [TrackingLink.digest_of(token), connection.ops.adapt_datetimefield_value(now)])
            row = cursor.fetchone()
        return Opened(*row) if row else None

    @staticmethod
    def has_seen(token: str, version: str, now: datetime) -> bool:
        """Say whether the order that the token opens still has the version that its reader has seen."""
        if not (version.isascii() and version.isdigit() and len(version) <= MAX_VERSION_DIGITS):
            return False
        with connection.cursor() as cursor:
            moment = connection.ops.adapt_datetimefield_value(now)
            cursor.execute(SEEN_SQL, [TrackingLink.digest_of(token), int(version), moment])
            return cursor.fetchone() is not None

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()


class LinkRequest(models.Model):
    """What somebody typed to find an order, until it is answered. However often they press, it waits once."""

    number = models.CharField(max_length=32)
    email = models.EmailField(max_length=255)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["number", "email"], name="link_request_once")]

    def __str__(self) -> str:
        return f"look-up {self.pk}"
