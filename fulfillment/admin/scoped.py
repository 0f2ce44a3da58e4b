"""Pages of what lies in a warehouse: each person sees and touches what is in theirs."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from fulfillment.models import Bin, Warehouse
from fulfillment.models.scope import within
from orders.admin.base import HouseAdmin
from orders.admin.filters import ChoiceFilter


class ScopedAdmin(HouseAdmin):
    """Put it first among the bases: what is of another warehouse is not listed then, and has no page and no acts.

    `warehouse_path` leads from the model to its warehouse ("warehouse", "bin__warehouse"; a warehouse's own is "pk").
    `is_shared`: rows that belong to no warehouse are everybody's. Fields that choose a warehouse or a bin offer theirs.
    Who overrides `get_queryset` starts from `super().get_queryset(request)`; a form of one's own takes its warehouses
    from `Warehouse.objects.of(request.user)`, and a filter by warehouse is `warehouse_filter()`.
    """

    warehouse_path = "warehouse"
    is_shared = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.scoped(request, super().get_queryset(request))

    def scoped(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(within(request.user, self.warehouse_path, or_none=self.is_shared))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is Warehouse:
            kwargs["queryset"] = Warehouse.objects.of(request.user)
        elif db_field.related_model is Bin:
            kwargs["queryset"] = Bin.objects.filter(within(request.user))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class _WarehouseFilter(ChoiceFilter):
    title = "Warehouse"
    parameter_name = "warehouse"
    path = "warehouse"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(each.pk), str(each)) for each in Warehouse.objects.of(request.user)]


def warehouse_filter(path: str = "warehouse") -> type[ChoiceFilter]:
    """Return a filter by warehouse that offers those of the person."""
    keep = staticmethod(lambda rows, chosen: rows.filter(**{path: chosen}))
    return type("WarehouseFilter", (_WarehouseFilter,), {"keep": keep})
