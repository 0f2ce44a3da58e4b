"""The stretch of time that is looked at, and the one before it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

DAYS = 28


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to, and without, `end`."""

    start: datetime
    end: datetime

    @classmethod
    def up_to(cls, now: datetime) -> "Period":
        return cls(now - timedelta(days=DAYS), now)

    @property
    def before(self) -> "Period":
        return Period(self.start - timedelta(days=DAYS), self.start)

    @property
    def first_day(self) -> date:
        return timezone.localdate(self.start)
