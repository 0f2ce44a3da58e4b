"""When a parcel should arrive by what was learnt of its lane, as it was told last: later learning moves nothing."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from fulfillment.models import Parcel


class Estimate(models.Model):
    """The usual days of a parcel that has left; no days where there was not enough history of its lane.

    `is_over`: its last day has passed, and nobody is told of it any more.
    """

    parcel = models.OneToOneField(Parcel, models.PROTECT, related_name="estimate")
    first = models.DateField(null=True, blank=True)
    last = models.DateField(null=True, blank=True)
    lane = models.CharField(max_length=200, blank=True, help_text="The nearest that enough is known of.")
    parcels = models.PositiveIntegerField(default=0, help_text="So many of that lane it was learnt from.")
    is_over = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(first=None, last=None) | Q(first__isnull=False, last__isnull=False, first__lte=F("last")),
                name="estimate_range",
            ),
        ]
        indexes = [models.Index(fields=["last"], condition=Q(is_over=False), name="estimate_to_end")]

    def __str__(self) -> str:
        return f"{self.parcel}: {self.first} – {self.last}"

    @property
    def told(self) -> tuple[date, date] | None:
        """Return its days, as long as somebody is told of them."""
        return (self.first, self.last) if self.first and self.last and not self.is_over else None
