"""Whether the books agree: the last run of the audit, and what it found and is still so."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from tracking.models import AuditRun, Finding
from tracking.reports.links import audit_runs, findings_where


@dataclass(frozen=True, slots=True)
class Found:
    """Findings of one severity that stand: those that nobody has taken up, and those somebody looks after."""

    severity: str
    word: str
    open: int
    acknowledged: int

    @property
    def open_url(self) -> str:
        return findings_where(severity=self.severity, status=Finding.Status.OPEN)

    @property
    def acknowledged_url(self) -> str:
        return findings_where(severity=self.severity, status=Finding.Status.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class Books:
    """`run` is the last one that came to its end; None if there was none."""

    run: AuditRun | None
    found: Sequence[Found]
    runs_url: str

    @property
    def errors(self) -> int:
        return self.found[0].open + self.found[0].acknowledged

    @property
    def warnings(self) -> int:
        return self.found[1].open + self.found[1].acknowledged


def books() -> Books:
    run = AuditRun.objects.exclude(finished_at=None).order_by("-pk").first()
    standing = Finding.objects.exclude(status=Finding.Status.RESOLVED).order_by().values_list("severity")
    counts = {
        severity: (fresh, known)
        for severity, fresh, known in standing.annotate(
            fresh=Count("pk", filter=Q(status=Finding.Status.OPEN)),
            known=Count("pk", filter=Q(status=Finding.Status.ACKNOWLEDGED)),
        )
    }
    found = [Found(each, each.label + "s", *counts.get(each, (0, 0))) for each in Finding.Severity]
    return Books(run, found, audit_runs())
