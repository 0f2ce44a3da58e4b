"""F5 and F9: the source's headline speaks first, as it knows codes that we do not; except where it cannot know."""

from tracking.status import words
from tracking.status.evidence import Evidence, Verdict, by_scan
from tracking.status.picture import Snapshot
from tracking.status.timeline import NEVER
from tracking.status.voices import Voice


def candidate(evidence: Evidence) -> Verdict:
    """Return the status by headline, or by the last scan that speaks, before deliveries and returns are weighed."""
    best, last = evidence.best, evidence.last
    if best is None or not evidence.spoken or _was_seen_since(evidence, best):
        return by_scan(last) if last else Verdict(words.UNKNOWN)
    later = _later_elsewhere(evidence, best)
    return by_scan(later) if later else _by_headline(evidence, best)


def _by_headline(evidence: Evidence, best: Snapshot) -> Verdict:
    status, headline, last = evidence.spoken, best.headline, evidence.last
    same = by_scan(last) if last and last.status == status else None
    reason = headline.reason or (same.reason if same else "")
    must_act = headline.is_action_required or reason in words.ACT or (same is not None and same.is_action_required)
    at = same.at if same else evidence.said_at(_same_said(evidence, best)[0])
    return Verdict(status, reason, must_act, at, same.voice if same else None, said=best)


def _later_elsewhere(evidence: Evidence, best: Snapshot) -> Voice | None:
    """Return the last scan, not the source's own, with a true instant later than the whole picture (F5 d)."""
    clocks = [voice.entry.clock or NEVER for voice in evidence.lines if voice.entry.snapshot is best]
    whole = max([evidence.timeline.stated(best), *clocks])
    for voice in reversed(evidence.voices):
        snapshot, instant = voice.entry.snapshot, voice.entry.scan.instant()
        is_its_own = snapshot.source == best.source and snapshot.is_complete == best.is_complete
        if instant and instant > whole and not is_its_own and voice.status != words.PRE_TRANSIT:
            return voice
    return None


def _was_seen_since(evidence: Evidence, best: Snapshot) -> bool:
    """Say whether somebody had it in hand after the picture that first said lost, expired or cancelled (F9)."""
    if evidence.spoken not in words.SOFT:
        return False
    first = _same_said(evidence, best)[0]
    stated = evidence.timeline.stated(first)
    return any(
        voice.entry.scan.is_physical
        and voice.entry.scan.identity not in first.identities
        and (voice.entry.clock or NEVER) > stated
        for voice in evidence.voices
    )


def _same_said(evidence: Evidence, best: Snapshot) -> list[Snapshot]:
    """Return the pictures of the best one's source that say the same without a break up to it, oldest first."""
    run: list[Snapshot] = []
    for each in reversed(evidence.timeline.snapshots):
        has_say = each.is_complete or each.headline.status
        if each.source == best.source and each.is_complete == best.is_complete and has_say:
            if each.headline.status != best.headline.status:
                break
            run.append(each)
    return run[::-1]
