"""The list of shipments. A shipment is shown on its order's page, and what is done to it is done there."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString

from fulfillment.admin.scoped import ScopedAdmin, warehouse_filter
from fulfillment.admin.shipment_acts import ACTS
from fulfillment.models import Shipment
from orders.admin import badges
from orders.admin.acting import ActingAdmin, Bound
from orders.admin.base import ReadOnlyAdmin
from orders.admin.filters import field_filter
from orders.admin.orders import show_again
from orders.numbers import read_number
from tracking.admin.entering import OF_SHIPMENT


@admin.register(Shipment)
class ShipmentAdmin(ScopedAdmin, ActingAdmin, ReadOnlyAdmin):
    """Lists shipments, newest first; each leads to its order."""

    is_shared = True
    acts = (*ACTS, OF_SHIPMENT)
    is_logged = False
    list_display = ("shipment_number", "where", "warehouse", "order_of", "planned_at", "shipped_at")
    list_filter = (
        field_filter("status", "Status", lambda: Shipment.Status.choices),
        warehouse_filter(),
    )
    list_select_related = ("order", "warehouse")
    search_fields = ("number",)
    search_help_text = "Number of the order or the shipment"
    ordering = ("-pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip().upper()
        if not term:
            return queryset, False
        number = read_number(term)
        kept = queryset.filter(order__number=number) if number else queryset.filter(number=term)
        return kept, False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request) or request.method == "POST":
            raise PermissionDenied
        shipment = self.get_object(request, object_id)
        if shipment is None:
            raise Http404(object_id)
        return redirect(self.page_url(shipment))

    def page(self, request: HttpRequest, thing: Any, bound: Bound) -> HttpResponse:
        return show_again(request, self, thing.order_id, bound)

    def page_url(self, thing: Any) -> str:
        return f"{reverse('admin:orders_order_change', args=[thing.order_id])}#shipment-{thing.pk}"

    @display(description="Shipment", ordering="pk")
    def shipment_number(self, shipment: Shipment) -> SafeString:
        return badges.code(shipment.number)

    @display(description="Status")
    def where(self, shipment: Shipment) -> SafeString:
        return badges.badge(shipment.status, shipment.get_status_display())

    @display(description="Order")
    def order_of(self, shipment: Shipment) -> str:
        return shipment.order.number
