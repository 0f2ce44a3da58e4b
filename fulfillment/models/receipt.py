"""Goods that are expected, and how they arrived. What they did to the stock stands in the movements."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db import models
from django.db.models import F, Min, Q, Sum
from django.utils import timezone

from fulfillment.models.stock import Warehouse
from orders.models import Product


def folded(reference: str) -> str:
    """Return what the number of a delivery is compared by, as people type it: case does not count."""
    return reference.casefold()


class FoldedField(models.CharField):  # type: ignore[type-arg]
    """What the number of a delivery is compared by: written with it, as the two engines do not fold alike."""

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> str:  # noqa: ARG002, FBT001 - as Django calls it
        key = folded(model_instance.reference)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, key)
        return key


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    def open(self) -> "ReceiptQuerySet":
        return self.filter(closed_at=None)

    def numbered(self, reference: str) -> "ReceiptQuerySet":
        """Keep those of this number, as people type it: case does not count."""
        return self.filter(reference_key=folded(reference))

    def expected_first(self) -> "ReceiptQuerySet":
        return self.order_by(F("expected_date").asc(nulls_last=True), "pk")

    def with_units(self) -> "ReceiptQuerySet":
        """Say on each how many units are expected, and how many arrived, good or damaged."""
        came = Sum(F("lines__received") + F("lines__damaged"), default=0)
        return self.annotate(units_expected=Sum("lines__expected", default=0), units_here=came)


class Receipt(models.Model):
    """A delivery from a supplier. Closed, nothing more of it is expected; put away, nothing of it is at the dock."""

    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="receipts", db_index=False)
    reference = models.CharField(max_length=64, help_text="The number on the delivery note.")
    reference_key = FoldedField(max_length=192, editable=False)
    supplier = models.CharField(max_length=255, blank=True)
    expected_date = models.DateField("expected on", null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    arrived_at = models.DateTimeField("arrived", null=True, blank=True)
    closed_at = models.DateTimeField("closed", null=True, blank=True)
    put_away_at = models.DateTimeField("put away", null=True, blank=True)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "incoming delivery", "incoming deliveries"
        ordering = ["-pk"]
        default_permissions = ("view",)
        permissions = [("expect_receipt", "Can announce deliveries")]
        constraints = [models.UniqueConstraint("warehouse", "reference_key", name="receipt_once")]
        indexes = [
            models.Index(fields=["warehouse", "expected_date"], condition=Q(closed_at=None), name="receipt_open"),
            models.Index(fields=["put_away_at"], condition=Q(put_away_at__isnull=False), name="receipt_put_away"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def short(self) -> int:
        """How many units are still missing."""
        return sum(line.missing for line in self.lines.all())

    @property
    def over(self) -> int:
        return sum(max(0, line.difference) for line in self.lines.all())

    @property
    def dock_to_stock(self) -> timedelta | None:
        """How long its goods stood at the dock, once all of them are put away."""
        return self.put_away_at - self.arrived_at if self.put_away_at and self.arrived_at else None


class ReceiptLineQuerySet(models.QuerySet["ReceiptLine"]):
    def at_dock(self) -> "ReceiptLineQuerySet":
        """Keep the lines of which units stand at the dock."""
        return self.filter(received__gt=F("put_away"))

    def to_come(self) -> "ReceiptLineQuerySet":
        """Keep the lines of which something is still expected."""
        return self.filter(receipt__closed_at=None, expected__gt=F("received") + F("damaged"))

    def next_days(self, products: Iterable[int]) -> dict[int, date]:
        """Return the day when the next units of these products are expected; a day that has passed is none."""
        coming = self.to_come().filter(product__in=list(products), receipt__expected_date__gte=timezone.localdate())
        days = coming.order_by().values_list("product").annotate(day=Min("receipt__expected_date"))
        return dict(days)


class ReceiptLine(models.Model):
    """Units of a product in a delivery. `received` are good ones; over and short are what they differ by.

    `put_away` have left the dock: to a shelf; or they were corrected away there.
    """

    receipt = models.ForeignKey(Receipt, models.CASCADE, related_name="lines", db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, related_name="receipt_lines")
    expected = models.PositiveIntegerField(default=0)
    received = models.PositiveIntegerField(default=0)
    damaged = models.PositiveIntegerField(default=0)
    put_away = models.PositiveIntegerField(default=0)

    objects = ReceiptLineQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["receipt", "product"], name="receipt_line_once"),
            models.CheckConstraint(condition=Q(put_away__lte=F("received")), name="receipt_line_put_away"),
        ]

    def __str__(self) -> str:
        return f"{self.expected} × {self.product}"

    @property
    def here(self) -> int:
        return self.received + self.damaged

    @property
    def difference(self) -> int:
        """How many units more than expected arrived; fewer, if negative."""
        return self.here - self.expected

    @property
    def missing(self) -> int:
        return max(0, -self.difference)

    @property
    def at_dock(self) -> int:
        return self.received - self.put_away
