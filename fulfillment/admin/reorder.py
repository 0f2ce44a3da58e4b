"""What has to be ordered, and the rules that say so."""

import csv
from typing import Any

from django.contrib import admin
from django.contrib.admin import ModelAdmin, display
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString

from fulfillment.admin.scoped import ScopedAdmin, warehouse_filter
from fulfillment.admin.sheets import RuleSheet
from fulfillment.models import ReorderRule
from fulfillment.reports import Suggestion, reorder
from orders.admin import badges
from orders.admin.sheets import SheetAdmin

COLUMNS = (
    "sku",
    "name",
    "warehouse",
    "suggested",
    "urgent",
    "free",
    "expected",
    "waiting",
    "reorder_point",
    "safety_stock",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@admin.register(ReorderRule)
class ReorderRuleAdmin(ScopedAdmin, SheetAdmin):
    """The rules; beside them the list of what they ask for."""

    resource_classes = (RuleSheet,)
    import_permission = "fulfillment.change_reorderrule"
    list_display = ("product_name", "warehouse", "reorder_point", "safety_stock")
    list_filter = (warehouse_filter(),)
    list_select_related = ("product", "warehouse")
    search_fields = ("product__sku", "product__name")
    search_help_text = "SKU or name"
    ordering = ("product__sku", "warehouse")
    fields = ("product", "warehouse", "reorder_point", "safety_stock")
    autocomplete_fields = ("product",)
    add_label = "Add a rule"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.reorder_view)
        return [path("reorder/", view, name="fulfillment_reorderrule_reorder"), *super().get_urls()]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return ModelAdmin.has_delete_permission(self, request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Of what a rule is stays as it is: another product, or warehouse, has a rule of its own."""
        return ("product", "warehouse") if obj else ()

    def reorder_view(self, request: HttpRequest) -> HttpResponse:
        """List what has to be ordered, as a page or as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = reorder(self.get_queryset(request))
        if request.GET.get("format") == "csv":
            return _csv(found)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": "Reorder",
            "found": found,
            "urgent": sum(each.is_urgent for each in found),
            "has_rules": bool(found) or self.get_queryset(request).exists(),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/fulfillment/reorder.html", context)

    @display(description="Product", ordering="product__sku")
    def product_name(self, rule: ReorderRule) -> SafeString:
        return badges.cell(badges.code(rule.product.sku), rule.product.name)


def _csv(found: list[Suggestion]) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="reorder-{timezone.localdate().isoformat()}.csv"'
    sheet = csv.writer(response)
    sheet.writerow(COLUMNS)
    sheet.writerows([_safe(cell) for cell in _row(each)] for each in found)
    return response


def _row(each: Suggestion) -> tuple[Any, ...]:
    rule = each.rule
    counts = (each.free, each.expected, each.waiting, rule.reorder_point, rule.safety_stock)
    urgent = "yes" if each.is_urgent else ""
    return (rule.product.sku, rule.product.name, rule.warehouse.code, each.suggested, urgent, *counts)


def _safe(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
