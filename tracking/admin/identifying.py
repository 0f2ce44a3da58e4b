"""Which parcel an unclear message means: chosen on the message's page, among those that it could mean."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from unfold.widgets import UnfoldBooleanWidget

from fulfillment.carrier import carrier_name
from fulfillment.models import Parcel, Warehouse
from orders.admin.acting import Act, ActForm, standing_field, text_field
from orders.admin.words import counted
from orders.blockers import Reason
from orders.models import Actor
from tracking.models import Snapshot
from tracking.services import identify_message, put_message_aside
from tracking.services.identify import FOR_OTHERS, alike, is_for_others, meant
from tracking.services.match import candidates

PERMISSION = "tracking.identify_snapshot"


class _MessageForm(ActForm):
    """What is said of a message, and of those that wait under its number, where that is a question."""

    field_order = ("parcel", "reason", "has_alike")
    has_alike = forms.BooleanField(label="The others too", required=False, widget=UnfoldBooleanWidget())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = alike(self.thing).count()
        self.fields["has_alike"].help_text = f"{counted(others, 'message waits', 'messages wait')} under this number."
        if not others or self.thing.source_tracker_id:
            del self.fields["has_alike"]

    def clean(self) -> dict[str, Any]:
        return (super().clean() or {}) | {"among": Warehouse.objects.of(self.user)}


class IdentifyForm(_MessageForm):
    parcel = standing_field("It is this parcel", ())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if _why_not(self.thing):
            return
        widget: Any = self.fields["parcel"].widget
        found = meant(self.thing, Warehouse.objects.of(self.user)) if self.user else ()
        widget.choices = [("", "—"), *((each.number, parcel_words(each)) for each in found)]


class AsideForm(_MessageForm):
    reason = text_field(
        "Why", max_length=200, help_text="Say what it is, for whoever asks later; nothing of a customer."
    )


def parcel_words(parcel: Parcel) -> str:
    """Tell a parcel from another of its number: whose it is, with whom, since when, and where to."""
    left = parcel.shipped_at and date_format(timezone.localtime(parcel.shipped_at), "j M Y")
    carrier = carrier_name(parcel.carrier) or "no carrier"
    return f"{parcel.number} · {carrier} · left {left} · to {parcel.order.ship_city or 'an unknown town'}"


def _identify(message: Snapshot, by: Actor, data: dict[str, Any]) -> str:
    number, operation = data["parcel"], str(data["operation"])
    taken = identify_message(message, number, by=by, operation=operation, **_which(data))
    return f"It is of parcel {number} now{_and_others(taken)}."


def _put_aside(message: Snapshot, by: Actor, data: dict[str, Any]) -> str:
    return f"It is put aside{_and_others(put_message_aside(message, by=by, reason=data['reason'], **_which(data)))}."


def _which(data: dict[str, Any]) -> dict[str, Any]:
    return {"among": data["among"], "has_alike": data.get("has_alike", False)}


def _and_others(taken: int) -> str:
    return f", and {counted(taken - 1, 'other message', 'other messages')} with it" if taken > 1 else ""


def _settled(message: Snapshot) -> list[Reason]:
    if message.tracker is not None:
        return [Reason("matched", f"It is of parcel {message.tracker.parcel}.", "nobody")]
    if message.aside_by:
        return [Reason("aside", "It is put aside: it means no parcel of ours.", "nobody")]
    if not message.is_ambiguous:
        return [Reason("not_ambiguous", "It fits no parcel yet. The first that it fits gets it.", "nobody")]
    return []


def _why_not(message: Snapshot) -> list[Reason]:
    if reasons := _settled(message):
        return reasons
    if not candidates(message):
        return [Reason("nobody_meant", "No parcel has its number, carrier and channel any more.", "support")]
    if not meant(message, getattr(message, "among", None)):
        return [Reason("not_here", "What it could mean left other warehouses: they have to say it.", "support")]
    return []


def _why_not_aside(message: Snapshot) -> list[Reason]:
    if reasons := _settled(message):
        return reasons
    if is_for_others([message], getattr(message, "among", None)):
        return [Reason("not_theirs", FOR_OTHERS, "support")]
    return []


OF_MESSAGE = Act(
    "identify",
    "Say which parcel it means",
    PERMISSION,
    _identify,
    "It is said which parcel {} means.",
    _why_not,
    IdentifyForm,
    hint="More than one parcel carries its number. What you choose gets the message, and its order's trail your name.",
    style="main",
    is_open=True,
    is_telling=True,
)
ASIDE = Act(
    "aside",
    "It means none of ours",
    PERMISSION,
    _put_aside,
    "{} is put aside.",
    _why_not_aside,
    AsideForm,
    hint="It leaves the queue. What came in is kept as it is, with your name and the reason, and is forgotten 30 "
    "days after it came.",
    is_telling=True,
)
