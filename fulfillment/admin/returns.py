"""Returns: asked for, on their way, at the desk; approved and declined by buttons. The desk itself is on the floor."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils.safestring import SafeString

from fulfillment.admin.scoped import ScopedAdmin, warehouse_filter
from fulfillment.blockers import reasons
from fulfillment.models import Return
from fulfillment.services.returns import approve_return, cancel_return, decline_return, finish_return, send_return
from orders.admin import badges
from orders.admin.acting import Act, ActForm, ActingAdmin, text_field
from orders.admin.base import ReadOnlyAdmin
from orders.admin.filters import field_filter
from orders.blockers import Reason
from orders.models import Actor

APPROVE = "fulfillment.approve_return"
RECEIVE = "fulfillment.receive_return"


class DeclineForm(ActForm):
    reason = text_field("Why")


def _plainly(service: Callable[..., Return]) -> Callable[[Return, Actor, dict[str, Any]], object]:
    return lambda each, by, _: service(each, by=by)


def _why_not(verb: str) -> Callable[[Return], Sequence[Reason]]:
    return lambda each: reasons(each, verb)


def _decline(announced: Return, by: Actor, data: dict[str, Any]) -> object:
    return decline_return(announced, by=by, reason=data["reason"])


@admin.register(Return)
class ReturnAdmin(ScopedAdmin, ActingAdmin, ReadOnlyAdmin):
    """Returns, newest first. Those that have not arrived yet are everybody's."""

    is_shared = True
    acts = (
        Act(
            "approve",
            "Approve",
            APPROVE,
            _plainly(approve_return),
            "{} is approved.",
            _why_not("approve"),
            style="main",
        ),
        Act("decline", "Decline", APPROVE, _decline, "{} is declined.", _why_not("decline"), DeclineForm),
        Act("send", "On its way", APPROVE, _plainly(send_return), "{} is on its way.", _why_not("send")),
        Act("cancel", "Will not come", APPROVE, _plainly(cancel_return), "{} is cancelled.", _why_not("cancel")),
        Act(
            "close",
            "Close",
            RECEIVE,
            _plainly(finish_return),
            "{} is closed.",
            _why_not("inspect"),
            hint="Every unit that came has to be decided: at the returns desk on the floor.",
        ),
    )
    is_logged = False
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

    def more_of(self, request: HttpRequest, thing: Return) -> dict[str, Any]:
        lines = thing.lines.select_related("order_line__product").order_by("order_line__number")
        return {"panel": "admin/fulfillment/return/lines.html", "lines": lines}

    @display(description="Return", ordering="pk")
    def numbered(self, each: Return) -> SafeString:
        return badges.code(each.number)

    @display(description="Order")
    def order_of(self, each: Return) -> SafeString:
        return badges.code(each.order.number)

    @display(description="Announced", boolean=True)
    def was_announced(self, each: Return) -> bool:
        return each.is_announced

    @display(description="Status")
    def state(self, each: Return) -> SafeString:
        hue = badges.LOOK if each.status in {Return.Status.REQUESTED, Return.Status.RECEIVED} else badges.WAITING
        return badges.mark(hue, "back", str(each.get_status_display()))

    @display(description="Units")
    def units(self, each: Any) -> str:
        return f"{each.here} of {each.announced}" if each.announced else str(each.here)
