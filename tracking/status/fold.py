"""The fold: a set of pictures in, one status out. No query, no model, no clock but the one it is given."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from tracking.status import words
from tracking.status.eta import Expectation, expect
from tracking.status.evidence import Evidence, Verdict
from tracking.status.milestones import FIRST_SCAN, KEYS, Milestone, milestones, news
from tracking.status.picture import Headline, Journey, Scan, Snapshot
from tracking.status.timeline import Timeline, build, is_possible
from tracking.status.verdict import judge
from tracking.status.voices import Voice


@dataclass(frozen=True, slots=True)
class Line:
    """One scan as it is shown. `at` is in UTC, and empty where the carrier's wall clock is all we know: it was `about`
    then, by the zone of its place.
    """

    at: datetime | None
    about: datetime | None
    wall: str
    status: str
    reason: str
    message: str
    place: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What made the status, and who said it: a scan, or where there is none a headline as it stood at a time."""

    source: str
    scan: Scan | None
    headline: Headline
    stated_at: datetime | None

    def stands_in(self, picture: Snapshot) -> bool:
        """Say whether a picture, as it came, tells it."""
        if picture.source != self.source:
            return False
        if self.scan:
            return self.scan.identity in picture.identities
        return (picture.headline, picture.stated_at) == (self.headline, self.stated_at)


@dataclass(frozen=True, slots=True)
class Result:
    """Where the parcel is. Times that only a wall clock tells are estimates (`is_time_estimated`).

    `decided_at` is the instant of the scan that made the status, where there is one; `delivered_on` the day that its
    line shows; `news` the milestone that customers may be told of, all others being passed by (F12).
    """

    status: str
    reason: str
    is_action_required: bool
    needs_review: tuple[str, ...]
    expectation: Expectation | None
    first_scan_at: datetime | None
    last_scan_at: datetime | None
    out_for_delivery_at: datetime | None
    first_attempt_at: datetime | None
    attempts: int
    delivered_at: datetime | None
    delivered_on: date | None
    returned_at: datetime | None
    decided_at: datetime | None
    decision: Decision | None
    milestones: tuple[Milestone, ...]
    news: Milestone | None
    timeline: tuple[Line, ...]
    is_time_estimated: bool


def fold(snapshots: Iterable[Snapshot], *, now: datetime, journey: Journey | None = None) -> Result:
    """Return the one status, timeline, ETA and milestones of a set of pictures, in whatever order they came."""
    journey = journey or Journey()
    timeline = build(snapshots, zone=journey.zone, now=now, shipped_on=journey.shipped_on)
    evidence = Evidence(timeline, journey)
    verdict = judge(evidence)
    passed = milestones(evidence, verdict)
    times = {each.key: _utc(each.at) for each in passed if is_possible(each.at, now)}
    ended_at = verdict.at if verdict.status in {words.DELIVERED, words.RETURNED_TO_SENDER} else None
    told_at = _utc(ended_at) if is_possible(ended_at, now) else None
    clocks = [entry.clock for entry in timeline.entries if entry.clock and is_possible(entry.clock, now)]
    return Result(
        status=verdict.status,
        reason=verdict.reason,
        is_action_required=verdict.is_action_required,
        needs_review=tuple(sorted(verdict.review | _review(timeline))),
        expectation=expect(timeline, journey, ended_at),
        first_scan_at=times.get(FIRST_SCAN),
        last_scan_at=_utc(max(clocks, default=None)),
        out_for_delivery_at=times.get(KEYS[words.OUT_FOR_DELIVERY]),
        first_attempt_at=times.get("attempt:1"),
        attempts=sum(each.key.startswith("attempt:") for each in passed),
        delivered_at=told_at if verdict.status == words.DELIVERED else None,
        delivered_on=_day(verdict, journey.zone) if told_at and verdict.status == words.DELIVERED else None,
        returned_at=told_at if verdict.status == words.RETURNED_TO_SENDER else None,
        decided_at=_utc(verdict.voice.entry.scan.instant()) if verdict.voice else None,
        decision=_decision(verdict),
        milestones=passed,
        news=news(evidence, verdict, passed),
        timeline=tuple(_line(voice) for voice in evidence.lines),
        is_time_estimated=any(entry.clock and not entry.scan.instant() for entry in timeline.entries),
    )


def _review(timeline: Timeline) -> set[str]:
    """Return what staff should look at, apart from what the verdict itself found."""
    trackers: dict[str, set[str]] = defaultdict(set)
    for each in timeline.snapshots:
        trackers[each.source].add(each.source_tracker_id)
    is_unmapped = any(entry.scan.is_unmapped for entry in timeline.entries)
    is_unmapped = is_unmapped or bool(timeline.best and timeline.best.headline.is_unmapped)
    found = {
        "unmapped_value": is_unmapped,
        "time_suspect": timeline.is_suspect,
        "duplicate_tracker": any(len(ids - {""}) > 1 for ids in trackers.values()),
    }
    return {code for code, is_so in found.items() if is_so}


def _decision(verdict: Verdict) -> Decision | None:
    if verdict.voice:
        entry = verdict.voice.entry
        return Decision(entry.snapshot.source, entry.scan, Headline(), None)
    said = verdict.said
    return Decision(said.source, None, said.headline, said.stated_at) if said else None


def _day(verdict: Verdict, zone: tzinfo) -> date | None:
    return verdict.day or (verdict.at.astimezone(zone).date() if verdict.at else None)


def _line(voice: Voice) -> Line:
    scan, at = voice.entry.scan, _utc(voice.entry.scan.instant())
    about = None if at else _utc(voice.entry.clock)
    return Line(at, about, scan.wall, voice.shown, scan.reason, scan.message, str(scan.place))


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None
