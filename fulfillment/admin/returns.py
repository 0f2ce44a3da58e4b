"""Returns: asked for, on their way, at the desk; approved, taken in, decided and closed by buttons."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString

from fulfillment.admin.return_acts import ACTS, RECEIVE, ArrivedForm, take_in
from fulfillment.admin.scoped import ScopedAdmin, warehouse_filter
from fulfillment.models import Return
from fulfillment.services.returns.sheet import order_of
from orders.admin import badges
from orders.admin.acting import ActingAdmin, flashing
from orders.admin.base import ReadOnlyAdmin, actor
from orders.admin.filters import field_filter


@admin.register(Return)
class ReturnAdmin(ScopedAdmin, ActingAdmin, ReadOnlyAdmin):
    """Returns, newest first. Those that have not arrived yet are everybody's."""

    is_shared = True
    acts = ACTS
    is_logged = False
    add_label = "Take one in"
    list_display = ("numbered", "order_of", "state", "reason", "units", "warehouse", "requested_at", "received_at")
    list_filter = (field_filter("status", "Status", lambda: Return.Status.choices), warehouse_filter())
    list_select_related = ("order", "warehouse")
    search_fields = ("number", "order__number")
    search_help_text = "Number of the return or the order"
    ordering = ("-pk",)
    fields = ("order_of", "state", "reason", "was_announced", "shipment", "warehouse")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        sums = {"announced": Sum("lines__quantity", default=0), "here": Sum("lines__received", default=0)}
        rows: QuerySet[Any] = super().get_queryset(request).annotate(**sums)
        return rows

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(RECEIVE)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ArrivedForm(request.POST or None, thing=None, user=request.user)
        if form.is_valid():
            thing = form.cleaned_data["number"]
            with flashing(request, form, f"Taken in: {thing}.") as said:
                said.append(take_in(thing, actor(request), form.cleaned_data))
        if not form.is_valid():
            return self.form_page(request, form, "Take in what came back", "Take it in")
        back = Return.objects.filter(order=order_of(thing), status=Return.Status.RECEIVED).first()
        return redirect(self.page_url(back) if back else "admin:fulfillment_return_changelist")

    def more_of(self, request: HttpRequest, thing: Return) -> dict[str, Any]:
        lines = thing.lines.select_related("order_line__product").order_by("order_line__number")
        return {"panel": "admin/fulfillment/return/lines.html", "lines": lines}

    @display(description="Return", ordering="pk")
    def numbered(self, each: Return) -> SafeString:
        return badges.code(each.number)

    @display(description="Order")
    def order_of(self, each: Return) -> SafeString:
        return badges.code(each.order.number)

    @display(description="Announced")
    def was_announced(self, each: Return) -> str:
        return "Yes" if each.is_announced else "No: nobody said that it comes"

    @display(description="Status")
    def state(self, each: Return) -> SafeString:
        hue = badges.LOOK if each.status in {Return.Status.REQUESTED, Return.Status.RECEIVED} else badges.WAITING
        return badges.mark(hue, "back", str(each.get_status_display()))

    @display(description="Units")
    def units(self, each: Any) -> str:
        return f"{each.here} of {each.announced}" if each.announced else str(each.here)
