"""The page on which a person says what a carrier's word means: what would become of which parcel is shown first."""

from collections import Counter
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldBooleanWidget

from orders.admin import badges
from orders.admin.acting import ActForm, choice_field, flashing, text_field
from orders.admin.base import actor
from orders.lifecycle import Refused
from orders.signatures import SCHEMES
from tracking.admin.examples import examples_of
from tracking.admin.told import reason_word
from tracking.carriers.meaning import FIELDS, OURS, UNSEEN, Key, Row
from tracking.models import CarrierCode, UnmappedCode
from tracking.models.code import Field
from tracking.models.tracker import Status
from tracking.services import Shift, ends_by, heard, preview_meaning, set_meaning
from tracking.services.codes import KEY, MEANING, row_of
from tracking.status import words
from tracking.status.picture import fingerprint, same_code

PERMISSION = "tracking.map_code"
SHOWN, LOOKED_AT = 100, 2000
"""How many parcels a preview shows, and how many it looks at: all of them are put right afterwards."""
PROVIDERS = sorted((name, scheme.name) for name, scheme in SCHEMES.items())
ENDS = {"deliver": "delivered", "return_to_sender": "back at the shop", "lose": "lost"}
DIFFERENCES = {
    "status": "status",
    "reason": "reason",
    "is_action_required": "whether the customer has to act",
    "eta_from": "expected day",
    "eta_to": "expected day",
    "attempts": "number of attempts",
    "delivered_on": "day of delivery",
    "timeline": "a line of its history",
}


def meaning_url(key: Key) -> str:
    return f"{reverse('admin:tracking_carriercode_meaning')}?{urlencode(key._asdict())}"


class MeaningForm(ActForm):
    """Which word, and what it means."""

    provider = choice_field("Provider", PROVIDERS)
    carrier = text_field("Carrier", max_length=64, required=False, help_text="Empty: of every carrier.")
    field = choice_field("Which word", Field.choices)
    code = text_field(
        "Word", max_length=128, help_text="As the provider writes it; case, blanks, - and _ are the same."
    )
    status = choice_field("It means", [("", "The main status decides"), *Status.choices])
    reason = choice_field("Reason", [("", "None"), *((each, reason_word(each)) for each in sorted(words.REASONS))])
    is_action_required = forms.BooleanField(
        label="The customer has to act", required=False, widget=UnfoldBooleanWidget()
    )
    when = text_field(
        "Only under these main statuses",
        required=False,
        help_text="Words with commas between. Empty: always.",
    )
    is_early = forms.BooleanField(
        label="Only as long as nobody has had the parcel in hand", required=False, widget=UnfoldBooleanWidget()
    )
    is_final = forms.BooleanField(label="It wins over any detail", required=False, widget=UnfoldBooleanWidget())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("status", "reason"):
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        it: dict[str, Any] = super().clean() or self.cleaned_data
        status, reason = it.get("status", ""), it.get("reason", "")
        if it.get("field") == Field.STATUS and not status:
            self.add_error("status", "A main status has to mean something: nothing else decides.")
        if status and not words.fits(status, reason):
            self.add_error("reason", "That reason does not go with what it means.")
        if strange := sorted({*names_in(it.get("when", ""))} - _main_words(it.get("provider", ""))):
            self.add_error("when", f"{', '.join(strange)}: no main status of this provider.")
        return it

    @property
    def key(self) -> Key:
        it = self.cleaned_data
        return Key(it["provider"], same_code(it["carrier"]), it["field"], same_code(it["code"]))

    @property
    def row(self) -> Row:
        it = self.cleaned_data
        when = (*names_in(it["when"]), *((UNSEEN,) if it["is_early"] else ()))
        return Row(it["status"], it["reason"], it["is_action_required"], when, it["is_final"])

    @property
    def content(self) -> str:
        return fingerprint([self.key, self.row])


def names_in(text: str) -> tuple[str, ...]:
    return tuple(same_code(each) for each in text.split(",") if each.strip())


def _main_words(provider: str) -> set[str]:
    """Return the main statuses that a provider is known to use; our own are ours."""
    own = map(same_code, words.RANK) if provider == OURS else ()
    return {*CarrierCode.objects.filter(provider=provider, field=Field.STATUS).values_list("code", flat=True), *own}


def meaning_view(admin: Any, request: HttpRequest) -> HttpResponse:
    """Show the form; look at what would change; apply what was looked at."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    form = MeaningForm(request.POST or None, initial=_initial(request), thing=None)
    if not form.is_valid():
        return _page(admin, request, form, {})
    if request.POST.get("apply") == form.content:  # what was looked at, and nothing else
        with flashing(request, form, f"{form.key.code} has another meaning now. History follows within minutes."):
            set_meaning(form.key, form.row, by=actor(request))
        return redirect(_next_page(form.key)) if form.is_valid() else _page(admin, request, form, {})
    try:
        return _page(admin, request, form, _preview(form))
    except Refused as refusal:
        form.refuse(refusal.sentence)
        return _page(admin, request, form, {})


def _next_page(key: Key) -> str:
    """Return the queue of unknown words while there are any, else the word's own page."""
    return reverse("admin:tracking_unmappedcode_changelist") if UnmappedCode.objects.exists() else meaning_url(key)


def _named(request: HttpRequest) -> Key | None:
    """Return the word that the address names, if it is one."""
    key = _asked(request)
    is_word = key.provider in dict(PROVIDERS) and key.field in FIELDS and key.code
    return key if is_word else None


def _asked(request: HttpRequest) -> Key:
    """Return what stands in the address, without what no database can hold."""
    return Key(*(request.GET.get(name, "").replace("\0", "") for name in KEY))


def _initial(request: HttpRequest) -> dict[str, Any]:
    """Return the word that the address names, and what it means now."""
    key = _asked(request)._asdict()
    now = CarrierCode.objects.filter(**key).first()
    row = row_of([getattr(now, name) for name in MEANING]) if now else Row()
    return key | filled_in(row)


def filled_in(row: Row) -> dict[str, Any]:
    """Return a meaning as the form takes it."""
    named = ", ".join(each for each in row.when if each != UNSEEN)
    return row._asdict() | {"when": named, "is_early": UNSEEN in row.when}


def _preview(form: MeaningForm) -> dict[str, Any]:
    number = heard(form.key).order_by()[: LOOKED_AT + 1].count()
    shifts = list(preview_meaning(form.key, form.row, most=LOOKED_AT))
    return {
        "looked": form.content,
        "shifts": [_line(shift) for shift in shifts[:SHOWN]],
        "is_more": len(shifts) > SHOWN,
        "for_good": _for_good(ends_by(shifts)),
        "is_cut": number > LOOKED_AT,
        "looked_at": LOOKED_AT,
    }


def _for_good(ends: Counter[str]) -> SafeString | str:
    """Say what nobody can take back afterwards."""
    told = [
        f"{ends[verb]} shipment{'' if ends[verb] == 1 else 's'} would be {words}"
        for verb, words in ENDS.items()
        if ends[verb]
    ]
    if not told:
        return ""
    sentence = f"{' and '.join(told)}. No later correction takes that back."
    return format_html("{} {}", badges.mark(badges.PERSON, "alert", "For good"), sentence)


def _line(shift: Shift) -> dict[str, Any]:
    parcel = shift.tracker.parcel
    return {
        "parcel": parcel.number,
        "url": reverse("admin:tracking_tracker_change", args=[shift.tracker.pk]),
        "before": badges.badge(shift.before, str(dict(Status.choices)[shift.before])),
        "after": badges.badge(shift.after, str(dict(Status.choices)[shift.after])),
        "differs": ", ".join(dict.fromkeys(DIFFERENCES[name] for name in shift.changed)).capitalize(),
    }


def _page(admin: Any, request: HttpRequest, form: MeaningForm, more: dict[str, Any]) -> HttpResponse:
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.model._meta,
        "title": "What does it mean?",
        "form": form,
        "examples": list(examples_of(key)) if (key := _named(request)) else [],
        **more,
    }
    request.current_app = admin.admin_site.name
    status = form.http_status if form.errors else 200
    return TemplateResponse(request, "admin/tracking/carriercode/meaning.html", context, status=status)
