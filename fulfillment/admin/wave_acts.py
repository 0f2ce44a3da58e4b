"""What may be done with a cart from a desk: what its walker does, and for those who lead the floor what frees it."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from unfold.widgets import UnfoldAdminSelectWidget

from fulfillment.admin.told import told
from fulfillment.forms import MAX_WAVE
from fulfillment.models import Cart, PickTask, Warehouse
from fulfillment.services import Act as Doing
from fulfillment.services import give_up, hand_over, read_walk, short_pick, take_cart, undo_scan
from fulfillment.services.claims import NotYourCart, holder_of, pickers_of
from fulfillment.services.waves import LIMIT, MOST_SLOTS, SLOTS
from orders.admin.acting import Act, ActForm, choice_field, number_field
from orders.blockers import Reason
from orders.models import Actor

PICK = "fulfillment.pick_shipment"
LEAD = "fulfillment.release_wave"


class ReleaseForm(ActForm):
    """How much goes to the floor at once."""

    warehouse = forms.ModelChoiceField(Warehouse.objects.none(), widget=UnfoldAdminSelectWidget())
    limit = number_field("Orders at most", high=MAX_WAVE)
    slots = number_field("Slots on a cart", high=MOST_SLOTS)

    def __init__(self, *args: Any, warehouses: QuerySet[Warehouse], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["warehouse"].queryset = warehouses  # type: ignore[attr-defined]  # the field's class has it
        self.initial.update(warehouse=warehouses.first(), limit=LIMIT, slots=SLOTS)


class HandOverForm(ActForm):
    """Which colleague goes on."""

    to = forms.ModelChoiceField(User.objects.none(), label="Who goes on", widget=UnfoldAdminSelectWidget())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = pickers_of(self.thing)  # type: ignore[attr-defined]  # the field's class has it


class ShortForm(ActForm):
    """Why too few lie at the stop where the walk is."""

    task = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        task = read_walk(self.thing, Actor.system("desk")).task
        label = f"{task.left} × {task.shipment_line.order_line.name} in {task.bin}" if task else "Why"
        self.fields["reason"] = choice_field(label, PickTask.Reason.choices)
        self.initial["task"] = task.pk if task else None


def _holder(cart: Cart) -> Actor:
    holder = holder_of(cart)
    if holder is None:
        raise NotYourCart(f"Nobody walks with {cart}.")
    return holder


def _free(cart: Cart, by: Actor, _: dict[str, Any]) -> object:
    return give_up(cart, by=by, whose_=_holder(cart))


def _hand_over(cart: Cart, _: Actor, data: dict[str, Any]) -> object:
    return hand_over(cart, Actor.of("user", data["to"]), by=_holder(cart))


def _undo(cart: Cart, by: Actor, data: dict[str, Any]) -> object:
    return told(undo_scan(read_walk(cart, by), Doing(data["operation"], by)))


def _short(cart: Cart, by: Actor, data: dict[str, Any]) -> object:
    doing, reason = Doing(data["operation"], by), PickTask.Reason(data["reason"])
    return told(short_pick(read_walk(cart, by), doing, reason, data["task"]))


def _not_free(cart: Cart) -> list[Reason]:
    if Cart.objects.free().filter(pk=cart.pk).exists():
        return []
    return [_why(cart, "Somebody walks with it.")]


def _not_held(cart: Cart) -> list[Reason]:
    return [] if holder_of(cart) else [_why(cart, "Nobody walks with it.")]


def _why(cart: Cart, sentence: str) -> Reason:
    is_done = not cart.tasks.to_do().exists()
    return Reason("cart", "It is done: nothing is left to fetch." if is_done else sentence, "nobody")


def _always(_: Cart) -> list[Reason]:
    return []


ACTS = (
    Act(
        "take",
        "Walk with it",
        PICK,
        lambda cart, by, _: take_cart(cart, by=by),
        "You walk with {}.",
        _not_free,
        style="main",
    ),
    Act(
        "short",
        "Not enough there",
        PICK,
        _short,
        "{} goes on without it.",
        _not_held,
        ShortForm,
        hint="If you walk with it: what lies elsewhere is fetched in the same walk, the rest waits again.",
        is_telling=True,
    ),
    Act(
        "undo",
        "Take back",
        PICK,
        _undo,
        "What you fetched last for {} lies in its bin again.",
        _always,
        hint="What you fetched last on this walk: put it into its bin again.",
    ),
    Act(
        "leave",
        "Leave it",
        PICK,
        lambda cart, by, _: give_up(cart, by=by),
        "{} waits for whoever comes next.",
        _not_held,
        hint="If you walk with it: whoever comes next goes on.",
    ),
    Act(
        "free",
        "Free it",
        LEAD,
        _free,
        "{} waits for whoever comes next.",
        _not_held,
        hint="Whoever walks with it is told so at the next scan. What they fetched stays on it.",
    ),
    Act(
        "hand-over",
        "Hand over",
        LEAD,
        _hand_over,
        "{} goes on with somebody else.",
        _not_held,
        HandOverForm,
    ),
)
