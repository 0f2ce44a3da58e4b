"""What speaks for which status: the voices along the line, the headlines, and what can be read off them at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from tracking.status import words
from tracking.status.picture import Headline, Journey, Snapshot
from tracking.status.timeline import NEVER, Timeline
from tracking.status.voices import Return, Voice, listen


@dataclass(frozen=True, slots=True)
class Verdict:
    """The status, and what decided it: a scan (`voice`), or a headline said at `at`, that of the picture `said`.
    `day` is the one that a line shows under it.
    """

    status: str
    reason: str = ""
    is_action_required: bool = False
    at: datetime | None = None
    voice: Voice | None = None
    day: date | None = None
    said: Snapshot | None = None
    review: frozenset[str] = field(default_factory=frozenset)


def by_scan(voice: Voice) -> Verdict:
    scan = voice.entry.scan
    must_act = scan.is_action_required or scan.reason in words.ACT
    return Verdict(voice.status, scan.reason, must_act, voice.entry.clock, voice, voice.entry.day)


class Evidence:
    """All there is to judge by."""

    def __init__(self, timeline: Timeline, journey: Journey) -> None:
        self.timeline, self.journey = timeline, journey
        self.lines: Sequence[Voice]
        self.back: Return
        self.lines, self.back = listen(timeline, journey)
        self.voices = [voice for voice in self.lines if voice.status]
        self.is_in_hand = any(voice.entry.scan.is_physical for voice in self.voices)
        self.best = timeline.best
        self.headline = self.best.headline if self.best else Headline()
        self.spoken = self._spoken()
        self.deliveries = self._deliveries()

    @property
    def last(self) -> Voice | None:
        return self.voices[-1] if self.voices else None

    def _spoken(self) -> str:
        """Return what the best headline says; "" where it does not speak (F5 a, b)."""
        status = self.headline.status
        is_late_label = status == words.PRE_TRANSIT and self.is_in_hand
        return "" if status == words.UNKNOWN or is_late_label else status

    def _deliveries(self) -> list[Voice]:
        """Return the last unbroken run of deliveries."""
        run: list[Voice] = []
        for voice in reversed(self.voices):
            if voice.status == words.DELIVERED:
                run.append(voice)
            elif run:
                break
        return run[::-1]

    def saying(self, status: str) -> list[Snapshot]:
        """Return the pictures with that headline, worst first."""
        return [each for each in self.timeline.snapshots if each.headline.status == status]

    def said_at(self, snapshot: Snapshot) -> datetime | None:
        stated = self.timeline.stated(snapshot)
        return stated if stated > NEVER else None

    def delivered_at(self) -> datetime:
        """Return when the last delivery was, by scan or else by headline."""
        if self.deliveries:
            return self.deliveries[-1].entry.clock or NEVER
        claims = self.saying(words.DELIVERED)
        return (claims[-1].delivered_at or self.timeline.stated(claims[-1])) if claims else NEVER

    def returns(self) -> list[Voice]:
        """Return the scans on the way back that no delivery at the door came after."""
        after = self.deliveries[-1].place if self.deliveries else -1
        return [v for v in self.voices if v.status == words.RETURNING_TO_SENDER and v.place > after]

    def return_began_at(self) -> datetime | None:
        """Return when the return began that is still going on; None where there is none (F7)."""
        if not self.back.is_possible:
            return None
        scans = self.returns()
        moments = [scans[0].entry.clock or NEVER] if scans else []
        return min(
            moments + self.back.stated_after(self.deliveries[-1].entry if self.deliveries else None), default=None
        )
