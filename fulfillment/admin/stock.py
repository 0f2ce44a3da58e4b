"""Stock with its bins and movements; receiving and adjusting it, which the ledger books."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminSelectWidget

from fulfillment.admin.bulk import ask_for_counts
from fulfillment.admin.scoped import ScopedAdmin, warehouse_filter
from fulfillment.admin.sheets import StockInSheet, StockOutSheet
from fulfillment.admin.stock_acts import ACTS, ADJUST, RECEIVE
from fulfillment.ledger.stock import DEFAULT_BIN, Arrival
from fulfillment.models import Bin, BinStock, StockItem, StockMovement, Warehouse
from fulfillment.services import adjust_stock, receive_stock
from orders.admin import badges
from orders.admin.acting import Act, ActForm, ActingAdmin, choice_field, flashing, number_field, text_field
from orders.admin.base import ReadOnlyAdmin, actor
from orders.admin.filters import choice_filter, field_filter
from orders.admin.sheets import SheetAdmin
from orders.admin.trail import names_of
from orders.intake.draft import MAX_QUANTITY
from orders.models import Actor, Product

LATEST = 20


class _InWarehouse(ActForm):
    """Something about a stock item; the bins are those of its warehouse."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = self.thing.warehouse.bins.exclude(kind=Bin.Kind.STAGE).order_by("code")
        choices = [(place.code, f"{place.code}{_kind(place)}") for place in places]
        self.fields["bin"] = choice_field("Bin", choices)
        self.initial["bin"] = DEFAULT_BIN


def _kind(place: Bin) -> str:
    return f" ({str(place.get_kind_display()).lower()})" if place.is_blocked else ""


class ReceiveHereForm(_InWarehouse):
    quantity = number_field("Units", high=MAX_QUANTITY)
    reference = text_field("Reference", help_text="The supplier's delivery note, for example.")


class AdjustForm(_InWarehouse):
    delta = number_field(
        "By how many units", low=-MAX_QUANTITY, high=MAX_QUANTITY, help_text="Negative: there are fewer."
    )
    reason = choice_field("Reason", StockMovement.Reason.choices)

    def clean_delta(self) -> int:
        delta: int = self.cleaned_data["delta"]
        if not delta:
            raise forms.ValidationError("That changes nothing.")
        return delta


def _receive(item: StockItem, by: Actor, data: dict[str, Any]) -> object:
    arrival = Arrival(item.product, data["quantity"], data["bin"])
    operation = str(data["operation"])
    return receive_stock(item.warehouse, [arrival], by=by, reference=data["reference"], operation=operation)


def _adjust(item: StockItem, by: Actor, data: dict[str, Any]) -> object:
    named = {"reason": data["reason"], "bin_code": data["bin"], "operation": str(data["operation"])}
    return adjust_stock(item.warehouse, item.product, data["delta"], by=by, **named)


class ReceiveForm(ActForm):
    """Goods that arrive, in a warehouse that may never have had them."""

    warehouse = forms.ModelChoiceField(Warehouse.objects.none(), widget=UnfoldAdminSelectWidget())
    sku = text_field("SKU", max_length=64)
    quantity = number_field("Units", high=MAX_QUANTITY)
    bin = text_field("Bin", max_length=32, help_text="Made if there is none of that code.")
    reference = text_field("Reference", help_text="The supplier's delivery note, for example.")

    def __init__(self, *args: Any, warehouses: QuerySet[Warehouse], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["warehouse"].queryset = warehouses  # type: ignore[attr-defined]  # the field's class has it
        self.initial.update(bin=DEFAULT_BIN, warehouse=warehouses.first())

    def clean_sku(self) -> Product:
        sku = self.cleaned_data["sku"].strip()
        product = Product.objects.filter(sku=sku).first()
        if product is None:
            raise forms.ValidationError(f"There is no product with the SKU {sku}.")
        return product


def _by_state(items: QuerySet[Any], chosen: str) -> QuerySet[Any]:
    match chosen:
        case "blocked":
            return items.filter(blocked__gt=0)
        case "reserved":
            return items.filter(reserved__gt=0)
    return items.filter(on_hand=0)


STATES = [("none", "Nothing there"), ("reserved", "Some of it reserved"), ("blocked", "Some of it blocked")]


@admin.register(StockItem)
class StockItemAdmin(ScopedAdmin, ActingAdmin, ReadOnlyAdmin, SheetAdmin):
    """Balances. They follow from the movements, and only the ledger writes either."""

    acts = (
        Act("receive", "Receive", RECEIVE, _receive, "Received: {}.", form=ReceiveHereForm, style="main"),
        Act("adjust", "Adjust", ADJUST, _adjust, "Adjusted: {}.", form=AdjustForm),
        *ACTS,
    )
    actions = (ask_for_counts,)
    is_logged = False
    skip_admin_log = True  # the movements tell who booked what
    import_permission = RECEIVE
    add_label = "Receive goods"
    list_display = ("product_name", "warehouse", "free_units", "reserved", "on_hand", "blocked_units")
    list_filter = (
        warehouse_filter(),
        choice_filter("state", "State", lambda: STATES, _by_state),
    )
    list_select_related = ("product", "warehouse")
    search_fields = ("product__sku", "product__name")
    search_help_text = "SKU or name"
    ordering = ("product__sku", "warehouse")
    fields = ("product", "warehouse", "free_units", "reserved", "on_hand", "blocked")
    readonly_fields = fields

    def has_count_stock_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("fulfillment.count_stock")

    def get_import_resource_classes(self, request: HttpRequest) -> list[type]:
        return [StockInSheet]

    def get_export_resource_classes(self, request: HttpRequest) -> list[type]:
        return [StockOutSheet]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(RECEIVE)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ReceiveForm(request.POST or None, thing=None, warehouses=Warehouse.objects.of(request.user))
        if form.is_valid():
            data = form.cleaned_data
            arrival = Arrival(data["sku"], data["quantity"], data["bin"])
            named = {"reference": data["reference"], "operation": str(data["operation"])}
            with flashing(request, form, f"Received {arrival.quantity} × {arrival.product}."):
                receive_stock(data["warehouse"], [arrival], by=actor(request), **named)
        if not form.is_valid():
            return self.form_page(request, form, "Receive goods", "Receive")
        return redirect("admin:fulfillment_stockitem_changelist")

    def more_of(self, request: HttpRequest, thing: StockItem) -> dict[str, Any]:
        places = BinStock.objects.filter(product=thing.product_id, bin__warehouse=thing.warehouse_id, quantity__gt=0)
        more: dict[str, Any] = {
            "panel": "admin/fulfillment/stockitem/where.html",
            "places": places.select_related("bin").order_by("bin__code"),
        }
        if request.user.has_perm("fulfillment.view_stockmovement"):
            more["movements"] = with_names(MOVEMENTS.filter(stock_item=thing)[:LATEST])
            more["all_movements"] = f"{reverse('admin:fulfillment_stockmovement_changelist')}?q={thing.product.sku}"
        return more

    @display(description="Product", ordering="product__sku")
    def product_name(self, item: StockItem) -> SafeString:
        return badges.cell(badges.code(item.product.sku), item.product.name)

    @display(description="Free")
    def free_units(self, item: StockItem) -> int:
        return item.free

    @display(description="Blocked")
    def blocked_units(self, item: StockItem) -> Any:
        return badges.mark(badges.LOOK, "alert", str(item.blocked)) if item.blocked else 0


MOVEMENTS = StockMovement.objects.select_related(
    "stock_item__product", "stock_item__warehouse", "from_bin", "to_bin", "order_line__order"
).order_by("-pk")


def with_names(movements: Sequence[StockMovement] | QuerySet[StockMovement]) -> list[Any]:
    """Say on each movement who made it, in words."""
    rows: list[Any] = list(movements)
    names = names_of({row.by for row in rows})
    for row in rows:
        row.by_name = names[row.by]
    return rows


@admin.register(StockMovement)
class StockMovementAdmin(ScopedAdmin, ReadOnlyAdmin):
    """The ledger's entries, newest first: written once, never changed."""

    warehouse_path = "stock_item__warehouse"
    list_display = ("when", "kind_word", "quantity", "product_name", "way", "why", "by_whom")
    list_display_links = None
    list_filter = (
        field_filter("kind", "Kind", lambda: StockMovement.Kind.choices),
        warehouse_filter("stock_item__warehouse"),
    )
    search_fields = ("stock_item__product__sku",)
    search_help_text = "SKU"
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockMovement]:
        return self.scoped(request, MOVEMENTS.all())

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        changelist.result_list = with_names(changelist.result_list)
        return changelist

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        items = list(StockItem.objects.filter(product__sku__in={term, term.upper()}).values_list("pk", flat=True))
        return queryset.filter(stock_item__in=items), False

    @display(description="When")
    def when(self, row: StockMovement) -> SafeString:
        at = timezone.localtime(row.at)
        return badges.cell(date_format(at, "j M Y"), date_format(at, "H:i:s"))

    @display(description="Kind")
    def kind_word(self, row: StockMovement) -> str:
        return row.get_kind_display()

    @display(description="Product")
    def product_name(self, row: StockMovement) -> SafeString:
        return badges.cell(badges.code(row.stock_item.product.sku), row.stock_item.product.name)

    @display(description="From → to")
    def way(self, row: StockMovement) -> SafeString:
        ends = f"{row.from_bin or '–'} → {row.to_bin or '–'}" if row.from_bin or row.to_bin else "stays"
        return badges.cell(ends, row.stock_item.warehouse)

    @display(description="Order and cause")
    def why(self, row: StockMovement) -> SafeString | str:
        if row.order_line is None:
            return row.cause or "—"
        order = row.order_line.order
        url = reverse("admin:orders_order_change", args=[order.pk])
        return badges.cell(format_html('<a class="ot-code ot-link" href="{}">{}</a>', url, order), row.cause)

    @display(description="By")
    def by_whom(self, row: Any) -> str:
        return str(row.by_name)
