"""`audit`: runs the checks and says what does not agree."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import connection

from orders.management.house import HouseCommand
from tracking.models import AuditRun, Finding
from tracking.services import NoSuchCheck, run_audit

SHOWN = 50


class Command(HouseCommand):
    help = "Verify trails, stock, orders and messages. Exits with 1 where something of severity error is found."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument("--check", nargs="+", action="extend", default=[], metavar="NAME", help="run these only")

    def handle(self, **options: Any) -> None:
        try:
            run = run_audit(options["check"])
        except NoSuchCheck as refusal:
            raise CommandError(refusal.sentence, returncode=2) from None
        standing = Finding.objects.filter(check_name__in=run.checks, seen_at__gte=run.started_at)
        findings = list(standing.exclude(status=Finding.Status.RESOLVED).order_by("severity", "check_name", "subject"))
        self.stdout.write(_json(run, findings) if options["json"] else _text(run, findings))
        if run.errors:
            sys.exit(1)


def _engine() -> str:
    return f"{connection.display_name} {'.'.join(map(str, connection.get_database_version()))}"


def _json(run: AuditRun, findings: Sequence[Finding]) -> str:
    told = [
        {"check": each.check_name, "severity": each.severity, "subject": each.subject, "message": each.message}
        for each in findings
    ]
    report = {"engine": _engine(), "errors": run.errors, "warnings": run.warnings}
    return json.dumps(report | {"checks": run.checks, "findings": told}, indent=2, ensure_ascii=False)


def _text(run: AuditRun, findings: Sequence[Finding]) -> str:
    lines = [f"{'check':<28}{'found':>7}{'seconds':>10}"]
    lines += [f"{name:<28}{each['found']:>7}{each['seconds']:>10.2f}" for name, each in run.checks.items()]
    lines += [
        f"{each.get_severity_display()}, {each.check_name}: {each.subject}. {each.message}" for each in findings[:SHOWN]
    ]
    lines += [f"… and {len(findings) - SHOWN:,} more."] * (len(findings) > SHOWN)
    verdict = "clean" if not run.errors + run.warnings else f"{run.errors} errors, {run.warnings} warnings"
    return "\n".join([*lines, f"{_engine()}: {verdict}."])
