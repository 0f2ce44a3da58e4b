"""What each scan speaks for, in its place along the line: nothing that lowers (F5), and returns (F7)."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tracking.status import words
from tracking.status.picture import Journey, Scan
from tracking.status.timeline import NEVER, Entry, Timeline


@dataclass(frozen=True, slots=True)
class Voice:
    """An entry and the status it speaks for; "" where it has no say."""

    entry: Entry
    status: str
    place: int

    @property
    def shown(self) -> str:
        """The status of its line on the page."""
        is_home = self.status == words.RETURNED_TO_SENDER
        return self.status if is_home else self.entry.scan.status or words.UNKNOWN


class Return:
    """Whether the parcel is on its way back at a moment, by scans before it or by a headline."""

    def __init__(self, timeline: Timeline, journey: Journey) -> None:
        self.journey = journey
        self.is_possible = not any(each.is_return for each in timeline.snapshots)
        self.has_begun = self.is_over = False
        self.cleared_at = NEVER
        self.said: list[datetime] = []
        self.knowing: dict[object, list[datetime]] = defaultdict(list)
        self._hear_headlines(timeline)

    def _hear_headlines(self, timeline: Timeline) -> None:
        """Note when headlines say that it goes back, all of them and those of the pictures that know a scan."""
        told = [each for each in timeline.snapshots if each.headline.status == words.RETURNING_TO_SENDER]
        dated = [(timeline.stated(each), each) for each in told if self.is_possible]
        for stated, each in sorted(dated, key=lambda pair: pair[0]):
            self.said.append(stated)
            for identity in each.identities:
                self.knowing[identity].append(stated)

    def goes_on(self, entry: Entry) -> bool:
        """Say whether a headline that no delivery has answered was there before the scan, which is news to it."""
        clock, known = entry.clock or NEVER, self.knowing.get(entry.scan.identity, [])
        return self.has_begun or self._count(self.said, clock) > self._count(known, clock)

    def _count(self, moments: Sequence[datetime], until: datetime) -> int:
        return max(0, bisect_left(moments, until) - bisect_right(moments, self.cleared_at))

    def stated_after(self, delivery: Entry | None) -> list[datetime]:
        """Return when headlines said that it goes back, after this delivery and after any that answered them."""
        if not delivery:
            return [stated for stated in self.said if stated > self.cleared_at]
        moment, known = max(self.cleared_at, delivery.clock or NEVER), self.knowing.get(delivery.scan.identity, [])
        return [stated for stated in self.said if stated > moment] + [
            stated for stated in known if stated > self.cleared_at
        ]

    def status_of(self, entry: Entry) -> str:
        """Say what a scan during the return speaks for, and note what it means for the return."""
        scan = entry.scan
        if scan.status == words.DELIVERED and self.is_at_the_door(scan):
            self.has_begun, self.cleared_at = False, entry.clock or self.cleared_at
            return words.DELIVERED
        if scan.status in {words.DELIVERED, words.RETURNED_TO_SENDER}:
            return words.RETURNED_TO_SENDER
        return words.LOST if scan.status == words.LOST else words.RETURNING_TO_SENDER

    def is_at_the_door(self, scan: Scan) -> bool:
        is_home = scan.place.is_within(self.journey.origin)
        return scan.place.is_within(self.journey.destination) and not is_home


def listen(timeline: Timeline, journey: Journey) -> tuple[Sequence[Voice], Return]:
    """Let every scan speak, oldest first."""
    way_back = Return(timeline, journey)
    voices, is_in_hand = [], False
    for place, entry in enumerate(timeline.entries):
        status = _status_of(entry, way_back, is_in_hand=is_in_hand)
        is_in_hand = is_in_hand or entry.scan.is_physical
        way_back.has_begun = way_back.has_begun or (way_back.is_possible and status == words.RETURNING_TO_SENDER)
        way_back.is_over = way_back.is_over or status == words.RETURNED_TO_SENDER
        voices.append(Voice(entry, status, place))
    return voices, way_back


def _status_of(entry: Entry, way_back: Return, *, is_in_hand: bool) -> str:
    status = entry.scan.status
    is_mute = status in {"", words.UNKNOWN} or (status == words.PRE_TRANSIT and is_in_hand)
    if is_mute or way_back.is_over:
        return ""
    return way_back.status_of(entry) if way_back.goes_on(entry) else status
