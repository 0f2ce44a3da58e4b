"""What carriers lost or damaged, and staff may send again: decided here, on the order's page and on the board."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fulfillment.admin.scoped import ScopedAdmin, warehouse_filter
from fulfillment.blockers import reasons
from fulfillment.models import Reship
from fulfillment.services import decline_reship, send_again
from orders.admin import badges
from orders.admin.acting import Act, ActingAdmin
from orders.admin.base import ReadOnlyAdmin
from orders.admin.filters import field_filter
from orders.blockers import Reason
from orders.models import Actor, Order

DECIDE = "fulfillment.decide_reship"
HUES = {Reship.Status.PROPOSED: badges.PERSON, Reship.Status.SENT: badges.MOVING}
HINT = "What was in it becomes an order of its own, at no charge, to the same address. It takes stock, or waits for it."


def _plainly(service: Callable[..., Reship]) -> Callable[[Reship, Actor, dict[str, Any]], object]:
    return lambda reship, by, _: service(reship, by=by)


def _why_not(verb: str) -> Callable[[Reship], Sequence[Reason]]:
    return lambda reship: reasons(reship, verb)


ACTS = (
    Act(
        "send",
        "Send it again",
        DECIDE,
        _plainly(send_again),
        "What was in {} goes again.",
        _why_not("send"),
        hint=HINT,
        style="main",
    ),
    Act(
        "decline",
        "Do not send it again",
        DECIDE,
        _plainly(decline_reship),
        "{} is not sent again.",
        _why_not("decline"),
        hint="The customer gets the money back, say, or wants it no more.",
    ),
)


@admin.register(Reship)
class ReshipAdmin(ScopedAdmin, ActingAdmin, ReadOnlyAdmin):
    """Parcels that may go again, newest first."""

    warehouse_path = "parcel__shipment__warehouse"
    acts = ACTS
    is_logged = False
    list_display = ("parcel_of", "order_of", "cause", "state", "goes_as", "proposed_at")
    list_filter = (field_filter("status", "Status", lambda: Reship.Status.choices), warehouse_filter(warehouse_path))
    list_select_related = ("parcel", "order", "replacement")
    search_fields = ("parcel__number", "order__number")
    search_help_text = "Number of the parcel or the order"
    ordering = ("-pk",)
    fields = ("parcel_of", "order_of", "cause", "state", "goes_as", "proposed_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).select_related(*self.list_select_related)
        return rows

    @display(description="Parcel", ordering="pk")
    def parcel_of(self, reship: Reship) -> SafeString:
        return badges.code(reship.parcel)

    @display(description="Order")
    def order_of(self, reship: Reship) -> SafeString:
        return _link(reship.order)

    @display(description="Status")
    def state(self, reship: Reship) -> SafeString:
        hue = HUES.get(Reship.Status(reship.status), badges.WAITING)
        return badges.mark(hue, "retry", str(reship.get_status_display()))

    @display(description="Goes again as")
    def goes_as(self, reship: Reship) -> SafeString | None:
        return _link(reship.replacement) if reship.replacement else None


def _link(order: Order) -> SafeString:
    url = reverse("admin:orders_order_change", args=[order.pk])
    return format_html('<a class="ot-code ot-link" href="{}">{}</a>', url, order.number)
