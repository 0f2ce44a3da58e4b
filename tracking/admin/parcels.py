"""Parcels under way, what carriers said of them, and what the audit found. To be read; findings are acknowledged."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
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
from orders.admin.trail import names_of
from orders.admin.words import counted
from orders.blockers import Reason
from orders.models import Order
from orders.numbers import read_number
from orders.signatures import SCHEMES
from tracking.admin.entering import OF_TRACKER
from tracking.admin.identifying import OF_MESSAGE
from tracking.carriers.meaning import mean
from tracking.models import AuditRun, Finding, Question, Snapshot, Tracker
from tracking.models.tracker import Status
from tracking.services import acknowledge_finding
from tracking.services.codes import tables_for
from tracking.services.pictures import picture_of
from tracking.status.picture import same_code
from tracking.timeline.dates import wall_clock

WAREHOUSE = "parcel__shipment__warehouse"
LATEST = 20
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
        "when": _clock(scan.get("wall") or scan.get("at") or ""),
        "where": scan.get("place") or "—",
        "what": scan.get("message") or "—",
        "status": dict(Status.choices).get(scan.get("status") or "", "—"),
    }


def _clock(text: str) -> str:
    """Write a carrier's clock as the house writes times, and never convert it; what is no time stays as it came."""
    at = wall_clock(text)
    return date_format(at, "j M Y, H:i" if isinstance(at, datetime) else "j M Y") if at else text or "—"


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
        "reason",
        "carrier",
        "tracking_number",
        "expected",
        "attempts",
        "first_scan_at",
        "last_scan_at",
        "delivered_at",
        "delivered_on",
        "is_time_estimated",
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
        }
        if request.user.has_perm("tracking.view_snapshot"):
            more["snapshots"] = with_sources(thing.snapshots.order_by("-pk")[:LATEST])
        return more

    @display(description="Parcel")
    def parcel_number(self, tracker: Tracker) -> SafeString:
        return badges.code(tracker.parcel)

    @display(description="Status")
    def state(self, tracker: Tracker) -> SafeString:
        return badges.badge(tracker.status, tracker.get_status_display())

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
        days = [f"{day:%-d %b}" for day in (tracker.eta_from, tracker.eta_to) if day]
        return " – ".join(dict.fromkeys(days)) or "—"


def _stops(tracker: Tracker) -> list[dict[str, Any]]:
    """Say which source does not watch the parcel any more, and since when."""
    stopped = Question.objects.filter(parcel=tracker.parcel_id, stopped_at__isnull=False, ended="")
    rows = stopped.order_by("pk").values_list("endpoint__provider", "stopped_at")
    return [{"provider": SCHEMES[provider].name, "at": at} for provider, at in rows]


def with_sources(snapshots: Iterable[Snapshot]) -> list[Any]:
    """Say on each carrier message, in words, what it came through, and what its headline means."""
    rows: list[Any] = list(snapshots)
    names, tables = names_of({row.source for row in rows}), tables_for({row.provider for row in rows})
    for row in rows:
        row.source_name = names[row.source]
        row.meaning = mean(tables[row.provider], same_code(row.carrier), row.headline_raw, row.headline_detail).status
        row.read_as = status_word(row.meaning)
    return rows


def with_meanings(snapshot: Snapshot) -> list[Any]:
    """Say on each scan of a message what its words are, and what they mean."""
    rows: list[Any] = list(snapshot.scans.order_by("seq"))
    picture = picture_of(snapshot, tables_for({snapshot.provider}))
    for row, scan in zip(rows, picture.scans, strict=True):
        row.words = " · ".join(dict.fromkeys(filter(None, (scan.raw_status, scan.raw_detail, scan.code))))
        row.read_as = status_word(scan.status)
    return rows


def status_word(status: str) -> str:
    return str(dict(Status.choices).get(status, ""))


@admin.register(Snapshot)
class SnapshotAdmin(ScopedAdmin, ActingAdmin, ReadOnlyAdmin):
    """Pictures of parcels as sources gave them; one that fits no parcel of ours waits for it."""

    acts = (OF_MESSAGE,)
    warehouse_path, is_shared = f"tracker__{WAREHOUSE}", True
    list_display = ("received_at", "came_through", "carrier_named", "tracking_number", "says", "parcel_of")
    list_filter = (
        choice_filter(
            "matched",
            "Parcel",
            lambda: [("unclear", "Not clear which"), ("no", "Not known to us")],
            lambda rows, which: rows.filter(tracker=None, is_ambiguous=which == "unclear"),
        ),
    )
    list_select_related = ("tracker__parcel",)
    search_fields = ("tracking_number",)
    search_help_text = "Tracking number"
    ordering = ("-pk",)
    fields = (
        "received_at",
        "came_through",
        "carrier_named",
        "tracking_number",
        "says",
        "parcel_of",
        "stated_at",
        "is_complete",
        "eta_from",
        "eta_to",
    )
    readonly_fields = fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        known = Parcel.objects.filter(tracking_key=Parcel.key_of(term)).values_list("tracker", flat=True)[:100]
        strange = Q(tracker=None, tracking_key=Parcel.key_of(term))
        return queryset.filter(Q(tracker__in=[pk for pk in known if pk]) | strange), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        changelist.result_list = with_sources(changelist.result_list)
        return changelist

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        return with_sources([found])[0] if found else None

    @display(description="Carrier")
    def carrier_named(self, snapshot: Snapshot) -> str:
        return carrier_name(snapshot.carrier) or "—"

    @display(description="Came through")
    def came_through(self, snapshot: Any) -> str:
        return str(snapshot.source_name)

    def more_of(self, request: HttpRequest, thing: Snapshot) -> dict[str, Any]:
        if not request.user.has_perm("tracking.view_carrierevent"):
            return {}
        return {"panel": "admin/tracking/snapshot/scans.html", "scans": with_meanings(thing)}

    @display(description="Says")
    def says(self, snapshot: Any) -> SafeString:
        return badges.badge(snapshot.meaning, snapshot.read_as) if snapshot.meaning else SafeString("—")

    @display(description="Parcel")
    def parcel_of(self, snapshot: Snapshot) -> SafeString:
        if snapshot.tracker is None and snapshot.is_ambiguous:
            return badges.mark(badges.PERSON, "alert", "Not clear which")
        if snapshot.tracker is None:
            return badges.mark(badges.LOOK, "unknown", "Not known to us")
        url = reverse("admin:tracking_tracker_change", args=[snapshot.tracker.pk])
        return format_html('<a class="ot-code ot-link" href="{}">{}</a>', url, snapshot.tracker.parcel)


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
