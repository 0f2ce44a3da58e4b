"""What carriers' words mean: the table, the words that nobody has mapped, and how far history has followed."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from orders.admin import badges
from orders.admin.acting import Act, ActingAdmin
from orders.admin.base import ReadOnlyAdmin
from orders.admin.filters import choice_filter, field_filter
from orders.admin.trail import names_of
from orders.admin.words import counted
from orders.blockers import Reason
from tracking.admin.meaning import PERMISSION, PROVIDERS, meaning_url, meaning_view
from tracking.admin.told import reason_word, said_by
from tracking.carriers.codes import CODES
from tracking.carriers.meaning import UNSEEN, Key
from tracking.models import CarrierCode, Remapping, Tracker, UnmappedCode
from tracking.models.code import Field, Word
from tracking.models.tracker import Status
from tracking.services import set_meaning
from tracking.services.codes import columns
from tracking.status.picture import same_code

SHOWN = 20
EARLY = "as long as nobody has had it in hand"
WORD_FILTERS = (
    field_filter("provider", "Provider", lambda: PROVIDERS),
    field_filter("field", "Which word", lambda: Field.choices),
)


def key_of(word: Word) -> Key:
    return Key(word.provider, word.carrier, word.field, word.code)


def meaning_words(row: dict[str, Any] | None) -> str:
    """Say in words what a row means."""
    if row is None:
        return "Unknown"
    status = str(dict(Status.choices).get(row["status"], "")) or "The main status decides"
    reason = f", {row['reason'].replace('_', ' ')}" if row["reason"] else ""
    return f"{status}{reason}{'; the customer has to act' if row['is_action_required'] else ''}"


class WordAdmin(ActingAdmin, ReadOnlyAdmin):
    """What all lists of words have in common."""

    search_fields = ("code",)
    search_help_text = "The word, as the provider writes it"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = same_code(search_term)
        return (queryset.filter(code__startswith=term) if term else queryset), False

    @display(description="Word")
    def word(self, it: Word) -> SafeString:
        return badges.cell(badges.code(it.code), said_by(it))


def _reset(code: CarrierCode) -> list[Reason]:
    return [] if code.changed_by else [Reason("unchanged", "It is as the house started with it.", "nobody")]


@admin.register(CarrierCode)
class CarrierCodeAdmin(WordAdmin):
    acts = (
        Act(
            "reset",
            "Take your change back",
            PERMISSION,
            lambda code, by, _data: set_meaning(key_of(code), None, by=by) and None,
            "{} means again what the house started with, or nothing. History follows within minutes.",
            _reset,
            style="danger",
        ),
    )
    list_display = ("word", "means", "only_under", "state")
    list_filter = (
        *WORD_FILTERS,
        choice_filter("changed", "Changed here", lambda: [("yes", "Yes")], lambda rows, _: rows.exclude(changed_by="")),
    )
    ordering = ("provider", "field", "code", "carrier")
    fields = ("word", "means", "only_under", "wins", "state", "starts_as", "changed_at")
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.meaning_view)
        return [path("meaning/", view, name="tracking_carriercode_meaning"), *super().get_urls()]

    def meaning_view(self, request: HttpRequest) -> HttpResponse:
        return meaning_view(self, request)

    def more_of(self, request: HttpRequest, thing: CarrierCode) -> dict[str, Any]:
        if not request.user.has_perm(PERMISSION):
            return {}
        return {"panel": "admin/tracking/carriercode/change.html", "meaning_url": meaning_url(key_of(thing))}

    def page_url(self, thing: CarrierCode) -> str:
        from django.urls import reverse

        is_there = CarrierCode.objects.filter(pk=thing.pk).exists()
        return super().page_url(thing) if is_there else reverse("admin:tracking_carriercode_changelist")

    @display(description="Means")
    def means(self, code: CarrierCode) -> SafeString:
        main = badges.badge(code.status, code.get_status_display()) if code.status else "The main status decides"
        act = "the customer has to act" if code.is_action_required else ""
        beneath = " · ".join(filter(None, (reason_word(code.reason), act)))
        return badges.cell(main, beneath) if beneath else format_html("{}", main)

    @display(description="Only under")
    def only_under(self, code: CarrierCode) -> str:
        return ", ".join(EARLY if each == UNSEEN else each for each in code.when) or "—"

    @display(description="Wins over any detail")
    def wins(self, code: CarrierCode) -> str:
        return "Yes" if code.is_final else "No"

    @display(description="State")
    def state(self, code: CarrierCode) -> SafeString:
        if code.changed_by:
            return badges.mark(badges.LOOK, "alert", "Changed here")
        return badges.mark(badges.WAITING, "done", "As the house starts")

    @display(description="The house starts with")
    def starts_as(self, code: CarrierCode) -> str:
        row = CODES.get(key_of(code))
        return meaning_words(columns(row) if row else None)


@admin.register(UnmappedCode)
class UnmappedCodeAdmin(WordAdmin):
    nothing_yet = ("Every word is understood.", "A word that nobody has explained stands here once a carrier uses it.")
    list_display = ("word", "times", "first_seen_at", "last_seen_at", "map_it")
    list_filter = WORD_FILTERS
    ordering = ("-last_seen_at", "-pk")
    fields = ("word", "times", "first_seen_at", "last_seen_at", "map_it")
    readonly_fields = fields

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [name for name in self.list_display if name != "map_it" or request.user.has_perm(PERMISSION)]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_list_display(request)

    @display(description="What to do")
    def map_it(self, code: UnmappedCode) -> SafeString:
        return format_html('<a class="ot-link" href="{}">Say what it means</a>', meaning_url(key_of(code)))


@admin.register(Remapping)
class RemappingAdmin(WordAdmin):
    nothing_yet = ("No meaning was changed yet.", "A change stands here with how far history has followed it.")
    list_display = ("at", "word", "change", "who", "progress")
    list_filter = WORD_FILTERS
    ordering = ("-pk",)
    fields = ("at", "word", "change", "who", "progress", "not_yet", "looked_at", "changed", "finished_at")
    readonly_fields = fields

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        rows: list[Any] = list(changelist.result_list)
        names = names_of({row.by for row in rows})
        for row in rows:
            row.name = names[row.by]
        changelist.result_list = rows
        return changelist

    @display(description="Change")
    def change(self, it: Remapping) -> SafeString:
        return badges.cell(meaning_words(it.after), f"before: {meaning_words(it.before)}")

    @display(description="By")
    def who(self, it: Any) -> str:
        return str(getattr(it, "name", "") or names_of({it.by})[it.by])

    @display(description="History")
    def progress(self, it: Remapping) -> SafeString:
        if it.finished_at:
            return badges.mark(badges.ARRIVED, "done", f"{it.changed} of {it.looked_at} parcels put right")
        if it.left:
            return badges.mark(badges.LOOK, "alert", f"{counted(len(it.left), 'parcel', 'parcels')} to be tried again")
        return badges.mark(badges.MOVING, "clock", f"{it.changed} put right so far")

    @display(description="Could not be read again yet")
    def not_yet(self, it: Remapping) -> str:
        left = Tracker.objects.filter(pk__in=it.left[:SHOWN]).order_by("pk").values_list("parcel__number", flat=True)
        more = f" and {len(it.left) - SHOWN} more" if len(it.left) > SHOWN else ""
        return f"{', '.join(left)}{more}" if it.left else "—"
