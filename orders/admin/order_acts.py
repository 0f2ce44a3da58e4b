"""What somebody may do with an order, and the forms for it."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminSingleDateWidget, UnfoldAdminTextareaWidget

from fulfillment.blockers import cancel_lines_reasons, order_reasons
from fulfillment.services import cancel_order
from orders.admin.acting import Act, ActForm, choice_field, number_field
from orders.blockers import hold_reasons, release_reasons
from orders.models import Actor, Hold, Order
from orders.services import hold_order, note_order, release_order

CANCEL_REASONS = [
    ("changed_mind", "The customer changed their mind"),
    ("ordered_twice", "Ordered twice by mistake"),
    ("no_stock", "We cannot get it"),
    ("no_payment", "The payment did not arrive"),
    ("fraud", "Not a genuine order"),
    ("undeliverable", "We cannot deliver there"),
    ("other", "Another reason"),
]
NOTE_LENGTH = 2000


def note_field(label: str, *, required: bool) -> forms.CharField:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})
    return forms.CharField(label=label, max_length=NOTE_LENGTH, required=required, widget=widget)


class CancelForm(ActForm):
    reason = choice_field("Reason", CANCEL_REASONS)


class CancelLinesForm(CancelForm):
    """How many units of each line to take out: a field for each line that has some left."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for line in self.thing.lines.all():
            left = line.waiting + line.reserved + line.picked
            if left:
                label = f"{line.name} ({left} left)"
                self.fields[f"line_{line.number}"] = number_field(label, low=0, high=left, required=False)
        self.order_fields([*(name for name in self.fields if name.startswith("line_")), "reason"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        wanted = {int(name[5:]): count for name, count in data.items() if name.startswith("line_") and count}
        if not wanted and not self.errors:
            raise forms.ValidationError("Say of which line, and how many.")
        return data | {"lines": wanted}


class HoldForm(ActForm):
    reason = choice_field("Reason", Hold.Reason.choices)
    note = note_field("Note for colleagues", required=False)
    until = forms.DateField(
        label="Release by itself on",
        required=False,
        widget=UnfoldAdminSingleDateWidget(attrs={"type": "date"}),
        help_text="Empty: until somebody releases it.",
    )
    lines = forms.TypedMultipleChoiceField(
        label="Only these lines",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: the whole order.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["lines"]
        field.choices = [(line.number, f"{line.number} · {line.name}") for line in self.thing.lines.all()]

    def clean_until(self) -> datetime | None:
        day: date | None = self.cleaned_data["until"]
        if day and day <= timezone.localdate():
            raise forms.ValidationError("Choose a day that is still to come.")
        return timezone.make_aware(datetime.combine(day, time.min)) if day else None


class ReleaseForm(ActForm):
    """Without a hold named: all of them."""

    hold = forms.IntegerField(required=False, widget=forms.HiddenInput)
    note = note_field("Note for colleagues", required=False)

    def __init__(self, *args: Any, hold: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["hold"] = hold


class NoteForm(ActForm):
    text = note_field("Note", required=True)


def _cancel(order: Order, by: Actor, data: dict[str, Any]) -> object:
    return cancel_order(order, by=by, reason=data["reason"])


def _cancel_lines(order: Order, by: Actor, data: dict[str, Any]) -> object:
    operation = str(data["operation"])
    return cancel_order(order, by=by, reason=data["reason"], lines=data["lines"], operation=operation)


def _hold(order: Order, by: Actor, data: dict[str, Any]) -> object:
    named = {name: data[name] for name in ("reason", "note", "until", "lines")}
    return hold_order(order, by=by, operation=str(data["operation"]), **named)


def _release(order: Order, by: Actor, data: dict[str, Any]) -> object:
    return release_order(order, by=by, hold=data["hold"], note=data["note"])


def _note(order: Order, by: Actor, data: dict[str, Any]) -> object:
    return note_order(order, by=by, text=data["text"], operation=str(data["operation"]))


HOLD = Act(
    "hold",
    "Hold",
    "orders.hold_order",
    _hold,
    "{} is on hold.",
    hold_reasons,
    HoldForm,
    hint="Nothing of it is picked or shipped until the hold is released.",
)
RELEASE = Act(
    "release", "Release all holds", "orders.release_order", _release, "{} is released.", release_reasons, ReleaseForm
)
NOTE = Act("note", "Write a note", "orders.note_order", _note, "The note is on {}.", form=NoteForm)
CANCEL_LINES = Act(
    "cancel-lines",
    "Cancel lines",
    "orders.cancel_order",
    _cancel_lines,
    "Those lines of {} are cancelled.",
    cancel_lines_reasons,
    CancelLinesForm,
    hint="What was kept for them is free again at once.",
)
CANCEL = Act(
    "cancel",
    "Cancel the order",
    "orders.cancel_order",
    _cancel,
    "{} is cancelled.",
    lambda order: order_reasons(order, "cancel"),
    CancelForm,
    hint="All of it. What was kept for it is free again, and the customer is told.",
    style="danger",
)
ACTS = (HOLD, RELEASE, NOTE, CANCEL_LINES, CANCEL)
