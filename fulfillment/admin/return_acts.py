"""Returns from the admin, by the services of the returns desk: taken in unit by unit, decided, closed."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid5

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from fulfillment import ledger
from fulfillment.admin.told import told
from fulfillment.blockers import reasons
from fulfillment.models import Bin, Return, ReturnLine, Scan, Warehouse
from fulfillment.models.scope import within
from fulfillment.services import Act as Doing
from fulfillment.services.returns import (
    Outcome,
    approve_return,
    can_come_back,
    cancel_return,
    decline_return,
    find_return,
    send_return,
)
from fulfillment.services.returns.sheet import At, Coming
from fulfillment.services.scan_return import close_by_press, grade_by_scan, scan_to_return, take_in_decided
from orders.admin.acting import Act, ActForm, choice_field, number_field, standing_field, text_field
from orders.blockers import Reason
from orders.intake.draft import MAX_QUANTITY
from orders.models import Actor
from orders.numbers import read_pk

APPROVE = "fulfillment.approve_return"
RECEIVE = "fulfillment.receive_return"
GRADES = [
    (Outcome.RESTOCK.value, "As new: sell it again"),
    (Outcome.QUARANTINE.value, "Quarantine"),
    (Outcome.SCRAP.value, "Scrap"),
]
LATER = ("", "Decide later")


class DeclineForm(ActForm):
    reason = text_field("Why")


class GradeForm(ActForm):
    """What becomes of what is here; sold again, it lies in a bin from which it is picked."""

    FIRST: Sequence[tuple[str, str]] = ()

    def _ask_grade(self) -> None:
        self.fields["grade"] = choice_field("What is it like?", [*self.FIRST, *GRADES])
        self.fields["grade"].required = not self.FIRST
        help_text = "Where it is sold from, if it is as new."
        self.fields["bin"] = text_field("Bin", max_length=32, required=False, help_text=help_text)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("grade") == Outcome.RESTOCK and not data.get("bin"):
            self.add_error("bin", "Say in which bin it lies now.")
        return data


class TakeInForm(GradeForm):
    """One unit that lies on the desk, and what it is like."""

    FIRST = (LATER,)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ask_article()
        if self.thing is None or self.thing.warehouse is None:
            self._ask_warehouse()
        self._ask_grade()

    def _ask_article(self) -> None:
        there = can_come_back(self.thing.order, announced=False)
        left = [(line.product.sku, f"{line.name} ({units} out there)") for line, units in there.items() if units]
        self.fields["sku"] = standing_field("Article", left)

    def _ask_warehouse(self) -> None:
        mine = Warehouse.objects.of(self.user)
        field = forms.ModelChoiceField(mine, label="Where it is", empty_label=None, widget=UnfoldAdminSelectWidget())
        self.fields["warehouse"] = field

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        home = data.get("warehouse") or (self.thing and self.thing.warehouse)
        return data | {"home": home, "mine": within(self.user, or_none=True)}


class ArrivedForm(TakeInForm):
    """One unit of what nobody announced, by a number on its parcel."""

    def _ask_article(self) -> None:
        help_text = "Of the return, the order, the parcel or the carrier."
        self.fields["number"] = text_field("Number", max_length=Scan.TEXT_LENGTH, help_text=help_text)
        self.fields["sku"] = text_field("Article", max_length=Scan.TEXT_LENGTH, help_text="Its SKU.")

    def clean_number(self) -> Coming:
        text = self.cleaned_data["number"]
        found = find_return(text)
        if isinstance(found, str):
            raise forms.ValidationError(found)
        place = found.warehouse if isinstance(found, Return) else None
        if place and not Warehouse.objects.of(self.user).filter(pk=place.pk).exists():
            raise forms.ValidationError(f"“{text}” is no return, order or parcel that we know. Scan it again.")
        return found


class DecideForm(GradeForm):
    """Units that are here and of which nobody has said what becomes of them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = {str(line.pk): line for line in _undecided(self.thing)}
        named = [(pk, f"{line.order_line.name} ({line.undecided} to be decided)") for pk, line in self.lines.items()]
        self.fields["line"] = standing_field("Article", named)
        self.fields["units"] = number_field("Units", high=MAX_QUANTITY)
        self.initial["units"] = next((line.undecided for line in self.lines.values()), None)
        self._ask_grade()

    def clean_line(self) -> ReturnLine:
        wanted = read_pk(self.cleaned_data["line"])
        line = self.thing.lines.filter(pk=wanted).first() if wanted else None
        if line is None:
            raise forms.ValidationError("That is not in this return.")
        found: ReturnLine = line
        return found


def _undecided(back: Return) -> list[ReturnLine]:
    lines = back.lines.select_related("order_line").order_by("order_line__number")
    return [line for line in lines if line.undecided]


def take_in(thing: Coming, by: Actor, data: dict[str, Any]) -> str:
    """Take a unit in; what becomes of it, if that is said, with it: both or neither. Raises NotDone, NotAllowed."""
    doing = Doing(data["operation"], by, data["sku"].strip())
    if data["grade"]:
        decision = Doing(uuid5(doing.operation, "grade"), by, data["bin"].strip(), 1)
        scans = take_in_decided(
            thing, doing, _at(data["home"]), Outcome(data["grade"]), decision, told, mine=data["mine"]
        )
    else:
        scans = [scan_to_return(thing, doing, _at(data["home"]), data["mine"])[0]]
    return " ".join(told(scan).sentence for scan in scans)


def _at(home: Warehouse) -> At:
    return lambda: ledger.standing_bin(home, Bin.Kind.RETURNS)


def _decide(back: Return, by: Actor, data: dict[str, Any]) -> object:
    line, doing = data["line"], Doing(data["operation"], by, data["bin"].strip(), data["units"])
    return told(grade_by_scan(back, line.pk, Outcome(data["grade"]), doing)[0])


def _close(back: Return, by: Actor, data: dict[str, Any]) -> object:
    return told(close_by_press(back, Doing(data["operation"], by)))


def _decline(announced: Return, by: Actor, data: dict[str, Any]) -> object:
    return decline_return(announced, by=by, reason=data["reason"])


def _why_not_take_in(back: Return) -> Sequence[Reason]:
    if back.status == Return.Status.RECEIVED or not (found := reasons(back, "receive")):
        is_out = any(can_come_back(back.order, announced=False).values())
        return [] if is_out else [Reason("nothing_out", "Nothing more of this order is out there.", "nobody")]
    return found


def _why_not_decide(back: Return) -> Sequence[Reason]:
    if found := reasons(back, "inspect"):
        return found
    return [] if _undecided(back) else [Reason("decided", "Every unit that came is decided.", "nobody")]


def _plainly(service: Callable[..., Return]) -> Callable[[Return, Actor, dict[str, Any]], object]:
    return lambda each, by, _: service(each, by=by)


def _why_not(verb: str) -> Callable[[Return], Sequence[Reason]]:
    return lambda each: reasons(each, verb)


ACTS = (
    Act(
        "take-in",
        "Take a unit in",
        RECEIVE,
        take_in,
        "Taken in: {}.",
        _why_not_take_in,
        TakeInForm,
        style="main",
        is_telling=True,
    ),
    Act(
        "decide",
        "Decide",
        RECEIVE,
        _decide,
        "Decided: {}.",
        _why_not_decide,
        DecideForm,
        style="main",
        is_telling=True,
    ),
    Act(
        "close",
        "Close",
        RECEIVE,
        _close,
        "{} is closed.",
        _why_not("inspect"),
        hint="Every unit that came has to be decided; what has not come is not waited for.",
    ),
    Act(
        "approve",
        "Approve",
        APPROVE,
        _plainly(approve_return),
        "{} is approved.",
        _why_not("approve"),
        style="main",
    ),
    Act("decline", "Decline", APPROVE, _decline, "{} is declined.", _why_not("decline"), DeclineForm),
    Act("send", "On its way", APPROVE, _plainly(send_return), "{} is on its way.", _why_not("send")),
    Act("cancel", "Will not come", APPROVE, _plainly(cancel_return), "{} is cancelled.", _why_not("cancel")),
)
