"""The trail: one immutable row for whatever changed an order, chained by digest; and what is not yet relayed of it."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.db.models import Func

GENESIS = b"\0" * 32
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


class Event(models.Model):
    """What happened, when, by whom. `facts` holds ids and quantities, never personal data.

    `digest` is SHA-256 over the digest of the order's event before it and this row's canonical bytes.
    """

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="events", db_index=False)
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=64)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    by = models.CharField(max_length=64)
    facts = models.JSONField(default=dict)
    digest = models.BinaryField(max_length=32)

    class Meta:
        ordering = ["seq"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["order", "seq"], name="event_once")]

    def __str__(self) -> str:
        return f"{self.kind} #{self.seq}"

    def digest_after(self, previous: bytes) -> bytes:
        at, recorded_at = instant(self.at), instant(self.recorded_at)
        return digest_after(previous, self.order_id, self.seq, self.kind, at, recorded_at, self.by, self.facts)


class Outbox(models.Model):
    """An event that nobody has been told of yet. The relay deletes the row with the rows it makes of it."""

    event = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="outbox")

    class Meta:
        default_permissions = ()
        verbose_name_plural = "outbox"

    def __str__(self) -> str:
        return f"not yet relayed: {self.event_id}"


def digest_after(
    previous: bytes, order_id: int, seq: int, kind: str, at: str, recorded_at: str, by: str, facts: Any
) -> bytes:
    """Return the digest of an event by the digest of the one before it and its own canonical bytes."""
    canonical = _canonical([order_id, seq, kind, at, recorded_at, by, facts])
    return hashlib.sha256(previous + canonical.encode()).digest()


def instant(moment: datetime) -> str:
    """Return a moment as it stands in the canonical bytes: 2026-11-22T10:00:00.000000+00:00."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


class Instant(Func):
    """The same, written by the database: three times as fast as a datetime for each."""

    output_field = models.TextField()
    template = """to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        column = "%(expressions)s"  # text in UTC, whose microseconds are left out where there are none
        seconds = f"replace(substr({column}, 1, 19), ' ', 'T')"
        template = f"{seconds} || '.' || substr(substr({column}, 21) || '000000', 1, 6) || '+00:00'"
        return self.as_sql(compiler, connection, template=template, **more)


def refuse_untellable(facts: Any) -> None:
    """Raise TypeError where `facts` would not read back as it was written (a float, a date, a key that is no text)."""
    match facts:
        case dict():
            for key, value in facts.items():
                if not isinstance(key, str):
                    raise TypeError(f"facts need text keys, not {key!r}")
                refuse_untellable(value)
        case list():
            for value in facts:
                refuse_untellable(value)
        case None | bool() | int() | str():
            pass
        case _:
            raise TypeError(f"facts cannot hold {facts!r}")
