"""Incoming deliveries: what is expected, overdue, at the dock; announced and closed by buttons."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from fulfillment.admin.bulk import close_deliveries
from fulfillment.admin.scoped import ScopedAdmin, warehouse_filter
from fulfillment.admin.stock_acts import RECEIVE
from fulfillment.models import Receipt, ReceiptLine, Scan, StockMovement, Warehouse
from fulfillment.models.receipt import ReceiptQuerySet
from fulfillment.reports import DockToStock, dock_to_stock
from fulfillment.services import Act as Doing
from fulfillment.services import close_receipt, expect_receipt, reopen_receipt, undo_latest
from orders.admin import badges
from orders.admin.acting import Act, ActForm, ActingAdmin, flashing, text_field
from orders.admin.base import ReadOnlyAdmin
from orders.admin.filters import HiddenFilter
from orders.admin.saved_views import MANY, PARAMETER, Tab
from orders.blockers import Reason
from orders.intake.draft import MAX_QUANTITY
from orders.models import Actor, Product

EXPECT = "fulfillment.expect_receipt"


class View(NamedTuple):
    """A saved view of the list."""

    key: str
    title: str
    hue: str
    hint: str
    keep: Callable[[ReceiptQuerySet, date], ReceiptQuerySet]


def _overdue(receipts: ReceiptQuerySet, today: date) -> ReceiptQuerySet:
    return receipts.open().filter(arrived_at=None, expected_date__lt=today)


def _at_dock(receipts: ReceiptQuerySet, _: date) -> ReceiptQuerySet:
    waiting = ReceiptLine.objects.filter(received__gt=F("put_away"))
    return receipts.filter(arrived_at__isnull=False, put_away_at=None, pk__in=waiting.values("receipt"))


VIEWS = (
    View("expected", "Expected", "moving", "Not closed: something is still to come.", lambda rows, _: rows.open()),
    View("overdue", "Overdue", "person", "The day has passed, and nothing came.", _overdue),
    View("dock", "At the dock", "look", "Arrived, and not put away yet.", _at_dock),
)


class ViewFilter(HiddenFilter):
    """Reads `?view=`, which the tabs set."""

    title = "saved view"
    parameter_name = PARAMETER

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(view.key, view.title) for view in VIEWS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = next((view for view in VIEWS if view.key == self.value()), None)
        return chosen.keep(queryset, timezone.localdate()) if chosen else queryset  # type: ignore[arg-type]


class AnnounceForm(ActForm):
    """What a supplier delivers: a line an article."""

    warehouse = forms.ModelChoiceField(Warehouse.objects.all(), widget=UnfoldAdminSelectWidget())
    reference = text_field("Reference", max_length=64, help_text="The number that the delivery note will bear.")
    supplier = text_field("Supplier", required=False)
    expected_date = forms.DateField(label="Expected on", required=False, widget=UnfoldAdminDateWidget())
    lines = forms.CharField(
        label="Articles", widget=UnfoldAdminTextareaWidget(), help_text="A line each: SKU, comma, number of units."
    )

    def __init__(self, *args: Any, places: QuerySet[Warehouse], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["warehouse"].queryset = places  # type: ignore[attr-defined]
        self.initial["warehouse"] = places.first()

    def clean_lines(self) -> Counter[Product]:
        pairs = [_pair(line) for line in self.cleaned_data["lines"].splitlines() if line.strip()]
        products = Product.objects.in_bulk({sku for sku, _ in pairs}, field_name="sku")
        if unknown := sorted({sku for sku, _ in pairs} - set(products)):
            raise forms.ValidationError(f"There is no product with the SKU {', '.join(unknown)}.")
        units: Counter[Product] = Counter()
        for sku, count in pairs:
            units[products[sku]] += count
        return units


def _pair(line: str) -> tuple[str, int]:
    sku, _, count = line.replace(";", ",").replace("\t", ",").rpartition(",")
    number = count.strip()
    if not sku.strip() or not (number.isascii() and number.isdigit() and 1 <= int(number) <= MAX_QUANTITY):
        raise forms.ValidationError(f"“{line.strip()}” is not a SKU, a comma and a number from 1 to 1 000 000.")
    return sku.strip(), int(number)


def _undo(receipt: Receipt, by: Actor, data: dict[str, Any]) -> object:
    of_it = StockMovement.objects.filter(cause=receipt.reference, stock_item__warehouse=receipt.warehouse)
    return undo_latest(Doing(data["operation"], by), [Scan.Step.RECEIVE], of_it)


def _why_not_close(receipt: Receipt) -> Sequence[Reason]:
    return [Reason("closed", "It is closed already.", "nobody")] if receipt.closed_at else []


def _why_not_open(receipt: Receipt) -> Sequence[Reason]:
    return [] if receipt.closed_at else [Reason("open", "It is open.", "nobody")]


@admin.register(Receipt)
class ReceiptAdmin(ScopedAdmin, ActingAdmin, ReadOnlyAdmin):
    """Deliveries, what is expected first on top of its view."""

    acts = (
        Act(
            "close",
            "Close",
            RECEIVE,
            lambda receipt, *_: close_receipt(receipt),
            "{} is closed.",
            _why_not_close,
            hint="Nothing more of it is expected, whatever is short.",
            style="main",
        ),
        Act(
            "open",
            "Open again",
            EXPECT,
            lambda receipt, *_: reopen_receipt(receipt),
            "{} is open again.",
            _why_not_open,
        ),
        Act(
            "undo",
            "Take back",
            RECEIVE,
            _undo,
            "Taken back: {}.",
            hint="What you received last of it, if that is no longer ago than 15 minutes.",
            is_telling=True,
        ),
    )
    actions = (close_deliveries,)
    counted_by = ("put_away_at__gte", "put_away_at__lt")
    add_label = "Announce a delivery"
    list_display = ("number", "warehouse", "expected_on", "state", "units", "stood")
    list_filter = (ViewFilter, warehouse_filter())
    list_select_related = ("warehouse",)
    list_before_template = "admin/fulfillment/receipt/list.html"
    search_fields = ("reference", "supplier")
    search_help_text = "Reference or supplier"
    fields = ("reference", "supplier", "warehouse", "expected_date", "arrived_at", "put_away_at", "closed_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Receipt]:
        return super().get_queryset(request).with_units()  # type: ignore[attr-defined,no-any-return]

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return [F("expected_date").asc(nulls_last=True), "pk"] if request.GET.get(PARAMETER) else ["-pk"]

    def has_receive_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(RECEIVE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(EXPECT)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = AnnounceForm(request.POST or None, thing=None, places=Warehouse.objects.of(request.user))
        if form.is_valid():
            given = form.cleaned_data
            more = {name: given[name] for name in ("supplier", "expected_date")}
            with flashing(request, form, f"{given['reference']} is announced."):
                expect_receipt(given["warehouse"], given["reference"], given["lines"], **more)
        if not form.is_valid():
            return self.form_page(request, form, "Announce a delivery", "Announce")
        return redirect("admin:fulfillment_receipt_changelist")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        mine = list(Warehouse.objects.of(request.user))
        more = {"title": "Incoming deliveries", "tabs": self._tabs(request), "clock": _clock(dock_to_stock(mine))}
        return super().changelist_view(request, more | (extra_context or {}))

    def more_of(self, request: HttpRequest, thing: Receipt) -> dict[str, Any]:
        lines = thing.lines.select_related("product")
        return {"panel": "admin/fulfillment/receipt/lines.html", "lines": lines}

    def _tabs(self, request: HttpRequest) -> list[Tab]:
        url, chosen = reverse("admin:fulfillment_receipt_changelist"), request.GET.get(PARAMETER, "")
        mine = Receipt.objects.filter(warehouse__in=Warehouse.objects.of(request.user))
        found = [Tab("All", url, not chosen)]
        for view in VIEWS:
            count = view.keep(mine, timezone.localdate()).order_by()[: MANY + 1].count()
            shown = str(count) if count <= MANY else f"{MANY}+"
            found.append(Tab(view.title, f"{url}?{PARAMETER}={view.key}", chosen == view.key, shown, view))  # type: ignore[arg-type]
        return found

    @display(description="Delivery")
    def number(self, receipt: Receipt) -> SafeString:
        return badges.cell(badges.code(receipt.reference), receipt.supplier)

    @display(description="Expected on")
    def expected_on(self, receipt: Receipt) -> str:
        return date_format(receipt.expected_date, "j M Y") if receipt.expected_date else "—"

    @display(description="State")
    def state(self, receipt: Receipt) -> SafeString:
        return badges.mark(*state_of(receipt, timezone.localdate()))

    @display(description="Arrived")
    def units(self, receipt: Any) -> str:
        return f"{receipt.units_here} of {receipt.units_expected}"

    @display(description="Dock to stock")
    def stood(self, receipt: Receipt) -> str:
        return hours(receipt.dock_to_stock) if receipt.dock_to_stock is not None else "—"


def state_of(receipt: Receipt, today: date) -> tuple[str, str, str]:
    """Return hue, icon and word of where a delivery stands."""
    if receipt.arrived_at and not receipt.put_away_at:
        return badges.LOOK, "box", "At the dock"
    if receipt.closed_at:
        return badges.ARRIVED, "done", "Closed"
    if receipt.arrived_at:
        return badges.MOVING, "box", "Begun"
    if receipt.expected_date and receipt.expected_date < today:
        return badges.PERSON, "alert", "Overdue"
    return badges.WAITING, "truck", "Expected"


def hours(time: timedelta) -> str:
    """Return "3 h 05 min", or days where it is more than two."""
    minutes = round(time.total_seconds() / 60)
    if minutes >= 48 * 60:
        return f"{minutes // (24 * 60)} days {minutes // 60 % 24} h"
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"  # noqa: PLR2004 - an hour


def _clock(found: DockToStock | None) -> dict[str, Any] | None:
    """Return the dock-to-stock clock in words."""
    if found is None:
        return None
    share = round(100 * found.within_a_day)
    return {"count": found.deliveries, "median": hours(found.median), "p90": hours(found.p90), "share": share}
