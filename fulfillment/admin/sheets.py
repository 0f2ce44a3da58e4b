"""Sheets of the warehouse: reorder rules, and stock that arrives or is corrected by the services of the house."""

import hashlib
import re
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import ForeignKeyWidget
from pydantic import BaseModel, BeforeValidator
from pydantic_core import PydanticCustomError

from fulfillment.ledger.stock import Arrival
from fulfillment.models import ReorderRule, StockItem, Warehouse
from fulfillment.services import UnknownStock, adjust_stock, look_up_stock, receive_stock
from fulfillment.services.stock import GivenReason
from fulfillment.services.stock_file import Code
from orders.admin.sheets import SheetResource
from orders.intake.draft import MAX_QUANTITY, Sku
from orders.models import Product


def _number(value: Any) -> Any:
    text = str(value).strip()
    if not re.fullmatch(r"-?[0-9]{1,7}", text) or abs(int(text)) > MAX_QUANTITY:
        raise PydanticCustomError("quantity_invalid", "This is a whole number, up to 1 000 000.")
    return int(text)


def _count(value: Any) -> Any:
    number = _number(value)
    if number < 0:
        raise PydanticCustomError("quantity_invalid", "This is a whole number from 0 to 1 000 000.")
    return number


def _blank(value: Any) -> Any:
    return str(value or "").strip() or None


class RuleRow(BaseModel):
    sku: Sku
    warehouse: Code
    reorder_point: Annotated[int, BeforeValidator(_count)]
    safety_stock: Annotated[int, BeforeValidator(_count)]


class RuleSheet(SheetResource):
    """Rules by article and warehouse, added or changed."""

    row_model = RuleRow
    sku = Field(attribute="product", column_name="sku", widget=ForeignKeyWidget(Product, "sku"))
    warehouse = Field(attribute="warehouse", column_name="warehouse", widget=ForeignKeyWidget(Warehouse, "code"))

    class Meta:
        model = ReorderRule
        import_id_fields = ("sku", "warehouse")
        fields = ("sku", "warehouse", "reorder_point", "safety_stock")
        skip_unchanged = True

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        super().before_import_row(row, **kwargs)
        _look_up(self, self.said)

    def take(self, instance: ReorderRule, number: int) -> None:
        instance.full_clean()
        instance.save()


class StockRow(BaseModel):
    """Units that arrived in a bin; with a reason, a correction by so many units more or less."""

    sku: Sku
    warehouse: Code
    bin: Code
    quantity: Annotated[int, BeforeValidator(_number)]
    reason: Annotated[GivenReason | None, BeforeValidator(_blank)] = None


class StockInSheet(SheetResource):
    """Rows that are booked, each once for one and the same sheet."""

    row_model = StockRow
    sku = Field(attribute="sheet_sku", column_name="sku")
    warehouse = Field(attribute="sheet_warehouse", column_name="warehouse")
    bin = Field(attribute="sheet_bin", column_name="bin")
    quantity = Field(attribute="sheet_quantity", column_name="quantity")
    reason = Field(attribute="sheet_reason", column_name="reason")

    class Meta:
        model = StockItem
        import_id_fields = ()
        fields = ("sku", "warehouse", "bin", "quantity", "reason")

    def before_import(self, dataset: Any, **_: Any) -> None:
        self.digest = hashlib.sha256(dataset.csv.encode()).hexdigest()

    def get_or_init_instance(self, _loader: Any, _row: Any) -> tuple[StockItem, bool]:
        return StockItem(), True

    def take(self, instance: StockItem, number: int) -> None:
        said: Any = self.said
        warehouse, product = _look_up(self, said)
        operation = f"sheet:{self.digest}:{number}"
        if not said.reason:
            _refuse_if(said.quantity < 1, "quantity", "What arrives is at least 1; a correction has a reason.")
            arrival = Arrival(product, said.quantity, said.bin)
            receive_stock(warehouse, [arrival], by=self.by, reference="sheet", operation=operation)
        else:
            _refuse_if(not self.user.has_perm("fulfillment.adjust_stock"), "reason", "You may not adjust stock.")
            _refuse_if(not said.quantity, "quantity", "That changes nothing.")
            named = {"by": self.by, "reason": said.reason, "bin_code": said.bin, "operation": operation}
            adjust_stock(warehouse, product, said.quantity, **named)


class StockOutSheet(ModelResource):  # type: ignore[misc]  # the library has no types
    """Balances, as the list shows them."""

    sku = Field(attribute="product__sku", column_name="sku")
    name = Field(attribute="product__name", column_name="name")
    warehouse = Field(attribute="warehouse__code", column_name="warehouse")
    free = Field(attribute="free", column_name="free")

    class Meta:
        model = StockItem
        fields = ("sku", "name", "warehouse", "on_hand", "reserved", "blocked", "free")
        export_order = fields


def _look_up(sheet: SheetResource, said: Any) -> tuple[Warehouse, Product]:
    """Return the row's warehouse, if it is one of the person's, and its product. Raises ValidationError."""
    try:
        warehouse, products = look_up_stock(said.warehouse, {"sku": said.sku})
    except UnknownStock as refusal:
        raise ValidationError({error["path"]: error["message"] for error in refusal.errors}) from None
    mine = Warehouse.objects.of(sheet.user).filter(pk=warehouse.pk).exists()
    _refuse_if(not mine, "warehouse", f"There is no warehouse {said.warehouse}.")
    return warehouse, products[said.sku]


def _refuse_if(is_wrong: bool, column: str, complaint: str) -> None:  # noqa: FBT001 - what is wrong reads first
    if is_wrong:
        raise ValidationError({column: complaint})
