"""Running the audit: every check of every app, and what becomes of what it finds."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any

from django.apps import apps
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import module_has_submodule

from orders.audit import Check, Problem
from orders.lifecycle import Refused
from tracking.models import AuditRun, Finding

BATCH = 500
KEPT = 5000
"""Findings of one check that are kept; what is beyond is counted only."""


class NoSuchCheck(Refused):
    """There is no check of that name."""

    code = "no_such_check"


def all_checks() -> dict[str, Check]:
    """Return the checks of all installed apps by name."""
    modules = [
        import_module(f"{config.name}.audit")
        for config in apps.get_app_configs()
        if config.module is not None and module_has_submodule(config.module, "audit")
    ]
    checks: list[Check] = [check for module in modules for check in getattr(module, "CHECKS", [])]
    return {check.name: check for check in checks}


def run_audit(names: Sequence[str] = ()) -> AuditRun:
    """Run these checks, or all; open, see again and resolve findings. Raises NoSuchCheck."""
    checks = all_checks()
    for name in names:
        if name not in checks:
            raise NoSuchCheck(f"There is no check {name}. There are: {', '.join(checks)}.", name=name)
    run = AuditRun.objects.create()
    counts: Counter[str] = Counter()
    for check in [checks[name] for name in names] or checks.values():
        run.checks[check.name] = _run(check, run)
        counts[check.severity] += run.checks[check.name]["found"]
    run.errors, run.warnings = counts[Finding.Severity.ERROR], counts[Finding.Severity.WARNING]
    run.finished_at = timezone.now()
    run.save()
    return run


def _run(check: Check, run: AuditRun) -> dict[str, Any]:
    begun, found = time.monotonic(), 0
    for problems in _batches(check.run()):
        if found < KEPT:
            _keep(check, problems)
        found += len(problems)
    if found <= KEPT:
        _resolve(check, run)
    return {"severity": check.severity, "found": found, "seconds": round(time.monotonic() - begun, 3)}


def _batches(problems: Iterable[Problem]) -> Iterator[list[Problem]]:
    batch: list[Problem] = []
    for problem in problems:
        batch.append(problem)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _keep(check: Check, problems: Sequence[Problem]) -> None:
    """Open a finding for each problem, or see the open one again."""
    by_subject = {problem.subject[:255]: problem.message[:1000] for problem in problems}
    known = {finding.subject: finding for finding in _open(check).filter(subject__in=by_subject)}
    for subject, finding in known.items():
        finding.message, finding.severity, finding.seen_at = by_subject[subject], check.severity, timezone.now()
    Finding.objects.bulk_update(known.values(), ["message", "severity", "seen_at"])
    Finding.objects.bulk_create(
        [
            Finding(check_name=check.name, subject=subject, severity=check.severity, message=message)
            for subject, message in by_subject.items()
            if subject not in known
        ],
        ignore_conflicts=True,  # another run was quicker
    )


def _resolve(check: Check, run: AuditRun) -> None:
    """Close what was not seen in this run: the check holds again."""
    gone = _open(check).filter(seen_at__lt=run.started_at)
    gone.update(status=Finding.Status.RESOLVED, resolved_at=timezone.now())


def _open(check: Check) -> QuerySet[Finding]:
    return Finding.objects.filter(check_name=check.name).exclude(status=Finding.Status.RESOLVED)
