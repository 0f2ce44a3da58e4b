"""Moving what lies in a bin, and taking back what was booked last: as at the dock and at the shelf."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet

from fulfillment.admin.told import told
from fulfillment.models import Bin, BinStock, Scan, StockItem, StockMovement
from fulfillment.reports import propose_bin
from fulfillment.services import Act as Doing
from fulfillment.services import scan_to_move, undo_latest
from fulfillment.services.undo_booking import BOOKED
from orders.admin.acting import Act, ActForm, number_field, standing_field, text_field
from orders.blockers import Reason
from orders.intake.draft import MAX_QUANTITY
from orders.models import Actor

RECEIVE = "fulfillment.receive_stock"
ADJUST = "fulfillment.adjust_stock"
OPEN = (Bin.Kind.PICK, Bin.Kind.DOCK)


class MoveForm(ActForm):
    """Units from the bin where they lie into another; of one that blocks, only in the form below."""

    KINDS: Sequence[str] = OPEN

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = list(_lying(self.thing, self.KINDS))
        self.fields["source"] = standing_field("From", [(row.bin.code, f"{row.bin} ({row.quantity})") for row in rows])
        self.fields["target"] = text_field("Into", max_length=32, help_text="Code of the bin.")
        self.fields["quantity"] = number_field("Units", high=MAX_QUANTITY)
        if rows and rows[0].bin.kind == Bin.Kind.DOCK:
            proposal = propose_bin(self.thing.warehouse, self.thing.product)
            self.initial["target"] = proposal.bin.code if proposal else ""

    def clean_source(self) -> Bin:
        return self._bin("source")

    def clean_target(self) -> Bin:
        return self._bin("target")

    def _bin(self, name: str) -> Bin:
        code = self.cleaned_data[name].strip()
        places = Bin.objects.filter(warehouse=self.thing.warehouse, code__in={code, code.upper()})
        place = places.select_related("warehouse").first()
        if place is None:
            raise forms.ValidationError(f"“{code}” is no bin of {self.thing.warehouse}.")
        if place.is_blocked and place.kind not in self.KINDS:
            raise forms.ValidationError(f"{place} is for what is blocked. Ask somebody who may adjust stock.")
        return place


class MoveBlockedForm(MoveForm):
    """The same for all bins, those that block among them."""

    KINDS = tuple(set(Bin.Kind) - {Bin.Kind.STAGE})


def _lying(item: StockItem, kinds: Sequence[str]) -> QuerySet[BinStock]:
    """Return where the article lies, the dock first."""
    here = BinStock.objects.filter(product=item.product_id, bin__warehouse=item.warehouse_id, quantity__gt=0)
    return here.filter(bin__kind__in=kinds).select_related("bin__warehouse").order_by("bin__kind", "bin__code")


def _why_not_move(item: StockItem) -> list[Reason]:
    return _nothing(item, OPEN)


def _why_not_unblock(item: StockItem) -> list[Reason]:
    return _nothing(item, MoveBlockedForm.KINDS)


def _nothing(item: StockItem, kinds: Sequence[str]) -> list[Reason]:
    if _lying(item, kinds).exists():
        return []
    return [Reason("nothing_there", "Nothing lies in a bin from which it could be moved.", "nobody")]


def _move(item: StockItem, by: Actor, data: dict[str, Any]) -> object:
    source, target = data["source"], data["target"]
    is_away = source.kind == Bin.Kind.DOCK and target.kind == Bin.Kind.PICK
    step = Scan.Step.PUT_AWAY if is_away else Scan.Step.MOVE
    doing = Doing(data["operation"], by, item.product.sku)
    return told(scan_to_move(source, target, item.product, data["quantity"], doing, step))


def _undo(item: StockItem, by: Actor, data: dict[str, Any]) -> object:
    doing = Doing(data["operation"], by, item.product.sku)
    return undo_latest(doing, BOOKED, StockMovement.objects.filter(stock_item=item))


ACTS = (
    Act(
        "move",
        "Move",
        RECEIVE,
        _move,
        "Moved: {}.",
        _why_not_move,
        MoveForm,
        hint="From bin to bin; from the dock to a shelf it is put away.",
        is_telling=True,
    ),
    Act(
        "move-blocked",
        "Block or free",
        ADJUST,
        _move,
        "Moved: {}.",
        _why_not_unblock,
        MoveBlockedForm,
        hint="Into quarantine, damaged and the like, from which nothing is promised, or out of it.",
        is_telling=True,
    ),
    Act(
        "undo",
        "Take back",
        RECEIVE,
        _undo,
        "Taken back: {}.",
        hint="What you booked last of it at dock or shelf, if that is no longer ago than 15 minutes.",
        is_telling=True,
    ),
)
