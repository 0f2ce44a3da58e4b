"""What came in: looked at as it came, and mended where it could not be understood."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextareaWidget

from fulfillment.models import Warehouse
from fulfillment.services import order_file, receipt_file, retry_inbox, stock_file
from orders.admin import badges
from orders.admin.acting import Act, ActForm, ActingAdmin, text_field
from orders.admin.base import ReadOnlyAdmin
from orders.admin.catalogue import channels
from orders.admin.filters import field_filter
from orders.admin.trail import names_of
from orders.admin.words import provider_name
from orders.blockers import Reason
from orders.lifecycle import Refused
from orders.models import Actor, Inbox
from orders.services import product_file
from tracking.services import put_delivery_aside

SHOWN = 200_000
"""Bytes of a raw body that a page shows."""
SURROGATE = 0xDC00
BY = re.compile(r"(put aside by|tried again by) ((?:user|key|endpoint|system|link):[\w-]+)")
UNREADABLE = re.compile("[\udc80-\udcff\x00-\x08\x0b-\x1f\x7f]")


class Needed(NamedTuple):
    """What somebody may do who mends rows that do it."""

    permission: str
    said: str


FILES = {
    order_file.SOURCE: "A file of orders",
    product_file.SOURCE: "A file of articles",
    stock_file.SOURCE: "A file of stock",
    receipt_file.SOURCE: "A file of deliveries",
}
NEEDED = {
    product_file.SOURCE: Needed("orders.change_product", "change articles"),
    stock_file.SOURCE: Needed("fulfillment.receive_stock", "receive stock"),
    receipt_file.SOURCE: Needed("fulfillment.expect_receipt", "announce deliveries"),
}


class _Form(ActForm):
    """For those who may book what such a file books."""

    def clean(self) -> dict[str, Any]:
        needed = NEEDED.get(self.thing.source)
        if needed and not self.user.has_perm(needed.permission):
            raise forms.ValidationError(f"You may not {needed.said}: somebody who may has to do this.")
        return (super().clean() or {}) | {"among": Warehouse.objects.of(self.user)}


class MendForm(_Form):
    """The body as text, to be corrected. What is no UTF-8 stands as � in it."""

    body = forms.CharField(
        label="What came in, corrected",
        strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 12, "class": "ot-code ot-raw-edit", "spellcheck": "false"}),
        help_text="The raw body stays as it came. A byte that is no UTF-8 stands as � here: put it right.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["body"] = self.thing.body.decode("utf-8", "replace")


class StillQuarantined(Refused):
    """It was tried again, and there is still something that we cannot understand."""

    code = "still_quarantined"


def _retry(inbox: Inbox, by: Actor, data: dict[str, Any]) -> object:
    mended = data["body"].replace("\r\n", "\n").encode()
    after = retry_inbox(inbox, by=by, mended=mended, among=data["among"])
    if after.status == Inbox.Status.QUARANTINED:
        raise StillQuarantined("It still cannot be understood. Your text is kept; what is wrong with it stands below.")
    return after


class AsideForm(_Form):
    reason = text_field(
        "Why", max_length=200, help_text="Say what it is, for whoever asks later; nothing of a customer."
    )

    def clean(self) -> dict[str, Any]:
        """Who may not say what a message means puts none aside that could mean a parcel."""
        given = super().clean()
        may_say = self.user.has_perm("tracking.identify_snapshot")
        return given if may_say else given | {"among": Warehouse.objects.none()}


def _put_aside(inbox: Inbox, by: Actor, data: dict[str, Any]) -> None:
    put_delivery_aside(inbox, by=by, reason=data["reason"], among=data["among"])


def _why_not_retry(inbox: Inbox) -> list[Reason]:
    if inbox.status == Inbox.Status.QUARANTINED:
        return []
    return [Reason("not_quarantined", f"It is {inbox.get_status_display().lower()}, not quarantined.", "nobody")]


@admin.register(Inbox)
class InboxAdmin(ActingAdmin, ReadOnlyAdmin):
    acts = (
        Act(
            "retry",
            "Mend and retry",
            "orders.retry_inbox",
            _retry,
            "{} was taken up again.",
            _why_not_retry,
            MendForm,
            style="main",
            is_open=True,
        ),
        Act(
            "aside",
            "Put aside",
            "orders.retry_inbox",
            _put_aside,
            "{} is put aside.",
            _why_not_retry,
            AsideForm,
            hint="Nobody need understand it. What came in is kept as it is, with your name and the reason.",
            style="danger",
        ),
    )
    change_form_outer_before_template = "admin/orders/inbox/body.html"
    change_form_outer_after_template = ""
    list_display = ("received_at", "came_from", "channel", "external_id", "state", "trouble", "order_of")
    list_filter = (
        field_filter("status", "Status", lambda: Inbox.Status.choices),
        field_filter("channel", "Channel", channels),
    )
    list_select_related = ("channel", "order")
    search_fields = ("external_id",)
    search_help_text = "External id of the order"
    ordering = ("-received_at",)
    fields = (
        "received_at",
        "came_from",
        "channel",
        "through",
        "external_id",
        "state",
        "note_in_words",
        "processed_at",
        "order_of",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Inbox]:
        rows: QuerySet[Inbox] = super().get_queryset(request)
        is_page = getattr(request.resolver_match, "kwargs", {}).get("object_id")
        return rows if is_page else rows.defer("raw", "mended", "headers")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(external_id=term) if term else queryset), False

    def more_of(self, request: HttpRequest, thing: Inbox) -> dict[str, Any]:
        raw = bytes(thing.raw)
        return {
            "raw": readable(raw[:SHOWN]),
            "left_out": max(0, len(raw) - SHOWN),
            "mended": None if thing.mended is None else readable(bytes(thing.mended)[:SHOWN]),
            "headers": sorted(thing.headers.items()),
            "unclear": thing.snapshots.unclear() if request.user.has_perm("tracking.view_snapshot") else (),
        }

    @display(description="Status")
    def state(self, inbox: Inbox) -> SafeString:
        return badges.badge(inbox.status, inbox.get_status_display())

    @display(description="Trouble")
    def trouble(self, inbox: Inbox) -> str:
        if not inbox.problems or inbox.status == Inbox.Status.IGNORED:
            return self.note_in_words(inbox)
        first = inbox.problems[0]
        more = f" (and {len(inbox.problems) - 1} more)" if len(inbox.problems) > 1 else ""
        column = f"{first['column']}: " if first.get("column") else ""
        return f"{column}{first.get('reason', '')}{more}"

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        changelist.result_list = with_notes(changelist.result_list)
        return changelist

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        return with_notes([found])[0] if found else None

    @display(description="Came from")
    def came_from(self, inbox: Inbox) -> str:
        return FILES.get(inbox.source) or provider_name(inbox.source)

    @display(description="Endpoint")
    def through(self, inbox: Inbox) -> SafeString:
        if inbox.endpoint is None:
            return SafeString("—")
        url = reverse("admin:orders_endpoint_change", args=[inbox.endpoint.pk])
        name = f"{provider_name(inbox.endpoint.provider)} {inbox.endpoint.public_id}"
        return format_html('<a class="ot-link" href="{}">{}</a>', url, name)

    @display(description="Note")
    def note_in_words(self, inbox: Any) -> str:
        return inbox.told or "—"

    @display(description="Order")
    def order_of(self, inbox: Inbox) -> SafeString:
        if inbox.order is None:
            return SafeString("—")
        url = reverse("admin:orders_order_change", args=[inbox.order.pk])
        return format_html('<a class="ot-code ot-link" href="{}">{}</a>', url, inbox.order)


def with_notes(rows: Iterable[Inbox]) -> list[Any]:
    """Say on each row its note, with the name of who is named in it."""
    listed: list[Any] = list(rows)
    names = names_of({found[2] for row in listed if (found := BY.match(row.note))})
    for row in listed:
        found = BY.match(row.note)
        row.told = f"{found[1].capitalize()} {names[found[2]]}{row.note[found.end() :]}" if found else row.note
    return listed


def readable(raw: bytes) -> SafeString:
    """Return the body as text for a page; bytes that are no UTF-8, and control characters, marked by their codes."""
    text = escape(raw.decode("utf-8", "surrogateescape"))
    return SafeString(UNREADABLE.sub(_marked, text))


def _marked(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code >= SURROGATE:
        return f'<mark title="not UTF-8">\\x{code - SURROGATE:02X}</mark>'
    return f'<mark title="control character">\\x{code:02X}</mark>'
