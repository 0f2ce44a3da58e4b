"""Stock: balances, and the movements they follow from. `fulfillment.ledger` alone writes here."""

import re
from functools import reduce
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from fulfillment.models.scope import within
from orders.models import OrderLine, Product

if TYPE_CHECKING:
    from fulfillment.models.scope import Person

_POSITION = re.compile(r"([A-Z]{1,2}|\d{1,3})[-. ](\d{1,3})(?:[-. ](\d{1,3}))?$")
_NOWHERE = 32_767


def _aisle(text: str) -> int:
    """Return the number of an aisle: 3 is 3, A is 1, AB is 28."""
    if not text or text.isdigit():
        return int(text or 0)
    return reduce(lambda number, letter: number * 26 + ord(letter) - ord("A") + 1, text, 0)


class WarehouseQuerySet(models.QuerySet["Warehouse"]):
    def of(self, user: "Person") -> "WarehouseQuerySet":
        """Keep the warehouses that this person works in: all of them, unless some are named."""
        return self.filter(within(user, "pk"))


class Warehouse(models.Model):
    """A place with stock. Of several that have what is wanted, the lower priority number gives it."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=255, blank=True)
    priority = models.PositiveSmallIntegerField(default=100)
    address = models.TextField(blank=True, help_text="Printed as the sender on labels and slips.")
    count_tolerance = models.PositiveIntegerField(
        default=3, help_text="A count that differs by more units than this is approved by a second person."
    )

    opens_saturdays = models.BooleanField("sends on Saturdays", default=False)
    opens_sundays = models.BooleanField("sends on Sundays", default=False)

    objects = WarehouseQuerySet.as_manager()

    class Meta:
        ordering = ["priority", "code"]

    def __str__(self) -> str:
        return self.name or self.code


class Bin(models.Model):
    """A place in a warehouse. What lies in a bin of a BLOCKED kind cannot be promised to anybody.

    People walk by aisle, bay and level: a code such as A-04-11 says them, or they are set by hand; 0 is "not known".
    """

    class Kind(models.TextChoices):
        PICK = "PICK", "To pick from"
        STAGE = "STAGE", "Picked, to be packed"
        DOCK = "DOCK", "Arrived, to be put away"
        RETURNS = "RETURNS", "Come back, to be looked at"
        QUARANTINE = "QUARANTINE", "Quarantine"
        DAMAGED = "DAMAGED", "Damaged"
        MISSING = "MISSING", "Not found, to be counted"

    BLOCKED = (Kind.DOCK, Kind.RETURNS, Kind.QUARANTINE, Kind.DAMAGED, Kind.MISSING)

    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="bins", db_index=False)
    code = models.CharField(max_length=32)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PICK)
    aisle = models.PositiveSmallIntegerField(default=0)
    bay = models.PositiveSmallIntegerField(default=0)
    level = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["warehouse", "code"], name="bin_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["PICK", "STAGE", "DOCK", "RETURNS", "QUARANTINE", "DAMAGED", "MISSING"]),
                name="bin_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_blocked(self) -> bool:
        return self.kind in self.BLOCKED

    @classmethod
    def named(cls, warehouse: Warehouse | None, code: str) -> "Bin":
        """Return a bin to pick from, not saved yet, that stands where its code says: A-04-11 or 3-12."""
        found = _POSITION.match(code.upper())
        aisle, bay, level = found.groups() if found else ("", "", "")
        return cls(warehouse=warehouse, code=code, aisle=_aisle(aisle), bay=int(bay or 0), level=int(level or 0))

    @property
    def on_the_way(self) -> tuple[int, int, int, str]:
        """Where people pass it who walk aisle by aisle; what stands nowhere comes last."""
        return (self.aisle or _NOWHERE, self.bay, self.level, self.code)


class StockItem(models.Model):
    """The balance of a product in a warehouse; free is what is neither reserved nor blocked."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="stock", db_index=False)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="stock")
    on_hand = models.PositiveIntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0)
    blocked = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "stock"
        ordering = ["pk"]
        default_permissions = ("view",)
        permissions = [("receive_stock", "Can receive stock"), ("adjust_stock", "Can adjust stock")]
        constraints = [
            models.UniqueConstraint(fields=["product", "warehouse"], name="stock_once"),
            models.CheckConstraint(condition=Q(on_hand__gte=F("reserved") + F("blocked")), name="stock_covers"),
        ]

    def __str__(self) -> str:
        return f"{self.product} in {self.warehouse}"

    @property
    def free(self) -> int:
        return self.on_hand - self.reserved - self.blocked


class ReorderRule(models.Model):
    """When more of a product has to be ordered for a warehouse: what is free and under way falls below a point."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="reorder_rules", db_index=False)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="reorder_rules")
    safety_stock = models.PositiveIntegerField(default=0, help_text="What ought to lie there at the worst of times.")
    reorder_point = models.PositiveIntegerField(help_text="Order more when what is free and expected falls below it.")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["product", "warehouse"], name="reorder_rule_once"),
            models.CheckConstraint(condition=Q(reorder_point__gte=F("safety_stock")), name="reorder_above_safety"),
        ]

    def __str__(self) -> str:
        return f"{self.product} in {self.warehouse}: at {self.reorder_point}"


class BinStock(models.Model):
    """How many of a product lie in a bin. `lot` stays '' until a product asks for lots.

    `version` is how many movements touched it: who counts knows by it whether anything moved meanwhile.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="bin_stock", db_index=False)
    bin = models.ForeignKey(Bin, models.PROTECT, related_name="stock")
    lot = models.CharField(max_length=64, blank=True, default="")
    quantity = models.PositiveIntegerField(default=0)
    version = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["product", "bin", "lot"], name="bin_stock_once")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product} in {self.bin}"


class Reservation(models.Model):
    """Units of a stock item that are kept for a line of a shipment: shipped or released, exactly once."""

    class Status(models.TextChoices):
        OPEN = "OPEN", "Open"
        SHIPPED = "SHIPPED", "Shipped"
        RELEASED = "RELEASED", "Released"

    shipment_line = models.ForeignKey("fulfillment.ShipmentLine", models.PROTECT, related_name="reservations")
    stock_item = models.ForeignKey(StockItem, models.PROTECT, related_name="reservations", db_index=False)
    quantity = models.PositiveIntegerField()
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="reservation_quantity"),
            models.CheckConstraint(condition=Q(status__in=["OPEN", "SHIPPED", "RELEASED"]), name="reservation_status"),
        ]
        indexes = [models.Index(fields=["stock_item"], condition=Q(status="OPEN"), name="reservation_open")]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.stock_item}"


_COMES = {"from_bin__isnull": True, "to_bin__isnull": False}
_GOES = {"from_bin__isnull": False, "to_bin__isnull": True}
_PASSES = {"from_bin__isnull": False, "to_bin__isnull": False}
_STAYS = {"from_bin__isnull": True, "to_bin__isnull": True}
_ELSEWHERE = ~Q(from_bin=F("to_bin"))
_BLOCKS = Q(blocked_delta=0) | Q(blocked_delta=F("quantity"))
_FREES = Q(blocked_delta=0) | Q(blocked_delta=-F("quantity"))


class StockMovement(models.Model):
    """One entry of the ledger: what moved, from where to where, and what that did to the balance. Never changed.

    `operation` names one act (a double tap repeats it) and `n` the entry in it.
    """

    class Kind(models.TextChoices):
        RECEIVE = "RECEIVE", "Received"
        RESERVE = "RESERVE", "Reserved"
        RELEASE = "RELEASE", "Released"
        PICK = "PICK", "Picked"
        SHIP = "SHIP", "Shipped"
        MOVE = "MOVE", "Moved"
        ADJUST = "ADJUST", "Adjusted"

    class Reason(models.TextChoices):
        """Why stock is corrected: a choice, as a cause stands for ever and is no place for names."""

        COUNTED = "counted", "Counted: the shelf is right"
        DAMAGED = "damaged", "Damaged"
        LOST = "lost", "Lost"
        FOUND = "found", "Found again"
        EXPIRED = "expired", "Past its date"
        OWN_USE = "own use", "Taken for our own use"
        OTHER = "other", "Something else"

    operation = models.CharField(max_length=128)
    n = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind)
    stock_item = models.ForeignKey(StockItem, models.PROTECT, related_name="movements", db_index=False)
    quantity = models.PositiveIntegerField()
    from_bin = models.ForeignKey(Bin, models.PROTECT, null=True, related_name="+", db_index=False)
    to_bin = models.ForeignKey(Bin, models.PROTECT, null=True, related_name="+", db_index=False)
    lot = models.CharField(max_length=64, blank=True, default="")
    on_hand_delta = models.IntegerField(default=0)
    reserved_delta = models.IntegerField(default=0)
    blocked_delta = models.IntegerField(default=0)
    order_line = models.ForeignKey(OrderLine, models.PROTECT, null=True, related_name="movements")
    cause = models.CharField(max_length=255)
    by = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["operation", "n"], name="movement_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="movement_quantity"),
            models.CheckConstraint(
                condition=~Q(kind__in=["RESERVE", "RELEASE", "PICK", "SHIP"]) | Q(order_line__isnull=False),
                name="movement_for_a_line",
            ),
            models.CheckConstraint(
                name="movement_does_what_its_kind_says",
                condition=(
                    Q(_BLOCKS, kind="RECEIVE", on_hand_delta=F("quantity"), reserved_delta=0, **_COMES)
                    | Q(kind="RESERVE", on_hand_delta=0, reserved_delta=F("quantity"), blocked_delta=0, **_STAYS)
                    | Q(kind="RELEASE", on_hand_delta=0, reserved_delta=-F("quantity"), blocked_delta=0, **_STAYS)
                    | Q(_ELSEWHERE, kind="PICK", on_hand_delta=0, reserved_delta=0, blocked_delta=0, **_PASSES)
                    | Q(_ELSEWHERE, _BLOCKS | _FREES, kind="MOVE", on_hand_delta=0, reserved_delta=0, **_PASSES)
                    | Q(
                        kind="SHIP",
                        on_hand_delta=-F("quantity"),
                        reserved_delta=-F("quantity"),
                        blocked_delta=0,
                        **_GOES,
                    )
                    | Q(_BLOCKS, kind="ADJUST", on_hand_delta=F("quantity"), reserved_delta=0, **_COMES)
                    | Q(_FREES, kind="ADJUST", on_hand_delta=-F("quantity"), reserved_delta=0, **_GOES)
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["stock_item", "-id"], name="movement_of_item"),
            models.Index(fields=["kind", "at"], name="movement_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity}"
