"""What could not be understood is kept in the inbox, with what is wrong with it, until somebody mends it."""

import hashlib
from collections.abc import Container, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from django.utils import timezone

from orders import outbox
from orders.intake.table import Problem, shown
from orders.lifecycle import Refused
from orders.models import Actor, Channel, Inbox, Order

Status = Inbox.Status
NOTE = 255


class NotQuarantined(Refused):
    """Somebody has mended it, or put it aside, already."""

    code = "not_quarantined"


class Verdict(Enum):
    """What became of an order, or a row, of a file. MENDED: quarantined once, and dealt with since."""

    NEW = "new"
    CHANGED = "changed"
    KNOWN = "known"
    MENDED = "mended"
    QUARANTINED = "quarantined"


class Outcome(NamedTuple):
    """What became of one thing of a file, and why it was not understood."""

    subject: str
    verdict: Verdict
    problems: Sequence[Problem] = ()
    warning: str = ""


class Reject(NamedTuple):
    """A part of a file that was not understood: a file of its own, from which it can be mended and tried again."""

    external_id: str
    raw: bytes
    problems: Sequence[Problem]
    headers: Mapping[str, Any]
    key: str = ""

    @property
    def dedupe_key(self) -> str:
        return self.key or hashlib.sha256(self.raw).hexdigest()

    def outcome(self, mended: Container[str]) -> Outcome:
        if self.dedupe_key in mended:
            return Outcome(self.external_id, Verdict.MENDED)
        return Outcome(self.external_id, Verdict.QUARANTINED, self.problems)


def quarantine(rejects: Sequence[Reject], *, source: str, channel: Channel | None) -> set[str]:
    """Keep the rejects; return the dedupe keys of those that were mended, or put aside, before."""
    if not rejects:
        return set()
    keys = {reject.dedupe_key for reject in rejects}
    known = dict(
        Inbox.objects.filter(source=source, channel=channel, endpoint=None, dedupe_key__in=keys)
        .order_by()
        .values_list("dedupe_key", "status")
    )
    Inbox.objects.bulk_create(
        [_row(reject, source, channel) for reject in rejects if reject.dedupe_key not in known],
        ignore_conflicts=True,  # another run of the same file was quicker
    )
    return {key for key, status in known.items() if status not in {Status.QUARANTINED, Status.RECEIVED}}


def settle(inbox_ids: Iterable[Any], *, order: Order | None = None) -> int:
    """Mark what is quarantined as understood after all; return how many rows that were."""
    return (
        Inbox.objects.quarantined()
        .filter(pk__in=list(inbox_ids))
        .update(status=Status.PROCESSED, order=order, problems=[], processed_at=timezone.now())
    )


def claim(inbox: Inbox, mended: bytes | None, *, by: Actor) -> Inbox:
    """Lock what is quarantined, with its new text if there is one: of two people one goes on. Raises NotQuarantined."""
    text = {} if mended is None else {"mended": mended}
    if not Inbox.objects.quarantined().filter(pk=inbox.pk).update(note=f"tried again by {by}", **text):
        raise NotQuarantined("Somebody has mended it, or put it aside, already.")
    return Inbox.objects.get(pk=inbox.pk)


def put_aside(inbox: Inbox, *, by: Actor, reason: str) -> None:
    """Leave what is quarantined as it is, and say why: it need not be understood. Raises NotQuarantined."""
    aside = {"status": Status.IGNORED, "note": f"put aside by {by}: {reason}"[:NOTE], "processed_at": timezone.now()}
    if not Inbox.objects.quarantined().filter(pk=inbox.pk).update(**aside):
        raise NotQuarantined("Somebody has mended it, or put it aside, already.")


def keep(inbox: Inbox, problems: Sequence[Problem]) -> None:
    """Leave a claimed row in quarantine, with what is wrong with it now."""
    Inbox.objects.filter(pk=inbox.pk).update(problems=[problem._asdict() for problem in problems])


def requeue(inbox: Inbox) -> None:
    """Put a claimed row back among those that were just received, and wake who reads them."""
    Inbox.objects.quarantined().filter(pk=inbox.pk).update(status=Status.RECEIVED, problems=[], processed_at=None)
    outbox.ring("understand")


def _row(reject: Reject, source: str, channel: Channel | None) -> Inbox:
    return Inbox(
        source=source,
        channel=channel,
        dedupe_key=reject.dedupe_key,
        external_id=shown(reject.external_id, 255),
        raw=reject.raw,
        headers=dict(reject.headers),
        status=Status.QUARANTINED,
        problems=[problem._asdict() for problem in reject.problems],
    )
