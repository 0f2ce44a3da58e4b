"""Has an endpoint's provider switched our hook off? Judged by its own habits. Pure."""

from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEAST_DAYS, LEAST_HOURS = 13, 24
"""Of history, and of hours in it in which something came: with less nobody can tell."""
UNLIKELY = 0.0001
PRIOR = 0.5
"""How many days the same hour of all days counts for, beside that of days of this kind."""
SATURDAY, SUNDAY = 5, 6
Rests = Callable[[datetime], bool]
"""Hour → whether it is one of a holiday: as quiet as one of a Sunday."""


def never(_: datetime) -> bool:
    return False


def chance_of_silence(heard: Collection[datetime], now: datetime, rests: Rests = never) -> float:
    """Return how likely it is that a sound hook was as silent as this one since the last hour that it was heard in.

    `heard` are the hours in which something came, over some weeks. 1 where there is too little history to tell.
    """
    if not has_habits(heard):
        return 1.0
    first, last = min(heard), max(heard)
    habits = _Habits(heard, first, last, rests)
    chance, hour = 1.0, last + HOUR
    while hour + HOUR <= now and chance >= UNLIKELY:
        chance *= 1 - habits.of(hour)
        hour += HOUR
    return chance


def has_habits(heard: Collection[datetime]) -> bool:
    """Say whether there is history enough to tell what is usual."""
    return len(heard) >= LEAST_HOURS and max(heard) - min(heard) >= LEAST_DAYS * DAY


class _Habits:
    """How often something came in an hour of a kind of day."""

    def __init__(self, heard: Collection[datetime], first: datetime, last: datetime, rests: Rests) -> None:
        self.rests = rests
        hours = [first + n * HOUR for n in range(int((last - first) / HOUR) + 1)]
        self.known_kind, self.known_day = Counter(map(self._kind, hours)), Counter(hour.hour for hour in hours)
        self.heard_kind, self.heard_day = Counter(map(self._kind, heard)), Counter(hour.hour for hour in heard)

    def of(self, hour: datetime) -> float:
        """Return how likely it is that something comes in this hour: never quite sure."""
        daily = (self.heard_day[hour.hour] + 0.5) / (self.known_day[hour.hour] + 1)
        kind = self._kind(hour)
        return (self.heard_kind[kind] + PRIOR * daily) / (self.known_kind[kind] + PRIOR)

    def _kind(self, hour: datetime) -> tuple[int, int]:
        """Return the kind of day, working day, Saturday or Sunday (or holiday), and the hour."""
        return SUNDAY if self.rests(hour) else max(hour.weekday(), SATURDAY - 1), hour.hour
