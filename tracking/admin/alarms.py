"""The board of parcels that need a person: why, what to do next, who looks after it. It opens and closes by itself."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from fulfillment.admin.reships import DECIDE, HINT
from fulfillment.admin.scoped import ScopedAdmin
from fulfillment.blockers import reasons
from fulfillment.carrier import carrier_name
from fulfillment.models import Reship
from fulfillment.services import send_again
from orders.admin import badges
from orders.admin.acting import Act, ActForm, ActingAdmin, choice_field, do_to_each, text_field
from orders.admin.base import ReadOnlyAdmin, actor
from orders.admin.filters import ChoiceFilter, field_filter
from orders.admin.trail import names_of
from orders.blockers import Reason
from orders.lifecycle import NotAllowed
from orders.models import Actor
from tracking.admin.entering import OF_ALARM
from tracking.admin.meaning import PERMISSION as MAP
from tracking.admin.meaning import meaning_url
from tracking.admin.parcels import WAREHOUSE, order_link, parcels_named
from tracking.admin.told import said_by
from tracking.models import Alarm, Tracker
from tracking.services import leave_alarm, snooze_alarm, take_alarm, wake_alarm
from tracking.services.codes import unknown_words
from tracking.services.fold import pictures_of

PERMISSION = "tracking.handle_alarm"
Kind = Alarm.Kind
NEXT = {
    Kind.NO_FIRST_SCAN: "Look whether it is still in the house; else ask the carrier whether it was collected.",
    Kind.NO_SCAN_SINCE: "Ask the carrier to look for it.",
    Kind.PAST_WINDOW: "Ask the carrier for a new date.",
    Kind.ATTEMPTS: "Ask the customer when and where it can be delivered.",
    Kind.EXCEPTION: "Clear with carrier or customer what holds it up.",
    Kind.UNKNOWN_WORD: "Say what the word means.",
    Kind.UNCOLLECTED: "Remind the customer: if nobody collects it, it goes back.",
    Kind.RETURN_SILENT: "Look whether it is at the returns desk; else ask the carrier. If it is back, enter it.",
    Kind.CANCELLED: "Ask the carrier whether it has it; else look for it here. Enter what became of it.",
    Kind.REOPENED: "Ask the customer whether it is there, and the carrier where it is. Enter what you hear.",
    Kind.LOST: "Claim it from the carrier, and decide whether it goes again.",
}
LOOKS = {
    Kind.NO_FIRST_SCAN: (badges.LOOK, "clock"),
    Kind.NO_SCAN_SINCE: (badges.LOOK, "clock"),
    Kind.PAST_WINDOW: (badges.LOOK, "hourglass"),
    Kind.ATTEMPTS: (badges.PERSON, "retry"),
    Kind.EXCEPTION: (badges.PERSON, "alert"),
    Kind.UNKNOWN_WORD: (badges.LOOK, "unknown"),
    Kind.UNCOLLECTED: (badges.PERSON, "clock"),
    Kind.RETURN_SILENT: (badges.LOOK, "clock"),
    Kind.CANCELLED: (badges.PERSON, "alert"),
    Kind.REOPENED: (badges.PERSON, "retry"),
    Kind.LOST: (badges.PERSON, "stop"),
}
DAYS = [("1", "Until tomorrow"), ("2", "For two days"), ("3", "For three days"), ("7", "For a week")]


class StateFilter(ChoiceFilter):
    """The board is what stands and is awake, unless somebody asks for more."""

    parameter_name, title = "state", "State"
    source = staticmethod(lambda: [("mine", "Mine"), ("free", "Nobody's"), ("snoozed", "Snoozed"), ("over", "Over")])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        match self.value():
            case "over":
                return queryset.exclude(closed_at=None)
            case "snoozed":
                return queryset.filter(closed_at=None, snoozed_until__gt=now)
            case "mine":
                return queryset.filter(pk__in=Alarm.objects.standing().values("pk"), owner=str(actor(request)))
        awake = queryset.filter(pk__in=Alarm.objects.awake(now).values("pk"))
        return awake.filter(owner="") if self.value() == "free" else awake


class SnoozeForm(ActForm):
    days = choice_field("How long", DAYS)
    note = text_field("Why", required=False, help_text="What you wait for.")


def _over(alarm: Alarm) -> list[Reason]:
    return [Reason("over", "That is over: it has closed itself.", "nobody")] if alarm.closed_at else []


def _not_mine(alarm: Alarm) -> list[Reason]:
    is_mine = bool(alarm.owner) and alarm.owner == getattr(alarm, "seen_by", "")
    return _over(alarm) or ([Reason("mine", "You look after it already.", "nobody")] if is_mine else [])


@admin.action(description="I look after them", permissions=["handle"])
def take_alarms(_admin: Any, request: HttpRequest, rows: QuerySet[Alarm]) -> None:
    """Take the chosen alarms."""
    by = actor(request)
    do_to_each(request, rows, lambda alarm: take_alarm(alarm, by=by), "taken")


def _reship(alarm: Alarm) -> Reship | None:
    found: Reship | None = getattr(alarm.parcel, "reship", None)
    return found


def _why_not_again(alarm: Alarm) -> list[Reason]:
    reship = _reship(alarm)
    if reship is None:
        return [Reason("not_lost", "It is neither lost nor damaged, as far as anybody knows.", "nobody")]
    return reasons(reship, "send")


def _send_again(alarm: Alarm, by: Actor, _data: dict[str, Any]) -> object:
    reship = _reship(alarm)
    if reship is None:
        raise NotAllowed(_why_not_again(alarm))
    return send_again(reship, by=by)


def _free(alarm: Alarm) -> list[Reason]:
    return _over(alarm) or ([] if alarm.owner else [Reason("free", "Nobody looks after it.", "nobody")])


def _awake(alarm: Alarm) -> list[Reason]:
    is_snoozed = alarm.snoozed_until and alarm.snoozed_until > timezone.now()
    return _over(alarm) or ([] if is_snoozed else [Reason("awake", "It is not snoozed.", "nobody")])


def _about(alarm: Alarm) -> dict[str, Any]:
    """Say where there is more of it, and which words were not understood."""
    tracker, reship = Tracker.objects.filter(parcel=alarm.parcel_id).first(), _reship(alarm)
    is_word = tracker is not None and alarm.kind == Kind.UNKNOWN_WORD
    keys = sorted(unknown_words(pictures_of([tracker])[tracker.pk])) if tracker and is_word else []
    return {
        "tracker": tracker,
        "order": alarm.parcel.order,
        "again": reship.replacement if reship else None,
        "words": [{"code": key.code, "who": said_by(key), "url": meaning_url(key)} for key in keys],
    }


@admin.register(Alarm)
class AlarmAdmin(ScopedAdmin, ActingAdmin, ReadOnlyAdmin):
    warehouse_path = WAREHOUSE
    acts = (
        Act(
            "take",
            "I look after it",
            PERMISSION,
            lambda alarm, by, _data: take_alarm(alarm, by=by),
            "You look after {}.",
            _not_mine,
        ),
        Act(
            "send-again",
            "Send it again",
            DECIDE,
            _send_again,
            "What was in it goes again.",
            _why_not_again,
            hint=HINT,
            style="main",
        ),
        OF_ALARM,
        Act(
            "snooze",
            "Snooze",
            PERMISSION,
            lambda alarm, by, data: snooze_alarm(alarm, days=int(data["days"]), note=data["note"], by=by),
            "{}: snoozed. It comes back if it still stands then.",
            _over,
            SnoozeForm,
        ),
        Act(
            "wake",
            "End the snooze",
            PERMISSION,
            lambda alarm, _by, _data: wake_alarm(alarm),
            "{}: on the board again.",
            _awake,
        ),
        Act(
            "leave",
            "Give it back",
            PERMISSION,
            lambda alarm, _by, _data: leave_alarm(alarm),
            "Nobody looks after {} any more.",
            _free,
        ),
    )
    nothing_yet = (
        "No parcel needs a person now.",
        "Alarms open and close by themselves: we look every five minutes. Snoozed and past ones stand under Filters.",
    )
    actions = (take_alarms,)
    list_display = ("what", "parcel_of", "next_action", "who", "age")
    list_filter = (StateFilter, field_filter("kind", "Kind", lambda: Kind.choices))
    list_select_related = ("parcel__shipment__order", "parcel__reship")
    search_fields = ("parcel__number",)
    search_help_text = "Tracking number, or number of the order"
    ordering = ("since", "pk")
    fields = (
        "what",
        "parcel_of",
        "order_of",
        "next_action",
        "since",
        "opened_at",
        "who",
        "snoozed_until",
        "note",
        "closed_at",
    )
    readonly_fields = fields

    def has_handle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PERMISSION)

    def more_of(self, request: HttpRequest, thing: Alarm) -> dict[str, Any]:
        return {"panel": "admin/tracking/alarm/about.html"} | _about(thing)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        alarm: Any = super().get_object(request, object_id, from_field)
        if alarm is not None:
            alarm.seen_by = str(actor(request))
            alarm.may_map = request.user.has_perm(MAP)
        return alarm

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(parcel__in=parcels_named(term)) if term else queryset), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        rows: list[Any] = list(changelist.result_list)
        names = names_of({row.owner for row in rows if row.owner})
        for row in rows:
            row.owner_name = names.get(row.owner, "")
            row.may_map = request.user.has_perm(MAP)
        changelist.result_list = rows
        return changelist

    @display(description="What is wrong")
    def what(self, alarm: Alarm) -> SafeString:
        return badges.cell(badges.mark(*LOOKS[Kind(alarm.kind)], alarm.get_kind_display()), alarm.reason)

    @display(description="Parcel")
    def parcel_of(self, alarm: Alarm) -> SafeString:
        parcel = alarm.parcel
        return badges.cell(badges.code(parcel), f"{carrier_name(parcel.carrier)} {parcel.tracking_number}")

    @display(description="Order")
    def order_of(self, alarm: Alarm) -> SafeString:
        return order_link(alarm.parcel.order)

    @display(description="Next")
    def next_action(self, alarm: Alarm) -> SafeString | str:
        reship = _reship(alarm)
        if alarm.closed_at:
            return f"Over since {date_format(timezone.localtime(alarm.closed_at), 'j M Y, H:i')}."
        if reship and reship.status in Reship.DECIDED:
            return f"{reship.get_status_display()}: claim it from the carrier."
        if alarm.kind != Kind.UNKNOWN_WORD:
            return NEXT[Kind(alarm.kind)]
        if not getattr(alarm, "may_map", False):
            return "Ask a manager to say what the word means."
        url = reverse("admin:tracking_unmappedcode_changelist")
        return format_html('<a class="ot-link" href="{}">{}</a>', url, NEXT[Kind.UNKNOWN_WORD])

    @display(description="Owner")
    def who(self, alarm: Any) -> str:
        if not alarm.owner:
            return "Nobody" if alarm.closed_at else "Nobody yet"
        return str(getattr(alarm, "owner_name", "") or names_of({alarm.owner})[alarm.owner])

    @display(description="For")
    def age(self, alarm: Alarm) -> str:
        until = alarm.closed_at or timezone.now()
        return timesince(min(alarm.since, until - timedelta(minutes=1)), until, depth=1)
