"""How long parcels take, as was learnt from those that arrived. Written by `tracking`, read by the promise."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from orders.models.channel import ShippingMethod


class LearntTransit(models.Model):
    """Days from the van to the door, Sundays left out, by a shipping method to a region; "" stands for its country."""

    method = models.ForeignKey(ShippingMethod, models.CASCADE, related_name="transits", db_index=False)
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=2, blank=True, help_text="How the postal code begins.")
    parcels = models.PositiveIntegerField(help_text="So many of the newest count.")
    days_from = models.PositiveSmallIntegerField(help_text="Half of them took no longer.")
    days_to = models.PositiveSmallIntegerField(help_text="Nine of ten took no longer.")
    learnt_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["method", "country", "region"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["method", "country", "region"], name="transit_once"),
            models.CheckConstraint(condition=Q(days_from__lte=F("days_to")), name="transit_range"),
        ]

    def __str__(self) -> str:
        return f"{self.method} to {self.country}{self.region and f'-{self.region}'}"
