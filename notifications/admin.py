"""What customers were told: as they see it, and sent again where that helps."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from notifications.models import Content, Message
from notifications.services import resend_message
from orders.admin import badges, words
from orders.admin.acting import Act, ActingAdmin
from orders.admin.base import ReadOnlyAdmin
from orders.admin.filters import field_filter
from orders.models import Actor, Order
from orders.numbers import read_number

PREVIEW_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'"
)
"""A mail is shown as it is, and can do nothing: no script, no request, no form, no way out of its frame."""


def _resend(message: Message, by: Actor, _: dict[str, Any]) -> object:
    return resend_message(message, by=by)


@admin.register(Message)
class MessageAdmin(ActingAdmin, ReadOnlyAdmin):
    acts = (
        Act(
            "resend",
            "Send again",
            "notifications.resend_message",
            _resend,
            "It will be sent again.",
            hint="The customer gets it once more, as it stands now.",
        ),
    )
    is_logged = False
    list_display = ("what", "order_of", "recipient", "channel", "state", "attempts", "created_at", "sent_at")
    list_filter = (field_filter("status", "Status", lambda: Message.Status.choices),)
    list_select_related = ("order",)
    search_fields = ("order__number",)
    search_help_text = "Number of the order"
    ordering = ("-created_at",)
    fields = ("what", "order_of", "recipient", "channel", "state", "note", "attempts", "created_at", "sent_at")
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(self.preview)
        return [path("<path:object_id>/preview/", preview, name="notifications_message_preview"), *super().get_urls()]

    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the HTML of a message under a policy of its own; for the frame on the message's page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        message = self.get_object(request, object_id)
        content = message and Content.objects.filter(pk=message.pk).first()
        if content is None:
            raise Http404
        return _sealed(content.html)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        orders = list(Order.objects.filter(number=read_number(term) or "").values_list("pk", flat=True))
        return queryset.filter(order__in=orders), False

    def more_of(self, request: HttpRequest, thing: Message) -> dict[str, Any]:
        return {
            "panel": "admin/notifications/message/content.html",
            "content": Content.objects.filter(pk=thing.pk).first(),
            "preview_url": reverse("admin:notifications_message_preview", args=[thing.pk]),
        }

    @display(description="Message")
    def what(self, message: Message) -> str:
        return words.MESSAGES.get(message.kind, "A message")

    @display(description="Order")
    def order_of(self, message: Message) -> SafeString:
        url = reverse("admin:orders_order_change", args=[message.order_id])
        return format_html('<a class="ot-code ot-link" href="{}">{}</a>', url, message.order)

    @display(description="Status")
    def state(self, message: Message) -> SafeString:
        return badges.badge(message.status, message.get_status_display())


def _sealed(html: str) -> HttpResponse:
    response = HttpResponse(html)
    response["Content-Security-Policy"] = PREVIEW_POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response
