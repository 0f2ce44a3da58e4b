"""What sources said of parcels, message by message, as it came; one that fits no parcel of ours waits for it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fulfillment.admin.scoped import ScopedAdmin
from fulfillment.carrier import carrier_name
from fulfillment.models import Parcel, Warehouse
from orders.admin import badges
from orders.admin.acting import ActingAdmin
from orders.admin.base import ReadOnlyAdmin
from orders.admin.filters import choice_filter
from orders.admin.trail import names_of
from tracking.admin.identifying import ASIDE, OF_MESSAGE
from tracking.admin.parcels import WAREHOUSE
from tracking.admin.told import days, with_meanings, with_sources
from tracking.models import Snapshot

WHICH: dict[str, Callable[[Any], QuerySet[Any]]] = {
    "unclear": lambda rows: rows.unclear(),
    "no": lambda rows: rows.strange(),
    "aside": lambda rows: rows.exclude(aside_by=""),
}


@admin.register(Snapshot)
class SnapshotAdmin(ScopedAdmin, ActingAdmin, ReadOnlyAdmin):
    """Pictures of parcels as sources gave them; one that fits no parcel of ours waits for it."""

    acts = (OF_MESSAGE, ASIDE)
    warehouse_path, is_shared = f"tracker__{WAREHOUSE}", True
    nothing_yet = ("No carrier has said anything yet.", "What comes in through endpoints, or by hand, stands here.")
    list_display = ("received_at", "came_through", "carrier_named", "number", "says", "parcel_of")
    list_filter = (
        choice_filter(
            "matched",
            "Parcel",
            lambda: [("unclear", "Not clear which"), ("no", "Not known to us"), ("aside", "Put aside")],
            lambda rows, which: rows.filter(tracker=None) & WHICH[which](Snapshot.objects),
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
        "number",
        "says",
        "parcel_of",
        "as_of",
        "holds",
        "expected",
    )
    readonly_fields = (*fields, "aside")

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
        if found is None:
            return None
        found.among = Warehouse.objects.of(request.user)
        return with_sources([found])[0]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.fields, "aside") if obj and obj.aside_by else self.fields

    @display(description="Number")
    def number(self, snapshot: Snapshot) -> SafeString:
        return badges.code(snapshot.tracking_number or "—")

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

    @display(description="Put aside by")
    def aside(self, snapshot: Snapshot) -> SafeString:
        return badges.cell(names_of({snapshot.aside_by})[snapshot.aside_by], snapshot.aside_why)

    @display(description="As of")
    def as_of(self, snapshot: Snapshot) -> str:
        at = snapshot.stated_at
        return date_format(timezone.localtime(at), "j M Y, H:i") if at else "—"

    @display(description="It holds")
    def holds(self, snapshot: Snapshot) -> str:
        return "All of the parcel's history" if snapshot.is_complete else "What is new alone"

    @display(description="Expected")
    def expected(self, snapshot: Snapshot) -> str:
        return days(snapshot.eta_from, snapshot.eta_to)

    @display(description="Parcel")
    def parcel_of(self, snapshot: Snapshot) -> SafeString:
        if snapshot.tracker is None and snapshot.aside_by:
            return badges.mark(badges.WAITING, "cross", "None of ours")
        if snapshot.tracker is None and snapshot.is_ambiguous:
            return badges.mark(badges.PERSON, "alert", "Not clear which")
        if snapshot.tracker is None:
            return badges.mark(badges.LOOK, "unknown", "Not known to us")
        url = reverse("admin:tracking_tracker_change", args=[snapshot.tracker.pk])
        return format_html('<a class="ot-code ot-link" href="{}">{}</a>', url, snapshot.tracker.parcel)
