"""API keys and inbound endpoints: made, changed over and closed by services; their secrets are shown once."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from orders.admin import asking, badges
from orders.admin.acting import Act, ActForm, ActingAdmin, choice_field, text_field
from orders.admin.base import ReadOnlyAdmin
from orders.blockers import Reason
from orders.lifecycle import Refused
from orders.models import SCOPES, ApiKey, Channel, Endpoint
from orders.services import (
    ChannelNeeded,
    NoSecondSignature,
    WeakSecret,
    believe_second_signature,
    close_endpoint,
    forget_old_secrets,
    issue_key,
    open_endpoint,
    reopen_endpoint,
    revoke_key,
    rotate_secret,
    rotate_token,
)
from orders.signatures import SCHEMES

PROVIDERS = [(name, SCHEMES[name].name) for name in sorted(SCHEMES)]


def _channel_field(*, required: bool, help_text: str = "") -> Any:
    return forms.ModelChoiceField(
        Channel.objects.all(),
        label="Channel",
        required=required,
        help_text=help_text,
        widget=UnfoldAdminSelectWidget(),
        empty_label="–",
    )


def scope_words(scope: str) -> str:
    area, _, verb = scope.partition(":")
    return f"{verb.capitalize()} {area.replace('-', ' ')}"


class KeyForm(ActForm):
    channel = _channel_field(required=True)
    name = text_field("Name", help_text="Who uses it, and for what.")
    scopes = forms.MultipleChoiceField(
        label="May", choices=[(scope, scope_words(scope)) for scope in SCOPES], widget=forms.CheckboxSelectMultiple
    )
    expires_on = forms.DateField(
        label="Expires on",
        required=False,
        widget=UnfoldAdminSingleDateWidget(attrs={"type": "date"}),
        help_text="Empty: never.",
    )

    def clean_expires_on(self) -> datetime | None:
        day = self.cleaned_data["expires_on"]
        if day and day <= timezone.localdate():
            raise forms.ValidationError("Choose a day that is still to come.")
        return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def _why_not_revoke(key: ApiKey) -> list[Reason]:
    return [Reason("revoked", "It is revoked already.", "nobody", key.revoked_at)] if key.revoked_at else []


@admin.register(ApiKey)
class ApiKeyAdmin(ActingAdmin, ReadOnlyAdmin):
    """Keys are issued and revoked, never edited, and their digests shown nowhere."""

    acts = (
        Act(
            "revoke",
            "Revoke",
            "orders.change_apikey",
            lambda key, _by, _data: revoke_key(key),
            "{} is revoked.",
            _why_not_revoke,
            hint="Whatever still uses it is refused from now on. A revoked key does not come back.",
            style="danger",
        ),
    )
    add_label = "New key"
    list_display = ("key", "name", "channel", "may_do", "created_at", "expires_at", "state")
    list_select_related = ("channel",)
    ordering = ("-created_at",)
    fields = ("key", "name", "channel", "may_do", "created_at", "expires_at", "state")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.add_apikey")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = KeyForm(request.POST or None, thing=None)
        if not form.is_valid():
            return self.form_page(request, form, "New API key", "Make the key")
        data = form.cleaned_data
        key, secret = issue_key(
            data["channel"], name=data["name"], scopes=data["scopes"], expires_at=data["expires_on"]
        )
        self.log_addition(request, key, "Issued.")
        return self.secret_page(request, key, {"API key": secret})

    @display(description="Key")
    def key(self, key: ApiKey) -> SafeString:
        return format_html('<span class="ot-code">{}…</span>', key.prefix)

    @display(description="May")
    def may_do(self, key: ApiKey) -> str:
        return ", ".join(scope_words(scope) for scope in key.scopes).capitalize() or "Nothing"

    @display(description="State")
    def state(self, key: ApiKey) -> SafeString:
        if key.revoked_at:
            return badges.mark(badges.PERSON, "cross", "Revoked")
        if key.expires_at and key.expires_at <= timezone.now():
            return badges.mark(badges.WAITING, "clock", "Expired")
        return badges.mark(badges.ARRIVED, "done", "In use")


def _secret_field(*, required: bool, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label="Secret",
        max_length=255,
        required=required,
        help_text=help_text,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false", "class": "ot-code"}),
    )


class EndpointForm(ActForm):
    provider = choice_field("Provider", PROVIDERS)
    secret = _secret_field(
        required=False, help_text="Only where the provider makes it, and shows it already. It can be entered later."
    )
    channel = _channel_field(required=False, help_text="Whose orders it may speak of. Shopify, and tests, need one.")
    mode = choice_field("Mode", Endpoint.Mode.choices)
    accept_v2 = forms.BooleanField(
        label="Believe EasyPost's second signature alone",
        required=False,
        widget=UnfoldBooleanWidget(),
        help_text="Where the first is missing. Only once a request was seen to be signed so.",
    )

    def deny(self, refusal: Refused) -> None:
        """Say beside the field that it is about why the endpoint is not opened."""
        self.add_error(ABOUT.get(type(refusal)), refusal.sentence)


ABOUT: dict[type[Refused], str] = {
    WeakSecret: "secret",
    ChannelNeeded: "channel",
    NoSecondSignature: "accept_v2",
}


class SecretForm(ActForm):
    secret = _secret_field(required=True, help_text="As the provider shows it. Nobody can look it up here later.")


def _why_not_rotate(endpoint: Endpoint) -> list[Reason]:
    scheme = SCHEMES[endpoint.provider]
    return [Reason("theirs", f"{scheme.name} makes the secret: enter it.", "nobody")] if scheme.makes_secret else []


def _why_not_move(endpoint: Endpoint) -> list[Reason]:
    scheme = SCHEMES[endpoint.provider]
    return [] if scheme.has_token else [Reason("signed", f"{scheme.name} signs what it sends.", "nobody")]


class SecondForm(ActForm):
    is_believed = forms.BooleanField(
        label="Believe the second signature where the first is missing",
        required=False,
        widget=UnfoldBooleanWidget(),
        help_text="Only once a request was seen to be signed so.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["is_believed"] = not self.thing.accept_v2


def _why_not_second(endpoint: Endpoint) -> list[Reason]:
    scheme = SCHEMES[endpoint.provider]
    return [] if scheme.has_second else [Reason("one_way", f"{scheme.name} signs one way only.", "nobody")]


def _why_not_forget(endpoint: Endpoint) -> list[Reason]:
    has_old = len(endpoint.secrets) > 1 or len(endpoint.tokens) > 1
    return [] if has_old else [Reason("current", "Only the current one is valid.", "nobody")]


def _why_not_close(endpoint: Endpoint) -> list[Reason]:
    return [] if endpoint.is_active else [Reason("closed", "It is closed already.", "nobody")]


def _why_not_reopen(endpoint: Endpoint) -> list[Reason]:
    return [Reason("open", "It is open already.", "nobody")] if endpoint.is_active else []


CHANGE = "orders.change_endpoint"


@admin.register(Endpoint)
class EndpointAdmin(ActingAdmin, ReadOnlyAdmin):
    acts = (
        Act(
            "rotate",
            "New secret",
            CHANGE,
            lambda endpoint, _by, _data: rotate_secret(endpoint),
            "{} has a new secret.",
            _why_not_rotate,
            hint="The secret in use stays valid beside the new one until the next change, so that nothing gets lost.",
            reveals="New secret",
        ),
        Act(
            "enter",
            "Enter a secret",
            CHANGE,
            lambda endpoint, _by, data: rotate_secret(endpoint, data["secret"]) and None,
            "{} has another secret.",
            form=SecretForm,
            hint="The secret in use stays valid beside it until the next change, so that nothing gets lost.",
        ),
        Act(
            "move",
            "New address",
            CHANGE,
            lambda endpoint, _by, _data: rotate_token(endpoint),
            "{} has a new address.",
            _why_not_move,
            hint="The address in use stays valid beside the new one until the next change.",
            reveals="New address",
        ),
        Act(
            "forget",
            "Remove the old one",
            CHANGE,
            lambda endpoint, _by, _data: forget_old_secrets(endpoint),
            "{} believes its current secret alone.",
            _why_not_forget,
            hint="Whoever still uses the old secret, or the old address, is refused from now on.",
            style="danger",
        ),
        Act(
            "second",
            "Second signature",
            CHANGE,
            lambda endpoint, _by, data: believe_second_signature(endpoint, is_believed=data["is_believed"]),
            "{} is changed.",
            _why_not_second,
            SecondForm,
        ),
        Act(
            "close",
            "Close",
            CHANGE,
            lambda endpoint, _by, _data: close_endpoint(endpoint),
            "{} is closed.",
            _why_not_close,
            hint="Deliveries are refused until it is opened again.",
            style="danger",
        ),
        Act(
            "reopen",
            "Open again",
            CHANGE,
            lambda endpoint, _by, _data: reopen_endpoint(endpoint),
            "{} is open again.",
            _why_not_reopen,
        ),
        *asking.ACTS,
    )
    add_label = "New endpoint"
    nothing_yet = ("No endpoint yet.", "Whoever watches your parcels tells of them through one.")
    list_display = ("provider_and_path", "channel", "mode", "state", "last_received_at", "refused")
    list_select_related = ("channel", "contact")
    ordering = ("provider", "pk")
    fields = (
        "provider_name",
        "url_code",
        "channel",
        "mode",
        "state",
        "valid_secrets",
        "second_signature",
        "created_at",
        "last_received_at",
    )
    readonly_fields = (*fields, "refused")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.add_endpoint")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = EndpointForm(request.POST or None, thing=None)
        if not form.is_valid():
            return self.form_page(request, form, "New endpoint", "Open the endpoint")
        try:
            endpoint = self._open(form.cleaned_data)
        except Refused as refusal:
            form.deny(refusal)
            return self.form_page(request, form, "New endpoint", "Open the endpoint")
        self.log_addition(request, endpoint, "Opened.")
        return self._opened(request, endpoint, is_secret_ours=not form.cleaned_data["secret"])

    def _opened(self, request: HttpRequest, endpoint: Endpoint, *, is_secret_ours: bool) -> HttpResponse:
        """Show what cannot be looked up later; where there is nothing of the kind, the endpoint's page."""
        address = {"Address": f"{settings.PUBLIC_URL}{endpoint.secret_path}"}
        secret = {"Secret": endpoint.secrets[0]} if endpoint.secrets and is_secret_ours else {}
        if secret or endpoint.tokens:
            return self.secret_page(request, endpoint, address | secret)
        messages.success(request, f"The endpoint is open. {SCHEMES[endpoint.provider].name} needs its address.")
        return redirect(self.page_url(endpoint))

    def more_of(self, request: HttpRequest, thing: Endpoint) -> dict[str, Any]:
        return asking.panel(thing)

    def _open(self, data: dict[str, Any]) -> Endpoint:
        return open_endpoint(
            provider=data["provider"],
            channel=data["channel"],
            mode=data["mode"],
            secrets=[data["secret"]] if data["secret"] else [],
            accept_v2=data["accept_v2"],
        )

    @display(description="Provider")
    def provider_name(self, endpoint: Endpoint) -> str:
        return SCHEMES[endpoint.provider].name if endpoint.provider in SCHEMES else endpoint.provider

    @display(description="Provider")
    def provider_and_path(self, endpoint: Endpoint) -> SafeString:
        return badges.cell(self.provider_name(endpoint), badges.code(endpoint.path))

    @display(description="Address")
    def url_code(self, endpoint: Endpoint) -> SafeString:
        return badges.code(endpoint.url)

    @display(description="Second signature")
    def second_signature(self, endpoint: Endpoint) -> str:
        if not SCHEMES[endpoint.provider].has_second:
            return "—"
        return "Believed alone" if endpoint.accept_v2 else "Not believed alone"

    @display(description="Secrets that are valid")
    def valid_secrets(self, endpoint: Endpoint) -> int:
        return len(endpoint.secrets)

    @display(description="State")
    def state(self, endpoint: Endpoint) -> SafeString:
        if endpoint.is_active and asking.waits_for_secret(endpoint):
            return badges.mark(badges.PERSON, "stop", "Waits for its secret")
        if endpoint.is_active and (alarm := asking.alarm_mark(endpoint, getattr(endpoint, "contact", None))):
            return alarm
        if endpoint.is_active:
            return badges.mark(badges.ARRIVED, "done", "Open")
        return badges.mark(badges.WAITING, "cross", "Closed")
