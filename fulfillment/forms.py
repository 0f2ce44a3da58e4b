"""What the floor sends: scans and presses, parcels. Each names its operation, so that it is done once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.forms.renderers import get_default_renderer

from fulfillment.carrier import carrier_code
from fulfillment.models import Parcel, PickTask, Scan, ShipmentLine
from fulfillment.services import Act, ParcelDraft, by_badge, by_pin
from fulfillment.services.switch import Met
from fulfillment.services.waves import LIMIT, MOST_SLOTS, SLOTS
from orders.intake.draft import MAX_QUANTITY
from orders.models import Actor, Product
from orders.numbers import read_number

MAX_PARCELS = 20
LONGEST_PIN = 12
MAX_WAVE = 5_000
MAX_GRAMS = 100_000_000


class OperationForm(forms.Form):
    """The name of one press or scan."""

    operation = forms.UUIDField()

    @property
    def complaint(self) -> str:
        """Say in one sentence what is wrong."""
        return str(next(iter(self.errors.values()))[0])

    def operation_id(self) -> UUID:
        operation: UUID = self.cleaned_data["operation"]
        return operation


class ScanForm(OperationForm):
    """A scan; or a button instead: `count` of `line` are here, the `whole` of it is done, or a box is to `close`.

    `without`: it is done although so many are missing.
    """

    scanned = forms.CharField(
        required=False,
        max_length=Scan.TEXT_LENGTH,
        error_messages={"max_length": "That is longer than any code we know."},
    )
    count = forms.IntegerField(required=False, min_value=1, max_value=MAX_QUANTITY)
    line = forms.IntegerField(required=False)
    whole = forms.BooleanField(required=False)
    without = forms.IntegerField(required=False, min_value=0)
    close = forms.BooleanField(required=False)
    weight_grams = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_GRAMS,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), "Type the weight in grams: a number."),
    )

    def clean(self) -> None:
        if not self.errors and not any(self.cleaned_data[name] for name in ("scanned", "count", "whole", "close")):
            raise forms.ValidationError("Nothing was scanned.")

    @property
    def is_whole(self) -> bool:
        return bool(self.cleaned_data["whole"])

    @property
    def is_closing(self) -> bool:
        return bool(self.cleaned_data["close"])

    def act(self, by: Actor) -> Act:
        given = self.cleaned_data
        return Act(self.operation_id(), by, given["scanned"], given["count"], given["line"], given["weight_grams"])


class CountForm(ScanForm):
    """A scan, or a figure, on a count's sheet; `whole`: nothing else is there. `seen`: how the books stood then."""

    count = forms.IntegerField(required=False, min_value=0, max_value=MAX_QUANTITY)
    seen = forms.IntegerField(required=False, min_value=0)

    def clean(self) -> None:
        if not self.errors and self.cleaned_data["count"] is None:
            super().clean()


class SwitchForm(forms.Form):
    """A badge; or a name and its PIN."""

    scanned = forms.CharField(required=False, max_length=Scan.TEXT_LENGTH)
    username = forms.CharField(required=False, max_length=150)
    pin = forms.CharField(required=False, max_length=LONGEST_PIN)

    def clean(self) -> None:
        given = self.cleaned_data
        if not (given.get("scanned") or (given.get("username") and given.get("pin"))):
            raise forms.ValidationError("Scan a badge, or type name and PIN.")

    def met(self) -> Met:
        given = self.cleaned_data
        return by_badge(given["scanned"]) if given["scanned"] else by_pin(given["username"], given["pin"])


class WalkForm(ScanForm):
    """A scan on a walk; or too little is there, for a reason; or the last scan is taken back."""

    WHERE: ClassVar[Sequence[str]] = ()
    """What says where on the walk too little is."""

    short = forms.ChoiceField(required=False, choices=PickTask.Reason.choices)
    undo = forms.BooleanField(required=False)

    def clean(self) -> None:
        if self.cleaned_data.get("short") and any(self.cleaned_data.get(name) is None for name in self.WHERE):
            raise forms.ValidationError("Nobody knows where that was. Look at the screen again.")
        if not self.cleaned_data.get("short") and not self.cleaned_data.get("undo"):
            super().clean()


class CartForm(WalkForm):
    """On a walk with a cart."""

    WHERE = ("task",)

    task = forms.IntegerField(required=False)


class PickForm(WalkForm):
    """On a walk for one shipment: a stop is a line in a bin."""

    WHERE = ("line", "place")

    place = forms.IntegerField(required=False)


class CloseForm(OperationForm):
    """Which delivery is closed, `without` so many units that are missing."""

    receipt = forms.IntegerField()
    without = forms.IntegerField(required=False, min_value=0)


class UndoForm(OperationForm):
    """Which scan is taken back, and of which delivery the screen was."""

    scan = forms.IntegerField()
    reference = forms.CharField(required=False, max_length=64)


class LeaveForm(forms.Form):
    """To whom a cart goes; to nobody: it waits for whoever comes next."""

    to = forms.ModelChoiceField(
        User.objects.none(), required=False, empty_label="Whoever comes next", label="Who goes on"
    )

    def __init__(self, *args: Any, colleagues: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = colleagues  # type: ignore[attr-defined]


def _number(label: str, most: int, initial: int) -> forms.IntegerField:
    """Return a field that says of whatever else is typed that it takes a number, and which."""
    sentence = f"{label}: type a number from 1 to {most}."
    wrong = dict.fromkeys(("required", "invalid", "min_value", "max_value"), sentence)
    return forms.IntegerField(min_value=1, max_value=most, initial=initial, label=label, error_messages=wrong)


class ReleaseForm(OperationForm):
    """How much goes to the floor at once."""

    limit = _number("Orders at most", MAX_WAVE, LIMIT)
    slots = _number("Slots on a cart", MOST_SLOTS, SLOTS)


class ParcelForm(forms.Form):
    """A box. Of several, the first holds whatever the others do not."""

    carrier = forms.CharField(required=False, max_length=64)
    tracking_number = forms.CharField(required=False, max_length=255)
    weight_grams = forms.IntegerField(required=False, min_value=1, max_value=MAX_GRAMS)

    def __init__(
        self, *args: Any, lines: Sequence[ShipmentLine], is_article: bool, place: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.place, self.may_be_article = place, is_article
        for line in lines if place else []:
            self.fields[_units_field(line)] = forms.IntegerField(
                required=False, min_value=0, max_value=line.quantity, label=line.order_line.name
            )

    def clean_carrier(self) -> str:
        name: str = self.cleaned_data["carrier"].strip()
        if name and not any(each.isalnum() for each in name):
            raise forms.ValidationError("That is no carrier’s name.")
        return carrier_code(name)

    def clean_tracking_number(self) -> str:
        text: str = self.cleaned_data["tracking_number"].strip()
        if read_number(text.rsplit("-", 1)[0]) or read_number(text):
            raise forms.ValidationError("That is the number of an order. Scan the carrier’s label.")
        if self.may_be_article and Product.objects.filter(sku=text).exists():
            raise forms.ValidationError("That is an article. Scan the carrier’s label.")
        return text

    def clean(self) -> None:
        if self.cleaned_data.get("tracking_number") and not self.cleaned_data.get("carrier"):
            self.add_error("carrier", "Say which carrier takes it.")

    def units(self) -> dict[int, int]:
        """Return what is said to be in it: number of the order's line → units."""
        return {
            int(name.removeprefix("units_")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("units_") and value
        }

    @property
    def is_tracked(self) -> bool:
        return bool(self["tracking_number"].value())

    @property
    def units_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("units_")]


_SAID = ("carrier", "tracking_number", "weight_grams")


def _units_field(line: ShipmentLine) -> str:
    return f"units_{line.order_line.number}"


if TYPE_CHECKING:
    BaseFormSet = forms.BaseFormSet[ParcelForm]
else:
    BaseFormSet = forms.BaseFormSet


class ParcelFormSet(BaseFormSet):
    """The parcels of a shipment, at least one. `is_untracked`: they leave without the carrier's number.

    `packed`: the boxes are closed already, so that nobody is asked what is in them. `is_article`: one of the numbers is
    the SKU of an article, or may be.
    """

    form = ParcelForm
    renderer = get_default_renderer()
    extra, min_num, max_num, absolute_max = 0, 1, MAX_PARCELS, MAX_PARCELS
    validate_min, validate_max = False, True
    can_order = can_delete = can_delete_extra = False

    def __init__(
        self,
        data: Any = None,
        *,
        lines: Sequence[ShipmentLine],
        packed: Sequence[Parcel] = (),
        is_article: bool = True,
        initial: Sequence[dict[str, Any]] | None = None,
    ) -> None:
        asked = [] if packed else lines
        super().__init__(data, initial=initial, form_kwargs={"lines": asked, "is_article": is_article}, prefix="parcel")
        self.packed = packed
        self.shipped = {line.order_line.number: line for line in lines}

    @property
    def is_untracked(self) -> bool:
        return "untracked" in self.data

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return super().get_form_kwargs(index) | {"place": index or 0, "empty_permitted": False}

    def clean(self) -> None:
        if not self.forms:
            raise forms.ValidationError("There is no parcel.")
        if any(self.errors):
            return
        numbers = [form.cleaned_data["tracking_number"] for form in self.forms]
        for place, (form, number) in enumerate(zip(self.forms, numbers, strict=True)):
            if number and number in numbers[:place]:
                form.add_error("tracking_number", "Another parcel has this number. Scan this one’s own.")
            if not number and not self.is_untracked:
                form.add_error("tracking_number", "Scan the carrier’s number, or ship without one.")
        if not self.packed:
            self._refuse_wrong_units()
        elif len(self.packed) != len(self.forms):
            raise forms.ValidationError(f"It is packed in {len(self.packed)} parcels. Load the page again.")

    def _refuse_wrong_units(self) -> None:
        for number, left in self._rest().items():
            if left < 0:
                line = self.shipped[number]
                raise forms.ValidationError(f"The parcels hold more than {line.quantity} × {line.order_line.name}.")
        empty = [form.place + 1 for form in self.forms[1:] if not form.units()]
        if empty or not any(self._rest().values()):
            raise forms.ValidationError(f"Nothing is in parcel {empty[0] if empty else 1}. Say what is.")

    def _rest(self) -> dict[int, int]:
        """Return what is left for the first parcel."""
        given = [form.units() for form in self.forms[1:]]
        return {
            number: line.quantity - sum(units.get(number, 0) for units in given)
            for number, line in self.shipped.items()
        }

    @property
    def scan_into(self) -> str:
        """Return the name of the field that the next number is scanned into."""
        form = next((form for form in self.forms if not form.is_tracked), self.forms[-1])
        return form["tracking_number"].html_name

    @property
    def is_unfinished(self) -> bool:
        """Say whether the first of several parcels have their numbers and others are still to be scanned."""
        tracked = [form.is_tracked for form in self.forms]
        return not self.is_untracked and tracked[:1] == [True] and not all(tracked)

    def typed(self, *, more: int = 0) -> list[dict[str, Any]]:
        """Return what was typed, and so many parcels more, as a first filling for a new form."""
        typed = [{name: form[name].value() for name in form.fields} for form in self.forms]
        same = {"carrier": typed[-1]["carrier"]} if typed else {}
        return (typed + [same] * more)[:MAX_PARCELS]

    def drafts(self) -> list[ParcelDraft]:
        """Return the parcels; of a single one nobody has to say what is in it, nor of those that are packed."""
        if self.packed:
            return [ParcelDraft(*(form.cleaned_data[name] for name in _SAID)) for form in self.forms]
        contents = [{n: left for n, left in self._rest().items() if left}, *(form.units() for form in self.forms[1:])]
        given = [form.cleaned_data for form in self.forms]
        return [
            ParcelDraft(each["carrier"], each["tracking_number"], each["weight_grams"], units)
            for each, units in zip(given, contents, strict=True)
        ]
