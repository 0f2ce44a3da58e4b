"""What somebody may do with a shipment, and the forms for it."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms

from fulfillment.blockers import merge_into_reasons, merge_reasons, reasons, split_reasons
from fulfillment.carrier import carrier_code
from fulfillment.models import Shipment
from fulfillment.services import (
    ParcelDraft,
    merge_shipments,
    pack_shipment,
    pick_shipment,
    ship_shipment,
    split_shipment,
)
from orders.admin.acting import Act, ActForm, choice_field, number_field, text_field
from orders.blockers import Reason
from orders.models import Actor
from tracking.services import move_shipment

BOXES = 3


class ShipForm(ActForm):
    """The boxes that leave: the first always, the others where anything is said of them."""

    fields_template = "admin/acts/boxes.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n in range(1, BOXES + 1):
            self.fields[f"carrier_{n}"] = text_field("Carrier", max_length=64, required=False)
            self.fields[f"tracking_number_{n}"] = text_field("Tracking number", required=False)
            self.fields[f"weight_grams_{n}"] = number_field("Weight in grams", required=False)

    def boxes(self) -> list[list[Any]]:
        names = ("carrier", "tracking_number", "weight_grams")
        return [[self[f"{name}_{n}"] for name in names] for n in range(1, BOXES + 1)]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for n in range(1, BOXES + 1):
            if data.get(f"tracking_number_{n}") and not data.get(f"carrier_{n}"):
                self.add_error(f"carrier_{n}", "Say whose number that is.")
        drafts = [_draft(data, n) for n in range(1, BOXES + 1)]
        return data | {"parcels": [draft for n, draft in enumerate(drafts) if n == 0 or draft != ParcelDraft()]}


class SplitForm(ActForm):
    """How many units of each line go by themselves."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for line in self.thing.lines.all():
            if line.quantity:
                label = f"{line.order_line.name} ({line.quantity} in it)"
                field = number_field(label, low=0, high=line.quantity, required=False)
                self.fields[f"line_{line.order_line.number}"] = field

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        wanted = {int(name[5:]): count for name, count in data.items() if name.startswith("line_") and count}
        if not wanted and not self.errors:
            raise forms.ValidationError("Say of which line, and how many.")
        if sum(wanted.values()) == sum(line.quantity for line in self.thing.lines.all()):
            raise forms.ValidationError("That is all of it: leave something in it.")
        return data | {"lines": wanted}


class MergeForm(ActForm):
    """Which other shipment of the order goes with this one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others = {
            str(each.pk): each for each in self.thing.order.shipments.all() if not merge_reasons(self.thing, each)
        }
        self.fields["other"] = choice_field("Shipment", [(pk, each.number) for pk, each in self.others.items()])

    def clean_other(self) -> Shipment:
        other: Shipment = self.others[self.cleaned_data["other"]]
        return other


def _split(shipment: Shipment, by: Actor, data: dict[str, Any]) -> object:
    return split_shipment(shipment, data["lines"], by=by, operation=str(data["operation"]))


def _merge(shipment: Shipment, by: Actor, data: dict[str, Any]) -> object:
    return merge_shipments(shipment, data["other"], by=by, operation=str(data["operation"]))


def _draft(data: dict[str, Any], n: int) -> ParcelDraft:
    return ParcelDraft(
        carrier=carrier_code(data.get(f"carrier_{n}") or ""),
        tracking_number=data.get(f"tracking_number_{n}") or "",
        weight_grams=data.get(f"weight_grams_{n}"),
    )


def _ship(shipment: Shipment, by: Actor, data: dict[str, Any]) -> object:
    return ship_shipment(shipment, by=by, parcels=data["parcels"])


def _plainly(service: Callable[..., Shipment]) -> Callable[[Shipment, Actor, dict[str, Any]], object]:
    return lambda shipment, by, _: service(shipment, by=by)


def _moved(verb: str) -> Callable[[Shipment, Actor, dict[str, Any]], object]:
    return lambda shipment, by, _: move_shipment(shipment, verb, by=by)


def _why_not(verb: str) -> Callable[[Shipment], Sequence[Reason]]:
    return lambda shipment: reasons(shipment, verb)


def _why_not_pick(shipment: Shipment) -> Sequence[Reason]:
    """Picking is taken up first, and then done: which of the two is next decides what stands in the way."""
    return reasons(shipment, "pick" if shipment.status == Shipment.Status.PICKING else "start_picking")


PICK = "fulfillment.pick_shipment"
PACK = "fulfillment.pack_shipment"
SHIP = "fulfillment.ship_shipment"
SPLIT = "fulfillment.split_shipment"
DELIVER = "fulfillment.deliver_shipment"
ACTS = (
    Act("pick", "Pick all", PICK, _plainly(pick_shipment), "{} is picked.", _why_not_pick, style="main"),
    Act("pack", "Pack all", PACK, _plainly(pack_shipment), "{} is packed.", _why_not("pack"), style="main"),
    Act(
        "ship",
        "Ship",
        SHIP,
        _ship,
        "{} is on its way.",
        _why_not("ship"),
        ShipForm,
        hint="What is not picked or packed yet counts as picked and packed now.",
        style="main",
    ),
    Act(
        "split",
        "Split",
        SPLIT,
        _split,
        "{} is split.",
        split_reasons,
        SplitForm,
        hint="What you name goes by itself. Of a line that waits in part, what is there goes first.",
    ),
    Act(
        "merge",
        "Merge",
        SPLIT,
        _merge,
        "{} has all of both now.",
        merge_into_reasons,
        MergeForm,
        hint="All of the other shipment goes with this one.",
    ),
    Act(
        "deliver",
        "Delivered",
        DELIVER,
        _moved("deliver"),
        "{} is delivered.",
        _why_not("deliver"),
        hint="Only where the carrier cannot say so itself. The customer is told.",
    ),
    Act(
        "lose",
        "Lost",
        DELIVER,
        _moved("lose"),
        "{} is marked as lost.",
        _why_not("lose"),
        hint="The carrier cannot find it. It may still turn up, or go again.",
    ),
    Act("find", "Found", DELIVER, _moved("find"), "{} is on its way again.", _why_not("find")),
    Act(
        "return",
        "Came back",
        DELIVER,
        _moved("return_to_sender"),
        "{} is back at the shop.",
        _why_not("return_to_sender"),
        hint="All of it came back undelivered.",
    ),
)
