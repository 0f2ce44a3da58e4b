"""Counts: what is to be counted, what waits for approval with its differences, and how true the books were."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import Count as Number
from django.db.models import F, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from fulfillment.admin.count_acts import ACTS, PLAN
from fulfillment.admin.count_plan import preview
from fulfillment.admin.scoped import ScopedAdmin, warehouse_filter
from fulfillment.models import Count, Warehouse
from fulfillment.reports import accuracy
from fulfillment.services.counts import plan_counts
from orders.admin import badges
from orders.admin.acting import ActForm, ActingAdmin, flashing
from orders.admin.base import ReadOnlyAdmin, actor
from orders.admin.filters import field_filter
from orders.admin.trail import names_of


@admin.register(Count)
class CountAdmin(ScopedAdmin, ActingAdmin, ReadOnlyAdmin):
    """Counts, newest first; counted here as on the floor. Who counted a difference does not approve it."""

    acts = ACTS
    is_logged = False
    counted_by = ("applied_at__gte", "applied_at__lt")
    add_label = "Plan counts"
    list_before_template = "admin/fulfillment/count/list.html"
    list_display = ("number", "what", "warehouse", "state", "difference", "counted")
    list_filter = (field_filter("status", "Status", lambda: Count.Status.choices), warehouse_filter())
    list_select_related = ("warehouse", "bin", "product")
    search_fields = ("bin__code", "product__sku")
    search_help_text = "Bin or SKU"
    ordering = ("-pk",)
    fields = ("what", "warehouse", "state", "cause", "counted_at", "who", "approved_at", "applied_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        delta = F("lines__counted") - F("lines__book")
        wrong = Q(lines__counted__isnull=False) & ~Q(lines__counted=F("lines__book"))
        found = {"net": Sum(delta), "wrong": Number("lines", filter=wrong)}
        rows: QuerySet[Any] = super().get_queryset(request).annotate(**found)
        return rows

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        names = names_of({row.counted_by for row in changelist.result_list if row.counted_by})
        for row in changelist.result_list:
            row.counter = names.get(row.counted_by, "")
        return changelist

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"accuracy": accuracy(Warehouse.objects.of(request.user))} | (extra_context or {})
        return super().changelist_view(request, more)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PLAN)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form, mine = ActForm(request.POST or None, thing=None), Warehouse.objects.of(request.user)
        if not form.is_valid():
            plan = preview(mine)
            panel = {"panel": "admin/fulfillment/count/plan.html", "plan": plan}
            return self.form_page(request, form, "Plan the counts that are due", plan.label, **panel)
        with flashing(request, form, "Nothing is due.") as said:
            if added := sum(plan_counts(each, by=actor(request)) for each in mine):
                said.append(f"{added} {'count is' if added == 1 else 'counts are'} planned.")
        return redirect("admin:fulfillment_count_changelist")

    def more_of(self, request: HttpRequest, thing: Count) -> dict[str, Any]:
        lines = thing.lines.select_related("bin", "product").order_by("bin__code", "product__sku")
        is_blind = thing.status in Count.TO_COUNT
        return {"panel": "admin/fulfillment/count/lines.html", "lines": lines, "is_blind": is_blind}

    @display(description="Count", ordering="pk")
    def number(self, count: Count) -> SafeString:
        return badges.cell(count, count.get_cause_display())

    @display(description="Of")
    def what(self, count: Count) -> SafeString:
        product = count.product.name or count.product.sku if count.product else "All that is there"
        return badges.cell(badges.code(count.bin) if count.bin else "Wherever it lies", product)

    @display(description="Status")
    def state(self, count: Count) -> SafeString:
        hue = badges.LOOK if count.status in {Count.Status.COUNTED, Count.Status.RECOUNT} else badges.WAITING
        return badges.mark(hue, "clipboard", str(count.get_status_display()))

    @display(description="Difference")
    def difference(self, count: Any) -> str:
        """Say it once it is counted: until then nobody knows what the books say."""
        is_told = count.wrong and count.status not in Count.TO_COUNT
        return f"{count.net:+d} in {count.wrong}" if is_told else "—"

    @display(description="Counted")
    def counted(self, count: Any) -> SafeString | str:
        when = count.counted_at and date_format(timezone.localtime(count.counted_at), "DATETIME_FORMAT")
        return badges.cell(when, self.who(count)) if when else "—"

    @display(description="Counted by")
    def who(self, count: Any) -> str:
        known = getattr(count, "counter", None)
        return known if known is not None else names_of({count.counted_by}).get(count.counted_by, "") or "—"
