"""F12: which milestones a parcel has passed, and when. Who is told of them is decided elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracking.status import words
from tracking.status.evidence import Evidence, Verdict
from tracking.status.voices import Voice

ANOTHER_ATTEMPT = timedelta(hours=2)
OLD = timedelta(hours=48)

FIRST_SCAN = "first_scan"
ATTEMPT = "attempt:"
TRIED = frozenset({words.DELIVERY_ATTEMPT_FAILED, words.IN_TRANSIT, words.EXCEPTION})
"""What may be said of a parcel after an attempt without taking anything away from it."""
KEYS = {
    words.OUT_FOR_DELIVERY: "out_for_delivery",
    words.AVAILABLE_FOR_PICKUP: "available_for_pickup",
    words.DELIVERED: "delivered",
    words.RETURNING_TO_SENDER: "returning",
    words.RETURNED_TO_SENDER: "returned",
    words.LOST: "lost",
}


@dataclass(frozen=True, slots=True)
class Milestone:
    """`at` is when it was passed, an estimate unless `is_exact`; `place` is the scan's in the line, past its end for a
    headline. What was passed in one place has one status: that scan's.
    """

    key: str
    status: str
    at: datetime | None
    is_exact: bool
    place: int

    def is_old(self, now: datetime) -> bool:
        """Say whether it is too long ago for a customer to be told."""
        return is_old(self.at, now)


def is_old(at: datetime | None, now: datetime) -> bool:
    return at is not None and at < now - OLD


def milestones(evidence: Evidence, verdict: Verdict) -> tuple[Milestone, ...]:
    """Return what was passed, in the order of the line: by its scans, and by the headline that decided."""
    found: dict[str, Milestone] = {}
    for key, voice in _by_scans(evidence, verdict):
        found.setdefault(key, _milestone(key, voice))
    attempt = not any(key.startswith(ATTEMPT) for key in found)
    key = _key_of(verdict.status, verdict.reason, verdict.is_action_required)
    if verdict.status == words.DELIVERY_ATTEMPT_FAILED and attempt:
        key = "attempt:1"
    if key and key not in found:
        found[key] = Milestone(key, verdict.status, verdict.at, is_exact=False, place=len(evidence.lines))
    return tuple(sorted(found.values(), key=lambda each: each.place))


def news(evidence: Evidence, verdict: Verdict, passed: Sequence[Milestone]) -> Milestone | None:
    """Return the one that customers may be told of: the last that was passed, as long as it is so. None is before it.

    Whatever came after what decided, as scans after a delivery, takes nothing away.
    """
    place = verdict.voice.place if verdict.voice else len(evidence.lines)
    told = [each for each in passed if each.key != FIRST_SCAN and each.place <= place]
    return told[-1] if told and _is_so(told[-1].key, verdict) else None


def _is_so(key: str, verdict: Verdict) -> bool:
    """Say whether the verdict says the same; that a delivery was tried stays true until something better is known."""
    if key.startswith(ATTEMPT):
        return verdict.status in TRIED
    return key == _key_of(verdict.status, verdict.reason, verdict.is_action_required)


def _by_scans(evidence: Evidence, verdict: Verdict) -> Iterator[tuple[str, Voice]]:
    for voice in evidence.voices:
        if voice.entry.scan.is_physical:
            yield FIRST_SCAN, voice
        scan = voice.entry.scan
        must_act = scan.is_action_required or scan.reason in words.ACT
        if key := _key_of(voice.status, scan.reason, must_act):
            is_standing = voice.status == verdict.status == words.DELIVERED
            yield key, evidence.deliveries[0] if is_standing else voice
    for n, voice in enumerate(attempts(evidence.voices), start=1):
        yield f"attempt:{n}", voice


def attempts(voices: Iterable[Voice]) -> list[Voice]:
    """Return the failed attempts that count: on different days, or at least two hours apart."""
    counted: list[Voice] = []
    for voice in voices:
        if voice.status == words.DELIVERY_ATTEMPT_FAILED and (not counted or _is_another(counted[-1], voice)):
            counted.append(voice)
    return counted


def _is_another(before: Voice, voice: Voice) -> bool:
    one, other = before.entry, voice.entry
    if one.clock is None or other.clock is None:
        return False
    return one.day != other.day or abs(other.clock - one.clock) >= ANOTHER_ATTEMPT


def _key_of(status: str, reason: str, must_act: bool) -> str:  # noqa: FBT001 - a pure table
    if status == words.EXCEPTION:
        return f"exception:{reason or 'other'}" if must_act else ""
    return KEYS.get(status, "")


def _milestone(key: str, voice: Voice) -> Milestone:
    is_exact = voice.entry.scan.instant() is not None
    return Milestone(key, voice.status, voice.entry.clock, is_exact, voice.place)
