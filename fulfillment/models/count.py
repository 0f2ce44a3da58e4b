"""Counts: what lies in a bin, or of a product, as somebody saw it, beside what the books say."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django_fsm import FSMField, transition

from fulfillment.models.stock import Bin, Warehouse
from orders.models import Product

_STANDING = Q(status__in=["OPEN", "COUNTED", "RECOUNT", "APPROVED"])


class CountQuerySet(models.QuerySet["Count"]):
    def standing(self) -> "CountQuerySet":
        return self.filter(status__in=Count.STANDING)

    def to_count(self) -> "CountQuerySet":
        return self.filter(status__in=Count.TO_COUNT)


class Count(models.Model):
    """A count of a bin, of a product wherever it lies, or of a product in a bin. Blind: the books' figure is not shown.

    It belongs to no order: who and when stand on itself.
    """

    class Status(models.TextChoices):
        OPEN = "OPEN", "To be counted"
        COUNTED = "COUNTED", "To be approved"
        RECOUNT = "RECOUNT", "To be counted again"
        APPROVED = "APPROVED", "Approved"
        APPLIED = "APPLIED", "Booked"
        CANCELLED = "CANCELLED", "Cancelled"

    class Cause(models.TextChoices):
        ASKED = "ASKED", "Somebody asked for it"
        SHORT = "SHORT", "A picker found too little"
        SURPRISE = "SURPRISE", "Shelf and books disagree"
        ABC = "ABC", "Its turn by turnover"

    TO_COUNT = (Status.OPEN, Status.RECOUNT)
    STANDING = (Status.OPEN, Status.COUNTED, Status.RECOUNT, Status.APPROVED)

    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="counts", db_index=False)
    bin = models.ForeignKey(Bin, models.PROTECT, null=True, blank=True, related_name="counts")
    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True, related_name="counts")
    status = FSMField(max_length=9, choices=Status.choices, default=Status.OPEN, protected=True)
    cause = models.CharField(max_length=8, choices=Cause, default=Cause.ASKED)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=64)
    counted_at = models.DateTimeField("counted", null=True, blank=True)
    counted_by = models.CharField(max_length=64, blank=True)
    approved_at = models.DateTimeField("approved", null=True, blank=True)
    approved_by = models.CharField(max_length=64, blank=True)
    applied_at = models.DateTimeField("booked", null=True, blank=True)

    objects = CountQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        permissions = [
            ("count_stock", "Can count stock"),
            ("plan_count", "Can ask for counts"),
            ("approve_count", "Can approve counts"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["OPEN", "COUNTED", "RECOUNT", "APPROVED", "APPLIED", "CANCELLED"]),
                name="count_status",
            ),
            models.CheckConstraint(condition=Q(cause__in=["ASKED", "SHORT", "SURPRISE", "ABC"]), name="count_cause"),
            models.CheckConstraint(
                condition=Q(bin__isnull=False) | Q(product__isnull=False), name="count_of_something"
            ),
            models.CheckConstraint(
                condition=Q(approved_by="") | Q(approved_by="system:count") | ~Q(approved_by=F("counted_by")),
                name="count_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(counted_by="", counted_at__isnull=True) | Q(~Q(counted_by=""), counted_at__isnull=False),
                name="count_counted_stamp",
            ),
            models.CheckConstraint(
                condition=Q(approved_by="", approved_at__isnull=True)
                | Q(~Q(approved_by=""), approved_at__isnull=False, counted_at__isnull=False),
                name="count_approved_stamp",
            ),
            models.CheckConstraint(
                condition=Q(status="OPEN", counted_at__isnull=True)
                | Q(status__in=["COUNTED", "RECOUNT"], counted_at__isnull=False, approved_at__isnull=True)
                | Q(status__in=["APPROVED", "APPLIED"], approved_at__isnull=False)
                | Q(status="CANCELLED"),
                name="count_stamped_as_far_as_it_is",
            ),
            models.CheckConstraint(
                condition=Q(status="APPLIED", applied_at__isnull=False)
                | Q(~Q(status="APPLIED"), applied_at__isnull=True),
                name="count_applied_stamp",
            ),
            models.UniqueConstraint(
                fields=["bin"], condition=_STANDING & Q(product__isnull=True), name="count_of_bin_once"
            ),
            models.UniqueConstraint(
                fields=["product", "warehouse"], condition=_STANDING & Q(bin__isnull=True), name="count_of_product_once"
            ),
            models.UniqueConstraint(fields=["bin", "product"], condition=_STANDING, name="count_of_position_once"),
        ]
        indexes = [
            models.Index(fields=["warehouse", "status", "id"], name="count_by_status"),
            models.Index(fields=["applied_at"], condition=Q(applied_at__isnull=False), name="count_applied"),
        ]

    def __str__(self) -> str:
        return f"Count {self.pk}"

    @transition(status, [Status.OPEN, Status.RECOUNT], Status.COUNTED)
    def count(self, by: str, at: datetime) -> None:
        self.counted_by, self.counted_at = by, at

    @transition(status, [Status.COUNTED, Status.APPROVED], Status.RECOUNT)
    def recount(self) -> None:
        self.approved_by, self.approved_at = "", None

    @transition(status, Status.COUNTED, Status.APPROVED)
    def approve(self, by: str, at: datetime) -> None:
        self.approved_by, self.approved_at = by, at

    @transition(status, Status.APPROVED, Status.APPLIED)
    def apply(self, at: datetime) -> None:
        self.applied_at = at

    @transition(
        status,
        [Status.OPEN, Status.COUNTED, Status.RECOUNT, Status.APPROVED],
        Status.CANCELLED,
    )
    def cancel(self) -> None:
        pass


class CountLine(models.Model):
    """One position, a product in a bin, as it was counted the last time: `book` is what the books said right then.

    It is open, with no figure, from the scan of the article until its units are typed. `seen` is the version of the
    bin's stock when it was opened, and then when it was counted. `first` is how far the figure before was off.
    """

    count_of = models.ForeignKey(Count, models.CASCADE, related_name="lines", db_index=False)
    bin = models.ForeignKey(Bin, models.PROTECT, related_name="+", db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", db_index=False)
    book = models.PositiveIntegerField(null=True, blank=True)
    counted = models.PositiveIntegerField(null=True, blank=True)
    first = models.IntegerField(null=True, blank=True)
    seen = models.PositiveBigIntegerField(default=0, editable=False)
    by = models.CharField(max_length=64, blank=True)
    opened_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["count_of", "bin", "product"], name="count_line_once"),
            models.CheckConstraint(
                condition=Q(book__isnull=True, counted__isnull=True) | Q(book__isnull=False, counted__isnull=False),
                name="count_line_beside_the_books",
            ),
        ]
        indexes = [models.Index(fields=["bin", "product"], name="count_line_of_position")]

    def __str__(self) -> str:
        return f"{self.product} in {self.bin}: {'open' if self.counted is None else self.counted}"

    @property
    def is_open(self) -> bool:
        return self.counted is None

    @property
    def difference(self) -> int:
        """How many units more were counted than the books say; fewer, if negative."""
        return (self.counted or 0) - (self.book or 0)

    @property
    def is_due_again(self) -> bool:
        """Say whether it differs from the books and was counted once only. What nobody found is looked for by none."""
        return bool(self.difference) and self.first is None and self.bin.kind != Bin.Kind.MISSING
