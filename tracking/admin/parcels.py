"""Parcels under way, and what the audit found. To be read; findings are acknowledged."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from fulfillment.admin.scoped import ScopedAdmin
from fulfillment.carrier import carrier_name
from fulfillment.models import Parcel
from orders.admin import badges
from orders.admin.acting import Act, ActingAdmin
from orders.admin.base import ReadOnlyAdmin
from orders.admin.filters import choice_filter, field_filter
from orders.admin.words import counted, provider_name
from orders.blockers import Reason
from orders.models import Order
from orders.numbers import read_number
from tracking.admin.entering import OF_TRACKER
from tracking.admin.told import clock, days, reason_word, status_word, with_sources, words_of
from tracking.audit import REASONS as DOUBTS
from tracking.models import AuditRun, Finding, Question, Tracker
from tracking.models.tracker import Status
from tracking.services import acknowledge_finding, decided_by

WAREHOUSE = "parcel__shipment__warehouse"
LATEST = 20
SAYS_NOTHING = {"": "—", Status.UNKNOWN: "Not known"}
FOUND = 100
WEIGHTS = {"ERROR": (badges.PERSON, "stop"), "WARNING": (badges.LOOK, "alert")}


def order_link(order: Order) -> SafeString:
    url = reverse("admin:orders_order_change", args=[order.pk])
    return format_html('<a class="ot-code ot-link" href="{}">{}</a>', url, order)


def parcels_named(term: str) -> list[int]:
    """Return the parcels of this number, tracking number or order, as people write them."""
    by_order = Q(shipment__order__number=read_number(term) or "")
    parcels = Parcel.objects.filter(by_order | Q(tracking_key=Parcel.key_of(term)) | Q(number=term.upper()))
    return list(parcels.values_list("pk", flat=True)[:FOUND])


def _scan(scan: dict[str, Any]) -> dict[str, str]:
    """Return what a line of the timeline says, for a table."""
    return {
        "when": clock(scan.get("wall") or scan.get("at") or ""),
        "where": scan.get("place") or "—",
        "what": scan.get("message") or "—",
        "status": SAYS_NOTHING.get(status := scan.get("status") or "") or status_word(status),
    }


@admin.register(Tracker)
class TrackerAdmin(ScopedAdmin, ActingAdmin, ReadOnlyAdmin):
    warehouse_path = WAREHOUSE
    acts = (OF_TRACKER,)
    is_logged = False
    list_display = ("parcel_number", "state", "carrier", "tracking_number", "order_of", "last_scan_at", "expected")
    list_filter = (
        field_filter("status", "Status", lambda: Status.choices),
        choice_filter(
            "act",
            "Customer has to act",
            lambda: [("yes", "Yes")],
            lambda rows, _: rows.filter(is_action_required=True),
        ),
    )
    list_select_related = ("parcel__shipment__order",)
    search_fields = ("parcel__number",)
    search_help_text = "Tracking number, or number of the order"
    ordering = ("-pk",)
    fields = (
        "parcel_number",
        "order_of",
        "state",
        "why",
        "carrier",
        "tracking_number",
        "expected",
        "attempts",
        "first_scan_at",
        "last_scan_at",
        "delivered_at",
        "day_at_the_door",
    )
    readonly_fields = fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(parcel__in=parcels_named(term)), False

    def more_of(self, request: HttpRequest, thing: Tracker) -> dict[str, Any]:
        more: dict[str, Any] = {
            "panel": "admin/tracking/tracker/scans.html",
            "scans": [_scan(scan) for scan in thing.timeline[::-1]],
            "stops": _stops(thing),
            "doubts": [DOUBTS.get(code, code) for code in thing.needs_review],
        }
        if request.user.has_perm("tracking.view_snapshot"):
            more["snapshots"] = with_sources(thing.snapshots.order_by("-pk")[:LATEST])
            more["decided"] = _decided(thing)
        return more

    @display(description="Parcel")
    def parcel_number(self, tracker: Tracker) -> SafeString:
        return badges.code(tracker.parcel)

    @display(description="Status")
    def state(self, tracker: Tracker) -> SafeString:
        return badges.badge(tracker.status, tracker.get_status_display())

    @display(description="Reason")
    def why(self, tracker: Tracker) -> str:
        return reason_word(tracker.reason) or "—"

    @display(description="Day at the door")
    def day_at_the_door(self, tracker: Tracker) -> str:
        return days(tracker.delivered_on, None)

    @display(description="Carrier")
    def carrier(self, tracker: Tracker) -> str:
        return carrier_name(tracker.parcel.carrier) or "—"

    @display(description="Tracking number")
    def tracking_number(self, tracker: Tracker) -> SafeString:
        return badges.code(tracker.parcel.tracking_number or "—")

    @display(description="Order")
    def order_of(self, tracker: Tracker) -> SafeString:
        return order_link(tracker.parcel.order)

    @display(description="Expected")
    def expected(self, tracker: Tracker) -> str:
        return days(tracker.eta_from, tracker.eta_to)


def _decided(tracker: Tracker) -> dict[str, Any] | None:
    """Say which scan made the status, or which message without one, and through whom it first came to us."""
    found = decided_by(tracker)
    if found is None:
        return None
    scan, message = found.decision.scan, with_sources([found.message])[0]
    told = (scan and (scan.message or words_of(scan))) or found.decision.headline.raw
    return {
        "told": told,
        "where": str(scan.place) if scan else "",
        "when": clock(scan.wall or (scan.at.isoformat() if scan.at else "")) if scan else "",
        "by_scan": scan is not None,
        "message": message,
    }


def _stops(tracker: Tracker) -> list[dict[str, Any]]:
    """Say which source does not watch the parcel any more, and since when."""
    stopped = Question.objects.filter(parcel=tracker.parcel_id, stopped_at__isnull=False, ended="")
    rows = stopped.order_by("pk").values_list("endpoint__provider", "stopped_at")
    return [{"provider": provider_name(provider), "at": at} for provider, at in rows]


@admin.register(AuditRun)
class AuditRunAdmin(ActingAdmin, ReadOnlyAdmin):
    list_display = ("started_at", "result", "errors", "warnings", "finished_at")
    ordering = ("-started_at",)
    fields = ("started_at", "finished_at", "result", "errors", "warnings")
    readonly_fields = fields

    def more_of(self, request: HttpRequest, thing: AuditRun) -> dict[str, Any]:
        return {
            "panel": "admin/tracking/auditrun/checks.html",
            "checks": [_check(*each) for each in sorted(thing.checks.items())],
        }

    @display(description="Result")
    def result(self, run: AuditRun) -> SafeString:
        if run.finished_at is None:
            return badges.mark(badges.MOVING, "clock", "Not finished")
        if run.errors:
            return badges.mark(badges.PERSON, "stop", "Does not add up")
        if run.warnings:
            return badges.mark(badges.LOOK, "alert", "Adds up, with warnings")
        return badges.mark(badges.ARRIVED, "done", "All adds up")


def _check(name: str, outcome: dict[str, Any]) -> dict[str, Any]:
    """Say of one check what it found, of what weight, and how long it took."""
    found = outcome["found"]
    look = WEIGHTS[outcome["severity"]] if found else (badges.ARRIVED, "done")
    word = counted(found, "finding", "findings") if found else "None"
    return {"title": name.replace("_", " "), "mark": badges.mark(*look, word), "seconds": outcome["seconds"]}


def _why_not_acknowledge(finding: Finding) -> list[Reason]:
    if finding.status == Finding.Status.OPEN:
        return []
    return [Reason("not_open", f"It is {finding.get_status_display().lower()} already.", "nobody")]


@admin.register(Finding)
class FindingAdmin(ActingAdmin, ReadOnlyAdmin):
    acts = (
        Act(
            "acknowledge",
            "Acknowledge",
            "tracking.acknowledge_finding",
            lambda finding, _by, _data: acknowledge_finding(finding),
            "Acknowledged: {}.",
            _why_not_acknowledge,
            hint="Somebody looks after it. It closes by itself when its check holds again.",
        ),
    )
    list_display = ("found_at", "grade", "what", "state", "seen_at")
    list_filter = (
        field_filter("status", "Status", lambda: Finding.Status.choices),
        field_filter("severity", "Severity", lambda: Finding.Severity.choices),
    )
    ordering = ("-found_at",)
    fields = ("looked_for", "subject", "grade", "message", "state", "found_at", "seen_at", "resolved_at")
    readonly_fields = fields

    @display(description="Looked for")
    def looked_for(self, finding: Finding) -> str:
        return capfirst(finding.check_title)

    @display(description="Severity")
    def grade(self, finding: Finding) -> SafeString:
        return badges.badge(finding.severity, finding.get_severity_display())

    @display(description="What")
    def what(self, finding: Finding) -> SafeString:
        return badges.cell(finding.message, f"{finding.check_title} · {finding.subject}")

    @display(description="Status")
    def state(self, finding: Finding) -> SafeString:
        return badges.badge(finding.status, finding.get_status_display())
