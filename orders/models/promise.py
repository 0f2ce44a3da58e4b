"""Every date of arrival that a customer was shown: which days, when, and where. Rows are added and never changed."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from orders.models.order import Order


class ShownPromise(models.Model):
    """An order, or one parcel of it, was shown to arrive between these days. Kept of each change, and of each mail."""

    class Where(models.TextChoices):
        ORDER = "ORDER", "The promise of the order"
        CARRIER = "CARRIER", "On the order's page, by its carrier"
        LANE = "LANE", "On the order's page, by what was learnt of its lane"
        MAIL = "MAIL", "In a mail"

    order = models.ForeignKey(Order, models.PROTECT, related_name="shown_promises", db_index=False)
    parcel = models.CharField(max_length=32, blank=True, help_text="Number of the parcel; empty: the whole order.")
    first = models.DateField()
    last = models.DateField()
    where = models.CharField(max_length=8, choices=Where)
    shown_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["shown_at", "pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(first__lte=F("last")), name="shown_promise_range"),
            models.CheckConstraint(
                condition=Q(where__in=["ORDER", "CARRIER", "LANE", "MAIL"]), name="shown_promise_where"
            ),
        ]
        indexes = [models.Index(fields=["order", "shown_at", "id"], name="shown_promise_of_order")]

    def __str__(self) -> str:
        return f"{self.order}: {self.first} – {self.last}"
