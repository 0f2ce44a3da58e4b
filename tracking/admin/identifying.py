"""Which parcel an unclear message means: chosen on the message's page, among those that it could mean."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from unfold.widgets import UnfoldBooleanWidget

from fulfillment.carrier import carrier_name
from fulfillment.models import Parcel
from orders.admin.acting import Act, ActForm, standing_field
from orders.admin.words import counted
from orders.blockers import Reason
from orders.models import Actor
from tracking.models import Snapshot
from tracking.services import identify_message
from tracking.services.identify import alike
from tracking.services.match import candidates

PERMISSION = "tracking.identify_snapshot"


class IdentifyForm(ActForm):
    parcel = standing_field("It is this parcel", ())
    has_alike = forms.BooleanField(label="The others too", required=False, widget=UnfoldBooleanWidget())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if _why_not(self.thing):
            return
        widget: Any = self.fields["parcel"].widget
        widget.choices = [("", "—"), *((each.number, parcel_words(each)) for each in candidates(self.thing))]
        others = alike(self.thing).count()
        self.fields["has_alike"].help_text = f"{counted(others, 'message waits', 'messages wait')} under this number."
        if not others or self.thing.source_tracker_id:
            del self.fields["has_alike"]


def parcel_words(parcel: Parcel) -> str:
    """Tell a parcel from another of its number: whose it is, with whom, since when, and where to."""
    left = parcel.shipped_at and date_format(timezone.localtime(parcel.shipped_at), "j M Y")
    carrier = carrier_name(parcel.carrier) or "no carrier"
    return f"{parcel.number} · {carrier} · left {left} · to {parcel.order.ship_city or 'an unknown town'}"


def _identify(message: Snapshot, by: Actor, data: dict[str, Any]) -> str:
    number, has_alike = data["parcel"], data.get("has_alike", False)
    taken = identify_message(message, number, by=by, has_alike=has_alike, operation=str(data["operation"]))
    others = f", and {counted(taken - 1, 'other message', 'other messages')} with it" if taken > 1 else ""
    return f"It is of parcel {number} now{others}."


def _why_not(message: Snapshot) -> list[Reason]:
    if message.tracker is not None:
        return [Reason("matched", f"It is of parcel {message.tracker.parcel}.", "nobody")]
    if not message.is_ambiguous:
        return [Reason("not_ambiguous", "It fits no parcel yet. The first that it fits gets it.", "nobody")]
    if not candidates(message):
        return [Reason("nobody_meant", "No parcel has its number, carrier and channel any more.", "support")]
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
