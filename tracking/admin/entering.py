"""What staff heard of a parcel, entered on its page or on its shipment's."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from fulfillment.models import Parcel, Shipment
from orders.admin.acting import Act, ActForm, choice_field, standing_field, text_field
from orders.blockers import Reason
from orders.lifecycle import NotHere
from orders.models import Actor
from tracking.admin.told import reason_word
from tracking.models import Alarm, Tracker
from tracking.models.tracker import Status
from tracking.services import enter_scan
from tracking.status.words import TROUBLE

PERMISSION = "tracking.enter_scan"
STATUSES = [(value, label) for value, label in Status.choices if value != Status.UNKNOWN]
REASONS = [("", "—"), *((name, reason_word(name)) for name in sorted(TROUBLE))]


class EnterForm(ActForm):
    status = choice_field("What happened", STATUSES)
    reason = forms.ChoiceField(
        label="Why",
        choices=REASONS,
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text="Only where it is known.",
    )
    at = forms.DateTimeField(
        label="When",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
        help_text="In the time of the shop.",
    )
    message = text_field("In words", required=False, help_text="Customers read it on their page.")
    city = text_field("Town", max_length=100, required=False)
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label="Country",
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"maxlength": 2}),
        error_messages={"invalid": "A country is its code of two letters, as DE."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["at"] = f"{timezone.localtime():%Y-%m-%dT%H:%M}"


class EnterOfShipmentForm(EnterForm):
    parcel = standing_field("Parcel", ())
    field_order = ("parcel", "status", "reason", "at", "message", "city", "country")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget: Any = self.fields["parcel"].widget
        widget.choices = [(each.number, each.number) for each in self.thing.parcels.all()]


def _enter(parcel: Parcel, by: Actor, data: dict[str, Any]) -> None:
    at: datetime = data["at"]
    enter_scan(
        parcel,
        status=data["status"],
        reason=data["reason"],
        at=at,
        message=data["message"],
        city=data["city"],
        country=data["country"].upper(),
        by=by,
        operation=str(data["operation"]),
    )


def _enter_of_tracker(tracker: Tracker, by: Actor, data: dict[str, Any]) -> None:
    _enter(tracker.parcel, by, data)


def _enter_of_alarm(alarm: Alarm, by: Actor, data: dict[str, Any]) -> None:
    _enter(alarm.parcel, by, data)


def _enter_of_shipment(shipment: Shipment, by: Actor, data: dict[str, Any]) -> None:
    parcel = shipment.parcels.filter(number=data["parcel"]).first()
    if parcel is None:
        raise NotHere("There is no such parcel in this shipment.")
    _enter(parcel, by, data)


def _why_not(shipment: Shipment) -> list[Reason]:
    has_left = any(each.shipped_at for each in shipment.parcels.all())
    return [] if has_left else [Reason("not_left", "No parcel of it has left yet.", "nobody")]


HINT = "As the carrier told you. What was entered before stays in the trail; what is entered later corrects it."
OF_TRACKER = Act(
    "enter",
    "Enter what happened",
    PERMISSION,
    _enter_of_tracker,
    "What happened is entered: {}.",
    form=EnterForm,
    hint=HINT,
)
OF_ALARM = replace(
    OF_TRACKER, run=_enter_of_alarm, done="What happened is entered. The alarm follows within five minutes."
)
OF_SHIPMENT = Act(
    "enter",
    "Enter what the carrier said",
    PERMISSION,
    _enter_of_shipment,
    "What happened is entered: {}.",
    _why_not,
    EnterOfShipmentForm,
    hint=HINT,
)
