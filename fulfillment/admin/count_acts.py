"""Counting at a desk, by the floor's own services: a position is begun, then its figure is given. It stays blind."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid5

from django import forms
from django.db.models import Q, QuerySet

from fulfillment.admin.told import NotDone, told
from fulfillment.blockers import reasons
from fulfillment.models import Count, CountLine, Scan
from fulfillment.services import Act as Doing
from fulfillment.services import finish_sheet, scan_to_count
from fulfillment.services.counts import approve_count, cancel_count, count_again, seen_at
from fulfillment.services.counts.sheet import read_sheet
from fulfillment.services.scanned import typed_number
from orders.admin.acting import Act, ActForm, number_field, text_field
from orders.blockers import Reason
from orders.intake.draft import MAX_QUANTITY
from orders.models import Actor
from orders.numbers import read_pk

COUNT = "fulfillment.count_stock"
PLAN = "fulfillment.plan_count"
APPROVE = "fulfillment.approve_count"
LISTED = 5


class BeginForm(ActForm):
    """What is looked at now: the article in a bin, the bin of an article; a position says both itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        count: Count = self.thing
        if count.bin_id and count.product_id:
            return
        if count.bin_id:
            self.fields["text"] = text_field("Article", max_length=Scan.TEXT_LENGTH, help_text="Its SKU.")
        else:
            going = ", ".join(map(str, read_sheet(count, Actor.system("desk")).where_next()[:LISTED]))
            self.fields["text"] = text_field("Bin", max_length=32, help_text=f"Still to be counted: {going or 'none'}.")

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].strip()
        if typed_number(text) is not None:
            raise forms.ValidationError(f"“{text}” is no article. How many there are is said under Figures.")
        return text


class FiguresForm(ActForm):
    """A figure for each position that is begun, and how its bin stood then: what moved since makes it worth nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sent = [pk for name in self.data if name[:7] == "figure_" and (pk := read_pk(name[7:]))]
        for line in _asked(self.thing, sent):
            label = f"{line.product.name or line.product.sku} in {line.bin}"
            self.fields[f"figure_{line.pk}"] = number_field(label, low=0, high=MAX_QUANTITY, required=False)
            self.fields[f"seen_{line.pk}"] = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
            self.initial[f"seen_{line.pk}"] = line.seen

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        figures = {int(name[7:]): units for name, units in data.items() if name[:7] == "figure_" and units is not None}
        if not figures and not self.errors:
            raise forms.ValidationError("Type how many there are.")
        return data | {"figures": {pk: (units, data.get(f"seen_{pk}")) for pk, units in figures.items()}}


class FinishForm(ActForm):
    """How the rest of the bin stood when somebody looked that nothing else is there."""

    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        count: Count = self.thing
        counted = count.lines.values_list("product", flat=True)
        is_whole = count.bin is not None and not count.product_id
        self.initial["seen"] = seen_at(count.bin, without=counted) if count.bin and is_whole else 0


def _asked(count: Count, sent: Sequence[int]) -> QuerySet[CountLine]:
    """Return the positions that are begun, and those of which a figure was sent: sent twice, it is noted already."""
    asked = count.lines.filter(Q(counted=None) | Q(pk__in=sent))
    return asked.select_related("product", "bin").order_by("bin__code", "product__sku")


def _begin(count: Count, by: Actor, data: dict[str, Any]) -> object:
    """Go to the bin, then to the article, as somebody does who scans both."""
    operation: UUID = data["operation"]
    at = _go(count, by, operation)
    return told(scan_to_count(count, Doing(operation, by, data["text"]))[0]) if data.get("text") else at


def _go(count: Count, by: Actor, operation: UUID) -> Scan | None:
    if count.bin is None or (not count.product_id and read_sheet(count, by).place == count.bin):
        return None
    return told(scan_to_count(count, Doing(uuid5(operation, "bin"), by, count.bin.code))[0])


def _figures(count: Count, by: Actor, data: dict[str, Any]) -> str:
    """Note each figure by itself. Raises NotDone, with what was said, where one of them is refused."""
    scans = [_figure(count, by, data["operation"], pk, *figure) for pk, figure in data["figures"].items()]
    said = " ".join(scan.sentence for scan in scans)
    if not all(scan.is_done for scan in scans):
        raise NotDone(said)
    return said


def _figure(count: Count, by: Actor, operation: UUID, pk: int, units: int, seen: int) -> Scan:
    return scan_to_count(count, Doing(uuid5(operation, str(pk)), by, count=units, line=pk), seen)[0]


def _finish(count: Count, by: Actor, data: dict[str, Any]) -> object:
    _go(count, by, data["operation"])
    return told(finish_sheet(count, Doing(data["operation"], by), data["seen"])[0])


def _why_no_figures(count: Count) -> Sequence[Reason]:
    if found := reasons(count, "count"):
        return found
    if count.lines.filter(counted=None).exists():
        return []
    return [Reason("not_begun", "Begin a position first: from then on nothing may move in its bin.", "nobody")]


def _why_not_finish(count: Count) -> Sequence[Reason]:
    if found := reasons(count, "count"):
        return found
    if count.status == Count.Status.RECOUNT:
        return [Reason("recount", "What differs is counted again: it ends with the last figure.", "nobody")]
    if count.bin_id and count.product_id:
        return [Reason("position", "It ends with its figure.", "nobody")]
    return []


def _plainly(service: Callable[..., Count]) -> Callable[[Count, Actor, dict[str, Any]], object]:
    return lambda count, by, _: service(count, by=by)


def _why_not(verb: str) -> Callable[[Count], Sequence[Reason]]:
    return lambda count: reasons(count, verb)


ACTS = (
    Act(
        "begin",
        "Begin",
        COUNT,
        _begin,
        "Begun: {}.",
        _why_not("count"),
        BeginForm,
        hint="Then count what lies there, and give the figure.",
        style="main",
        is_telling=True,
    ),
    Act(
        "figures",
        "Enter the figures",
        COUNT,
        _figures,
        "Counted: {}.",
        _why_no_figures,
        FiguresForm,
        hint="What was seen in the bin. Leave empty what is not counted yet.",
        style="main",
        is_open=True,
        is_telling=True,
    ),
    Act(
        "finish",
        "Nothing else is there",
        COUNT,
        _finish,
        "Counted: {}.",
        _why_not_finish,
        FinishForm,
        hint="What the books expect beside it is counted as none.",
        is_telling=True,
    ),
    Act(
        "approve",
        "Approve",
        APPROVE,
        _plainly(approve_count),
        "{} is approved.",
        _why_not("approve"),
        hint="This books the differences. Who counted some of it cannot approve it.",
        style="main",
    ),
    Act("recount", "Count again", APPROVE, _plainly(count_again), "{} is counted again.", _why_not("recount")),
    Act("cancel", "Cancel", PLAN, _plainly(cancel_count), "{} is cancelled.", _why_not("cancel")),
)
