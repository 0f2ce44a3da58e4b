"""What each scan speaks for, in its place along the line: nothing that lowers (F5), and returns (F7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tracking.status import words
from tracking.status.picture import Journey, Scan, Snapshot
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
        self.headlines = [
            (timeline.stated(each), each)
            for each in timeline.snapshots
            if self.is_possible and each.headline.status == words.RETURNING_TO_SENDER
        ]

    def goes_on(self, entry: Entry) -> bool:
        return self.has_begun or any(
            stated > self.cleared_at and _is_later(entry, stated, snapshot) for stated, snapshot in self.headlines
        )

    def stated_after(self, delivery: Entry | None) -> list[datetime]:
        """Return when headlines said that it goes back, after this delivery and after any that answered them."""
        moment = max(self.cleared_at, (delivery.clock or NEVER) if delivery else NEVER)
        return [
            stated
            for stated, snapshot in self.headlines
            if stated > moment or (delivery and stated > self.cleared_at and not _is_later(delivery, NEVER, snapshot))
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


def _is_later(entry: Entry, stated: datetime, snapshot: Snapshot) -> bool:
    """Say whether the scan is news to a picture taken at `stated`."""
    is_known = entry.scan.identity() in {scan.identity() for scan in snapshot.scans}
    return not is_known and (entry.clock or NEVER) > stated
