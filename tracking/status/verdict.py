"""F6 and F7, weighed against the headline: home again is for good, delivered sticks, a return leads home."""

from dataclasses import replace
from datetime import timedelta

from tracking.status import words
from tracking.status.evidence import Evidence, Verdict, by_scan
from tracking.status.headline import candidate
from tracking.status.picture import Headline, Scan, Snapshot
from tracking.status.timeline import NEVER

SETTLED = timedelta(hours=12)


def judge(evidence: Evidence) -> Verdict:
    """Return the parcel's status."""
    return _home(evidence) or _delivered(evidence) or _going_back(evidence) or candidate(evidence)


# --- back at the shop ---------------------------------------------------------------------------------------


def _home(evidence: Evidence) -> Verdict | None:
    for voice in evidence.voices:
        if voice.status == words.RETURNED_TO_SENDER:
            return by_scan(voice)
    said = evidence.saying(words.RETURNED_TO_SENDER) or _claims_after_return(evidence)
    if not said:
        return None
    return Verdict(words.RETURNED_TO_SENDER, said[0].headline.reason, at=evidence.said_at(said[0]), said=said[0])


def _claims_after_return(evidence: Evidence) -> list[Snapshot]:
    """Return the pictures whose headline says delivered during a return: then it is the shop that has it (F7)."""
    return [each for each in _claims_during_return(evidence) if not _ends_at_the_door(each, evidence)]


def _claims_during_return(evidence: Evidence) -> list[Snapshot]:
    began_at = evidence.return_began_at()
    if began_at is None:
        return []
    returns = {voice.entry.scan.identity for voice in evidence.returns()}
    return [
        each
        for each in evidence.saying(words.DELIVERED)
        if evidence.timeline.stated(each) > began_at or not returns.isdisjoint(each.identities)
    ]


def _ends_at_the_door(claim: Snapshot, evidence: Evidence) -> bool:
    last = next((scan for scan in reversed(claim.scans) if scan.status), None)
    return last is not None and last.status == words.DELIVERED and evidence.back.is_at_the_door(last)


# --- delivered ------------------------------------------------------------------------------------------------


def _delivered(evidence: Evidence) -> Verdict | None:
    """F6: once said, it stays, unless a return came after it, or the headline gave it up and the parcel moved on."""
    claims = evidence.saying(words.DELIVERED)
    if not evidence.deliveries and not claims:
        return None
    is_answered = any(_ends_at_the_door(each, evidence) for each in _claims_during_return(evidence))
    if evidence.return_began_at() is not None and not is_answered:
        return None
    if _is_given_up(evidence) and (instead := candidate(evidence)).status != words.DELIVERED:
        return replace(instead, review=instead.review | {"reopened"})
    return _by_delivery(evidence) if evidence.deliveries else _by_claim(evidence, claims[-1])


def _is_given_up(evidence: Evidence) -> bool:
    since = evidence.delivered_at()
    if (
        evidence.best is None
        or evidence.spoken in {"", words.DELIVERED}
        or evidence.timeline.stated(evidence.best) < since
    ):
        return False
    quiet = {words.DELIVERED, words.PRE_TRANSIT}
    return any(
        entry.clock and entry.clock - since >= SETTLED and entry.scan.status not in quiet
        for entry in evidence.timeline.entries
    )


def _by_delivery(evidence: Evidence) -> Verdict:
    first, last = evidence.deliveries[0], evidence.deliveries[-1]
    review = _disagreement(evidence)
    if any(voice.place > last.place for voice in evidence.voices):
        review |= {"scan_after_delivered"}
    told = evidence.headline.reason if evidence.spoken == words.DELIVERED else ""
    reasons = [told, *(voice.entry.scan.reason for voice in reversed(evidence.deliveries))]
    return replace(by_scan(first), reason=next(filter(None, reasons), ""), is_action_required=False, review=review)


def _by_claim(evidence: Evidence, claim: Snapshot) -> Verdict:
    """Take the source's delivery date, else the newest scan's time if nobody knows what that scan says."""
    at, day, entries = claim.delivered_at, None, evidence.timeline.entries
    if at is None and entries and entries[-1].scan.status == "":
        at, day = entries[-1].clock, entries[-1].day
    review = _disagreement(evidence) | {"delivered_without_scan"}
    return Verdict(words.DELIVERED, claim.headline.reason, at=at, day=day, said=claim, review=review)


def _disagreement(evidence: Evidence) -> frozenset[str]:
    return frozenset() if evidence.spoken in {"", words.DELIVERED} else frozenset({"headline_disagrees"})


# --- on its way back ------------------------------------------------------------------------------------------


def _going_back(evidence: Evidence) -> Verdict | None:
    """F7: only home again, lost, or another return scan follows."""
    began_at = evidence.return_began_at()
    if began_at is None or candidate(evidence).status == words.LOST:
        return None
    scans = [by_scan(voice) for voice in evidence.returns()]
    reason, must_act = _reason_of_return(evidence)
    said = next(iter(evidence.saying(words.RETURNING_TO_SENDER)), None)
    by_headline = Verdict(words.RETURNING_TO_SENDER, at=began_at if began_at > NEVER else None, said=said)
    first = scans[0] if scans else by_headline
    return replace(first, reason=reason, is_action_required=must_act)


def _reason_of_return(evidence: Evidence) -> tuple[str, bool]:
    """Take it from the headline if that speaks of the return, else from the last scan that does, else from old ones."""
    said = [each.headline for each in evidence.saying(words.RETURNING_TO_SENDER)]
    raw = [v.entry.scan for v in evidence.returns() if v.entry.scan.status == words.RETURNING_TO_SENDER]
    now = [evidence.headline] if evidence.spoken == words.RETURNING_TO_SENDER else []
    told: list[Headline | Scan] = [*now, *raw[::-1], *([] if raw else said[::-1])]
    pairs = [(each.reason, each.is_action_required or each.reason in words.ACT) for each in told]
    return next((pair for pair in pairs if pair[0]), ("", any(must_act for _, must_act in pairs)))
