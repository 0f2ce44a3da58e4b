"""Warehouses and bins. What the floor relies on stands firm: the bins that the ledger names, and what a bin is for."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Model
from django.http import HttpRequest

from fulfillment import ledger
from fulfillment.admin.bulk import ask_for_counts
from fulfillment.admin.scoped import ScopedAdmin, warehouse_filter
from fulfillment.ledger.stock import DEFAULT_BIN, PUT_BACK, STANDING
from fulfillment.models import Bin, Holiday, Warehouse
from orders.admin.filters import field_filter

NAMED_BY_THE_LEDGER = frozenset({PUT_BACK, DEFAULT_BIN, *STANDING})


@admin.register(Warehouse)
class WarehouseAdmin(ScopedAdmin):
    warehouse_path = "pk"
    list_display = ("code", "name", "priority")
    ordering = ("priority", "code")

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: Any) -> None:
        """Open a new warehouse with the bins that its floor needs."""
        if not change:
            obj.pk = ledger.open_warehouse(form.cleaned_data["code"]).pk
            obj._state.adding = False  # noqa: SLF001 - the row is there now; what was typed goes into it
        super().save_model(request, obj, form, change)


@admin.register(Holiday)
class HolidayAdmin(ScopedAdmin):
    """Orders count no day on which every warehouse is closed."""

    list_display = ("day", "warehouse", "name")
    list_filter = (warehouse_filter(),)
    list_select_related = ("warehouse",)
    ordering = ("-day", "warehouse")
    fields = ("warehouse", "day", "name")
    add_label = "Add a holiday"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


class BinForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A bin stands where its code says, unless somebody knows better."""

    class Meta:
        model = Bin
        fields = ("warehouse", "code", "kind", "aisle", "bay", "level")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"aisle", "bay", "level"} & self.fields.keys():  # who only looks has no fields
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        named = Bin.named(None, given.get("code") or self.instance.code)
        said = {name: getattr(named, name) for name in ("aisle", "bay", "level") if given.get(name) is None}
        return given | said


@admin.register(Bin)
class BinAdmin(ScopedAdmin):
    form = BinForm
    actions = (ask_for_counts,)
    fields = BinForm.Meta.fields
    list_display = ("code", "warehouse", "kind_word")
    list_filter = (
        warehouse_filter(),
        field_filter("kind", "Kind", lambda: Bin.Kind.choices),
    )
    list_select_related = ("warehouse",)
    search_fields = ("code",)
    search_help_text = "Code"
    ordering = ("warehouse", "code")

    def has_count_stock_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("fulfillment.count_stock")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return ("warehouse", "code", "kind") if obj.code in NAMED_BY_THE_LEDGER else ("warehouse", "kind")

    @display(description="Kind")
    def kind_word(self, place: Bin) -> str:
        return place.get_kind_display()
