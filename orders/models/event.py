"""The trail: one immutable row for whatever changed an order, chained by digest; and what is not yet relayed of it."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from django.db import models

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
        return digest_after(
            previous, self.order_id, self.seq, self.kind, self.at, self.recorded_at, self.by, self.facts
        )


class Outbox(models.Model):
    """An event that nobody has been told of yet. The relay deletes the row with the rows it makes of it."""

    event = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="outbox")

    class Meta:
        default_permissions = ()
        verbose_name_plural = "outbox"

    def __str__(self) -> str:
        return f"not yet relayed: {self.event_id}"


def digest_after(
    previous: bytes, order_id: int, seq: int, kind: str, at: datetime, recorded_at: datetime, by: str, facts: Any
) -> bytes:
    """Return the digest of an event by the digest of the one before it and its own canonical bytes."""
    parts = [order_id, seq, kind, _instant(at), _instant(recorded_at), by, facts]
    return hashlib.sha256(previous + _canonical(parts).encode()).digest()


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


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
