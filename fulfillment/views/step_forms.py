"""Forms that are filled in scan by scan: each step asks for one field, and the last one does it."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms

from fulfillment import ledger
from fulfillment.forms import OperationForm
from fulfillment.models import Bin, BinStock, Receipt, Scan, Warehouse
from fulfillment.services.moves import why_not_take
from fulfillment.services.receipts import why_closed, why_not_announced
from fulfillment.services.scanned import spellings
from orders.intake.draft import MAX_QUANTITY
from orders.models import Product

HOW_MANY = "Type how many there are: a number from 1 to 1 000 000."


class StepForm(OperationForm):
    """Fields in the order in which they are asked for, in one of a person's warehouses.

    `is_trusted`: the person may adjust stock, and so move what is blocked, too. `is_asking`: there are steps left, so
    that what cannot be is refused as soon as it is known; the last step is judged, and kept, by its service.
    """

    STEPS: ClassVar[Sequence[str]] = ()
    HEAD: ClassVar[Sequence[str]] = ()
    """Steps that hold for many articles, one after the other."""
    START: ClassVar[Sequence[str]] = ()
    """Steps that the first screen asks for."""

    def __init__(
        self, *args: Any, warehouses: Any, is_trusted: bool = False, is_asking: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.is_trusted, self.is_asking = is_trusted, is_asking
        self.doubted: Bin | None = None
        self.dock: Bin | None = None
        self.receipt: Receipt | None = None
        warehouse = forms.ModelChoiceField(warehouses, to_field_name="code", empty_label=None)
        self.fields = {"warehouse": warehouse} | self.fields

    @property
    def step(self) -> str:
        """Return the first step that is not filled in rightly."""
        return next((name for name in self.STEPS if name in self.errors), self.STEPS[-1])

    @property
    def is_last(self) -> bool:
        return self.step == self.STEPS[-1]

    @property
    def complaint(self) -> str:
        """Say what is wrong with what was filled in; nothing where it was not asked for yet."""
        return str(self.errors[self.step][0]) if self.data.get(self.step) and self.step in self.errors else ""

    @property
    def is_begun(self) -> bool:
        return self.step not in self.START

    def typed(self, *names: str) -> list[tuple[str, str]]:
        """Return what was filled in rightly before this step, of these names or all, as it was typed."""
        before = self.STEPS[: self.STEPS.index(self.step)]
        return [(name, self.data[name]) for name in before if name in self.data and (not names or name in names)]

    def _refuse_early(self, source: Bin | None) -> None:
        """Refuse what does not lie there, or is promised; `doubted` is the bin of which the books say so."""
        given = self.cleaned_data
        if source is None or "sku" not in given:
            return
        if complaint := why_not_take(source, given["sku"], given.get("quantity", 1), is_blocking=False):
            self.doubted = source
            self.add_error("quantity" if "quantity" in given else "sku", complaint)

    def _product(self, name: str = "sku") -> Product:
        text = self.cleaned_data[name]
        product = Product.objects.filter(sku__in=spellings(text)).first()
        if product is None:
            raise forms.ValidationError(f"“{text}” is no article we know. Scan it again, or have it added first.")
        return product

    def _bin(self, name: str, complaint: str) -> Bin:
        text, warehouse = self.cleaned_data[name], self.cleaned_data.get("warehouse")
        places = Bin.objects.filter(warehouse=warehouse, code__in={*spellings(text), Bin.Kind.DOCK})
        found = {place.code: place for place in places.exclude(kind=Bin.Kind.STAGE).select_related("warehouse")}
        self.dock = found.get(Bin.Kind.DOCK)  # what is put away comes from there
        place = found.get(text) or found.get(text.upper())
        if place is None:
            raise forms.ValidationError(f"“{text}” is no bin {complaint}")
        return place


def _sku() -> forms.CharField:
    return forms.CharField(max_length=Scan.TEXT_LENGTH)


def _quantity() -> forms.IntegerField:
    said = dict.fromkeys(("invalid", "min_value", "max_value"), HOW_MANY)
    return forms.IntegerField(min_value=1, max_value=MAX_QUANTITY, error_messages=said)


class ReceiptForm(StepForm):
    """One article of a delivery. The bin says in which condition it is: the dock takes what is good."""

    STEPS = ("warehouse", "reference", "begin", "sku", "quantity", "bin")
    HEAD = START = ("warehouse", "reference", "begin")

    reference = forms.CharField(max_length=64, error_messages={"required": "Scan or type the number of the delivery."})
    begin = forms.BooleanField(required=False)
    sku = _sku()
    quantity = _quantity()
    bin = forms.CharField(max_length=32)

    @property
    def complaint(self) -> str:
        return str(self.errors["begin"][0]) if self.step == "begin" else super().complaint

    def clean_reference(self) -> str:
        reference: str = self.cleaned_data["reference"]
        if self.is_asking:
            named = Receipt.objects.numbered(reference).filter(warehouse=self.cleaned_data.get("warehouse"))
            self.receipt = named.first()
        if self.receipt and (complaint := why_closed(self.receipt)):
            raise forms.ValidationError(complaint)
        return self.receipt.reference if self.receipt else reference

    def clean_begin(self) -> bool:
        """Ask whether that is a delivery, where nobody announced it; the last step asks when it books."""
        is_pressed, reference = bool(self.cleaned_data["begin"]), self.cleaned_data.get("reference")
        if self.is_asking and reference and not (self.receipt or is_pressed):
            raise forms.ValidationError(why_not_announced(reference))
        return is_pressed

    def clean_sku(self) -> Product:
        return self._product()

    def clean_bin(self) -> Bin:
        warehouse: Warehouse | None = self.cleaned_data.get("warehouse")
        kind = self.cleaned_data["bin"].upper()
        if warehouse and kind in {Bin.Kind.DOCK, Bin.Kind.DAMAGED}:
            return ledger.standing_bin(warehouse, Bin.Kind(kind))
        return self._bin("bin", "to put stock into. Scan the label on the shelf.")


class PutAwayForm(StepForm):
    """One article from the dock to a bin, from which it can be picked then."""

    STEPS = ("warehouse", "sku", "bin", "quantity")
    HEAD = ("warehouse",)
    START = ("warehouse", "sku")

    sku = _sku()
    bin = forms.CharField(max_length=32)
    quantity = _quantity()

    def clean_sku(self) -> Product:
        return self._product()

    def clean_bin(self) -> Bin:
        place = self._bin("bin", "to put stock into. Scan the label on the shelf.")
        if place.kind != Bin.Kind.PICK:
            raise forms.ValidationError(f"Nothing is picked from {place}. Scan the label of a shelf.")
        return place

    def clean(self) -> None:
        warehouse = self.cleaned_data.get("warehouse")
        if self.is_asking and warehouse and "sku" in self.cleaned_data:
            docks = Bin.objects.filter(warehouse=warehouse, kind=Bin.Kind.DOCK).select_related("warehouse")
            self._refuse_early(self.dock or docks.first())


class MoveForm(StepForm):
    """One article from bin to bin."""

    STEPS = ("warehouse", "source", "sku", "quantity", "target")
    HEAD = ("warehouse",)
    START = ("warehouse", "source")

    source = forms.CharField(max_length=32)
    sku = _sku()
    quantity = _quantity()
    target = forms.CharField(max_length=32)

    def clean_source(self) -> Bin:
        return self._open("source", "to take stock from. Scan the label on the shelf.")

    def clean_sku(self) -> Product:
        return self._product()

    def clean_target(self) -> Bin:
        return self._open("target", "to put stock into. Scan the label on the shelf.")

    def clean(self) -> None:
        source = self.cleaned_data.get("source")
        if not self.is_asking or source is None:
            return
        self._refuse_early(source)
        if not self.data.get("sku") and not BinStock.objects.filter(bin=source, quantity__gt=0).exists():
            self.doubted = source
            self.add_error("source", f"Nothing lies in {source}, by the books. Scan another bin.")

    def _open(self, name: str, complaint: str) -> Bin:
        place = self._bin(name, complaint)
        if place.is_blocked and place.kind != Bin.Kind.DOCK and not self.is_trusted:
            kind = str(place.get_kind_display()).lower()
            raise forms.ValidationError(f"{place} is for what is blocked ({kind}). Ask somebody who may adjust stock.")
        return place
