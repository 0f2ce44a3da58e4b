"""The list of orders, and the door to an order's page. Nothing is edited here: orders change by what is done."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from orders.admin import badges
from orders.admin.acting import ActingAdmin, Bound
from orders.admin.base import ReadOnlyAdmin
from orders.admin.catalogue import channels
from orders.admin.filters import ChoiceFilter, HiddenFilter, choice_filter, country_choices, field_filter
from orders.admin.order_acts import ACTS
from orders.admin.order_page import load, order_page
from orders.admin.promise import promise_of, short_date
from orders.admin.saved_views import PARAMETER, SavedViewFilter, tabs
from orders.admin.search import find_orders
from orders.models import Hold, Order, OrderLine, ShippingMethod
from orders.money import money
from orders.numbers import read_pk
from tracking.services import link_for

SEE_PEOPLE = "orders.view_customer"
SOON = timedelta(days=3)
COUNTED_BY = {"id__in", "status__in"} | {
    f"{column}__{end}"
    for column in ("placed_at", "shipped_at", "delivered_at", "ship_by", "deliver_by")
    for end in ("gte", "lt", "lte")
}


def _methods() -> list[tuple[str, str]]:
    return [(str(method.pk), str(method)) for method in ShippingMethod.objects.all()]


def _by_promise(orders: Any, chosen: str) -> QuerySet[Any]:
    today = timezone.localdate()
    match chosen:
        case "passed":
            return orders.late(today)  # type: ignore[no-any-return]
        case "today":
            return orders.to_ship().filter(ship_by=today)  # type: ignore[no-any-return]
    return orders.to_ship().filter(ship_by__gt=today, ship_by__lte=today + SOON)  # type: ignore[no-any-return]


PROMISES = [("passed", "Has passed"), ("today", "Ships today"), ("soon", "Ships in the next 3 days")]
FILTERS: tuple[type[ChoiceFilter], ...] = (
    field_filter("status", "Status", lambda: Order.Status.choices),
    field_filter("channel", "Channel", channels),
    field_filter("shipping_method", "Shipping method", _methods),
    choice_filter("promise", "Promise", lambda: PROMISES, _by_promise),
    field_filter("ship_country", "Country", country_choices),
    choice_filter("hold", "Hold", lambda: [("yes", "On hold")], lambda orders, _: orders.on_hold()),  # type: ignore[attr-defined]
)


class OfCustomerFilter(HiddenFilter):
    """`?customer=12`: where a customer's page links to. For whoever may see customers."""

    title = "customer"
    parameter_name = "customer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "")] if request.user.has_perm(SEE_PEOPLE) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = read_pk(self.value() or "")
        return queryset.filter(customer=chosen) if self.lookup_choices and chosen else queryset


@admin.register(Order)
class OrderAdmin(ActingAdmin, ReadOnlyAdmin):
    """Lists orders, with saved views and their counts on top."""

    acts = ACTS
    counted_by = COUNTED_BY
    is_logged = False
    list_filter = (SavedViewFilter, OfCustomerFilter, *FILTERS)
    list_select_related = ("channel", "customer", "shipping_method")
    list_before_template = "admin/orders/order/tabs.html"
    search_fields = ("number",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.customer_page)
        return [path("<path:object_id>/customer-page/", view, name="orders_order_customer_page"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        held = Hold.objects.standing().filter(order=OuterRef("pk"))
        waits = OrderLine.objects.filter(order=OuterRef("pk"), waiting__gt=0)
        return Order.objects.annotate(is_held=Exists(held), is_waiting=Exists(waits))

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return ["ship_by", "placed_at", "pk"] if request.GET.get(PARAMETER) else ["-placed_at", "-pk"]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        goes_to = "customer_name" if request.user.has_perm(SEE_PEOPLE) else "destination"
        return ["order_number", "placed", goes_to, "where", "promised", "amount"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        found = find_orders(term, by_person=request.user.has_perm(SEE_PEOPLE))
        return queryset.filter(pk__in=found), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        person = ", name or e-mail" if request.user.has_perm(SEE_PEOPLE) else ""
        changelist.search_help_text = f"Number, external id, SKU{person}"
        return changelist

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"tabs": tabs(request.GET.get(PARAMETER, ""))}
        return super().changelist_view(request, more | (extra_context or {}))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request) or request.method == "POST":
            raise PermissionDenied
        order = load(request.user, object_id)
        if order is None:
            raise Http404(object_id)
        return order_page(request, self, order, (extra_context or {}).get("bound"))

    def page(self, request: HttpRequest, thing: Any, bound: Bound) -> HttpResponse:
        return show_again(request, self, thing.pk, bound)

    @method_decorator(require_POST)
    def customer_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Open the page that the customer sees."""
        if not request.user.has_perm(SEE_PEOPLE):
            raise PermissionDenied
        order = self.get_object(request, object_id)
        if order is None:
            raise Http404
        return redirect("tracking:order", link_for(order).token)

    @display(description="Order", ordering="number")
    def order_number(self, order: Order) -> SafeString:
        return badges.cell(badges.code(order), order.external_id)

    @display(description="Placed", ordering="placed_at")
    def placed(self, order: Order) -> SafeString:
        at = timezone.localtime(order.placed_at)
        return badges.cell(date_format(at, "j M Y, H:i"), order.channel)

    @display(description="Customer")
    def customer_name(self, order: Order) -> SafeString:
        country = dict(country_choices()).get(order.ship_country, order.ship_country)
        return badges.cell(order.customer, country)

    @display(description="To")
    def destination(self, order: Order) -> SafeString:
        country = dict(country_choices()).get(order.ship_country, order.ship_country or "No country")
        return badges.cell(country, order.shipping_method)

    @display(description="Status")
    def where(self, order: Any) -> SafeString:
        marks = [badges.badge(order.status, order.get_status_display())]
        if order.status in Order.TO_SHIP:
            marks += [badges.mark(badges.LOOK, "pause", "On hold")] * order.is_held
            marks += [badges.mark(badges.WAITING, "hourglass", "Waits for stock")] * order.is_waiting
        return format_html('<span class="ot-marks">{}</span>', SafeString("".join(marks)))

    @display(description="Promise")
    def promised(self, order: Order) -> SafeString:
        promise = promise_of(order)
        if promise is None:
            return SafeString("—")
        day = f"{promise.owed} {short_date(promise.day)}"
        return badges.cell(day, badges.under(promise.hue, promise.icon, promise.left))

    @display(description="Total")
    def amount(self, order: Order) -> str:
        return money(order.total, order.currency)


def show_again(request: HttpRequest, admin_of: ReadOnlyAdmin, order_id: int, bound: Bound) -> HttpResponse:
    """Show the page of an order, with the form on it that says what is wrong."""
    order = load(request.user, order_id)
    if order is None:
        raise Http404(order_id)
    response = order_page(request, admin_of, order, bound)
    response.status_code = bound[1].http_status
    return response
